#!/bin/bash
# Lets the SDK's own packer pack what is in our package, and compares. Called by Dockerfile.sdk inside an SDK image.
# Usage: compare.sh ARCH FOLDER SOURCE_DATE_EPOCH REPORT
# It takes our schema 2 package if the SDK knows that schema, else the one in FOLDER/schema1.
# Not one byte of the decompressed archives may differ, and the SDK has to find the manifest valid.
set -euo pipefail

arch=$1
folder=$2
export SOURCE_DATE_EPOCH=$3
report=$4

shopt -s nullglob
set +u # the SDK's script asks for variables that may be unset
for script in /opt/axis/acapsdk/environment-setup-*; do
    # shellcheck source=/dev/null
    . "$script"
done
set -u
umask 022

schemas=/opt/axis/acapsdk/axis-acap-manifest-tools/schema/schemas
if compgen -G "$schemas/v2/application-manifest-schema-v2.0.0.json" >/dev/null; then
    packages=("$folder"/*_"$arch".eap)
else
    packages=("$folder"/schema1/*_"$arch".eap)
fi
if [ "${#packages[@]}" -ne 1 ]; then
    echo "compare.sh: one package for $arch expected, found: ${packages[*]}" >&2
    exit 1
fi
ours=${packages[0]}

# Packs a fresh copy of our package's content with the further options given, and prints the path of the result.
pack_theirs() {
    local stage
    stage=$(mktemp -d)
    tar -xpzf "$ours" -C "$stage"
    rm -f "$stage/package.conf" "$stage/param.conf" "$stage/cgi.conf"
    (cd "$stage" && acap-build --build no-build "$@" . >&2)
    local made=("$stage"/*.eap)
    echo "${made[0]}"
}

# The SDK may raise schemaVersion while it validates, so the bytes are compared without that step.
pack_theirs >/dev/null
theirs=$(pack_theirs --disable-manifest-validation)

if [ "$(basename "$ours")" != "$(basename "$theirs")" ]; then
    echo "compare.sh: the SDK calls it $(basename "$theirs"), we call it $(basename "$ours")" >&2
    exit 1
fi
work=$(mktemp -d)
gzip -dc "$ours" >"$work/ours.tar"
gzip -dc "$theirs" >"$work/theirs.tar"
if ! cmp "$work/ours.tar" "$work/theirs.tar"; then
    diff <(tar -tvf "$work/ours.tar") <(tar -tvf "$work/theirs.tar") >&2 || true
    exit 1
fi
{
    echo "AXIS OS ${AXIS_OS_VERSION:-unknown}: $ours: valid, and the same bytes as the SDK's packer writes"
    sha256sum <"$work/ours.tar"
} >"$report"
