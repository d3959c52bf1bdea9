#!/usr/bin/env bash
# The cross toolchain: everything needed to build for a camera and to run the result under QEMU, in target/toolchain.
#
#   tools/toolchain.sh ARCH...      ARCH is aarch64, armv7hf or x86_64 (which needs nothing beyond the host)
#
# What it leaves:
#   target/toolchain/sysroot/ARCH   glibc, GLib and gio of the target: for pkg-config, for the linker, for `qemu-… -L`
#   target/toolchain/rust.env       says which rustc knows the targets: COMPILER=rustup (the host's own) or
#                                   COMPILER=debian (target/toolchain/rust/rustc, a wrapper)
#
# Why so: a camera's libraries are only needed by name, so Debian's own builds of them do for linking, and nothing has
# to be installed into the system. Packages are fetched by apt with lists of its own (the host's architectures stay as
# they are, no root needed), so that apt's signature check covers every byte. Folders are made aside and renamed into
# place: one that is there is whole.
#
# Knobs: RUST_WAY is the ways to a compiler, tried in that order ("rustup debian" unless set; one word forces one way).
# DEBIAN_MIRROR=URL names a Debian mirror on a host that isn't Debian.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
here="$root/target/toolchain"
# Old enough to be certain on the oldest AXIS OS (glibc 2.36, of which the package may use up to 2.34), and the
# release whose compiler exists for all three architectures at one version.
suite=bookworm
rust_version='1.85.0+dfsg3-1~deb12u3'
libraries=(libc6 libgcc-s1 libglib2.0-0 libglib2.0-dev libpcre2-8-0 libpcre2-dev libffi8 libffi-dev zlib1g zlib1g-dev
  libmount1 libmount-dev libblkid1 libblkid-dev libselinux1 libselinux1-dev libsepol2 libsepol-dev libuuid1 uuid-dev)
# Raise it when the contents of a folder change: older ones are then made anew.
edition=1

say() { printf 'toolchain: %s\n' "$*"; }
fail() { printf 'toolchain: %s\n' "$*" >&2; exit 1; }

debian_of() { case $1 in aarch64) echo arm64 ;; armv7hf) echo armhf ;; *) fail "unknown architecture $1" ;; esac; }
target_of() {
  case $1 in
    aarch64) echo aarch64-unknown-linux-gnu ;;
    armv7hf) echo armv7-unknown-linux-gnueabihf ;;
    *) fail "unknown architecture $1" ;;
  esac
}
is_whole() { [ "$(cat "$1/.whole" 2>/dev/null)" = "$edition" ]; }

# The mirror that the host itself uses.
mirror() {
  if [ -n "${DEBIAN_MIRROR:-}" ]; then echo "$DEBIAN_MIRROR"; return; fi
  local id="" codename=""
  id=$(. /etc/os-release; echo "${ID:-}")
  codename=$(. /etc/os-release; echo "${VERSION_CODENAME:-}")
  [ "$id" = debian ] || fail "this host is no Debian: set DEBIAN_MIRROR to the address of a Debian mirror (the ARM packages need Debian $suite libraries), or use ARCH=native"
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$codename" '$1 == release && $2 == "main" { print $3; exit }'
}

# apt with lists of its own, for three architectures.
private_apt() { APT_CONFIG="$work/apt.conf" apt-get -qq "$@"; }

open_lists() {
  [ ! -e "$work/sources.list" ] || return 0
  local from keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  command -v apt-get >/dev/null || fail "this host has no apt: the ARM packages are built on Debian (or build with ARCH=native)"
  from=$(mirror) || exit 1
  [ -n "$from" ] || fail "apt knows no Debian mirror: set DEBIAN_MIRROR"
  [ -e "$keyring" ] || fail "$keyring is missing: install debian-archive-keyring"
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"
  printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$from" "$suite" >"$work/sources.list"
  cat >"$work/apt.conf" <<CONF
APT { Architecture "amd64"; Architectures { "amd64"; "arm64"; "armhf"; }; Sandbox::User "root"; };
Dir::Etc { SourceList "$work/sources.list"; SourceParts "-"; };
Dir::State::Lists "$work/lists";
Dir::Cache "$work/cache";
Acquire { Languages "none"; Retries "3"; };
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
  # A mirror in the middle of an update gives an error for one list while the others serve: the downloads judge.
  private_apt update >&2 || say "apt's update was not whole, trying all the same"
}

