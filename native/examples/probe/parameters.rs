//! What must hold for parameters, whatever the knobs say.

use std::time::{Duration, Instant};

use axsdk::{Code, Domain, Error, ParameterCode, Parameters, Sdk, Watched};
use tokio::sync::watch;

use crate::world;

fn code(fault: &Error) -> ParameterCode {
    match fault {
        Error::Library { domain: Domain::Parameter, code: Code::Parameter(code), .. } => *code,
        other => panic!("{other:?}"),
    }
}

fn known(text: &str) -> Watched {
    Ok(Some(text.to_owned()))
}

async fn becomes(receiver: &mut watch::Receiver<Watched>, wanted: &str) {
    let wait = receiver.wait_for(|value| *value == known(wanted));
    let got = tokio::time::timeout(Duration::from_secs(20), wait).await.map(|value| value.map(|_| ()));
    assert!(matches!(got, Ok(Ok(()))), "{wanted:?} did not come, there is {:?}", *receiver.borrow());
}

pub(crate) async fn whole(sdk: &Sdk) {
    world::make();
    let parameters = sdk.parameters();
    reading(&parameters).await;
    writing(&parameters).await;
    watching(&parameters).await;
}

async fn reading(parameters: &Parameters) {
    let mut names = parameters.list().await.unwrap();
    names.sort();
    assert_eq!(names, ["Bare", "Count", "Fixed", "HelpLink", "LogLevel"]);
    assert_eq!(parameters.get("LogLevel").await.unwrap(), "info");
    assert_eq!(parameters.get("root.c2c.LogLevel").await.unwrap(), "info");
    assert_eq!(parameters.get("Bare").await.unwrap(), "plain");
    assert_eq!(parameters.get("Properties.System.SerialNumber").await.unwrap(), "ACCC8E012345");
    assert_eq!(code(&parameters.get("Nothing").await.unwrap_err()), ParameterCode::ParamGet);
    assert_eq!(code(&parameters.get("root.Other.Name").await.unwrap_err()), ParameterCode::ParamGet);
    assert_eq!(code(&parameters.get("").await.unwrap_err()), ParameterCode::InvalidArg);
    assert_eq!(parameters.get("Log\0Level").await.unwrap_err(), Error::BadName("Log\0Level".to_owned()));
    assert_eq!(parameters.set("HelpLink", "a\0b").await.unwrap_err().kind(), "bad-name");
    world::values(&[("HelpLink", b"caf\xE9\\sx \\t\\\\"), ("Gone", b"kept without a definition")]);
    assert_eq!(parameters.get("HelpLink").await.unwrap(), "caf\u{FFFD} x \t\\");
    assert_eq!(code(&parameters.get("Gone").await.unwrap_err()), ParameterCode::ParamGet);
}

async fn writing(parameters: &Parameters) {
    let long = "x".repeat(8192);
    for value in ["", " leading and trailing ", "line\nline\ttab\r\\n", "Zürich 雪 🎥", "a=b;[c]#\"d\"", &long] {
        parameters.set("HelpLink", value).await.unwrap();
        assert_eq!(parameters.get("HelpLink").await.unwrap(), value);
    }
    for (name, value) in
        [("LogLevel", "loud"), ("Count", "10"), ("Count", "x"), ("Count", ""), ("Fixed", "else"), ("Nothing", "x")]
    {
        let fault = parameters.set(name, value).await.unwrap_err();
        assert_eq!(code(&fault), ParameterCode::ParamSet, "{name} {value}");
        assert_eq!(fault.to_string(), format!("ax_parameter_set: Failed to set parameter {name} (param-set)"));
    }
    assert_eq!(parameters.get("LogLevel").await.unwrap(), "info");
    parameters.set("Count", "9").await.unwrap();
}

async fn watching(parameters: &Parameters) {
    let mut level = parameters.watch("LogLevel").await.unwrap();
    assert_eq!(*level.borrow_and_update(), known("info"));
    let mut same = parameters.watch("root.c2c.LogLevel").await.unwrap();
    let mut later = parameters.watch("Later").await.unwrap();
    assert_eq!(later.borrow().as_ref().map_err(code), Err(ParameterCode::ParamGet));
    // An own change, with or without an own callback.
    parameters.set("LogLevel", "debug").await.unwrap();
    becomes(&mut level, "debug").await;
    becomes(&mut same, "debug").await;
    // Somebody else's change; five in one go.
    world::values(&[("LogLevel", b"warn"), ("HelpLink", b"a"), ("Count", b"3"), ("Bare", b"b"), ("Fixed", b"c")]);
    becomes(&mut level, "warn").await;
    assert_eq!(parameters.get("LogLevel").await.unwrap(), "warn");
    world::values(&[("LogLevel", b"\xFF\xFE")]);
    becomes(&mut level, "\u{FFFD}\u{FFFD}").await;
    // A parameter that comes, and goes again.
    world::put("param/c2c.def", format!("{}Later=\"now\" type=\"string\"\n", world::DEFINITIONS));
    becomes(&mut later, "now").await;
    world::put("param/c2c.def", world::DEFINITIONS);
    let gone = later.wait_for(|value| matches!(value, Ok(text) if text.as_deref().is_none_or(str::is_empty)));
    let gone = tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap().unwrap().clone();
    let null = world::knob("AXSIM_PARAM_NULLVALUE") == "on";
    assert_eq!(gone, if null { Ok(None) } else { known("") });
    world::values(&[]);
    becomes(&mut level, "info").await;
    assert_eq!(*same.borrow(), known("info"));
}

