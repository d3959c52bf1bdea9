#!/usr/bin/env bash
# Lighthouse 12 for `make bench`: fetched once from npm into target/lighthouse, if there is Node.js.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
wanted=lighthouse@12.8.2
folder=$root/target/lighthouse
[ ! -e "$folder/$wanted" ] || exit 0
command -v node >/dev/null && command -v npm >/dev/null || { echo "lighthouse: there is no Node.js here" >&2; exit 1; }
echo "lighthouse: fetching $wanted"
rm -rf "$folder"
mkdir -p "$folder"
(cd "$folder" && timeout 600 npm install --no-audit --no-fund --silent --prefix . "$wanted") ||
  { echo "lighthouse: npm could not fetch $wanted" >&2; exit 1; }
touch "$folder/$wanted"
