#!/bin/sh
# Makes the folder $3 with what a static binary for Debian architecture $1 and suite $2 is linked from: Mbed TLS,
# musl, the kernel's headers and the compiler's builtins. The mirror is the one that this machine's apt uses.
set -eu
architecture=$1
suite=$2
folder=$3

case $suite in
bookworm) gcc=12 ;;
trixie) gcc=14 ;;
*) echo "ports/sysroot.sh: suite '$suite' is unknown; set SUITE to bookworm or trixie" >&2; exit 2 ;;
esac

# shellcheck disable=SC2016  # apt expands the format, not the shell
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | head -n 1)
if [ -z "$mirror" ]; then
    echo "ports/sysroot.sh: apt on this machine names no Debian mirror; add one and run apt-get update" >&2
    exit 1
fi

fetch() {
    rm -rf "$folder.new"
    mmdebstrap --quiet --variant=extract --architectures="$architecture" \
        --include="libmbedtls-dev,musl-dev,linux-libc-dev,libgcc-$gcc-dev" "$suite" "$folder.new" \
        "deb $mirror $suite main" 2>"$folder.log"
}

mkdir -p "$(dirname "$folder")"
# A mirror is briefly out of step with itself now and then.
if ! fetch && ! { sleep 5 && fetch; } && ! { sleep 30 && fetch; } && ! { sleep 60 && fetch; }; then
    tail -n 5 "$folder.log" >&2
    echo "ports/sysroot.sh: Debian packages for $architecture ($suite) could not be fetched; is the network there?" >&2
    exit 1
fi
rm -rf "$folder"
mv "$folder.new" "$folder"
