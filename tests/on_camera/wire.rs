//! Requests and answers as they go over the wire, byte for byte; `make bench` counts them too.

use std::net::SocketAddr;

use digest_auth::{AuthContext, WwwAuthenticateHeader};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use virtual_camera::{Account, VirtualCamera};

use crate::world::PATIENCE;

/// An answer with its bytes as they came.
pub struct Raw {
    pub bytes: Vec<u8>,
}

impl Raw {
    fn head(&self) -> String {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        String::from_utf8(self.bytes[..end].to_vec()).unwrap()
    }

    pub fn status(&self) -> String {
        self.head().split(' ').nth(1).unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.head();
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    pub fn body(&self) -> &[u8] {
        &self.bytes[self.head().len() + 4..]
    }
}

/// Asks on a connection of its own; `headers` are whole lines.
pub async fn ask(to: SocketAddr, method: &str, path: &str, headers: &str) -> Raw {
    ask_with(to, method, path, headers, "").await
}

/// The same with a body.
pub async fn ask_with(to: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Raw {
    let mut line = TcpStream::connect(to).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: camera\r\nConnection: close\r\n{headers}\r\n{body}");
    line.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    timeout(PATIENCE, line.read_to_end(&mut bytes)).await.unwrap().unwrap();
    Raw { bytes }
}

/// As a browser that has logged in before: the login comes with the request.
pub async fn ask_as_viewer(camera: &VirtualCamera, path: &str, headers: &str) -> Raw {
    let front = camera.addresses().front;
    let challenge = ask(front, "GET", path, "").await.header("www-authenticate").unwrap();
    let (user, password) = camera.login(Account::Viewer);
    let context = AuthContext::new(user, password, path);
    let login = WwwAuthenticateHeader::parse(&challenge).unwrap().respond(&context).unwrap();
    ask(front, "GET", path, &format!("Authorization: {login}\r\n{headers}")).await
}

/// The paths of what the page loads at once: style sheet, script and icon.
pub fn parts(page: &str) -> Vec<String> {
    let links = page.split("<link").skip(1).map(|link| ("href=\"", link));
    let scripts = page.split("<script").skip(1).map(|script| ("src=\"", script));
    let path = |(mark, text): (&str, &str)| text.split(mark).nth(1).unwrap().split('"').next().unwrap().to_owned();
    links.chain(scripts).map(path).collect()
}
