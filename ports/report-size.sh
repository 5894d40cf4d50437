#!/bin/sh
# Prints what a binary takes: its file, and the RAM of code and static data, all of which is there before it runs.
set -eu
file_bytes=$(stat -c %s "$1")
set -- "$1" $(size "$1" | tail -n 1)
echo "$1: $file_bytes bytes; RAM: $2 code and constants, $(($3 + $4)) data"
