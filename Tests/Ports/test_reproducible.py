"""Two copies of the same sources in different directories give the same binary, byte for byte.

A second build of everything would take a quarter of an hour, so one port is built in full each time: armhf, whose code
the new board of test_new_board.py has compiled in its copy already. `REPRODUCED='host amd64 arm64' Tests/run ports -k
reproducible` does others, which must have been built here before.
"""
import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
PORTS = os.environ.get("REPRODUCED", "armhf").split()


@pytest.mark.parametrize("port", PORTS)
def test_the_binary_is_reproducible(project, port):
    here, there = (folder / "build" / port / "postern" for folder in (TOP, project))
    there.unlink(missing_ok=True)
    ended = subprocess.run(["make", f"PORT={port}"], cwd=project, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    compared = subprocess.run(["cmp", "--verbose", here, there], capture_output=True, text=True, check=False)
    assert compared.returncode == 0, f"{len(compared.stdout.splitlines())} bytes differ: {compared.stderr}"
