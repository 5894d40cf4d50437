#!/bin/sh
# Writes the bill of materials of the binary $1, built for port $2, on standard output: CycloneDX 1.6, out of the lines
# of ports/inputs.sh in file $3, which name what Debian has put in, and of the compiler. The same binary and the same
# packages give the same bytes. The packages have it, and scanners that cannot look into a static file read it.
set -eu
binary=$1
port=$2
inputs=$3
top=$(dirname "$0")/..

version=$(sed -n 's/.*posternVersion: Text = "\(.*\)"/\1/p' "$top/Sources/PosternServer/Version.swift")
epoch=$(date -d "$(sed -n 's/^ -- .*>  //p' "$top/ports/debian/changelog" | head -n 1)" +%s)
swift=$(swiftc --version 2>/dev/null | sed -n 's/.*(swift-\([^ ]*\)-RELEASE).*/\1/p' | head -n 1)
[ -n "$swift" ] || swift=$(swiftc --version 2>/dev/null | sed -n 's/.*Swift version \([^ ]*\).*/\1/p' | head -n 1)
hash=$(sha256sum "$binary" | cut -d ' ' -f 1)
# Of this file alone and always the same: the version 5 form of a UUID, out of the binary and what went into it.
number=$({ echo "$hash" && cat "$inputs"; } | sha256sum |
    sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-5\3-8\4-\5/')

# purl: everything but letters, digits and -._~ is written as %XX (of what versions have, + and :).
encoded() { echo "$1" | sed 's/+/%2B/g; s/:/%3A/g'; }

# Takes reference, name, version, purl, licence expression, and further members.
component() {
    printf '    {"type": "library", "bom-ref": "%s", "name": "%s", "version": "%s", "purl": "%s",\n' "$1" "$2" "$3" "$4"
    printf '     "licenses": [{"expression": "%s"}]%s}' "$5" "${6:-}"
}

# The licence of a source package, and what vulnerability databases call it.
licence_of() {
    case $1 in
    mbedtls-2.*) echo Apache-2.0 ;;
    mbedtls-*) echo 'Apache-2.0 OR GPL-2.0-or-later' ;;
    musl-*) echo MIT ;;
    gcc-*) echo 'GPL-3.0-or-later WITH GCC-exception-3.1' ;;
    *) echo "ports/sbom.sh: the licence of $1 is not known" >&2; exit 1 ;;
    esac
}
cpe_of() {
    upstream=$(echo "$2" | sed 's/^[0-9]*://; s/-[^-]*$//; s/[+~].*//')
    case $1 in
    mbedtls) echo ", \"cpe\": \"cpe:2.3:a:arm:mbed_tls:$upstream:*:*:*:*:*:*:*\"" ;;
    musl) echo ", \"cpe\": \"cpe:2.3:a:musl-libc:musl:$upstream:*:*:*:*:*:*:*\"" ;;
    esac
}

cat <<END
{
  "\$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
  "bomFormat": "CycloneDX",
  "specVersion": "1.6",
  "serialNumber": "urn:uuid:$number",
  "version": 1,
  "metadata": {
    "timestamp": "$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)",
    "component": {
      "type": "application", "bom-ref": "postern", "name": "postern", "version": "$version",
      "purl": "pkg:generic/postern@$version?port=$port",
      "licenses": [{"expression": "Apache-2.0"}],
      "hashes": [{"alg": "SHA-256", "content": "$hash"}]
    },
    "properties": [
      {"name": "postern:port", "value": "$port"}$(sed -n 's/^! \(.*\)/,\n      {"name": "postern:warning", "value": "\1"}/p' "$inputs")
    ]
  },
  "components": [
END
grep -v '^!' "$inputs" | while read -r package is_version source; do
    # The compiler's runtime is all that is taken from it.
    name=$(echo "$source" | sed 's/^gcc-.*/libgcc/')
    licence=$(licence_of "$source-$is_version")     # ends the script where there is none
    component "$package" "$name" "$is_version" "pkg:deb/debian/$package@$(encoded "$is_version")?upstream=$source" \
        "$licence" "$(cpe_of "$source" "$is_version")"
    echo ,
done
component swift-embedded-stdlib swift-embedded-stdlib "$swift" "pkg:github/swiftlang/swift@swift-$swift-RELEASE" \
    'Apache-2.0 WITH Swift-exception'
cat <<END

  ],
  "dependencies": [
    {"ref": "postern", "dependsOn": [$(grep -v '^!' "$inputs" | sed 's/^\([^ ]*\).*/"\1", /' | tr -d '\n')"swift-embedded-stdlib"]}
  ]
}
END
