#!/usr/bin/env bash
# Every test, over freshly built packages of all three architectures.
#
#   tools/test.sh [cargo test's arguments]
#
# Why so: the integration tests install real packages into virtual cameras, so those are made first.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export CARGO_TARGET_DIR="$root/target"
tools/packages.sh build cross run test
tools/axe.sh || true
tools/contract.sh fetch || true
begun=$SECONDS
tools/toolchain.sh aarch64 armv7hf
printf '== toolchain: %s s\n' "$((SECONDS - begun))"
begun=$SECONDS
# Programs and tests in one go: apart from each other they would get their dependencies with other features, twice.
cargo build --locked --workspace --bins --tests
printf '== build of the tests: %s s\n' "$((SECONDS - begun))"
begun=$SECONDS
PROGRAMS=built tools/pack.sh x86_64 aarch64 armv7hf
printf '== packages: %s s\n' "$((SECONDS - begun))"
begun=$SECONDS
status=0
cargo test --locked --workspace --no-fail-fast "$@" || status=$?
printf '== tests: %s s\n' "$((SECONDS - begun))"
# Each unusual value of a library's knob once more on the cameras' own processors, under QEMU.
begun=$SECONDS
for arch in aarch64 armv7hf; do
  tools/cross.sh "$arch" cargo build --locked --package axsdk --example probe
  # shellcheck disable=SC2016
  built=$(tools/cross.sh "$arch" sh -c 'echo "$CARGO_TARGET_DIR/$CARGO_BUILD_TARGET/debug"')
  emulator=$(command -v "qemu-${arch/armv7hf/arm}-static" || command -v "qemu-${arch/armv7hf/arm}")
  AXSDK_PROBE="$built/examples/probe" AXSDK_STANDIN="$built/standin" \
    AXSDK_RUNNER="$emulator -L $root/target/toolchain/sysroot/$arch" \
    cargo test --locked --workspace --test knobs each_unusual || status=$?
done
printf '== knobs under QEMU: %s s\n' "$((SECONDS - begun))"
exit "$status"
