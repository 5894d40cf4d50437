"""A second build without changes compiles nothing, asks no package manager, and takes seconds."""
import os
import pathlib
import subprocess
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 30       # on a loaded machine; three otherwise
FETCHING = ("apt", "apt-get", "mmdebstrap", "curl", "wget")


@pytest.mark.parametrize("port", ["host", "armhf", "raspberrypi-zero"])      # one of each kind
def test_second_build(port, tmp_path):
    for name in FETCHING:
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/called\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    start = time.monotonic()
    ended = subprocess.run(["make", f"PORT={port}"], cwd=TOP, capture_output=True, text=True, check=False,
                           env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    seconds = time.monotonic() - start
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert not (tmp_path / "called").exists(), (tmp_path / "called").read_text()
    assert "Compiling" not in ended.stdout and "Linking" not in ended.stdout, ended.stdout[-2000:]
    assert seconds < SECONDS
    assert f"build/{port}/postern: " in ended.stdout and " bytes; RAM: " in ended.stdout
