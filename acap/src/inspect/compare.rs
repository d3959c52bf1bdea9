//! Where the parts of a package disagree: each generated file against what the manifest would give.

use super::members::Found;
use crate::manifest::Manifest;
use crate::{cgi_conf, elf, package_conf, param_conf};

/// One sentence for each disagreement.
pub(super) fn disagreements(manifest: &Manifest, found: &Found) -> Vec<String> {
    let mut said = Vec::new();
    let text = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    if let Some(text) = text(&found.package_conf) {
        said.extend(package_conf::disagreements(&text, manifest));
    }
    let expected = [
        ("param.conf", text(&found.param_conf), Some(param_conf::write(manifest))),
        ("cgi.conf", text(&found.cgi_conf), cgi_conf::write(manifest)),
    ];
    for (name, is, should) in expected {
        match (is, should) {
            (Some(is), Some(should)) if is != should => said.push(format!("{name}: it is not what the manifest gives")),
            (None, Some(_)) => said.push(format!("{name}: missing, the manifest asks for it")),
            (Some(_), None) => said.push(format!("{name}: it is there, the manifest asks for none")),
            _ => {}
        }
    }
    said.extend(executable(manifest, found));
    said
}

fn executable(manifest: &Manifest, found: &Found) -> Option<String> {
    let name = manifest.app_name();
    if !found.members.iter().any(|member| member.path == name && member.kind != "folder") {
        return Some(format!("{name}: the executable is missing"));
    }
    let elf = elf::read(found.programs.get(name)?).ok()?;
    let wanted = manifest.setup_text("architecture").filter(|word| *word != "all")?;
    (elf.arch.map(|arch| arch.word()) != Some(wanted))
        .then(|| format!("{name}: built for {}, the manifest says {wanted}", elf.machine))
}
