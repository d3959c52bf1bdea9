#!/usr/bin/env bash
# Gives each parser strange input for a while, from the seeds in fuzz/seeds on, and keeps what was found new in
# target/fuzz/found. What breaks a parser lies in target/fuzz/artifacts, and is a file to run the target with.
#
#   tools/fuzz.sh [TARGET...]       SECONDS_EACH=30: so long for each
#
# Why so: libFuzzer in a plain build, with the compiler's own counters for branches; a stable Rust is enough.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/fuzz"
export CARGO_TARGET_DIR="$root/target/fuzz/build"
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
host=$(rustc -vV | sed -n 's/^host: //p')
# With a target named, what is built for this machine to run (build scripts) has none of these flags.
cargo build --release --quiet --locked --target "$host"

targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml | grep -v '^c2c-fuzz$')
for target in "${targets[@]}"; do
  found="$root/target/fuzz/found/$target" artifacts="$root/target/fuzz/artifacts/$target-"
  mkdir -p "$found" "$(dirname "$artifacts")"
  log="$root/target/fuzz/$target.log"
  if ! "$CARGO_TARGET_DIR/$host/release/$target" -max_total_time="${SECONDS_EACH:-30}" -max_len=4096 -timeout=5 \
    -rss_limit_mb=1024 -artifact_prefix="$artifacts" -print_final_stats=1 "$found" "seeds/$target" >"$log" 2>&1; then
    tail -n 40 "$log"
    printf 'fuzz: %s: broken; see %s\n' "$target" "$artifacts*"
    exit 1
  fi
  printf 'fuzz: %-18s %s runs\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
done
