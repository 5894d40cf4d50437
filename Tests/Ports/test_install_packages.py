"""ports/install-packages.sh: what it asks apt for, and that it waits for another apt. Nothing is installed here."""
import fcntl
import os
import pathlib
import subprocess
import threading

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
INSTALLED_EVERYWHERE = "dash"      # asking the real apt for it changes nothing
LOCKS = ("lists/lock", "archives/lock", "dpkg/lock-frontend", "dpkg/lock")


class Script:
    """The script with stand-ins: a dpkg-query that knows no package, a sudo that changes nobody."""

    def __init__(self, folder):
        self.folder, self.programs = folder, folder / "programs"
        self.programs.mkdir()
        self.stand_in("dpkg-query", "exit 1")
        self.stand_in("sudo", '[ "$1" != -n ] || shift; exec "$@"')

    def stand_in(self, name, text):
        (self.programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.programs / name).chmod(0o755)

    def run(self, *packages, **environment):
        values = {"PATH": f"{self.programs}:{os.environ['PATH']}", "TMPDIR": str(self.folder), **environment}
        return subprocess.run([TOP / "ports/install-packages.sh", *packages], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env={**os.environ, **values}, check=False)


@pytest.fixture
def script(tmp_path):
    return Script(tmp_path)


def test_it_asks_nothing_and_keeps_configuration_files(script):
    calls = script.folder / "calls"
    script.stand_in("apt-get", f'echo "$DEBIAN_FRONTEND $*" >>{calls}')
    assert script.run("one", "two").returncode == 0
    update, install = calls.read_text().splitlines()
    for call in (update, install):
        assert call.startswith("noninteractive ")
        assert "-o Dpkg::Options::=--force-confdef" in call and "-o Dpkg::Options::=--force-confold" in call
    assert update.endswith(" update") and install.endswith(" install -y --no-install-recommends one two")


def test_what_is_there_already_is_not_asked_for(script):
    script.stand_in("dpkg-query", "echo install ok installed")
    script.stand_in("apt-get", "echo called >&2; exit 1")
    ended = script.run("one")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_failure_says_what_apt_said(script):
    script.stand_in("apt-get", "echo E: Unable to locate package one; exit 100")
    ended = script.run("one")
    assert ended.returncode == 1
    assert "E: Unable to locate package one" in ended.stderr and "could not install one; its log is" in ended.stderr


@pytest.mark.parametrize("lock", LOCKS)
def test_it_waits_for_another_apt(script, lock):
    """The real apt-get, with folders of its own and no mirror, while somebody else has the lock for two seconds."""
    folder = script.folder
    for name in ("lists/partial", "archives/partial", "dpkg"):
        (folder / name).mkdir(parents=True)
    (folder / "dpkg/status").write_bytes(pathlib.Path("/var/lib/dpkg/status").read_bytes())
    (folder / "apt.conf").write_text(
        f'Dir::State::lists "{folder}/lists"; Dir::State::status "{folder}/dpkg/status"; Dir::State "{folder}";\n'
        f'Dir::Cache "{folder}"; Dir::Cache::archives "{folder}/archives"; Dir::Etc::sourcelist "/dev/null";\n'
        'Dir::Etc::sourceparts "/dev/null"; APT::Update::Post-Invoke-Success ""; APT::Sandbox::User "";\n')
    with open(folder / lock, "w", encoding="ascii") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        released = []

        def release():
            released.append(lock)
            fcntl.lockf(held, fcntl.LOCK_UN)

        timer = threading.Timer(2, release)
        timer.start()
        ended = script.run(INSTALLED_EVERYWHERE, APT_CONFIG=str(folder / "apt.conf"))
        at_the_end = list(released)
        timer.cancel()
    log = "".join(path.read_text() for path in folder.glob("tmp.*"))
    assert ended.returncode == 0, ended.stderr + log
    assert at_the_end == [lock], "apt did not look at the lock"