/// After a change the library is left alone for the quiet period, and no call meets a callback that waits: with a stall
/// of many seconds for that as the knob, nothing stalls.
pub(crate) async fn quiet(sdk: &Sdk) {
    world::make();
    let parameters = sdk.parameters();
    let mut level = parameters.watch("LogLevel").await.unwrap();
    let mut link = parameters.watch("HelpLink").await.unwrap();
    for value in ["warn", "debug"] {
        world::values(&[("LogLevel", value.as_bytes()), ("HelpLink", value.as_bytes()), ("Count", b"2")]);
        becomes(&mut level, value).await;
        becomes(&mut link, value).await;
        let began = Instant::now();
        assert_eq!(parameters.get("Count").await.unwrap(), "2");
        let took = began.elapsed();
        assert!(took > Duration::from_millis(400) && took < Duration::from_secs(15), "{took:?}");
        // Storages do not wait for that.
        let began = Instant::now();
        parameters.set("LogLevel", "info").await.unwrap();
        let (read, listed) = tokio::join!(parameters.get("LogLevel"), async {
            sdk.storage().list().await.unwrap();
            began.elapsed()
        });
        assert_eq!(read.unwrap(), "info");
        assert!(listed < Duration::from_millis(500) && began.elapsed() < Duration::from_secs(15));
    }
}

/// Every code that the library can fail with comes through.
pub(crate) async fn codes(sdk: &Sdk) {
    world::make();
    let parameters = sdk.parameters();
    for wanted in ParameterCode::ALL.iter().copied().chain([ParameterCode::Other(21), ParameterCode::Other(99)]) {
        world::put("param/fail", wanted.number().to_string());
        assert_eq!(code(&parameters.get("LogLevel").await.unwrap_err()), wanted);
        assert_eq!(code(&parameters.set("LogLevel", "info").await.unwrap_err()), wanted);
        assert_eq!(code(&parameters.list().await.unwrap_err()), wanted);
        assert_eq!(code(&parameters.watch("LogLevel").await.unwrap_err()), wanted);
    }
    std::fs::remove_file(world::file("param/fail")).unwrap();
    assert_eq!(parameters.get("LogLevel").await.unwrap(), "info");
}

/// A watched parameter that cannot be read says why, and its value comes once it can be, however late.
pub(crate) async fn unread(sdk: &Sdk) {
    world::make();
    let parameters = sdk.parameters();
    world::put("param/fail", "16 ax_parameter_get");
    let mut level = parameters.watch("LogLevel").await.unwrap();
    let mut link = parameters.watch("HelpLink").await.unwrap();
    for receiver in [&level, &link] {
        assert_eq!(receiver.borrow().as_ref().map_err(code), Err(ParameterCode::DbusSetup));
    }
    // A change is heard all the same, and is not lost to a reading that fails after it.
    world::values(&[("HelpLink", b"heard")]);
    becomes(&mut link, "heard").await;
    assert_eq!(*parameters.watch("HelpLink").await.unwrap().borrow(), known("heard"));
    assert!(parameters.watch("LogLevel").await.unwrap().borrow().is_err());
    std::fs::remove_file(world::file("param/fail")).unwrap();
    // Asked for again while the library takes its time: not waited for longer than the deadline, and not lost.
    world::put("param/stall", "700 ax_parameter_get");
    let hasty = parameters.clone().with_deadline(Duration::from_millis(100));
    for _ in 0..2 {
        assert!(hasty.watch("LogLevel").await.unwrap().borrow().is_err());
    }
    becomes(&mut level, "info").await;
    std::fs::remove_file(world::file("param/stall")).unwrap();
    assert_eq!(*parameters.watch("LogLevel").await.unwrap().borrow(), known("info"));
}

/// Somebody who changes a parameter again and again delays the calls and does not keep them out.
pub(crate) async fn noisy(sdk: &Sdk) {
    world::make();
    let parameters = sdk.parameters();
    let mut level = parameters.watch("LogLevel").await.unwrap();
    let noise = async {
        for value in ["warn", "debug"].iter().cycle() {
            world::values(&[("LogLevel", value.as_bytes())]);
            becomes(&mut level, value).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let began = Instant::now();
    tokio::select! {
        () = noise => {}
        read = parameters.get("Count") => assert_eq!(read.unwrap(), "5"),
    }
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}
