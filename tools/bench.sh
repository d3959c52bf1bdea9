#!/usr/bin/env bash
# The figures that README holds, as its table: bytes of the packages, and what the running app costs a camera.
#
# Why so: what is measured is the package as it is installed, on a virtual camera; benches/figures says how. It takes
# some five minutes after the builds, a good part of them spent watching that nothing happens. It ends with 1 when an aim
# is missed by more than a machine's whims explain. What it compares with is fetched, not installed; where that can't be
# had, the table says "not measured".
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export CARGO_TARGET_DIR="$root/target"
tools/packages.sh build cross run test
tools/debs.sh nginx nginx || true
tools/debs.sh wrk wrk libluajit-5.1-2 || true
tools/lighthouse.sh || true
# Programs and bench in one go: apart from each other they would get their dependencies with other features, twice.
cargo build --locked --workspace --bins --bench figures
PROGRAMS=built tools/pack.sh x86_64 aarch64 armv7hf
cargo bench --locked --workspace --profile dev --bench figures
