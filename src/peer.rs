//! Who is at the other end of a connection: a part of the system, or another application on the camera.
//!
//! Every application can open our port. The kernel tells in `/proc/net/tcp` and `tcp6` which user's socket each end of a
//! connection is, and that decides who may give orders: the camera's web server may, another application may not.
//!
//! An application is known by its user. AXIS OS gives each one of its own, `acap-<appName>`, with the primary group
//! `addon` (documented for AXIS OS 12), which is ours as well; older packages run as `sdk`. A user without a name in
//! `/etc/passwd` is one too if its number lies where systemd takes its dynamic users from (systemd documentation); which
//! of both a camera has is not known, so both count. As whom the web server runs was never recorded. Whatever cannot be
//! told is [`Peer::Unknown`], and nobody may take that for fine.
//!
//! A socket that its process has closed belongs to nobody any more and would be told as root's: only one that is open
//! counts.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// The user numbers that systemd takes for its dynamic users.
const DYNAMIC_USERS: RangeInclusive<u32> = 61_184..=65_519;
/// The name that older packages run as.
const OLD_USER: &str = "sdk";
/// What the names of applications' users begin with.
const USERS: &str = "acap-";
/// `TCP_ESTABLISHED` in the kernel's table.
const ESTABLISHED: &str = "01";
/// More of a table is not read: some hundred thousand connections, most of which have ended and wait for their time.
const TABLE_BYTES: u64 = 16 << 20;
/// The kernel may pass over a connection where others come and go while it writes the table: so often it is asked.
const LOOKS: usize = 3;

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Where we listen.
    pub ours: SocketAddr,
    /// Who asks.
    pub theirs: SocketAddr,
}

/// Who we are to the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Me {
    /// Our user.
    pub user: u32,
    /// Our primary group, which on a camera all applications share.
    pub group: u32,
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A user of the system, such as the web server's.
    System,
    /// The user of an application, by its number.
    Application(u32),
    /// It cannot be told.
    Unknown,
}

/// Asks the kernel who is at the other end.
#[must_use]
pub fn look(ends: Ends) -> Peer {
    let me = Me { user: rustix::process::getuid().as_raw(), group: rustix::process::getgid().as_raw() };
    let passwd = read("/etc/passwd", |_| true);
    let is_open = |row: &str| row.split_ascii_whitespace().nth(3) == Some(ESTABLISHED);
    let look = || of(ends, &["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(|path| read(path, is_open)), &passwd, me);
    (0..LOOKS).map(|_| look()).find(|peer| *peer != Peer::Unknown).unwrap_or(Peer::Unknown)
}

/// The lines that fit. Nothing where there is no such file: whoever is looked for in it is then unknown.
fn read(path: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            log::debug!("{path}: {error}");
            return text;
        }
    };
    for line in BufReader::new(file.take(TABLE_BYTES)).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if fits(&line) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// The same as a function of the kernel's tables of connections and of the list of users.
#[must_use]
pub fn of(ends: Ends, tables: &[String], passwd: &str, me: Me) -> Peer {
    let wanted = (plain(ends.theirs), plain(ends.ours));
    let users = tables.iter().flat_map(|table| table.lines()).filter_map(row);
    let mut peer = Peer::Unknown;
    for (_, user) in users.filter(|(between, _)| *between == wanted) {
        match by_user(user, passwd, me) {
            // One end is one socket; were there two rows of it, the worse one counts.
            Peer::System if peer == Peer::Unknown => peer = Peer::System,
            Peer::System => {}
            worse => return worse,
        }
    }
    peer
}

fn by_user(user: u32, passwd: &str, me: Me) -> Peer {
    if user == 0 {
        return Peer::System;
    }
    let names: Vec<(&str, u32)> = passwd
        .lines()
        .filter_map(entry)
        .filter(|(_, of, _)| *of == user)
        .map(|(name, _, group)| (name, group))
        .collect();
    let of_an_application = |(name, group): &(&str, u32)| {
        name.starts_with(USERS) || *name == OLD_USER || (*group == me.group && me.group != 0 && user != me.user)
    };
    match names.as_slice() {
        [] if DYNAMIC_USERS.contains(&user) => Peer::Application(user),
        // Whoever runs as we do has us anyway.
        [] if user == me.user => Peer::System,
        [] => Peer::Unknown,
        names if names.iter().any(of_an_application) => Peer::Application(user),
        _ => Peer::System,
    }
}

/// Name, user and primary group of a line of `/etc/passwd`.
fn entry(line: &str) -> Option<(&str, u32, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let user = fields.nth(1)?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some((name, user, group))
}

/// The two ends of an open, established socket, its own first, and its user.
fn row(line: &str) -> Option<((SocketAddr, SocketAddr), u32)> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let own = address(fields.next()?)?;
    let other = address(fields.next()?)?;
    if fields.next()? != ESTABLISHED {
        return None;
    }
    // Between: the queues, the timer, what was sent again.
    let user = fields.nth(3)?.parse().ok()?;
    let inode: u64 = fields.nth(1)?.parse().ok()?;
    (inode != 0).then_some(((own, other), user))
}

/// As the kernel writes it: `0100007F:481D`, each four bytes of the address as one number of this machine.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::try_from(number(port, 4)?).ok()?;
    let word = |at: usize| Some(number(ip.get(at * 8..at * 8 + 8)?, 8)?.to_ne_bytes());
    let ip = match ip.len() {
        8 => IpAddr::from(word(0)?),
        32 => {
            let mut bytes = [0; 16];
            for (at, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(at)?);
            }
            IpAddr::from(bytes)
        }
        _ => return None,
    };
    Some(plain(SocketAddr::new(ip, port)))
}

/// So many hexadecimal digits and nothing else.
fn number(text: &str, digits: usize) -> Option<u32> {
    let only_digits = text.len() == digits && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    only_digits.then(|| u32::from_str_radix(text, 16).ok())?
}

/// An IPv4 address that is written as an IPv6 one is the same as itself.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests;
