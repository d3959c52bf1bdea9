//! The manifest is the one source of the version; Cargo's has to follow it.
use eap::manifest::Manifest;

#[test]
fn cargos_version_is_the_manifests() {
    let manifest = Manifest::read(include_bytes!("../manifest.json")).unwrap();
    assert_eq!(manifest.setup_text("version"), Some(env!("CARGO_PKG_VERSION")));
}
