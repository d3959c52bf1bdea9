#!/usr/bin/env bash
# The figures that README holds: bytes of the packages and of the binaries in them.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
tools/packages.sh build cross run
tools/pack.sh x86_64 aarch64 armv7hf
for arch in x86_64 aarch64 armv7hf; do
  printf 'bench: %9s bytes of binary for %s\n' "$(wc -c <"target/stage/$arch/c2c")" "$arch"
done
