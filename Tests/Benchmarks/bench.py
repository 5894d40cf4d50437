#!/usr/bin/env python3
"""Postern beside a minimal C loop on the same Mbed TLS: `make bench`, or this file with the options below.

Prints two kinds of tables a port: what is counted (instructions, system calls, memory: repeatable) and what is timed
(CPU time, rates: for orientation). See README.md in this folder.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import measuring
import reporting
from building import ROOT, BenchmarkError, Build
from server import contenders

ROUNDS = 5
STARTS = 9


def options():
    parser = argparse.ArgumentParser(description="Postern beside a minimal C loop on the same Mbed TLS.")
    parser.add_argument("--port", action="append", choices=["host", "amd64"], help="repeatable; both if not given")
    parser.add_argument("--build-folder", type=pathlib.Path, default=ROOT / "build", help="has <port>/postern")
    parser.add_argument("--quick", action="store_true", help="only instructions, with small counts")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--check", action="store_true", help="exit 1 and name each figure that misses its goal")
    return parser.parse_args()


def measure(build, quick):
    """All figures of a port, each as soon as it is known."""
    *servers, versions = contenders(build)
    yield from measuring.instructions(servers, versions, quick)
    if quick:
        return
    yield from measuring.system_calls(servers, versions)
    yield from measuring.resources(servers, versions, STARTS)
    timed = list(measuring.processor_time(servers, versions, ROUNDS))
    yield from sorted(timed, key=lambda row: row["table"])  # stable: CPU time first, then rates


def main():
    chosen = options()
    figures = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            for port in chosen.port or ["host", "amd64"]:
                table = None
                for row in measure(Build(port, chosen.build_folder.resolve(), folder), chosen.quick):
                    row["port"] = port
                    figures.append(row)
                    reporting.print_row(row, row["table"] != table)
                    sys.stdout.flush()
                    table = row["table"]
        if chosen.json:
            chosen.json.write_text(json.dumps(figures, indent=1) + "\n")
    except (BenchmarkError, OSError) as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 2
    misses = reporting.missed(figures)
    for sentence in misses if chosen.check else []:
        print(f"bench: missed: {sentence}", file=sys.stderr)
    return 1 if chosen.check and misses else 0


if __name__ == "__main__":
    sys.exit(main())
