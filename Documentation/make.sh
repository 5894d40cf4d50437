#!/bin/sh
# Renders the documentation of all library modules, with the landing page of Postern.docc, into the folder $2, out of an
# ordinary debug build in the folder $1. The Makefile and Tests/Documentation call it. A link that leads nowhere is an error.
set -eu
build=$(realpath "$1")
output=$2
top=$(dirname "$0")/..
modules=$(echo "$build"/*/debug/Modules)
[ -d "$modules" ] || { echo "Documentation/make.sh: no build in $1: make docs" >&2; exit 1; }

graphs=$(mktemp -d)
trap 'rm -rf "$graphs"' EXIT
for module in "$modules"/Postern*.swiftmodule; do
    name=$(basename "$module" .swiftmodule)
    # The umbrella has nothing of its own, and the landing page has its name.
    case $name in *Tests | Postern) continue ;; esac
    swift-symbolgraph-extract -module-name "$name" -I "$modules" -I "$top/Sources/CLinux/include" \
        -I "$top/Sources/CMbedTLS/include" -target "$(basename "${modules%/debug/Modules}")" -output-dir "$graphs" \
        -minimum-access-level public -skip-synthesized-members 2>"$graphs/log" >&2 || { cat "$graphs/log" >&2; exit 1; }
done
rm -rf "$output"
mkdir -p "$(dirname "$output")"
docc convert "$top/Documentation/Postern.docc" --additional-symbol-graph-dir "$graphs" --output-path "$output" \
    --fallback-display-name Postern --fallback-bundle-identifier postern --warnings-as-errors
