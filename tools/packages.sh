#!/usr/bin/env bash
# The host's packages: installs the Debian/Ubuntu packages that a purpose lacks, and says what it does.
#
#   tools/packages.sh PURPOSE...    PURPOSE is build, cross, run, test or lint
#
#   build   compiling for this machine         cross   compiling for cameras, and QEMU to run the result here
#   run     what the virtual camera starts     test    what only the tests start (a web server, a browser, a container
#                                                      engine, valgrind)
#   lint    what `make check` uses when it is to be had
#
# Why so: nobody should have to read a list of packages first. It is a look-up of a moment when nothing is missing. It
# installs as root or through a sudo that asks no password; else it ends with one message that names the command.
# Of the web server and of D-Bus only the programs are taken, which the tests run by themselves. Of the container engine
# too, but its package may start a service of the system; the tests neither need it nor touch it.
#
# Knob: PACKAGES=mine says that all needed programs are there though no package of these names is.
set -euo pipefail

say() { printf 'packages: %s\n' "$*"; }
fail() { printf 'packages: %s\n' "$*" >&2; exit 1; }

# `a|b` is satisfied by either; the first one that apt knows is installed.
packages_for() {
  case $1 in
    build) echo gcc libc6-dev 'pkg-config|pkgconf' libclang-dev libglib2.0-dev ;;
    cross) echo gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf libc6-dev-arm64-cross libc6-dev-armhf-cross binutils \
      'qemu-user-static|qemu-user' ;;
    run) echo 'dbus-daemon|dbus' curl ;;
    test) echo apache2-bin media-types valgrind libc6-dbg iproute2 python3-pip 'docker.io|docker-ce' busybox-static \
      tinyproxy-bin strace faketime ;;
    lint) echo shellcheck python3-pip ;;
    *) fail "unknown purpose $1" ;;
  esac
}

# The browser is looked for by name, since Ubuntu has it as a snap and many machines have Google's.
browser_packages() {
  local browser="" name
  for name in chromium google-chrome google-chrome-stable chromium-browser; do
    if command -v "$name" >/dev/null; then browser=$name; break; fi
  done
  if [ -n "$browser" ] && command -v chromedriver >/dev/null; then return; fi
  if [ "$(. /etc/os-release && echo "${ID:-}")" = ubuntu ]; then
    say "Ubuntu has Chromium only as a snap, which tests can't drive: for the browser tests put google-chrome (or chromium) and chromedriver of one version into PATH" >&2
    return
  fi
  echo chromium chromium-driver
}

installed() { dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^[hi]i *//p' || true; }

# Prints those of the wanted ones that aren't there.
missing_of() {
  local have want one found
  # shellcheck disable=SC2046,SC2086
  have=" $(installed $(echo "$*" | tr '|' ' ') | tr '\n' ' ')"
  for want in "$@"; do
    found=no
    for one in ${want//|/ }; do case $have in *" $one "*) found=yes ;; esac; done
    [ "$found" = yes ] || echo "$want"
  done
}

known_to_apt() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

# The one of `a|b` that apt knows; the first one if it knows none.
choose() {
  local one
  for one in ${1//|/ }; do if known_to_apt "$one"; then echo "$one"; return; fi; done
  echo "${1%%|*}"
}

install() {
  local as=() names=() want log
  for want in "$@"; do names+=("$(choose "$want")"); done
  local command="apt-get install --no-install-recommends ${names[*]}"
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || fail "missing: ${names[*]}. Install them, then say it again: sudo $command"
    as=(sudo -n env)
  else
    as=(env)
  fi
  log=$(mktemp)
  as+=(DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -y -qq -oDPkg::Lock::Timeout=300 -oAcquire::Retries=3)
  say "installing ${names[*]}"
  local known=yes
  for want in "${names[@]}"; do known_to_apt "$want" || known=no; done
  # Lists may be missing (a fresh container) or older than the mirror; then, and only then, they are fetched anew.
  if [ "$known" = no ] || ! "${as[@]}" install --no-install-recommends "${names[@]}" </dev/null >"$log" 2>&1; then
    say "fetching apt's lists first"
    "${as[@]}" update </dev/null >>"$log" 2>&1 || true
    names=()
    for want in "$@"; do names+=("$(choose "$want")"); done
    "${as[@]}" install --no-install-recommends "${names[@]}" </dev/null >>"$log" 2>&1 || {
      tail -n 20 "$log" >&2
      fail "apt could not install them (whole log: $log). By hand: apt-get update && $command"
    }
  fi
  rm -f "$log"
}

[ $# -gt 0 ] || { sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2; }
[ "${PACKAGES:-}" != mine ] || exit 0

wanted=()
for purpose in "$@"; do
  read -ra some <<<"$(packages_for "$purpose")"
  wanted+=("${some[@]}")
  if [ "$purpose" = test ]; then
    read -ra some <<<"$(browser_packages)"
    wanted+=(${some[@]+"${some[@]}"})
  fi
done
command -v cargo >/dev/null || fail "cargo is missing: install Rust 1.85 or newer (rustup, or the system's packages), then say it again"
command -v dpkg-query >/dev/null || fail "this is neither Debian nor Ubuntu: install the equivalents of ${wanted[*]}, then say PACKAGES=mine make …"

begun=$SECONDS
mapfile -t missing < <(missing_of "${wanted[@]}")
if [ ${#missing[@]} -gt 0 ]; then
  install "${missing[@]}"
  say "ready after $((SECONDS - begun)) s"
fi
