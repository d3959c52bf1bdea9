#!/usr/bin/env bash
# The accessibility checker axe-core for the browser tests: fetches it once, as a file of a Python package.
#
# Why so: it is one script that runs within the page; no Node.js is needed for it. Without it those tests fail and say so.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
wanted=axe-playwright-python==0.1.8
folder=$root/target/axe
[ ! -e "$folder/$wanted" ] || exit 0
echo "axe: fetching axe-core 4.12.1 ($wanted)"
rm -rf "$folder"
timeout 300 python3 -m pip install -q --no-deps --disable-pip-version-check --root-user-action=ignore --target "$folder" "$wanted" ||
  { echo "axe: python3 -m pip could not fetch $wanted: the accessibility test will fail" >&2; exit 1; }
touch "$folder/$wanted"
