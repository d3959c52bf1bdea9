#!/usr/bin/env bash
# The reference portal with an operator, until Ctrl-C.
#
#   PORT=8470 OPERATOR=operator tools/portal.sh
#
# It listens on 127.0.0.1 alone, over plain HTTP, which cameras take on loopback addresses only. Its data stay in
# target/portal, so that cameras find it again. The password is made at the first start, and printed each time.
#
# Why so: the portal takes this process's place, so that a signal to make or Ctrl-C reaches it, and nothing outlives it.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
port=${PORT:-8470} operator=${OPERATOR:-operator}
case $port in '' | *[!0-9]*) echo "portal: PORT is a number, not $port" >&2; exit 2 ;; esac
export CARGO_TARGET_DIR="$root/target"
tools/packages.sh build
cargo build --locked --package reference-portal
data=target/portal
mkdir -p "$data"
chmod 700 "$data"
password="$data/password"
if [ ! -s "$password" ]; then (umask 077 && od -An -N12 -tx1 /dev/urandom | tr -d ' \n' >"$password"); fi
printf 'portal: log in as %s with %s\n' "$operator" "$(cat "$password")"
exec target/debug/reference-portal serve --listen "127.0.0.1:$port" --data "$data" \
  --operator "$operator" --password-file "$password"
