//! A camera for one test, a client for it, and packages made by hand.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use virtual_camera::access::{Caller, Entrance, Level};
use virtual_camera::addresses::Addresses;
use virtual_camera::device::{Device, Setup};
use virtual_camera::profile::{Arch, Os};

pub const SOON: Duration = Duration::from_secs(30);

pub struct Camera {
    pub device: Device,
    pub address: SocketAddr,
    pub state: std::sync::Arc<tempfile::TempDir>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub fn setup(os: Os, state: &std::path::Path) -> Setup {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let host = Ipv4Addr::new(127, 77, NEXT.fetch_add(1, Ordering::SeqCst), 1);
    let mut service = host.octets();
    service[3] = 12;
    Setup {
        os,
        state: state.to_owned(),
        addresses: Addresses {
            front: (host, 80).into(),
            https: (host, 443).into(),
            service: (Ipv4Addr::from(service), 80).into(),
            app_host: host,
        },
        arch: Arch::native(),
        knobs: vec![("camera.bundled".into(), "no".into()), ("camera.stop_ms".into(), "400".into())],
        stage: state.join("no-stage"),
        sysroots: state.join("no-sysroots"),
        treat_as_signed: false,
        isolate: true,
        own_address: false,
        identity: None,
    }
}

impl Camera {
    pub async fn new(os: Os) -> Self {
        Self::with(os, |_| {}).await
    }

    pub async fn with(os: Os, change: impl FnOnce(&mut Setup)) -> Self {
        let state = std::sync::Arc::new(tempfile::tempdir().unwrap());
        let mut setup = setup(os, state.path());
        change(&mut setup);
        Self::at(setup, state).await
    }

    pub async fn at(setup: Setup, state: std::sync::Arc<tempfile::TempDir>) -> Self {
        let device = Device::start(setup).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = device.router().layer(middleware::from_fn(caller));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { device, address, state }
    }

    /// A request as administrator.
    pub async fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[], Vec::new()).await.unwrap()
    }

    pub async fn json(&self, target: &str, body: Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.ask("POST", target, &headers, body.to_string().into_bytes()).await.unwrap()
    }

    pub async fn ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut request = hyper::Request::builder().method(method).uri(target).header("host", "camera");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// What upload.cgi answers, without the line feed.
    pub async fn upload(&self, eap: &[u8]) -> String {
        self.upload_as("packfil", Some("x.eap"), eap).await
    }

    pub async fn upload_as(&self, part: &str, file: Option<&str>, eap: &[u8]) -> String {
        let headers = [("content-type", "multipart/form-data; boundary=frontier")];
        let body = multipart(part, file, eap);
        let answer = self.ask("POST", "/axis-cgi/applications/upload.cgi", &headers, body).await.unwrap();
        assert_eq!(answer.status, 200);
        answer.body.trim().to_owned()
    }

    /// What control.cgi answers, without the line feed.
    pub async fn control(&self, action: &str, app: &str) -> String {
        let answer = self.get(&format!("/axis-cgi/applications/control.cgi?action={action}&package={app}")).await;
        assert_eq!(answer.status, 200);
        answer.body.trim().to_owned()
    }

    pub async fn allow_unsigned(&self) {
        let target = "/axis-cgi/applications/config.cgi?action=set&name=AllowUnsigned&value=true";
        assert_eq!(self.get(target).await.status, 200);
    }

    /// Waits for a line in the log of `demo`.
    pub async fn says(&self, words: &str) {
        let said = self.device.wait_for_log("demo", SOON, |log| log.contains(words)).await;
        assert!(said, "no {words:?} in {:?}", self.device.app_log("demo"));
    }
}

