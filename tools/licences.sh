#!/usr/bin/env bash
# Writes acap/LICENSE, the licence text that goes into every package: ours, and the notices of all whose code is linked
# into the program, on whichever architecture.
#
#   tools/licences.sh               say it after a change of dependencies
#   tools/licences.sh check         only compares; 1 if the file is not what would be written
#
# Why so: the file is kept in the repository, so that whoever packs, in whatever way, packs it, and a change of it is
# seen; a test of the packer compares it.
#
# Knob: EAP is the packer, if it is built already.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
case ${1:-} in '' | check) ;; *) sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2 ;; esac
if [ -z "${EAP:-}" ]; then
  export CARGO_TARGET_DIR="$root/target"
  cargo build --locked --quiet --package eap --bin eap
  EAP=target/debug/eap
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for target in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf; do
  only+=(--filter-platform "$target")
  cargo tree --locked --quiet --package c2c --edges normal,no-proc-macro --target "$target" --prefix none >>"$work/tree"
done
cargo metadata --locked --quiet --format-version 1 "${only[@]}" >"$work/metadata"
"$EAP" licences --own LICENSE --compiler acap/third_party/rust.txt --tree "$work/tree" --metadata "$work/metadata" \
  >"$work/LICENSE"
if [ "${1:-}" = check ]; then
  diff -u acap/LICENSE "$work/LICENSE" || { echo "licences: acap/LICENSE is not what is linked: tools/licences.sh" >&2; exit 1; }
else
  cp "$work/LICENSE" acap/LICENSE
fi
