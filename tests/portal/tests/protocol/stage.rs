//! A portal of a test's own, in this process, with an operator of each of two organisations.

use std::path::PathBuf;

use reference_portal::{NewOperator, Options, Running, start};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub(crate) const PASSWORD: &str = "a password of the tests";

/// A portal that runs until the stage is dropped.
pub(crate) struct Stage {
    running: Option<Running>,
    runtime: Runtime,
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|options| options)
    }

    pub(crate) fn with(change: impl FnOnce(Options) -> Options) -> Self {
        let folder = tempfile::Builder::new().prefix("c2c-portal-").tempdir().unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let data = folder.path().join("data");
        let options = change(Options::new("127.0.0.1:0".parse().unwrap(), &data));
        let running = runtime.block_on(start(options)).unwrap();
        for (name, organisation, sees_secrets) in
            [("ada", "Alpha", true), ("alf", "Alpha", false), ("bea", "Beta", true)]
        {
            let operator = NewOperator {
                name: name.into(),
                organisation: organisation.into(),
                password: PASSWORD.into(),
                sees_secrets,
            };
            runtime.block_on(running.add_operator(operator)).unwrap();
        }
        Self { running: Some(running), runtime, folder }
    }

    /// Its address, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        self.running.as_ref().unwrap().url().as_str().trim_end_matches('/').to_owned()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Ends it and starts it again over the same data, at the same address.
    pub(crate) fn restart(&mut self) {
        let running = self.running.take().unwrap();
        let options = Options::new(running.address(), &self.data());
        self.runtime.block_on(running.stop());
        self.running = Some(self.runtime.block_on(start(options)).unwrap());
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}
