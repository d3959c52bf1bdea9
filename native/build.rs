//! Finds or builds the two C libraries, compiles the glue, and makes the bindings.
//!
//! In the camera's SDK `pkg-config` knows `axparameter` and `axstorage`, and these are taken. Elsewhere the headers of
//! `include/` and the stand-ins of `standin/` take their place, built for the target as real shared libraries with the
//! real sonames, and copied to `<profile folder>/standin/` for whoever runs the program.
//! `axsdk::LIBRARIES` says which were taken.

#![expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const GLUE: [&str; 4] = ["glue.c", "glue_parameter.c", "glue_storage.c", "bus.c"];
const STRICT: [&str; 6] =
    ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fstack-protector-strong", "-fvisibility=hidden"];
/// Stand-in library, its sources, and the sources that both share.
const STAND_INS: [(&str, &[&str]); 2] = [
    ("axparameter", &["axparameter.c", "place.c", "definition.c", "state.c"]),
    ("axstorage", &["axstorage.c", "slot.c", "state.c"]),
];

type Fault = Box<dyn Error>;

fn main() -> Result<(), Fault> {
    for watched in ["include", "standin", "glue.h", "glue_inside.h", "bindings.h"].iter().chain(&GLUE) {
        println!("cargo:rerun-if-changed={watched}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let quiet = |name: &str| pkg_config::Config::new().cargo_metadata(false).probe(name);
    let sdk = quiet("axparameter").ok().zip(quiet("axstorage").ok());
    let gio = quiet("gio-2.0")?;
    let mut includes = gio.include_paths.clone();
    let taken = match &sdk {
        Some((parameter, storage)) => {
            includes.extend(parameter.include_paths.iter().chain(&storage.include_paths).cloned());
            "SDK"
        }
        None => {
            includes.push(PathBuf::from("include"));
            "stand-in"
        }
    };
    eprintln!("axsdk: the {taken} libraries are taken");
    println!("cargo:rustc-env=AXSDK_LIBRARIES={taken}");

    cc::Build::new().files(GLUE).includes(&includes).define("_GNU_SOURCE", None).apply(&STRICT).compile("axglue");
    if sdk.is_none() {
        build_stand_ins(&out, &includes, &gio)?;
    }
    // After the glue, which needs them: the order counts for the linker.
    for name in ["axparameter", "axstorage"] {
        match sdk {
            Some(_) => drop(pkg_config::Config::new().probe(name)?),
            None => println!("cargo:rustc-link-lib=dylib={name}"),
        }
    }
    for name in ["gio-2.0", "glib-2.0"] {
        pkg_config::Config::new().probe(name)?;
    }
    make_bindings(&out, &includes)
}

/// The flags that every C file here is compiled with.
trait Strict {
    fn apply(&mut self, flags: &[&str]) -> &mut Self;
}

impl Strict for cc::Build {
    fn apply(&mut self, flags: &[&str]) -> &mut Self {
        flags.iter().fold(self, |build, flag| build.flag(flag))
    }
}

fn build_stand_ins(out: &Path, includes: &[PathBuf], gio: &pkg_config::Library) -> Result<(), Fault> {
    let built = out.join("standin");
    // OUT_DIR is <profile folder>/build/<package>-<hash>/out.
    let profile = out.ancestors().nth(3).ok_or("OUT_DIR has no profile folder above it")?;
    let shown = profile.join("standin");
    fs::create_dir_all(&built)?;
    fs::create_dir_all(&shown)?;
    for (name, sources) in STAND_INS {
        let soname = format!("lib{name}.so.1");
        let compiler = cc::Build::new().includes(includes).define("_GNU_SOURCE", None).apply(&STRICT).get_compiler();
        let mut command = compiler.to_command();
        command.args(["-shared", "-fPIC", &format!("-Wl,-soname,{soname}"), "-Wl,-z,defs", "-o"]);
        command.arg(built.join(&soname));
        command.args(sources.iter().map(|source| Path::new("standin").join(source)));
        command.args(gio.link_paths.iter().map(|path| format!("-L{}", path.display())));
        command.args(gio.link_paths.iter().map(|path| format!("-Wl,-rpath-link,{}", path.display())));
        command.arg("-lglib-2.0");
        let status = command.status()?;
        if !status.success() {
            return Err(format!("the stand-in of {name} was not built: {command:?}: {status}").into());
        }
        // The linker looks for the name without the number.
        fs::copy(built.join(&soname), built.join(format!("lib{name}.so")))?;
        // Beside, then renamed: a program that runs keeps the file that it has loaded.
        let beside = shown.join(format!("{soname}.{}", std::process::id()));
        fs::copy(built.join(&soname), &beside)?;
        fs::rename(&beside, shown.join(&soname))?;
    }
    println!("cargo:rustc-link-search=native={}", built.display());
    println!("cargo:standin={}", shown.display());
    Ok(())
}

fn make_bindings(out: &Path, includes: &[PathBuf]) -> Result<(), Fault> {
    let target = env::var("TARGET")?;
    let mut builder = bindgen::Builder::default()
        .header("bindings.h")
        .clang_args(includes.iter().map(|path| format!("-I{}", path.display())))
        .allowlist_function("axg_.*")
        .allowlist_type("axg_.*|AXParameterErrorCode|AXStorageErrorCode|AXStorageType|AXStorageStatusEventId")
        .prepend_enum_name(false)
        .derive_debug(false)
        .layout_tests(false);
    if target != env::var("HOST")? {
        // libclang knows the host's headers only: the SDK names a sysroot, Debian's cross compilers have a folder.
        let triple = target.replace("armv7-unknown", "arm").replace("-unknown", "");
        builder = match env::var("SDKTARGETSYSROOT") {
            Ok(sysroot) => builder.clang_arg(format!("--sysroot={sysroot}")),
            Err(_) => builder.clang_arg(format!("-I/usr/{triple}/include")),
        };
        println!("cargo:rerun-if-env-changed=SDKTARGETSYSROOT");
    }
    builder.generate()?.write_to_file(out.join("bindings.rs"))?;
    Ok(())
}
