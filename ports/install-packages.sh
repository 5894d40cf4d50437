#!/bin/sh
# Installs the Debian packages named as arguments that are missing. Without root or a sudo that asks nothing it prints
# the one command to run and stops.
set -eu
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "Packages are missing. Run this, then make again:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
echo "Installing$missing"
log=$(mktemp)
# Package names are words without blanks: splitting them is meant.
# shellcheck disable=SC2086
if $as_root apt-get update >"$log" 2>&1 &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >>"$log" 2>&1; then
    rm "$log"
else
    tail -n 20 "$log" >&2
    echo "apt-get could not install$missing; its log is $log" >&2
    exit 1
fi