pub fn multipart(part: &str, file: Option<&str>, eap: &[u8]) -> Vec<u8> {
    let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
    let mut body = format!(
        "--frontier\r\nContent-Disposition: form-data; name=\"{part}\"{file}\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(eap);
    body.extend_from_slice(b"\r\n--frontier--\r\n");
    body
}

/// The level comes from the header `x-level` (administrator without it), the entrance from `x-service`.
async fn caller(mut request: Request, next: Next) -> axum::response::Response {
    let level = request.headers().get("x-level").map(|level| level.to_str().unwrap().to_owned());
    let level = level.map_or(Level::Admin, |level| Level::from_manifest(&level).unwrap());
    let is_service = request.headers().contains_key("x-service");
    let entrance = if is_service { Entrance::ServiceAccount } else { Entrance::Front };
    request.extensions_mut().insert(Caller { user: Some("root".into()), level, entrance });
    next.run(request).await
}

/// A package named `demo` whose program is a shell script.
pub struct Eap {
    pub manifest: Value,
    /// Replaces lines of package.conf, by name; `None` leaves one out.
    pub conf: Vec<(&'static str, Option<&'static str>)>,
    pub program: Vec<u8>,
    pub params: &'static str,
    pub extra: Vec<(String, Vec<u8>)>,
    /// Members that are no files: type, name, target.
    pub odd: Vec<(tar::EntryType, &'static str, &'static str)>,
    pub without: Vec<&'static str>,
}

impl Eap {
    pub fn new(script: &str) -> Self {
        let arch = Arch::native().to_string();
        Self {
            manifest: json!({
                "schemaVersion": "2.0.0",
                "acapPackageConf": {
                    "setup": {
                        "appName": "demo", "friendlyName": "Demo & Co", "vendor": "Vendor <1>",
                        "vendorId": "1234567890", "version": "1.2.3", "runMode": "respawn",
                        "compatibleOsVersions": [{"min": "11.11", "max": "13"}], "architecture": arch
                    },
                    "configuration": {
                        "settingPage": "index.html",
                        "httpConfig": [{"type": "directory", "access": "viewer"}],
                        "reverseProxy": [
                            {"apiPath": "status", "target": "http://localhost:18461/x", "access": "viewer"}
                        ]
                    }
                }
            }),
            conf: Vec::new(),
            program: format!("#!/bin/sh\n{script}\n").into_bytes(),
            params: "Level=\"info\" type=\"enum:debug,info\"\nSecret=\"\" type=\"password\"\n",
            extra: vec![("html/index.html".into(), b"<p>demo</p>".to_vec())],
            odd: Vec::new(),
            without: Vec::new(),
        }
    }

    pub fn setup(mut self, key: &str, value: Value) -> Self {
        self.manifest["acapPackageConf"]["setup"][key] = value;
        self
    }

    pub fn schema_1(mut self, version: &str) -> Self {
        self.manifest["schemaVersion"] = json!(version);
        let setup = self.manifest["acapPackageConf"]["setup"].as_object_mut().unwrap();
        setup.remove("vendorId");
        setup.remove("compatibleOsVersions");
        setup.insert("embeddedSdkVersion".into(), json!("3.0"));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let setup = &self.manifest["acapPackageConf"]["setup"];
        let word = |key: &str| setup[key].as_str().unwrap_or_default().to_owned();
        let version = word("version");
        let mut numbers = version.split('.');
        let mut number = || numbers.next().unwrap_or_default().to_owned();
        let lines = [
            ("PACKAGENAME", word("friendlyName")),
            ("APPTYPE", word("architecture")),
            ("APPNAME", word("appName")),
            ("APPMAJORVERSION", number()),
            ("APPMINORVERSION", number()),
            ("APPMICROVERSION", number()),
            ("STARTMODE", word("runMode")),
            ("SETTINGSPAGEFILE", "index.html".to_owned()),
            ("HTTPCGIPATHS", "cgi.conf".to_owned()),
        ];
        let mut conf = String::new();
        for (name, value) in lines {
            match self.conf.iter().find(|(changed, _)| *changed == name) {
                None => conf.push_str(&format!("{name}=\"{value}\"\n")),
                Some((_, Some(value))) => conf.push_str(&format!("{name}={value}\n")),
                Some((_, None)) => {}
            }
        }
        let mut members = vec![
            (word("appName"), self.program.clone()),
            ("package.conf".into(), conf.into_bytes()),
            ("param.conf".into(), self.params.as_bytes().to_vec()),
            ("LICENSE".into(), b"free".to_vec()),
            ("manifest.json".into(), serde_json::to_vec(&self.manifest).unwrap()),
        ];
        members.extend(self.extra.clone());
        members.push(("cgi.conf".into(), Vec::new()));
        members.retain(|(name, _)| !self.without.contains(&name.as_str()));
        archive(&members, &self.odd)
    }
}

/// A gzip member with these files, all executable, and odd members.
pub fn archive(members: &[(String, Vec<u8>)], odd: &[(tar::EntryType, &str, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (name, content) in members {
        let mut header = header(name, content.len() as u64);
        header.set_cksum();
        tar.append(&header, content.as_slice()).unwrap();
    }
    for (kind, name, target) in odd {
        let mut header = header(name, 0);
        header.set_entry_type(*kind);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        tar.append(&header, std::io::empty()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// Past the crate's own checks, so that hostile names get in.
fn header(name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_mode(0o755);
    header
}
