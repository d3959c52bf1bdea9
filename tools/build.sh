#!/usr/bin/env bash
# Builds the app for one architecture, small, and stages it where the packer, the virtual camera and the tests look.
#
#   tools/build.sh ARCH             ARCH is x86_64, aarch64 or armv7hf
#
# What it leaves:
#   target/stage/ARCH/c2c           the binary of the package
#   target/stage/ARCH/standin/      the stand-ins for the camera's libraries, for the virtual camera only
#
# Why so: every ARCH goes the same way, so what runs natively in the tests is built as the packages for cameras are.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
arch=${1:-}
[ -n "$arch" ] || { sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2; }

begun=$SECONDS
cd "$root"
tools/cross.sh "$arch" cargo build --locked --release --package c2c --bin c2c
# shellcheck disable=SC2016
built=$(tools/cross.sh "$arch" sh -c 'echo "$CARGO_TARGET_DIR/$CARGO_BUILD_TARGET/release"')

stage="$root/target/stage/$arch"
mkdir -p "$stage/standin"
# place FROM TO : replaces by rename, so that a program that runs keeps its file
place() { cmp -s "$1" "$2" || { cp "$1" "$2.new" && mv "$2.new" "$2"; }; }
place "$built/c2c" "$stage/c2c"
for library in "$built"/standin/*.so.1; do
  [ -e "$library" ] || { echo "build: no stand-ins in $built/standin" >&2; exit 1; }
  place "$library" "$stage/standin/$(basename "$library")"
done
printf 'build: %s: %s bytes after %s s\n' "$arch" "$(wc -c <"$stage/c2c")" "$((SECONDS - begun))"
