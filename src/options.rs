//! The process's arguments. They exist for development: on a camera the app is started without any.

use std::ffi::OsString;
use std::net::SocketAddr;

use crate::vapix;

/// The port of the package's `reverseProxy` entries.
pub const PORT: u16 = 18461;

/// The help text.
pub const HELP: &str = "\
Camera-to-Cloud, an application for Axis cameras.

A camera starts it without arguments. For development:
  --listen IP:PORT        serve the page there (default 127.0.0.1:18461)
  --vapix http://IP:PORT  ask the camera there (default http://127.0.0.12)
  --version               print the version and end
  --help                  print this and end
";

/// What the arguments ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Options {
    /// To run.
    Run {
        /// Where the page is served; a loopback address.
        listen: SocketAddr,
        /// Where the camera takes service accounts.
        camera: SocketAddr,
    },
    /// To print the version.
    Version,
    /// To print the help.
    Help,
}

/// Why the arguments cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not an argument of ours, or its value is missing.
    #[error(transparent)]
    Argument(#[from] lexopt::Error),
    /// `--listen` takes loopback addresses only: the page must not be reachable past the camera's login.
    #[error("--listen {0}: not a loopback address; the page is only served behind the camera's own web server")]
    NotLoopback(SocketAddr),
    /// `--vapix` takes `http://IP` or `http://IP:PORT`.
    #[error("--vapix {0}: not of the form http://IP:PORT")]
    NotAnAddress(String),
}

/// Reads the arguments, without the program's name.
///
/// # Errors
/// Every [`Error`].
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, Error> {
    use lexopt::prelude::{Long, ValueExt};
    let mut listen = SocketAddr::from(([127, 0, 0, 1], PORT));
    let mut camera = vapix::CAMERA;
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("listen") => listen = parser.value()?.parse()?,
            Long("vapix") => camera = parse_camera(&parser.value()?.string()?)?,
            Long("version") => return Ok(Options::Version),
            Long("help") => return Ok(Options::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    if listen.ip().is_loopback() { Ok(Options::Run { listen, camera }) } else { Err(Error::NotLoopback(listen)) }
}

fn parse_camera(text: &str) -> Result<SocketAddr, Error> {
    let wrong = || Error::NotAnAddress(text.to_owned());
    let address = text.strip_prefix("http://").ok_or_else(wrong)?.trim_end_matches('/');
    let with_port = address.parse();
    with_port.or_else(|_| address.parse().map(|ip: std::net::IpAddr| SocketAddr::new(ip, 80))).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(words: &str) -> Result<Options, Error> {
        read(words.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_camera_s_start_uses_the_manifest_s_port_and_the_service_address() {
        let run = Options::Run { listen: "127.0.0.1:18461".parse().unwrap(), camera: "127.0.0.12:80".parse().unwrap() };
        assert_eq!(read_words("").unwrap(), run);
    }

    #[test]
    fn only_loopback_is_listened_on() {
        assert!(matches!(read_words("--listen 0.0.0.0:80"), Err(Error::NotLoopback(_))));
        assert!(matches!(read_words("--vapix https://127.0.0.1"), Err(Error::NotAnAddress(_))));
        assert!(matches!(read_words("--portal x"), Err(Error::Argument(_))));
        assert!(read_words("--listen 127.3.4.1:18461 --vapix http://127.3.4.12:8012").is_ok());
    }
}
