#!/bin/sh
# Makes everything that trying and testing want, with the postern binary that is named: an authority, a server, a
# client, a client that has expired, one that is revoked, and the list that says so. What is here is replaced.
set -eu
postern=$(realpath "$1")
cd "$(dirname "$0")"
rm -f ./*.index ./*.crl

certificate() { "$postern" certificate "$@" --force; }

# Takes profile and name of the files, more options of sign, and after -- those of request.
issue() {
    profile=$1 file=$2
    shift 2
    options=
    while [ "$1" != -- ]; do options="$options $1"; shift; done
    shift
    certificate request --request "$file.csr" --key "$file.key" "$@"
    # shellcheck disable=SC2086  # options are words without spaces
    certificate sign --issuer ca.crt --issuer-key ca.key --request "$file.csr" --certificate "$file.crt" \
        --profile "$profile" $options
}

certificate ca --name 'Trial CA' --not-before 2020-01-01 --days 10957 --certificate ca.crt --key ca.key
issue server server -- --name localhost --name 127.0.0.1 --name ::1
issue client client -- --name client
issue client expired --not-before 2020-01-01 --days 365 -- --name expired
issue client revoked -- --name revoked
"$postern" certificate revoke --issuer ca.crt --issuer-key ca.key --certificate revoked.crt --reason keyCompromise
certificate crl --issuer ca.crt --issuer-key ca.key --days 397 --crl ca.crl
