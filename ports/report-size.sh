#!/bin/sh
# Prints what a binary takes: its file, and the RAM of code and static data, all of which is there before it runs.
set -eu
size "$1" | tail -n 1 | {
    read -r code data zeroed _
    echo "$1: $(stat -c %s "$1") bytes; RAM: $code code and constants, $((data + zeroed)) data"
}
