//! A person's desk: the program with folders of its own, and packages.

use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use eap::arch::Arch;
use eap::pack::pack;
use eap::schema1;
use serde_json::Value;
use tempfile::TempDir;
use virtual_camera::{Account, VirtualCamera};

use crate::packages::{budget, eap, good, workspace};

/// What is waited for comes within this time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const UPLOAD: &str = "/axis-cgi/applications/upload.cgi";

pub(crate) struct Desk(TempDir);

/// What a run said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub(crate) fn json(&self) -> Vec<Value> {
        let read = serde_json::from_str(&self.out);
        read.unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    pub(crate) fn journal(&self) -> String {
        std::fs::read_to_string(self.path("state/eap/journal.jsonl")).unwrap_or_default()
    }

    pub(crate) fn known(&self) -> PathBuf {
        self.path("config/eap/known_cameras")
    }

    /// Begins a run; the password is in the environment.
    pub(crate) fn begin(&self, arguments: &[&str], password: &str) -> Child {
        eap()
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("EAP_PASSWORD", password)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// A run to its end.
    pub(crate) async fn run(&self, arguments: &[&str], password: &str) -> Said {
        let child = self.begin(arguments, password);
        ended(child).await
    }
}

pub(crate) async fn ended(child: Child) -> Said {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    Said::of(&output)
}

/// The packages that `make` built.
pub(crate) fn built() -> String {
    let folder = workspace().join("target/eap");
    assert!(folder.is_dir(), "{}: `make test` makes it", folder.display());
    folder.display().to_string()
}

/// Made-up packages in both forms for these processors; they install and do nothing.
pub(crate) fn made_up(folder: &Path, all: &[Arch]) -> String {
    for arch in all {
        let newer = good(*arch);
        let mut older = good(*arch);
        older.manifest = schema1::derive(&older.manifest);
        for (ingredients, place) in [(newer, folder.to_path_buf()), (older, folder.join("schema1"))] {
            std::fs::create_dir_all(&place).unwrap();
            let package = pack(ingredients, &budget()).unwrap();
            std::fs::write(place.join(package.file_name), package.bytes).unwrap();
        }
    }
    folder.display().to_string()
}

/// `HOST:PORT` of a camera's https.
pub(crate) fn place(camera: &VirtualCamera) -> String {
    camera.addresses().https.to_string()
}

pub(crate) fn password(camera: &VirtualCamera) -> String {
    camera.login(Account::Root).1
}

/// How often a camera was asked this.
pub(crate) fn asked(camera: &VirtualCamera, path: &str) -> usize {
    camera.requests().iter().filter(|seen| seen.path == path && seen.user.is_some()).count()
}

/// The orders about unsigned packages, in their order.
pub(crate) fn switched(camera: &VirtualCamera) -> Vec<bool> {
    let queries = camera.requests().into_iter().filter(|seen| seen.user.is_some()).filter_map(|seen| seen.query);
    queries
        .filter(|query| query.contains("AllowUnsigned"))
        .filter_map(|query| {
            let (_, value) = query.split_once("value=")?;
            Some(value.starts_with("true"))
        })
        .collect()
}