# fetch FOLDER NAME[:ARCH][=VERSION]... : downloads and unpacks into FOLDER; 1 if not all is to be had
fetch() {
  local into=$1; shift
  open_lists
  rm -rf "$work/debs"; mkdir -p "$work/debs" "$into"
  (cd "$work/debs" && private_apt download "$@" >&2) || return 1
  find "$work/debs" -name '*.deb' -print0 | xargs -0 -P "$(nproc)" -I{} dpkg-deb -x {} "$into" || return 1
  rm -rf "$work/debs"
}

settle() { # settle MADE PLACE : the made folder becomes the place, whole
  echo "$edition" >"$1/.whole"
  mkdir -p "$(dirname "$2")"
  rm -rf "$2"
  mv "$1" "$2"
}

make_sysroot() {
  local arch=$1 debian names=() name
  is_whole "$here/sysroot/$arch" && return
  debian=$(debian_of "$arch")
  say "fetching the libraries of $arch (about 20 MB)"
  for name in "${libraries[@]}"; do names+=("$name:$debian"); done
  fetch "$work/sysroot-$arch" "${names[@]}" || fail "the libraries of $arch are not to be had"
  # What only documents or speaks other languages is not needed to link and run.
  rm -rf "$work/sysroot-$arch"/usr/share/{doc,man,locale,lintian,bug,gdb}
  settle "$work/sysroot-$arch" "$here/sysroot/$arch"
}

rustup_knows() { rustup target list --installed 2>/dev/null | grep -qx "$1"; }

# Can the host's own rustc build for all targets asked for? Adds a target if that goes quickly; asks only once.
ask_rustup() {
  command -v rustup >/dev/null || return 1
  local target refused="$here/.rustup-refused"
  for target in "$@"; do
    if rustup_knows "$target"; then continue; fi
    if [ -e "$refused" ]; then return 1; fi
    say "asking rustup for $target"
    if ! timeout 30 rustup target add "$target" >"$work/rustup.log" 2>&1; then
      say "rustup doesn't give it: $(tail -n 1 "$work/rustup.log")"
      touch "$refused"
      return 1
    fi
  done
}

make_rust() {
  local names=() architecture rust="$work/rust"
  is_whole "$here/rust" && return
  say "fetching the compiler $rust_version with its libraries (about 170 MB)"
  names=("rustc-web:amd64=$rust_version" libllvm19:amd64 libz3-4:amd64)
  for architecture in amd64 arm64 armhf; do
    names+=("libstd-rust-web-1.85:$architecture=$rust_version" "libstd-rust-web-dev:$architecture=$rust_version")
  done
  fetch "$rust" "${names[@]}" || return 1
  rm -rf "$rust"/usr/share/{doc,man,lintian}
  cat >"$rust/rustc" <<'WRAPPER'
#!/bin/sh
# The unpacked compiler finds its own libraries beside itself.
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$here/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec "$here/usr/bin/rustc" "$@"
WRAPPER
  chmod +x "$rust/rustc"
  "$rust/rustc" --version >/dev/null || return 1
  settle "$rust" "$here/rust"
}

choose_rust() {
  local way="" try
  for try in ${RUST_WAY:-rustup debian}; do
    case $try in
      rustup) ask_rustup "$@" && way=rustup ;;
      debian) make_rust && way=debian ;;
      *) fail "RUST_WAY is made of rustup and debian, not $try" ;;
    esac
    if [ -n "$way" ]; then break; fi
  done
  [ -n "$way" ] || fail "no compiler for $* is to be had by: ${RUST_WAY:-rustup debian}"
  echo "COMPILER=$way" >"$work/rust.env"
  mv "$work/rust.env" "$here/rust.env"
}

[ $# -gt 0 ] || { sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2; }
begun=$SECONDS
mkdir -p "$here"
# Two callers at once would fetch everything twice: the second waits for the first.
exec 9>"$here/.lock"
flock 9
work=$(mktemp -d "$here/.making.XXXXXX")
trap 'rm -rf "$work"' EXIT

targets=()
for arch in "$@"; do
  [ "$arch" = x86_64 ] && continue
  targets+=("$(target_of "$arch")")
  make_sysroot "$arch"
done
if [ ${#targets[@]} -gt 0 ]; then choose_rust "${targets[@]}"; fi
if [ $((SECONDS - begun)) -gt 1 ]; then say "ready after $((SECONDS - begun)) s"; fi
