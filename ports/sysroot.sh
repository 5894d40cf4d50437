#!/bin/sh
# Makes the folder $3 with unpacked packages of Debian architecture $1 and suite $2: those named after it and all that
# they need; without names what a static binary is linked from, which is Mbed TLS, musl, the kernel's headers and the
# compiler's builtins. The mirrors are those that this machine's apt uses; what apt said is kept in $3.log. The folder
# is complete or not there.
set -eu
architecture=$1
suite=$2
folder=$3
shift 3
log=$folder.log

say() { echo "ports/sysroot.sh: $*" >&2; }

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
mirror=$(mirror_with_label Debian)
security=$(mirror_with_label Debian-Security)
if [ -z "$mirror" ]; then
    say "apt on this machine names no Debian mirror; add one and run apt-get update"
    exit 1
fi

[ $# != 0 ] || set -- libmbedtls-dev musl-dev linux-libc-dev "libgcc-$gcc-dev"
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
        rm -rf "$folder.new/var/lib/apt/lists"
}
with_security() { fetch "$suite" "deb $security $suite-security main"; }

fetch_somehow() {
    if [ -n "$security" ]; then
        with_security && return
        sleep 5
        with_security && return
        say "$suite-security cannot be had now, going on without it"
    fi
    fetch "$suite" && return
    # A mirror may be in the middle of taking over a new release under one name, and still whole under the other.
    fetch "$alias" && { say "took $suite under its other name, $alias"; return; }
    sleep 30
    fetch "$suite"
}

mkdir -p "$(dirname "$folder")"
# Several builds may want it at once: the first one fetches it, the others find it.
exec 9>"$folder.lock"
flock 9
if [ -e "$folder/usr/include/mbedtls/ssl.h" ]; then exit; fi
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
