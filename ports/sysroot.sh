#!/bin/sh
# Makes the folder $3 with unpacked packages of Debian architecture $1 and suite $2: those named after it and all that
# they need; without names what a static binary is linked from, which is Mbed TLS, musl, the kernel's headers and the
# compiler's builtins. The mirrors are those that this machine's apt uses; what apt said is kept in $3.log. The folder
# is complete or not there; $3/suites names what it was made from. A folder that is there is looked at once a day: where
# what is linked has newer versions, it is made anew, since a static binary gets no update in another way. Without a
# network it stays as it is, with a warning.
set -eu
architecture=$1
suite=$2
folder=$3
shift 3
log=$folder.log

say() { echo "ports/sysroot.sh: $*" >&2; }
warn() { say "WARNING: $*"; }

case $suite in
bookworm) gcc=12 alias=oldstable ;;
trixie) gcc=14 alias=stable ;;
*) say "suite '$suite' is unknown; set SUITE to bookworm or trixie"; exit 2 ;;
esac
case $suite-$architecture in
bookworm-riscv64) say "Debian $suite has no $architecture; leave SUITE out, which builds with trixie"; exit 2 ;;
esac

mirror_with_label() {
    # shellcheck disable=SC2016  # apt expands the format, not the shell
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Label: $1" 'Component: main' | head -n 1
}
is_complete() { [ -e "$folder/usr/include/mbedtls/ssl.h" ]; }
# Checked today: nothing to ask apt for.
if is_complete && [ -n "$(find "$folder.checked" -mmin -1440 2>/dev/null)" ]; then exit 0; fi
mirror=$(mirror_with_label Debian)
security=$(mirror_with_label Debian-Security)
if [ -z "$mirror" ]; then
    if is_complete; then
        warn "apt on this machine names no Debian mirror; $folder stays as it is"
        exit 0
    fi
    say "apt on this machine names no Debian mirror; add one and run apt-get update"
    exit 1
fi

linked="libmbedtls-dev musl-dev libgcc-$gcc-dev"
# Package names are words without blanks: splitting them is meant.
# shellcheck disable=SC2086
[ $# != 0 ] || set -- $linked linux-libc-dev
packages=$(IFS=,; echo "$*")

# Takes the suite's name on the mirror, and further lines of a sources.list.
fetch() {
    name=$1
    shift
    set -- "deb $mirror $name main" "$@"
    rm -rf "$folder.new"
    { echo "== $(date)"; printf '%s\n' "$@"; } >>"$log"
    mmdebstrap --verbose --variant=extract --skip=cleanup/apt/lists --architectures="$architecture" \
        --include="$packages" "$suite" "$folder.new" "$@" >>"$log" 2>&1 &&
        # An alias moves on to the next release one day.
        grep -qx "Codename: $suite" "$folder.new"/var/lib/apt/lists/*"_dists_${name}_"*Release &&
        rm -rf "$folder.new/var/lib/apt/lists" &&
        printf '%s\n' "$@" | cut -d ' ' -f 3 >"$folder.new/suites"
}
with_security() { fetch "$suite" "deb $security $suite-security main"; }

fetch_somehow() {
    if [ -n "$security" ]; then
        with_security && return
        sleep 5
        with_security && return
        warn "$suite-security cannot be had now, going on WITHOUT SECURITY UPDATES for $architecture"
    else
        warn "apt on this machine names no mirror of $suite-security, going on WITHOUT SECURITY UPDATES for $architecture"
    fi
    fetch "$suite" && return
    # A mirror may be in the middle of taking over a new release under one name, and still whole under the other.
    fetch "$alias" && { say "took $suite under its other name, $alias"; return; }
    sleep 30
    fetch "$suite"
}

# What apt has now of the packages that are linked, as "package version" a line.
newest() {
    work=$folder.check
    rm -rf "$work"
    mkdir -p "$work/lists/partial" "$work/cache"
    : >"$work/status"
    echo "deb $mirror $suite main" >"$work/sources.list"
    [ -z "$security" ] || echo "deb $security $suite-security main" >>"$work/sources.list"
    set -- -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
        -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=- -o Acquire::Languages=none \
        -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
        -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=0 -o Acquire::http::Timeout=20
    # shellcheck disable=SC2086
    { apt-get -q "$@" update >>"$log" 2>&1 && apt-cache "$@" show --no-all-versions $linked; } |
        sed -n '/^Package: /h; /^Version: /{H; g; s/Package: //; s/\nVersion: / /p}' | sort
    rm -rf "$work"
}

# True where a folder that is there must be made anew; says why.
is_outdated() {
    [ -z "$(find "$folder.checked" -mmin -1440 2>/dev/null)" ] || return 1
    there=$("$(dirname "$0")/inputs.sh" "$folder" | grep -v '^!' | cut -d ' ' -f 1,2 | sort)
    now=$(newest)
    touch "$folder.checked"
    if [ -z "$now" ]; then
        warn "whether $folder has the newest packages cannot be found out now; it stays as it is"
        return 1
    fi
    [ "$there" != "$now" ] || ! { [ -z "$security" ] || grep -q security "$folder/suites" 2>/dev/null; } || return 1
    if [ "$there" = "$now" ]; then
        say "$folder was made without $suite-security, which can be had now: it is made anew"
    else
        say "$folder is made anew: it has $(echo "$there" | tr '\n' ';') Debian has $(echo "$now" | tr '\n' ';')"
    fi
}

mkdir -p "$(dirname "$folder")"
# Several builds may want it at once: the first one fetches it, the others find it.
exec 9>"$folder.lock"
flock 9
if is_complete; then
    is_outdated || exit 0
    # What is there may have security updates: never in exchange for one without them.
    { if [ -n "$security" ]; then with_security; else fetch "$suite"; fi; } || { rm -rf "$folder.new"; warn "that failed, see $log; $folder stays as it is"; exit 0; }
    rm -rf "$folder"
    mv "$folder.new" "$folder"
    touch "$folder/usr/include/mbedtls/ssl.h"
    exit 0
fi
: >"$log"
if ! fetch_somehow; then
    grep -E '^(E|Err|W):' "$log" | sort -u | tail -n 8 >&2 || true
    say "Debian packages for $architecture ($suite) could not be fetched; what apt said is in $log."
    say "Without a network: try again with one. 'unexpected size': the mirror is changing, try later."
    rm -rf "$folder.new"
    exit 1
fi
rm -rf "$folder"
mv "$folder.new" "$folder"
touch "$folder.checked"
