//! The program against its contract: schemathesis asks each call in many ways, each request signed as a registered camera.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

#[test]
fn every_call_answers_as_the_contract_says_however_it_is_asked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join("target/contract/bin/python");
    #[expect(clippy::disallowed_methods, reason = "on the integration machine nothing is skipped")]
    let may_skip = std::env::var_os("CI").is_none();
    if !python.exists() && may_skip {
        println!("SKIPPED: tools/contract.sh fetches schemathesis");
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "schemathesis is a program")]
    let mut asking = std::process::Command::new(&python);
    asking.arg("-B").arg(root.join("tests/portal/contract/run.py")).arg(env!("CARGO_BIN_EXE_reference-portal"));
    let output = asking.arg(root.join("src/portal/openapi.yaml")).arg("25").output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}
