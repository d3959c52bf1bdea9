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
exit "$status"
