"""ports/sysroot.sh with stand-ins for apt-get and mmdebstrap: what it tries, in which order, and what it says.

No network here; that the packages it asks for are the right ones is shown by every build.
"""
import os
import pathlib
import subprocess
import threading

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]

APT_GET = """#!/bin/sh
case $* in
*'Label: Debian-Security'*) echo "$SECURITY" ;;
*'Label: Debian'*) echo "$MIRROR" ;;
*) exit 1 ;;
esac
"""
# Says what it was asked for, fails as often as it shall, and leaves what the real one would.
MMDEBSTRAP = """#!/usr/bin/env python3
import os, pathlib, sys
calls = pathlib.Path(os.environ["CALLS"])
past = calls.read_text().splitlines()
lines = [argument for argument in sys.argv if argument.startswith("deb ")]
calls.write_text("\\n".join([*past, " + ".join(lines)]) + "\\n")
if len(past) < int(os.environ["FAILURES"]) or ("security" in lines[-1] and os.environ["SECURITY_FAILS"] == "yes"):
    sys.exit("E: Could not connect to the mirror")
folder = pathlib.Path(sys.argv[sys.argv.index(lines[0]) - 1])
(folder / "usr/include/mbedtls").mkdir(parents=True)
(folder / "usr/include/mbedtls/ssl.h").touch()
(folder / "var/lib/apt/lists").mkdir(parents=True)
for line in lines:
    release = folder / f"var/lib/apt/lists/mirror_dists_{line.split()[2]}_InRelease"
    release.write_text(f"Codename: {os.environ['CODENAME']}\\n")
"""
MIRROR, SECURITY = "http://mirror.invalid/debian", "http://mirror.invalid/security"
MAIN = f"deb {MIRROR} trixie main"
BOTH = f"{MAIN} + deb {SECURITY} trixie-security main"


class Script:
    """The script and its stand-ins, in a folder of its own."""

    def __init__(self, folder):
        self.folder, self.calls_file = folder / "sysroot/trixie-armhf", folder / "calls"
        self.programs = folder / "programs"
        self.programs.mkdir()
        for name, text in (("apt-get", APT_GET), ("mmdebstrap", MMDEBSTRAP), ("sleep", "#!/bin/sh\n")):
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)
        self.calls_file.touch()

    def run(self, architecture="armhf", suite="trixie", failures=0, **environment):
        values = {"MIRROR": MIRROR, "SECURITY": SECURITY, "SECURITY_FAILS": "no", "CODENAME": suite,
                  "FAILURES": str(failures), "CALLS": str(self.calls_file), **environment,
                  "PATH": f"{self.programs}:{os.environ['PATH']}"}
        return subprocess.run([TOP / "ports/sysroot.sh", architecture, suite, self.folder], capture_output=True,
                              text=True, env={**os.environ, **values}, check=False)

    @property
    def calls(self):
        return self.calls_file.read_text().splitlines()

    @property
    def is_complete(self):
        return (self.folder / "usr/include/mbedtls/ssl.h").exists()


@pytest.fixture
def script(tmp_path):
    return Script(tmp_path)


def test_main_and_security_suite_at_the_first_attempt(script):
    ended = script.run()
    assert (ended.returncode, ended.stderr, script.calls) == (0, "", [BOTH])
    assert script.is_complete and not (script.folder / "var/lib/apt/lists").exists()


def test_one_more_attempt(script):
    ended = script.run(failures=1)
    assert (ended.returncode, ended.stderr, script.calls) == (0, "", [BOTH, BOTH])


def test_main_suite_alone_when_the_other_is_out_of_step(script):
    ended = script.run(SECURITY_FAILS="yes")
    assert (ended.returncode, script.calls) == (0, [BOTH, BOTH, MAIN])
    assert "trixie-security cannot be had now, going on without it" in ended.stderr
    assert script.is_complete


def test_machine_without_security_suite(script):
    ended = script.run(SECURITY="")
    assert (ended.returncode, ended.stderr, script.calls) == (0, "", [MAIN])


def test_an_alias_that_has_moved_on_to_another_release_is_not_taken(script):
    ended = script.run(CODENAME="forky", SECURITY="")
    assert ended.returncode == 1 and not script.is_complete


def test_without_a_network(script):
    """What happened, where to read more, what to do; and nothing half done."""
    ended = script.run(failures=100)
    assert ended.returncode == 1
    lines = ended.stderr.splitlines()
    assert "E: Could not connect to the mirror" in lines
    assert "Debian packages for armhf (trixie) could not be fetched" in lines[-2]
    assert lines[-2].endswith(f"what apt said is in {script.folder}.log.")
    assert "Without a network: try again with one." in lines[-1]
    assert sorted(path.name for path in script.folder.parent.iterdir()) == ["trixie-armhf.lock", "trixie-armhf.log"]


def test_machine_whose_apt_has_no_debian(script):
    ended = script.run(MIRROR="")
    assert (ended.returncode, script.calls) == (1, [])
    assert "apt on this machine names no Debian mirror; add one and run apt-get update" in ended.stderr


@pytest.mark.parametrize("architecture, suite, said", [
    ("armhf", "sid", "suite 'sid' is unknown; set SUITE to bookworm or trixie"),
    ("riscv64", "bookworm", "Debian bookworm has no riscv64; leave SUITE out")])
def test_what_debian_has_not_got(script, architecture, suite, said):
    ended = script.run(architecture, suite)
    assert (ended.returncode, script.calls) == (2, [])
    assert said in ended.stderr


def test_several_builds_at_once_fetch_it_once(script):
    ended = []
    threads = [threading.Thread(target=lambda: ended.append(script.run())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.returncode for each in ended] == [0, 0, 0, 0]
    assert script.calls == [BOTH]
