#!/usr/bin/env bash
# Programs of Debian/Ubuntu packages, unpacked under target/debs and not installed: their packages would start a service.
#
#   tools/debs.sh PROGRAM PACKAGE...    nothing to do where PROGRAM is to be had already
#
# Why so: `make bench` compares the app with nginx, and nobody wants a web server on their port 80 for that.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 1 ] || { sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2; }
program=$1; shift
folder=$root/target/debs
PATH=$PATH:/usr/sbin:$folder/usr/sbin:$folder/usr/bin
! command -v "$program" >/dev/null || exit 0
echo "debs: fetching $*"
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
# The sandbox of apt's own user cannot write here; for a download it is not needed.
(cd "$fetched" && apt-get -q -oAPT::Sandbox::User=root download "$@" >log 2>&1) ||
  { tail -n 3 "$fetched/log" >&2; echo "debs: apt-get could not download $*" >&2; exit 1; }
mkdir -p "$folder"
for package in "$fetched"/*.deb; do dpkg-deb -x "$package" "$folder"; done
