#!/usr/bin/env bash
# Builds and packs: target/eap/Camera-to-Cloud_VERSION_ARCH.eap, and the older form of it in target/eap/schema1.
#
#   tools/pack.sh ARCH...           ARCH is aarch64, armv7hf or x86_64 (for the virtual camera only)
#
# Why so: the time in the package is that of the last commit, so the same commit gives the same package, byte for byte.
# The packer refuses what is above the budget (acap/budget.toml); here the bytes are printed beside it.
#
# Knob: PROGRAMS=built says that target/debug/eap is there already.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || { sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2; }
cd "$root"
export CARGO_TARGET_DIR="$root/target"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

for arch in "$@"; do tools/build.sh "$arch"; done
[ "${PROGRAMS:-}" = built ] || cargo build --locked --package eap --bins

for arch in "$@"; do
  for schema in 1 2; do
    out=target/eap
    [ "$schema" = 2 ] || out=target/eap/schema1
    mkdir -p "$out"
    target/debug/eap pack --arch "$arch" --binary "target/stage/$arch/c2c" --schema "$schema" --out "$out" >/dev/null
  done
done

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
for arch in "$@"; do
  budget=$(sed -n "/^\[package\]/,/^\[[^p]/s/^$arch = *//p" acap/budget.toml | tr -d '_ ')
  for file in target/eap/*"_${version//./_}_$arch.eap" target/eap/schema1/*"_${version//./_}_$arch.eap"; do
    printf 'pack: %9s bytes of %s  %s\n' "$(wc -c <"$file")" "${budget:-no budget}" "$file"
  done
done
