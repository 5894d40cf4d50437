"""ports/sysroot.sh with stand-ins for apt-get and mmdebstrap: what it tries, in which order, and what it says.

No network here; that the packages it asks for are the right ones is shown by every build.
"""
import gzip
import os
import pathlib
import subprocess
import threading

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]

APT_GET = """#!/bin/sh
case $* in
*update*) echo update >> "$CALLS"; [ "$OFFLINE" != yes ] ;;
*'Label: Debian-Security'*) echo "$SECURITY" ;;
*'Label: Debian'*) echo "$MIRROR" ;;
*) exit 1 ;;
esac
"""
APT_CACHE = """#!/bin/sh
for package in libmbedtls-dev musl-dev libgcc-14-dev; do
    printf 'Package: %s\\nSource: x\\nVersion: %s\\nDescription: y\\n\\n' $package "$NEWEST"
done
"""
# Says what it was asked for, fails as often as it shall, and leaves what the real one would.
MMDEBSTRAP = """#!/usr/bin/env python3
import gzip, os, pathlib, sys
calls = pathlib.Path(os.environ["CALLS"])
past = calls.read_text().splitlines()
lines = [argument for argument in sys.argv if argument.startswith("deb ")]
calls.write_text("\\n".join([*past, " + ".join(lines)]) + "\\n")
if len(past) < int(os.environ["FAILURES"]) or ("security" in lines[-1] and os.environ["SECURITY_FAILS"] == "yes"):
    sys.exit("E: Could not connect to the mirror")
folder = pathlib.Path(sys.argv[sys.argv.index(lines[0]) - 1])
(folder / "usr/include/mbedtls").mkdir(parents=True)
(folder / "usr/include/mbedtls/ssl.h").touch()
(folder / "usr/lib/gcc/x/14").mkdir(parents=True)
(folder / "usr/lib/gcc/x/14/libgcc.a").touch()
for package, source in (("libmbedtls-dev", "mbedtls"), ("musl-dev", "musl"), ("libgcc-14-dev", "gcc-14")):
    documents = folder / "usr/share/doc" / package
    documents.mkdir(parents=True)
    with gzip.open(documents / "changelog.Debian.gz", "wt") as file:
        file.write(f"{source} ({os.environ['NEWEST']}) trixie; urgency=medium\\n")
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
        for name, text in (("apt-get", APT_GET), ("apt-cache", APT_CACHE), ("mmdebstrap", MMDEBSTRAP),
                           ("sleep", "#!/bin/sh\n")):
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)
        self.calls_file.touch()

    def run(self, architecture="armhf", suite="trixie", failures=0, **environment):
        values = {"MIRROR": MIRROR, "SECURITY": SECURITY, "SECURITY_FAILS": "no", "CODENAME": suite,
                  "FAILURES": str(failures), "CALLS": str(self.calls_file), "NEWEST": "1.0-1", "OFFLINE": "no",
                  **environment,
                  "PATH": f"{self.programs}:{os.environ['PATH']}"}
        return subprocess.run([TOP / "ports/sysroot.sh", architecture, suite, self.folder], capture_output=True,
                              text=True, env={**os.environ, **values}, check=False)

    @property
    def calls(self):
        return self.calls_file.read_text().splitlines()

    def forget(self):
        """As on the next day, with a clean sheet."""
        os.utime(f"{self.folder}.checked", (0, 0))
        self.calls_file.write_text("")

    @property
    def inputs(self):
        return subprocess.run([TOP / "ports/inputs.sh", self.folder], capture_output=True, text=True,
                              check=True).stdout.splitlines()

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
    assert "WARNING: trixie-security cannot be had now, going on WITHOUT SECURITY UPDATES for armhf" in ended.stderr
    assert script.is_complete and script.inputs[-1] == "! made without the security updates of Debian"


def test_machine_without_security_suite(script):
    ended = script.run(SECURITY="")
    assert (ended.returncode, script.calls) == (0, [MAIN])
    assert "names no mirror of trixie-security, going on WITHOUT SECURITY UPDATES for armhf" in ended.stderr
    assert script.inputs[-1] == "! made without the security updates of Debian"


# A sysroot that is there

LINKED = ["libmbedtls-dev 1.0-1 mbedtls", "musl-dev 1.0-1 musl", "libgcc-14-dev 1.0-1 gcc-14"]


def test_what_is_linked_is_told_with_its_versions(script):
    script.run()
    assert script.inputs == LINKED


def test_it_is_looked_at_once_a_day(script):
    script.run()
    script.calls_file.write_text("")
    assert (script.run(NEWEST="1.0-2").stderr, script.calls) == ("", [])
    assert script.run(MIRROR="").stderr == "", "apt is not even asked for its mirrors"
    script.forget()
    assert (script.run().stderr, script.calls) == ("", ["update"])
    assert (script.run(NEWEST="1.0-2").stderr, script.calls) == ("", ["update"])


def test_it_is_made_anew_for_newer_packages(script):
    script.run()
    script.forget()
    ended = script.run(NEWEST="1.0-2")
    assert (ended.returncode, script.calls) == (0, ["update", BOTH])
    assert "is made anew: it has libgcc-14-dev 1.0-1;" in ended.stderr
    assert "Debian has libgcc-14-dev 1.0-2;" in ended.stderr
    assert script.inputs[0] == "libmbedtls-dev 1.0-2 mbedtls"


def test_it_is_made_anew_once_the_security_suite_is_there(script):
    script.run(SECURITY_FAILS="yes")
    script.forget()
    ended = script.run()
    assert (ended.returncode, script.calls) == (0, ["update", BOTH])
    assert "was made without trixie-security, which can be had now" in ended.stderr and script.inputs == LINKED


def test_without_a_network_it_stays_with_a_warning(script):
    script.run()
    script.forget()
    ended = script.run(OFFLINE="yes", failures=100, NEWEST="1.0-2")
    assert (ended.returncode, script.calls) == (0, ["update"])
    assert "WARNING: whether" in ended.stderr and "cannot be found out now; it stays as it is" in ended.stderr
    assert script.is_complete and script.inputs == LINKED


def test_it_stays_where_making_it_anew_fails(script):
    script.run()
    script.forget()
    ended = script.run(failures=100, NEWEST="1.0-2")
    assert ended.returncode == 0 and "WARNING: that failed" in ended.stderr
    assert script.is_complete and script.inputs == LINKED


def test_it_is_never_made_anew_without_the_security_suite(script):
    script.run()
    script.forget()
    ended = script.run(SECURITY_FAILS="yes", NEWEST="1.0-2")
    assert ended.returncode == 0 and script.calls == ["update", BOTH] and "WARNING: that failed" in ended.stderr
    assert script.inputs == LINKED


def test_a_package_that_was_built_again_has_that_version(script):
    script.run()
    documents = script.folder / "usr/share/doc/musl-dev"
    with gzip.open(documents / "changelog.Debian.armhf.gz", "wt") as file:
        file.write("musl (1.0-1+b2) sid; urgency=low, binary-only=yes\n")
    assert script.inputs[1] == "musl-dev 1.0-1+b2 musl"


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
