//! The kernel's tables as it writes them, and who is found in them.

use std::net::{TcpListener, TcpStream};

use super::*;

const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const PASSWD: &str = "root:x:0:0:root:/:/bin/sh\nhttpd:x:33:33::/:\nacap-c2c:x:21001:205::/:\nacap-other:x:21002:205::/:\n\
     sdk:x:100:100::/:\nstatic:x:21003:205::/:\nodd line\nshort:x:7\nwww:x:61999:33::/:\n";
const ME: Me = Me { user: 21_001, group: 205 };
/// 127.0.0.1:18461 and :50000.
const OURS: &str = "0100007F:481D";
const THEIRS: &str = "0100007F:C350";
const MAPPED: &str = "0000000000000000FFFF00000100007F";

fn ends() -> Ends {
    Ends { ours: "127.0.0.1:18461".parse().unwrap(), theirs: "127.0.0.1:50000".parse().unwrap() }
}

fn line(own: &str, other: &str, state: &str, user: &str, inode: &str) -> String {
    format!(
        "  12: {own} {other} {state} 00000000:00000000 00:00000000 00000000 {user:>5}        0 {inode} 1 0000000000000000 20 4 30 10 -1\n"
    )
}

fn find(v4: &str, v6: &str) -> Peer {
    of(ends(), &[format!("{HEAD}{v4}"), format!("{HEAD}{v6}")], PASSWD, ME)
}

#[test]
fn the_owner_of_the_other_end_decides() {
    let by = |user: &str| find(&line(THEIRS, OURS, "01", user, "4711"), "");
    let table = [
        ("0", Peer::System),
        ("33", Peer::System),
        ("21002", Peer::Application(21_002)),
        // Our own user: who has it has us.
        ("21001", Peer::Application(21_001)),
        ("100", Peer::Application(100)),
        // Of our group, whatever its name.
        ("21003", Peer::Application(21_003)),
        // Nameless: of systemd's dynamic users, at both ends of their range and beside it.
        ("61184", Peer::Application(61_184)),
        ("65519", Peer::Application(65_519)),
        ("61183", Peer::Unknown),
        ("65520", Peer::Unknown),
        ("4294967295", Peer::Unknown),
        // A name that is no application's counts more than its number.
        ("61999", Peer::System),
        ("4294967296", Peer::Unknown),
        ("-1", Peer::Unknown),
    ];
    for (user, peer) in table {
        assert_eq!(by(user), peer, "{user}");
    }
}

#[test]
fn who_has_no_name_is_of_the_system_only_where_it_is_our_own_user() {
    let tables = [line(THEIRS, OURS, "01", "1234", "4711")];
    assert_eq!(of(ends(), &tables, "", Me { user: 1234, group: 1234 }), Peer::System);
    assert_eq!(of(ends(), &tables, "", Me { user: 0, group: 0 }), Peer::Unknown);
    // As root, the group says nothing.
    let passwd = "daemon:x:1234:0::/:\n";
    assert_eq!(of(ends(), &tables, passwd, Me { user: 0, group: 0 }), Peer::System);
}

#[test]
fn only_an_open_socket_between_exactly_these_ends_counts() {
    let other_port = "0100007F:C351";
    for (what, table) in [
        ("our own end", line(OURS, THEIRS, "01", "0", "4711")),
        ("another connection", line(other_port, OURS, "01", "0", "4711")),
        ("to another port", line(THEIRS, other_port, "01", "0", "4711")),
        // The kernel tells a socket that was closed as root's, without an inode.
        ("closed, waiting", line(THEIRS, OURS, "05", "0", "0")),
        ("closed, just now", line(THEIRS, OURS, "01", "0", "0")),
        ("time to wait", line(THEIRS, OURS, "06", "0", "0")),
        ("nothing", String::new()),
    ] {
        assert_eq!(find(&table, ""), Peer::Unknown, "{what}");
    }
}

#[test]
fn an_end_that_speaks_ipv6_is_found_and_the_worse_of_two_counts() {
    let mapped = line(&format!("{MAPPED}:C350"), &format!("{MAPPED}:481D"), "01", "21002", "9");
    assert_eq!(find("", &mapped), Peer::Application(21_002));
    assert_eq!(find(&line(THEIRS, OURS, "01", "0", "8"), &mapped), Peer::Application(21_002));
    assert_eq!(find(&line(THEIRS, OURS, "01", "0", "8"), ""), Peer::System);
    let six = Ends { ours: "[::1]:18461".parse().unwrap(), theirs: "[2001:db8::7]:50000".parse().unwrap() };
    let own = line("B80D0120000000000000000007000000:C350", "00000000000000000000000001000000:481D", "01", "33", "9");
    assert_eq!(of(six, &[own], PASSWD, ME), Peer::System);
}

/// A table is the kernel's, but a parser that can be broken by one would end the app.
#[test]
fn no_table_breaks_the_reader() {
    let whole = line(THEIRS, OURS, "01", "33", "4711");
    for cut in 0..whole.len() {
        let _ = find(&whole[..cut], &whole[cut..]);
    }
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..20_000 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = usize::try_from(state >> 33).unwrap() % bytes.len();
            bytes[at] = u8::try_from(state >> 24 & 0xff).unwrap();
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let _ = (find(&text, ""), of(ends(), std::slice::from_ref(&whole), &text, ME));
    }
    for odd in ["é100007F:481D", "0100007é:481D", "+100007F:481D", "0100007F:+81D", ":", "0100007F", "0100007F:00481D"]
    {
        assert_eq!(address(odd), None, "{odd}");
    }
}

#[test]
fn the_kernel_knows_who_is_at_the_other_end_of_a_real_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (taken, theirs) = listener.accept().unwrap();
    let ends = Ends { ours: taken.local_addr().unwrap(), theirs };
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(|path| read(path, |_| true));
    let user = rustix::process::getuid().as_raw();
    let passwd = format!("tester:x:{user}:4242::/:\n");
    assert_eq!(of(ends, &tables, &passwd, ME), Peer::System);
    let passwd = format!("acap-tester:x:{user}:4242::/:\n");
    let expected = if user == 0 { Peer::System } else { Peer::Application(user) };
    assert_eq!(of(ends, &tables, &passwd, ME), expected);
    drop(caller);
    assert_eq!(look(ends), Peer::Unknown, "it was closed");
}

#[test]
fn a_table_of_many_connections_that_have_ended_hides_no_open_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tcp");
    let ended = line(OURS, THEIRS, "06", "0", "0");
    let table = format!("{}{}", format!("{ended}\n").repeat(20_000), line(THEIRS, OURS, "01", "33", "4711"));
    std::fs::write(&path, table).unwrap();
    let open = read(path.to_str().unwrap(), |row| row.split_ascii_whitespace().nth(3) == Some(ESTABLISHED));
    assert_eq!((open.lines().count(), find(&open, "")), (1, Peer::System));
}
