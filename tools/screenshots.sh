#!/usr/bin/env bash
# Pictures of the page's main states by a real Chromium, wide and as on a phone, in light and in dark: target/screenshots.
# Two of them go to README.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export CARGO_TARGET_DIR="$root/target"
tools/packages.sh build test
tools/axe.sh
cargo test --locked --package c2c --test on_camera gallery
cp target/screenshots/working-1280-light.png docs/status-page.png
cp target/screenshots/needs-you-390-dark.png docs/status-page-phone.png
cp target/screenshots/claim-code-1280-light.png docs/claim.png
echo "screenshots: $(find target/screenshots -name '*.png' | wc -l) pictures in target/screenshots; README's three in docs/"
