//! How an application is started: program, arguments, environment.

use super::process::{Format, Launch, format_of};
use super::*;
use crate::programs;

/// Scripts of a package may run so long (guess); then 15.
const SCRIPT_TIME: Duration = Duration::from_secs(60);
/// Between SIGTERM and SIGKILL, from a comment in a public application of the vendor.
const PATIENCE: Duration = Duration::from_secs(14);
/// The start of a knob that is the camera's and not the application's.
const OWN_KNOBS: &str = "camera.";

impl Apps {
    /// One of the camera's own knobs, such as `camera.stop_ms`.
    pub(crate) fn knob(&self, name: &str) -> Option<String> {
        locked(&self.knobs).iter().rev().find(|(knob, _)| knob == name).map(|(_, value)| value.clone())
    }

    /// 10 while the camera goes down, 9 with `camera.most_running` where the release has a limit.
    fn may_start(&self) -> Result<(), Refused> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Refused::new(10, "the camera goes down"));
        }
        let most = self.knob("camera.most_running").and_then(|text| text.parse::<usize>().ok());
        let running = self.list().iter().filter(|listed| listed.is_running).count();
        if self.ground.os.limits_running() && most.is_some_and(|most| running >= most) {
            return Err(Refused::new(9, "too many running"));
        }
        Ok(())
    }

    pub(super) fn start_now(&self, app: &str) -> Result<(), Refused> {
        let (manifest, journal) = {
            let table = locked(&self.table);
            let installed = table.get(app).ok_or_else(|| Refused::new(4, "not installed"))?;
            if installed.running.as_ref().is_some_and(Running::is_on) {
                return Err(Refused::new(6, "already running"));
            }
            (Arc::clone(&installed.manifest), Arc::clone(&installed.journal))
        };
        self.may_start()?;
        let launch = self.launch(&manifest)?;
        let program = launch.program.clone();
        let cannot = |error: io::Error| Refused::new(8, format!("{}: {error}", program.display()));
        let running = launch.start(journal).map_err(cannot)?;
        if let Some(installed) = locked(&self.table).get_mut(app) {
            installed.running = Some(running);
        }
        self.note(app, true)
    }

    fn launch(&self, manifest: &Manifest) -> Result<Launch, Refused> {
        let folder = self.ground.packages().join(&manifest.app);
        let program = folder.join(&manifest.app);
        let format = format_of(&program).map_err(|error| Refused::new(8, error.to_string()))?;
        let mut arguments: Vec<OsString> = manifest.run_options.iter().map(OsString::from).collect();
        if self.ground.isolate {
            let addresses = &self.ground.addresses;
            arguments.push("--listen".into());
            arguments.push(format!("{}:{}", addresses.app_host, manifest.port()).into());
            arguments.push("--vapix".into());
            arguments.push(format!("http://{}", addresses.service).into());
        }
        let mut environment = self.environment();
        let standin = self.ground.stage.join(self.ground.arch.to_string()).join("standin");
        let machine = self.ground.arch.elf_machine();
        let program = match format {
            Format::Elf(found) if found == machine && self.ground.arch == Arch::native() => {
                environment.push(("LD_LIBRARY_PATH".into(), standin.into()));
                program
            }
            Format::Elf(found) if found == machine => {
                let mut library_path = OsString::from("LD_LIBRARY_PATH=");
                library_path.push(&standin);
                let sysroot = self.ground.sysroots.join(self.ground.arch.to_string());
                let emulated = ["-L".into(), sysroot.into(), "-E".into(), library_path, program.into()];
                arguments = emulated.into_iter().chain(arguments).collect();
                emulator(self.ground.arch)?
            }
            Format::Script => program,
            Format::Elf(_) | Format::Other => return Err(Refused::new(8, "Exec format error")),
        };
        let patience = self.knob("camera.stop_ms").and_then(|text| text.parse().ok());
        Ok(Launch {
            program,
            arguments,
            folder,
            environment,
            run_mode: manifest.run_mode,
            patience: patience.map_or(PATIENCE, Duration::from_millis),
            state: self.ground.state.clone(),
        })
    }

    /// `G_SLICE` as on a camera (seen by a public test application), the rest for stand-ins and bus.
    fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut environment: Vec<(OsString, OsString)> = vec![
            ("G_SLICE".into(), "always-malloc".into()),
            ("AXSIM_DIR".into(), self.ground.axsim.root().into()),
            ("DBUS_SYSTEM_BUS_ADDRESS".into(), OsString::from(&self.ground.bus_address)),
        ];
        let knobs = locked(&self.knobs);
        let for_app = knobs.iter().filter(|(name, _)| !name.starts_with(OWN_KNOBS));
        environment.extend(for_app.map(|(name, value)| (OsString::from(name), OsString::from(value))));
        environment
    }

    /// Runs a script of the package in its folder; a failure gives 10 (guess), one that does not end 15 (guess).
    pub(super) async fn run_script(&self, app: &str, script: &str) -> Result<(), Refused> {
        let folder = self.ground.packages().join(app);
        let run = programs::command(folder.join(script)).current_dir(&folder).envs(self.environment()).output();
        let patience = self.knob("camera.script_ms").and_then(|text| text.parse().ok());
        let patience = patience.map_or(SCRIPT_TIME, Duration::from_millis);
        match tokio::time::timeout(patience, run).await {
            Err(_) => Err(Refused::new(15, format!("{script}: does not end"))),
            Ok(Err(error)) => Err(Refused::new(10, format!("{script}: {error}"))),
            Ok(Ok(output)) => {
                let journal = self.journal(app);
                for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    if let Some(journal) = &journal {
                        journal.write(0, line);
                    }
                }
                let failed = || Refused::new(10, format!("{script}: {}", output.status));
                output.status.success().then_some(()).ok_or_else(failed)
            }
        }
    }
}

/// Where the emulator is; without it the camera cannot execute the program.
fn emulator(arch: Arch) -> Result<PathBuf, Refused> {
    let missing = || Refused::new(8, format!("{} is not installed", arch.emulators().join(" or ")));
    programs::find(&arch.emulators()).ok_or_else(missing)
}
