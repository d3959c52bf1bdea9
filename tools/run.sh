#!/usr/bin/env bash
# A virtual camera with the app installed and running, and the reference portal, at which it is registered; until Ctrl-C.
#
#   PORT=8080 OS=12.11 ARCH=native VERSION=1.6.0 CARD=new SPEED=10 WISH=prepare PORTAL=8470 tools/run.sh
#
# PORT: where the camera's web pages are, on 127.0.0.1. PORTAL: the port of the portal, which is shared by all cameras that
# name the same; an address of another portal; or none. OS: the AXIS OS release to imitate. ARCH: native, aarch64 or
# armv7hf (the latter two run under QEMU). VERSION: packs the app as that version; without it, as the one it is.
# CARD: usual (formatted, empty), new, exfat, foreign, worn, none, or a status of the disk manager. SPEED: how many times
# quicker the card's jobs go than on a camera. WISH: prepare presses “Prepare this card” as an administrator would; the
# card is a new one then, and its jobs go four times as quick, unless CARD and SPEED say otherwise.
#
# Why so: only what this ARCH needs is built, and the virtual camera takes this process's place, so that a signal to
# make or Ctrl-C reaches it, and nothing outlives it: the kernel ends the portal with it.
#
# Knob: PROGRAMS=built says that target/stage and target/debug hold what is needed already.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
port=${PORT:-8080} os=${OS:-12.11} arch=${ARCH:-native} version=${VERSION:-}
card=${CARD:-} speed=${SPEED:-} wish=${WISH:-} portal=${PORTAL:-8470}
fail() { printf 'run: %s\n' "$*" >&2; exit 2; }
[ "$arch" != native ] || arch=$(uname -m)
case $arch in
  x86_64) purposes=(build run) ;;
  aarch64 | armv7hf) purposes=(build run cross) ;;
  *) fail "ARCH is native (on x86_64), aarch64 or armv7hf, not $arch" ;;
esac
case $port in '' | *[!0-9]*) fail "PORT is a number, not $port" ;; esac

case $portal in
  none) portal='' ;;
  http://* | https://*) ;;
  *[!0-9]*) fail "PORTAL is a port, an address or none, not $portal" ;;
esac

case $wish in
  '') ;;
  prepare) card=${card:-new} speed=${speed:-4} ;;
  *) fail "WISH is prepare, not $wish" ;;
esac

export CARGO_TARGET_DIR="$root/target"
tools/packages.sh "${purposes[@]}"
if [ "${PROGRAMS:-}" != built ]; then
  tools/build.sh "$arch"
  cargo build --locked --package eap --package virtual-camera --package reference-portal --bins
fi

# Up to 12.9 it isn't certain that a device takes a manifest of the second schema.
case $os in 11.* | 12.[0-9]) schema=1 ;; *) schema=2 ;; esac
# Any port is that of nobody else, and so has to be the folder.
out="target/run/$arch-${port/#0/any-$$}"
rm -rf "$out"
mkdir -p "$out"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
package=$(target/debug/eap pack --arch "$arch" --binary "target/stage/$arch/c2c" --schema "$schema" \
  ${version:+--version "$version"} --out "$out")
switches=()
[ -z "$card" ] || switches+=(--card "$card")
[ -z "$speed" ] || switches+=(--speed "$speed")
[ -z "$wish" ] || switches+=(--wish "$wish")
case $portal in
  '') ;;
  http*) switches+=(--portal "$portal") ;;
  *)
    if ! PORT=$portal tools/portal.sh is-there; then
      # Its data stay, since what cameras pinned of it stays too; setpriv has it end with this process, whatever that becomes.
      PORT=$portal setpriv --pdeathsig TERM tools/portal.sh >target/run/portal-log 2>&1 &
      for _ in $(seq 1800); do
        if PORT=$portal tools/portal.sh is-there; then break; fi
        kill -0 $! 2>/dev/null || { cat target/run/portal-log >&2; fail "the portal does not start"; }
        sleep 0.2
      done
    fi
    switches+=(--portal "http://127.0.0.1:$portal")
    ;;
esac
case $os in
  13*)
    echo "run: AXIS OS $os takes signed packages only: the virtual camera is told to treat ours as signed"
    switches+=(--treat-as-signed)
    ;;
esac
exec target/debug/virtual-camera --os "$os" --arch "$arch" --port "$port" --own-address "${switches[@]}" --install "$package"
