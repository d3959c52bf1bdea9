#!/usr/bin/env bash
# The figures that README holds, as its table: bytes of the packages, and what the running app costs a camera.
#
# Why so: what is measured is the package as it is installed, on a virtual camera; benches/figures.rs says how. It takes
# some two minutes after the builds, most of them spent watching that nothing happens. It ends with 1 when an aim is
# missed by more than a machine's whims explain.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export CARGO_TARGET_DIR="$root/target"
tools/packages.sh build cross run
# Programs and bench in one go: apart from each other they would get their dependencies with other features, twice.
cargo build --locked --workspace --bins --bench figures
PROGRAMS=built tools/pack.sh x86_64 aarch64 armv7hf
cargo bench --locked --workspace --profile dev --bench figures
