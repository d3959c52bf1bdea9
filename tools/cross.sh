#!/usr/bin/env bash
# Runs a command with everything set that cargo, cc, pkg-config and bindgen need to build for one architecture.
#
#   tools/cross.sh ARCH COMMAND...   ARCH is x86_64, aarch64 or armv7hf
#   tools/cross.sh aarch64 cargo test --package axsdk --lib --tests      (they run under QEMU; documentation's examples
#                                    would need a rustdoc of cargo's own version)
#
# What the command sees: CARGO_BUILD_TARGET, CARGO_TARGET_DIR (target/cross-COMPILER: a compiler's artefacts get a
# folder of their own, so that two compilers don't throw out each other's), RUSTC where the host's own can't do it, and
# for ARM the target's linker, C compiler, pkg-config folders, sysroot and QEMU as runner.
#
# Why so: each variable carries the target's name, so that build scripts and macros are still built for the host. The
# paths of this machine are mapped away, so the same commit gives the same bytes in whatever folder it lies.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
arch=${1:-}
fail() { printf 'cross: %s\n' "$*" >&2; exit 1; }

case $arch in
  x86_64) target=x86_64-unknown-linux-gnu compiler=gcc multiarch=x86_64-linux-gnu ;;
  aarch64) target=aarch64-unknown-linux-gnu compiler=aarch64-linux-gnu-gcc multiarch=aarch64-linux-gnu ;;
  armv7hf) target=armv7-unknown-linux-gnueabihf compiler=arm-linux-gnueabihf-gcc multiarch=arm-linux-gnueabihf ;;
  *) sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
[ $# -gt 1 ] || { sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0"; exit 2; }
shift
# The compilers' and pkg-config's flags are split at spaces, whatever we do.
case $root in *[[:space:]]*) fail "the folder $root has a space in its name: move the clone" ;; esac
command -v "$compiler" >/dev/null || fail "$compiler is missing: tools/packages.sh build cross"

unset RUSTC RUSTFLAGS
COMPILER=rustup
flags=()
if [ "$arch" != x86_64 ]; then
  "$root/tools/toolchain.sh" "$arch"
  # shellcheck source=/dev/null
  . "$root/target/toolchain/rust.env"
  if [ "$COMPILER" = debian ]; then export RUSTC="$root/target/toolchain/rust/rustc"; fi
  sysroot="$root/target/toolchain/sysroot/$arch"
  name=${target//-/_}
  emulator=$(command -v "qemu-${arch/armv7hf/arm}-static" || command -v "qemu-${arch/armv7hf/arm}" || true)
  export "CC_$name=$compiler" "AR_$name=${compiler%gcc}ar" "PKG_CONFIG_ALLOW_CROSS_$name=1" \
    "PKG_CONFIG_SYSROOT_DIR_$name=$sysroot" \
    "PKG_CONFIG_LIBDIR_$name=$sysroot/usr/lib/$multiarch/pkgconfig:$sysroot/usr/share/pkgconfig" \
    "BINDGEN_EXTRA_CLANG_ARGS_$name=--target=$multiarch -I/usr/$multiarch/include" \
    "CARGO_TARGET_${name^^}_LINKER=$compiler" \
    "CARGO_TARGET_${name^^}_RUNNER=${emulator:-qemu-is-missing} -L $sysroot"
  # The libraries that our libraries need are found at link time in the sysroot; the binary remembers no path.
  flags+=("-Clink-arg=-Wl,-rpath-link,$sysroot/usr/lib/$multiarch:$sysroot/lib/$multiarch")
fi
# Cortex-A9 and later have Thumb-2; the package is a tenth smaller with it.
[ "$arch" != armv7hf ] || flags+=(-Ctarget-feature=+thumb-mode)
# For size as it is packed: what the outliner makes shorter, and the schedulers faster on large processors, compresses worse.
flags+=(-Cllvm-args=-enable-machine-outliner=never -Cllvm-args=-enable-misched=false
  -Cllvm-args=-enable-post-misched=false)
# The last prefix that fits wins, so the wider one comes first.
flags+=("--remap-path-prefix=$root=/c2c" "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  "--remap-path-prefix=$("${RUSTC:-rustc}" --print sysroot)=/rust")
# Joined by 0x1f, cargo's own separator.
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}
# The same for what C code says by __FILE__.
export CFLAGS="${CFLAGS:-} -ffile-prefix-map=$root=/c2c"
export CARGO_BUILD_TARGET=$target CARGO_TARGET_DIR="$root/target/cross-$COMPILER"
exec "$@"
