//! The loopback addresses of one simulated camera, so that many run side by side on one machine.
//!
//! Each camera leases a net `127.A.B` by an exclusive flock on a file in the machine's temporary folder; the lease
//! ends with the process, however it ends. On a real camera the service accounts' address is 127.0.0.12 and the
//! apps listen on 127.0.0.1; here they are `127.A.B.12` and `127.A.B.1`.

use std::fs::{File, OpenOptions};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs2::FileExt;

/// Where one camera listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The web server over http.
    pub front: SocketAddr,
    /// The web server over https.
    pub https: SocketAddr,
    /// VAPIX for service accounts: `127.A.B.12`.
    pub service: SocketAddr,
    /// Where the camera's apps listen, each on its own port: `127.A.B.1`.
    pub app_host: Ipv4Addr,
}

/// Where the web server shall be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wish {
    /// `true`: on 127.0.0.1, for people; `false`: on the camera's own `127.A.B.1`, for tests.
    pub public: bool,
    /// Port of the address that people use (http, or https on an https-only camera); 0 takes a free one.
    pub port: u16,
    /// The camera has no http: `port` is that of https.
    pub https_only: bool,
    /// Service accounts on 127.0.0.12:80 and apps on 127.0.0.1, as on a real camera; for one camera alone.
    pub untouched: bool,
}

/// A leased net `127.A.B`; given back when dropped.
#[derive(Debug)]
pub struct Lease {
    net: (u8, u8),
    _lock: File,
}

/// Why a camera has no addresses.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The wished port is in use, or not allowed to this user.
    #[error("{address}: can't listen there; take another --port, or end the program that uses it")]
    Taken {
        /// The wished address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// All nets are leased, or the folder for the lock files can't be written.
    #[error("{folder}: no free net 127.A.B for another camera")]
    Full {
        /// Where the lock files are.
        folder: PathBuf,
    },
}

impl Lease {
    /// Takes the first free net, searching from a place that depends on the process, so that cameras that start at
    /// once rarely try the same.
    ///
    /// # Errors
    /// [`Error::Full`] when none of the 8192 nets is free.
    pub fn take() -> Result<Self, Error> {
        let folder = std::env::temp_dir().join("virtual-camera-nets");
        if std::fs::create_dir(&folder).is_ok() {
            // Other users of the machine lease nets there too; where this can't be said, they have no cameras beside ours.
            drop(std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o1777)));
        }
        Self::take_in(&folder)
    }

    /// As [`Lease::take`], with the lock files in `folder`.
    ///
    /// # Errors
    /// [`Error::Full`] when none of the 8192 nets is free.
    pub fn take_in(folder: &Path) -> Result<Self, Error> {
        let nets: Vec<(u8, u8)> = (96..128_u8).flat_map(|a| (0..=255_u8).map(move |b| (a, b))).collect();
        let count = u32::try_from(nets.len()).unwrap_or(u32::MAX);
        let start = usize::try_from(std::process::id().wrapping_mul(37) % count).unwrap_or(0);
        for net in nets.iter().cycle().skip(start).take(nets.len()) {
            let path = folder.join(format!("127.{}.{}.lock", net.0, net.1));
            // A file of another user can't be opened: that net is somebody else's.
            let Ok(lock) = OpenOptions::new().create(true).truncate(false).write(true).open(path) else { continue };
            if lock.try_lock_exclusive().is_ok() {
                return Ok(Self { net: *net, _lock: lock });
            }
        }
        Err(Error::Full { folder: folder.to_path_buf() })
    }

    /// The address of the net with this last number.
    #[must_use]
    pub fn host(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.net.0, self.net.1, last)
    }

    /// Chooses the ports. They are free when chosen; the net is ours alone, so they stay so, but for 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Taken`] when the wished port can't be had.
    pub fn addresses(&self, wish: Wish) -> Result<Addresses, Error> {
        let web = if wish.public { Ipv4Addr::LOCALHOST } else { self.host(1) };
        let (http, https) = if wish.https_only { (0, wish.port) } else { (wish.port, 0) };
        Ok(Addresses {
            front: free(web, http)?,
            https: free(web, https)?,
            service: if wish.untouched { free(Ipv4Addr::new(127, 0, 0, 12), 80)? } else { free(self.host(12), 0)? },
            app_host: if wish.untouched { Ipv4Addr::LOCALHOST } else { self.host(1) },
        })
    }
}

/// Of these the kernel gives none to whoever asks for any port, be it on all addresses.
const UNASKED: std::ops::Range<u16> = 20_000..32_000;

/// Tries the address, and lets go of it at once; port 0 takes a free one.
fn free(host: Ipv4Addr, port: u16) -> Result<SocketAddr, Error> {
    if port == 0 {
        let tries = (0..100).map(|_| rand::random_range(UNASKED));
        if let Some(address) = tries.filter_map(|port| free(host, port).ok()).next() {
            return Ok(address);
        }
    }
    let address = SocketAddr::new(IpAddr::V4(host), port);
    let taken = |source| Error::Taken { address, source };
    TcpListener::bind(address).map_err(taken)?.local_addr().map_err(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_leases_at_once_are_never_the_same_net() {
        let folder = tempfile::tempdir().unwrap();
        let one = Lease::take_in(folder.path()).unwrap();
        let two = Lease::take_in(folder.path()).unwrap();
        assert_ne!(one.net, two.net);
        let free_again = one.net;
        drop(one);
        assert_eq!(Lease::take_in(folder.path()).unwrap().net, free_again);
        drop(two);
    }

    #[test]
    fn a_port_that_is_taken_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let lease = Lease::take_in(folder.path()).unwrap();
        let held = TcpListener::bind((lease.host(1), 0)).unwrap();
        let port = held.local_addr().unwrap().port();
        let error = lease.addresses(Wish { port, ..Wish::default() }).unwrap_err().to_string();
        assert!(error.contains(&format!(":{port}")) && error.contains("--port"), "{error}");
    }
}
