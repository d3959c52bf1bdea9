#!/usr/bin/env bash
# The reference portal with an operator, until Ctrl-C.
#
#   PORT=8470 OPERATOR=operator tools/portal.sh
#   tools/portal.sh is-there      whether a portal answers at that port
#
# It listens on 127.0.0.1 alone, over plain HTTP, which cameras take on loopback addresses only. Its data stay in
# target/portal, so that cameras find it again. The password is made at the first start, and printed each time.
#
# Why so: the portal takes this process's place, so that a signal to make or Ctrl-C reaches it, and nothing outlives it.
#
# Knob: PROGRAMS=built says that target/debug holds what is needed already.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
port=${PORT:-8470} operator=${OPERATOR:-operator} data=target/portal
case $port in '' | *[!0-9]*) echo "portal: PORT is a number, not $port" >&2; exit 2 ;; esac
login() { printf 'Portal: http://127.0.0.1:%s\nPortal login: %s %s\n' "$port" "$operator" "$(cat "$data/password")"; }
if [ "${1:-}" = is-there ]; then
  curl -fsS --max-time 5 "http://127.0.0.1:$port/.well-known/c2c" 2>/dev/null | grep -q '"protocols"' || exit 1
  [ ! -s "$data/password" ] || login
  exit 0
fi
export CARGO_TARGET_DIR="$root/target"
if [ "${PROGRAMS:-}" != built ]; then
  tools/packages.sh build
  cargo build --locked --package reference-portal
fi
mkdir -p "$data"
chmod 700 "$data"
if [ ! -s "$data/password" ]; then (umask 077 && od -An -N12 -tx1 /dev/urandom | tr -d ' \n' >"$data/password"); fi
login
exec target/debug/reference-portal serve --listen "127.0.0.1:$port" --data "$data" \
  --operator "$operator" --password-file "$data/password"
