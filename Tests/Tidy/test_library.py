"""Which Mbed TLS is linked: SECURITY.md knows each version and every CVE that Debian has repaired since, and what must
not be used is refused by the compiler and at every start."""
import gzip
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "Tests"))
import port_values  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
BUILDS = {port: port for port in port_values.PORTS} | {"armhf-bookworm": "armhf"}
builds = pytest.mark.parametrize("build", BUILDS)
# On this machine's processor, one of each library: `mov $version, %eax; ret` is what says the version.
NATIVE = ["host", "amd64"]


def version_of(build, binary=None):
    runner = shlex.split(port_values.of(BUILDS[build]).get("RUNNER", ""))
    return subprocess.run([*runner, binary or BUILD / build / "postern", "--version"], capture_output=True, text=True,
                          check=True).stdout


def table():
    """The head of the table in SECURITY.md, and its rows."""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")]
            for line in (TOP / "SECURITY.md").read_text().splitlines() if line.startswith("| ")]
    start = next(number for number, row in enumerate(rows) if row[0] == "CVE")
    return rows[start], rows[start + 1:]


def known_versions():
    return [cell for cell in table()[0] if re.fullmatch(r"\d+\.\d+\.\d+", cell)]


@builds
def test_the_table_knows_the_version_that_is_linked(build):
    found = re.search(r", Mbed TLS (\S+) \(Debian (\S+)\)\n", version_of(build))
    assert found and re.split(r"[-+~]", found[2])[0] == found[1], version_of(build)
    assert found[1] in known_versions(), "read its advisories and add a column to SECURITY.md"


@builds
def test_version_names_the_package_and_warns_as_the_inputs_do(build):
    base = port_values.of(BUILDS[build]).get("BASE", build)
    lines = (BUILD / base / "inputs").read_text().splitlines()
    package = next(line.split()[1] for line in lines if line.startswith("libmbedtls-dev "))
    warnings = [f"warning: {line[2:]}" for line in lines if line.startswith("! ")]
    said = version_of(build).splitlines()
    assert f"(Debian {package})" in said[0] and said[1:] == warnings


def test_the_table_is_whole():
    head, rows = table()
    versions = len(known_versions())
    assert head[0] == "CVE" and head[-1] == "why" and versions >= 2
    for row in rows:
        assert len(row) == len(head), row
        assert all(re.fullmatch(r"\d{4}-\d+", number) for number in row[0].split(", ")), row
        states = row[2:2 + versions]
        assert all(re.fullmatch(r"(fixed|absent|no|guarded|yes)\*?", state) for state in states), row
        assert row[-1] or set(states) <= {"fixed", "absent"}, f"{row[0]}: say why"


def cves(text):
    return set(re.findall(r"CVE-(20\d\d-\d+)", text))


def test_the_table_has_what_debian_has_repaired_since():
    """Out of the change logs in the sysroots, down to the first upload of 2.28."""
    known = {number for row in table()[1] for number in row[0].split(", ")}
    files = list((BUILD / "sysroot").glob("*/usr/share/doc/libmbedtls-dev/changelog.Debian.gz"))
    assert files
    for file in files:
        text = gzip.decompress(file.read_bytes()).decode()
        since = text[:text.index("\nmbedtls (2.28.0-")]
        assert cves(since) - known == set(), file


@pytest.mark.parametrize("number, said", [
    ("0x03060500", "Mbed TLS 3.x before 3.6.6"), ("0x03050200", "Mbed TLS 3.x before 3.6.6"),
    ("0x04000000", "teach compat.h this version"), ("0x021B0000", "teach compat.h this version")])
def test_a_compiler_refuses_it(tmp_path, number, said):
    (tmp_path / "mbedtls").mkdir()
    (tmp_path / "mbedtls/version.h").write_text(f"#define MBEDTLS_VERSION_NUMBER {number}\n")
    folders = [f"-I{tmp_path}", f"-I{TOP / 'Sources/CMbedTLS/include'}"]
    ended = subprocess.run(["clang", "-fsyntax-only", *folders, "-x", "c", TOP / "Sources/CMbedTLS/compat.h"],
                           capture_output=True, text=True, check=False)
    assert ended.returncode != 0 and f'#error "' in ended.stderr and said in ended.stderr


@pytest.mark.parametrize("build", NATIVE)
@pytest.mark.parametrize("version, said", [
    ((3, 6, 5), "lets a man in the middle be a client that resumes its session (CVE-2026-34873)"),
    ((3, 0, 0), "lets a man in the middle be a client that resumes its session (CVE-2026-34873)"),
    ((4, 0, 0), "was built with another one")])
def test_a_start_refuses_it(tmp_path, build, version, said):
    """With a library that says another version of itself."""
    binary = bytearray((BUILD / build / "postern").read_bytes())
    linked = tuple(map(int, re.search(r"Mbed TLS (\d+)\.(\d+)\.(\d+)", version_of(build)).groups()))

    def code(numbers):
        return b"\xb8\0" + bytes(reversed(numbers)) + b"\xc3"

    assert binary.count(code(linked)) == 1
    changed = tmp_path / "postern"
    changed.write_bytes(binary.replace(code(linked), code(version)))
    changed.chmod(0o755)
    assert f"Mbed TLS {'.'.join(map(str, version))}" in version_of(build, changed)
    make = ["certificate", "self-signed", "--name", "x", "--certificate", tmp_path / "c", "--key", tmp_path / "k"]
    for words in (["--test-config"], ["--listen", "127.0.0.1:0"], ["probe", "127.0.0.1:1"], make):
        ended = subprocess.run([changed, *words], capture_output=True, text=True, check=False, timeout=20)
        assert ended.returncode == 2 and said in ended.stderr and ended.stderr.count("\n") == 1, ended.stderr
    assert not (tmp_path / "k").exists()
