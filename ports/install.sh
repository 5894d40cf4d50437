#!/bin/sh
# Installs the binary $1 below DESTDIR, with its manual page, licences, default file and what the systems named in INIT
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
    busybox | sysv | openrc | procd | runit | s6 | systemd) ;;
    *) say "INIT '$init' is unknown; give some of: busybox sysv openrc procd runit s6 systemd"; exit 2 ;;
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
    sysv)
        put 755 postern.init /etc/init.d/postern
        put_once 644 postern.default /etc/default/postern
        ;;
    openrc)
        put 755 postern.openrc /etc/init.d/postern
        put_once 644 postern.default /etc/conf.d/postern
        ;;
    procd)
        put 755 postern.procd /etc/init.d/postern
        put 644 postern.capabilities.json /etc/capabilities/postern.json
        put_once 644 postern.config /etc/config/postern
        ;;
    runit)
        put 755 runit/run /etc/sv/postern/run
        put 755 runit/log/run /etc/sv/postern/log/run
        put_once 644 postern.default /etc/default/postern
        ;;
    s6)
        put 755 s6/run /etc/s6/postern/run
        put 755 s6/log/run /etc/s6/postern/log/run
        put_once 644 postern.default /etc/default/postern
        ;;
    systemd)
        put 644 postern.service "$PREFIX/lib/systemd/system/postern.service"
        put 644 postern.socket "$PREFIX/lib/systemd/system/postern.socket"
        put_once 644 postern.default /etc/default/postern
        ;;
    esac
}

mkdir -p "$DESTDIR$PREFIX/sbin" "$DESTDIR$PREFIX/share/man/man8" \
    "$DESTDIR$PREFIX/share/doc/postern" "$DESTDIR/etc/postern"
for init in $INIT; do put_init "$init"; done
install -m 755 "$binary" "$DESTDIR$PREFIX/sbin/postern"
install -m 644 "$top/Sources/PosternCommand/postern.8" "$DESTDIR$PREFIX/share/man/man8/postern.8"
install -m 644 "$top/LICENSE" "$top/ports/copyright" "$DESTDIR$PREFIX/share/doc/postern"
