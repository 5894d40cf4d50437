#!/bin/sh
# What is linked into a binary from Debian's packages, out of the sysroot $1, or without one out of this machine: a line
# each of package, version and source package. A last line "! ..." is a warning that the binary has to carry. The build
# puts these into --version and the SBOM; the same packages give the same lines.
set -eu
sysroot=${1:-}

# A package's changelog tells its version, since no package is configured in a sysroot; that of a rebuild comes first.
from_changelog() {
    documents=$sysroot/usr/share/doc/$1
    for file in "$documents"/changelog.Debian.*.gz "$documents/changelog.Debian.gz"; do
        [ -e "$file" ] || continue
        zcat "$file" | sed -n "1s/^\([^ ]*\) (\([^)]*\)).*/$1 \2 \1/p"
        return
    done
    echo "ports/inputs.sh: $documents has no changelog: the version of $1 is not known" >&2
    exit 1
}

if [ -n "$sysroot" ]; then
    for header in "$sysroot"/usr/lib/gcc/*/*/libgcc.a; do gcc=$(basename "$(dirname "$header")"); done
    for package in libmbedtls-dev musl-dev "libgcc-$gcc-dev"; do from_changelog "$package"; done
    if ! grep -q security "$sysroot/suites" 2>/dev/null; then
        echo '! made without the security updates of Debian'
    fi
else
    # shellcheck disable=SC2016  # dpkg-query expands the format, not the shell
    dpkg-query -W -f '${binary:Package} ${Version} ${source:Package}\n' libmbedtls-dev | sed 's/:[^ ]* / /'
    grep -rqs '^[^#]*-security' /etc/apt/sources.list /etc/apt/sources.list.d ||
        echo '! made without the security updates of Debian'
fi
