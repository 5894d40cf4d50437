#!/bin/sh
# Makes a self-signed identity for localhost in this folder, to try the server with.
set -eu
cd "$(dirname "$0")"
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' -keyout server.key.new -out server.crt.new 2>/dev/null
chmod 644 server.crt.new
mv server.key.new server.key
mv server.crt.new server.crt
