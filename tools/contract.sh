#!/usr/bin/env bash
# Holds the reference portal against its contract (src/portal/openapi.yaml) with schemathesis.
#
#   tools/contract.sh           fetches what is needed, builds the portal, and asks it
#   tools/contract.sh fetch     fetches only; the portal's tests ask by themselves
#
# Why so: schemathesis and what signs its requests are Python packages; they live in a folder of their own, and touch no
# Python of the machine. Knob: CASES=40, how many strange requests are made of each call.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export CARGO_TARGET_DIR="$root/target"
wanted=(schemathesis==4.32.5 cryptography==50.0.2)
folder=target/contract
mark="$folder/${wanted[*]}"
if [ ! -e "$mark" ]; then
  echo "contract: fetching ${wanted[*]}"
  rm -rf "$folder"
  # --without-pip: Debian's Python brings no ensurepip unless asked to; the machine's own pip can fill the folder.
  { python3 -m venv --without-pip "$folder" &&
    timeout 300 python3 -m pip --python "$folder/bin/python" install -q --disable-pip-version-check "${wanted[@]}"; } ||
    { echo "contract: python3 could not fetch ${wanted[*]}: the contract's test will fail" >&2; exit 1; }
  touch "$mark"
fi
[ "${1:-}" != fetch ] || exit 0
cargo build --locked --package reference-portal
exec "$folder/bin/python" -B tests/portal/contract/run.py target/debug/reference-portal src/portal/openapi.yaml "${CASES:-40}"
