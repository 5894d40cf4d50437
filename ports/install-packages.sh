#!/bin/sh
# Installs the Debian packages named as arguments that are missing; the Makefile and Tests/run.py call it. It waits for
# another apt, such as unattended upgrades of a fresh machine, and asks nothing: changed configuration files stay as they
# are. Without root or a sudo that needs no password it prints the one command to run and stops.
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
deadline=$(($(date +%s) + 600))
# apt's own time-out waits for the lock of dpkg alone; where those of lists and downloads are held, it is asked again.
apt_get() {
    until $as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout=600 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" >"$log" 2>&1; do
        grep -q '^E: Could not get lock' "$log" && [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 1
    done
}
# Package names are words without blanks: splitting them is meant.
# shellcheck disable=SC2086
if apt_get update && apt_get install -y --no-install-recommends $missing; then
    rm "$log"
else
    tail -n 20 "$log" >&2
    echo "apt-get could not install$missing; its log is $log" >&2
    exit 1
fi
