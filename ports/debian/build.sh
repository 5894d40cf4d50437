#!/bin/sh
# Packs the binary $1 for Debian architecture $2 into a package in the folder $3. The same input gives the same bytes.
# DEBFULLNAME and DEBEMAIL name whoever builds it, as Debian's own tools have it.
set -eu
binary=$1
architecture=$2
folder=$3
debian=$(dirname "$0")
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$debian/changelog")
SOURCE_DATE_EPOCH=$(date -d "$(sed -n 's/^ -- .*>  //p' "$debian/changelog" | head -n 1)" +%s)
export SOURCE_DATE_EPOCH
maintainer=$(sed -n 's/^ -- \(.*>\)  .*/\1/p' "$debian/changelog" | head -n 1)
if [ -n "${DEBEMAIL:-}" ]; then maintainer="${DEBFULLNAME:-$DEBEMAIL} <$DEBEMAIL>"; fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
umask 022

DESTDIR=$root PREFIX=/usr INIT="sysv systemd" "$debian/../install.sh" "$binary"
documents=$root/usr/share/doc/postern
mkdir "$root/DEBIAN"
rm "$documents/LICENSE"         # Debian has it in /usr/share/common-licenses
gzip -9n "$root/usr/share/man/man8/postern.8"
gzip -9nc "$debian/changelog" >"$documents/changelog.gz"

install -m 644 "$(dirname "$binary")/postern.cdx.json" "$documents/postern.cdx.json"
install -m 755 "$debian/postinst" "$debian/prerm" "$debian/postrm" "$root/DEBIAN"
printf '%s\n' /etc/default/postern /etc/init.d/postern >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
size=$(du -k --apparent-size -s --exclude=DEBIAN "$root" | cut -f 1)
sed -e "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@SIZE@|$size|; s|@MAINTAINER@|$maintainer|" \
    "$debian/control" >"$root/DEBIAN/control"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$folder/postern_${version}_$architecture.deb"
