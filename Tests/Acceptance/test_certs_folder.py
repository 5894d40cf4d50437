"""certs/: what its script makes is what its page says, and every line of the page works."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from postern_certificate import Authority, judge, purposes
from postern_target import BINARY, RUNNER

CERTS = pathlib.Path(__file__).resolve().parents[2] / "certs"
LINES = re.search(r"```\n(.*?)```", (CERTS / "README.md").read_text(), re.DOTALL)[1].splitlines()


@pytest.fixture(scope="module")
def postern(tmp_path_factory):
    """A folder with a program named postern, which runs the binary under test, through the emulator if there is one."""
    folder = tmp_path_factory.mktemp("bin")
    wrapper = folder / "postern"
    wrapper.write_text(f'#!/bin/sh\nexec {" ".join([*RUNNER, BINARY])} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def test_each_line_of_the_page(postern, tmp_path):
    assert len(LINES) == 10
    environment = {**os.environ, "PATH": f"{postern.parent}:{os.environ['PATH']}"}
    for line in LINES:
        expected = re.search(r"# exit code (\d)", line)
        ended = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == (int(expected[1]) if expected else 0), (line, ended)
        if "revoked" in line:
            assert "revoked" in ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def made(postern, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "certs"
    folder.mkdir()
    shutil.copy(CERTS / "make.sh", folder)
    for _ in range(2):      # it may be run again
        judge(folder / "make.sh", postern)
    return Authority(folder)


@pytest.mark.parametrize("name, fault", [("server", None), ("client", None), ("expired", "certificate has expired"),
                                         ("revoked", "certificate revoked")])
def test_what_the_script_makes(made, name, fault):
    both = made.path("both.pem")
    both.write_bytes(made.path("ca.crt").read_bytes() + made.path("ca.crl").read_bytes())
    ended = subprocess.run(["openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", both,
                            made.path(f"{name}.crt")], capture_output=True, text=True)
    assert (ended.returncode == 0) == (fault is None) and (fault or "OK") in ended.stdout + ended.stderr
    assert purposes(made.certificate(f"{name}.crt")) == {"serverAuth" if name == "server" else "clientAuth"}
    assert made.key(f"{name}.key").public_key().public_numbers() == \
        made.certificate(f"{name}.crt").public_key().public_numbers()


def test_nothing_but_page_and_script_is_tracked():
    tracked = subprocess.run(["git", "ls-files", "."], cwd=CERTS, capture_output=True, text=True).stdout.split()
    assert set(tracked) <= {"README.md", "make.sh"}
