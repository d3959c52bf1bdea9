#!/usr/bin/env bash
# Builds the app for one architecture, small, and stages it where the packer, the virtual camera and the tests look.
#
#   tools/build.sh ARCH             ARCH is x86_64, aarch64 or armv7hf
#
# What it leaves:
#   target/stage/ARCH/c2c           the binary of the package
#   target/stage/ARCH/standin/      the stand-ins for the camera's libraries, for the virtual camera only
#
# Why so: every ARCH goes the same way (cargo with a --target), so what the tests see natively is built as the package
# is. The paths of this machine are mapped away, so the same commit gives the same bytes in whatever folder it lies.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
here="$root/target/toolchain"
arch=${1:-}
fail() { printf 'build: %s\n' "$*" >&2; exit 1; }

case $arch in
  x86_64) target=x86_64-unknown-linux-gnu compiler=gcc multiarch=x86_64-linux-gnu ;;
  aarch64) target=aarch64-unknown-linux-gnu compiler=aarch64-linux-gnu-gcc multiarch=aarch64-linux-gnu ;;
  armv7hf) target=armv7-unknown-linux-gnueabihf compiler=arm-linux-gnueabihf-gcc multiarch=arm-linux-gnueabihf ;;
  *) sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
command -v "$compiler" >/dev/null || fail "$compiler is missing: tools/packages.sh build cross"

begun=$SECONDS
RUST_WAY=rustup
export CARGO_TARGET_DIR
flags=()
if [ "$arch" != x86_64 ]; then
  "$root/tools/toolchain.sh" "$arch"
  # shellcheck source=/dev/null
  . "$here/rust.env"
  if [ -n "${RUSTC:-}" ]; then export RUSTC; fi
  sysroot="$here/sysroot/$arch"
  variable=${target//-/_}
  export "CC_$variable=$compiler" "PKG_CONFIG_ALLOW_CROSS_$variable=1" \
    "PKG_CONFIG_SYSROOT_DIR_$variable=$sysroot" \
    "PKG_CONFIG_LIBDIR_$variable=$sysroot/usr/lib/$multiarch/pkgconfig:$sysroot/usr/share/pkgconfig" \
    "BINDGEN_EXTRA_CLANG_ARGS_$variable=--target=$multiarch -I/usr/$multiarch/include" \
    "CARGO_TARGET_${variable^^}_LINKER=$compiler" \
    "CARGO_TARGET_${variable^^}_RUNNER=qemu-${arch/armv7hf/arm}-static -L $sysroot"
  # The libraries that our libraries need are found at link time in the sysroot; the binary remembers no path.
  flags+=("-Clink-arg=-Wl,-rpath-link,$sysroot/usr/lib/$multiarch:$sysroot/lib/$multiarch")
fi
# A compiler's artefacts get a folder of their own, so that two compilers don't throw out each other's.
CARGO_TARGET_DIR="$root/target/eap-$RUST_WAY"
flags+=("--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" "--remap-path-prefix=$root=/c2c"
  "--remap-path-prefix=$("${RUSTC:-rustc}" --print sysroot)=/rust")
# Separated by 0x1f, cargo's own separator, so that folders may have spaces.
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}
# The same for what C code names by __FILE__.
export CFLAGS="${CFLAGS:-} -ffile-prefix-map=$root=/c2c"

cd "$root"
cargo build --locked --release --package c2c --bin c2c --target "$target"

built="$CARGO_TARGET_DIR/$target/release"
stage="$root/target/stage/$arch"
mkdir -p "$stage/standin"
# place FROM TO : replaces by rename, so that a program that runs keeps its file
place() { cmp -s "$1" "$2" || { cp "$1" "$2.new" && mv "$2.new" "$2"; }; }
place "$built/c2c" "$stage/c2c"
for library in "$built"/standin/*.so.1; do
  [ -e "$library" ] || fail "no stand-ins in $built/standin"
  place "$library" "$stage/standin/$(basename "$library")"
done
printf 'build: %s: %s bytes, after %s s\n' "$arch" "$(wc -c <"$stage/c2c")" "$((SECONDS - begun))"
