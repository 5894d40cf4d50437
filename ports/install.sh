#!/bin/sh
# Installs the binary $1 below DESTDIR, with its manual page, its default file and what the systems named in INIT
# need. The Makefile and the packages call it. PREFIX is where the binary goes; settings are always below /etc.
# A default file that is there already stays as it is.
set -eu
binary=$1
: "${DESTDIR=}" "${PREFIX=/usr/local}" "${INIT=}"
top=$(dirname "$0")/..
scripts=$top/ports/init

say() { echo "ports/install.sh: $*" >&2; }

[ -x "$binary" ] || { say "$binary is not there; build it first: make PORT=<port>"; exit 1; }
case $PREFIX in /*) ;; *) say "PREFIX '$PREFIX' is no absolute path"; exit 2 ;; esac
for init in $INIT; do
    case $init in
    busybox) ;;
    *) say "INIT '$init' is unknown; give busybox"; exit 2 ;;
    esac
done

# Takes mode, file of ports/init, and where it goes below DESTDIR. The scripts name /usr/sbin/postern.
put() {
    mkdir -p "$DESTDIR$(dirname "$3")"
    sed -e "s|/usr/sbin/postern|$PREFIX/sbin/postern|g" "$scripts/$2" >"$DESTDIR$3.new"
    chmod "$1" "$DESTDIR$3.new"
    mv "$DESTDIR$3.new" "$DESTDIR$3"
}
put_once() { [ -e "$DESTDIR$3" ] || put "$@"; }

put_init() {
    case $1 in
    busybox)
        put 755 S50postern /etc/init.d/S50postern
        put_once 644 postern.default /etc/default/postern
        ;;
    esac
}

mkdir -p "$DESTDIR$PREFIX/sbin" "$DESTDIR$PREFIX/share/man/man8"
for init in $INIT; do put_init "$init"; done
install -m 755 "$binary" "$DESTDIR$PREFIX/sbin/postern"
install -m 644 "$top/Sources/postern/postern.8" "$DESTDIR$PREFIX/share/man/man8/postern.8"
