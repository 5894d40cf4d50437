#!/bin/sh
# Packs the binary $1 for opkg's architecture $2 (`opkg print-architecture` on the router says which it takes) into a
# package in the folder $3. The same input gives the same bytes. DEBFULLNAME and DEBEMAIL name whoever builds it.
set -eu
binary=$1
architecture=$2
folder=$3
openwrt=$(dirname "$0")
changelog=$openwrt/../debian/changelog
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$changelog")
epoch=$(date -d "$(sed -n 's/^ -- .*>  //p' "$changelog" | head -n 1)" +%s)
maintainer=$(sed -n 's/^ -- \(.*>\)  .*/\1/p' "$changelog" | head -n 1)
if [ -n "${DEBEMAIL:-}" ]; then maintainer="${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>"; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
root=$work/root
control=$work/control
mkdir "$root" "$control"

DESTDIR=$root PREFIX=/usr INIT=procd "$openwrt/../install.sh" "$binary"
rm -r "${root:?}/usr/share/man"     # routers have no man
install -m 644 "$(dirname "$binary")/postern.cdx.json" "$root/usr/share/doc/postern/postern.cdx.json"
size=$(du -b -s "$root" | cut -f 1)
sed -e "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@SIZE@|$size|; s|@EPOCH@|$epoch|" \
    -e "s|@MAINTAINER@|$maintainer|" "$openwrt/control" >"$control/control"
printf '%s\n' /etc/config/postern >"$control/conffiles"
install -m 755 "$openwrt/postinst" "$openwrt/prerm" "$control"

# An archive of the contents of folder $1; members begin with ./ as opkg expects them.
pack() {
    tar --format=gnu --numeric-owner --owner=0 --group=0 --sort=name --mtime="@$epoch" -C "$1" -c . | gzip -9n
}
mkdir "$work/package"
echo 2.0 >"$work/package/debian-binary"
pack "$control" >"$work/package/control.tar.gz"
pack "$root" >"$work/package/data.tar.gz"
package=$folder/postern_$version-1_$architecture.ipk
pack "$work/package" >"$package"
echo "$package"
