#!/bin/sh
# Builds the app for one architecture against a sysroot of the camera's SDK. Called by Dockerfile.sdk.
# Usage: build.sh aarch64|armv7hf SYSROOT OUT     leaves OUT/ARCH/c2c
set -eu

arch=$1
sysroot=$2
out=$3

case $arch in
aarch64)
    target=aarch64-unknown-linux-gnu
    compiler=aarch64-linux-gnu-gcc
    ;;
armv7hf)
    target=armv7-unknown-linux-gnueabihf
    compiler=arm-linux-gnueabihf-gcc
    ;;
*)
    echo "build.sh: $arch is neither aarch64 nor armv7hf" >&2
    exit 2
    ;;
esac

# Names of variables have no dashes, and Cargo's own are in capitals.
name=$(echo "$target" | tr - _)
capital=$(echo "$name" | tr '[:lower:]' '[:upper:]')

libraries=$sysroot/usr/lib/pkgconfig:$sysroot/usr/share/pkgconfig
export "PKG_CONFIG_SYSROOT_DIR_$name=$sysroot" "PKG_CONFIG_LIBDIR_$name=$libraries" PKG_CONFIG_ALLOW_CROSS=1
export "CC_$name=$compiler" "CFLAGS_$name=--sysroot=$sysroot"
export "BINDGEN_EXTRA_CLANG_ARGS_$name=--sysroot=$sysroot"
export "CARGO_TARGET_${capital}_LINKER=$compiler" "CARGO_TARGET_${capital}_RUSTFLAGS=-C link-arg=--sysroot=$sysroot"

# Without these the build would quietly take the stand-ins.
PKG_CONFIG_SYSROOT_DIR=$sysroot PKG_CONFIG_LIBDIR=$libraries \
    pkg-config --exists --print-errors axparameter axstorage gio-2.0 glib-2.0

cargo build --locked --release --package c2c --bin c2c --target "$target" --target-dir "$out/target"
mkdir -p "$out/$arch"
cp "$out/target/$target/release/c2c" "$out/$arch/c2c"
