//! Binaries: native ones, and ARM ones under QEMU by their ELF header.

use std::fs;

use serde_json::json;
use virtual_camera::profile::{Arch, Os};

use crate::support::{Camera, Eap};

const WORDS: &[u8] = b"hello from arm\n";

/// A 64-bit ARM program that writes [`WORDS`] and then waits for ever.
fn aarch64() -> Vec<u8> {
    let movz = |register: u32, value: u32| 0xd280_0000 | (value << 5) | register;
    let call = 0xd400_0001;
    let length = WORDS.len() as u32;
    let mut code = vec![movz(0, 1), 0, movz(2, length), movz(8, 64), call];
    code.extend([movz(0, 0), movz(1, 0), movz(2, 0), movz(3, 0), movz(8, 73), call, 0x1400_0000]);
    // adr x1, the words behind the code
    code[1] = 0x1000_0001 | ((code.len() as u32 - 1) << 5);
    let size = 64 + 56 + 4 * code.len() as u64 + WORDS.len() as u64;
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 183, 0, 1, 0, 0, 0];
    for word in [0x40_0078_u64, 64, 0] {
        elf.extend(word.to_le_bytes());
    }
    elf.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    elf.extend([1, 0, 0, 0, 5, 0, 0, 0]);
    for word in [0, 0x40_0000, 0x40_0000, size, size, 0x1_0000] {
        elf.extend(word.to_le_bytes());
    }
    elf.extend(code.iter().flat_map(|word| word.to_le_bytes()));
    elf.extend(WORDS);
    elf
}

/// The same for 32-bit ARM.
fn armv7hf() -> Vec<u8> {
    let length = WORDS.len() as u32;
    let mut code =
        [0xe3a0_0001, 0, 0xe3a0_2000 | length, 0xe3a0_7004, 0xef00_0000, 0xe3a0_701d, 0xef00_0000, 0xeaff_fffe];
    // add r1, pc, the distance to the words behind the code
    code[1] = 0xe28f_1000 | (4 * (code.len() as u32 - 1) - 8);
    let size = 52 + 32 + 4 * code.len() as u32 + length;
    let mut elf = vec![0x7f, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 40, 0, 1, 0, 0, 0];
    for word in [0x1_0054_u32, 52, 0, 0x0500_0400] {
        elf.extend(word.to_le_bytes());
    }
    elf.extend([52, 0, 32, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    for word in [1, 0, 0x1_0000, 0x1_0000, size, size, 5, 0x1000] {
        elf.extend(word.to_le_bytes());
    }
    elf.extend(code.iter().flat_map(|word| word.to_le_bytes()));
    elf.extend(WORDS);
    elf
}

#[tokio::test]
async fn arm_binaries_run_on_cameras_of_their_architecture_and_on_no_other() {
    for (arch, program) in [(Arch::Aarch64, aarch64()), (Arch::Armv7hf, armv7hf())] {
        let camera = Camera::with(Os::V11_11, |setup| setup.arch = arch).await;
        let mut eap = Eap::new("").setup("architecture", json!(arch.to_string()));
        eap.program = program;
        assert_eq!(camera.upload(&eap.bytes()).await, "OK");
        assert_eq!(camera.control("start", "demo").await, "OK", "{arch}");
        camera.says("hello from arm").await;
        let pid = camera.device.app_pid("demo").unwrap();
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap();
        let words: Vec<String> =
            command.split(|byte| *byte == 0).map(|word| String::from_utf8(word.to_vec()).unwrap()).collect();
        if arch != Arch::native() {
            let state = camera.state.path().canonicalize().unwrap();
            let at = |place: &str| state.join(place).display().to_string();
            let emulator = std::path::Path::new(&words[0]).file_name().unwrap().to_str().unwrap();
            assert!(arch.emulators().contains(&emulator), "{}", words[0]);
            assert_eq!(words[1..3], ["-L".to_owned(), at(&format!("no-sysroots/{arch}"))]);
            assert_eq!(
                words[3..5],
                ["-E".to_owned(), format!("LD_LIBRARY_PATH={}", at(&format!("no-stage/{arch}/standin")))]
            );
            assert_eq!(words[5], at("packages/demo/demo"));
            assert_eq!(words[6], "--listen");
        }
        assert_eq!(camera.control("stop", "demo").await, "OK");
        // The same program in a package that names the other architecture's camera as its own.
        let other = if arch == Arch::Aarch64 { armv7hf() } else { aarch64() };
        eap.program = other;
        assert_eq!(camera.upload(&eap.bytes()).await, "OK", "a camera looks at the manifest only");
        assert_eq!(camera.control("start", "demo").await, "Error: 8");
        camera.device.stop().await;
    }
}

#[tokio::test]
async fn a_native_binary_finds_the_stand_ins_and_gets_no_arguments_when_not_isolated() {
    let camera = Camera::with(Os::V11_11, |setup| setup.isolate = false).await;
    let mut eap = Eap::new("").setup("runMode", json!("never"));
    eap.program = fs::read("/usr/bin/env").unwrap();
    assert_eq!(camera.upload(&eap.bytes()).await, "OK");
    assert_eq!(camera.control("start", "demo").await, "OK");
    camera.says("G_SLICE=always-malloc").await;
    assert!(camera.device.wait_until_off("demo", crate::support::SOON).await);
    let log = camera.device.app_log("demo");
    assert!(log.contains(&format!("no-stage/{}/standin", Arch::native())), "{log}");
    assert_eq!(log.lines().count(), 4, "{log}");
    assert_eq!(camera.device.sites().borrow()[0].proxies[0].target, "http://localhost:18461");
    camera.device.stop().await;
}
