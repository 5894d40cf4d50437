"""The OpenWrt package: an archive of three, what opkg reads of it, its scripts with stubs of OpenWrt's functions."""
import gzip
import io
import os
import pathlib
import re
import subprocess
import tarfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("POSTERN_BINARY", TOP / "build/amd64/postern"))
VERSION = re.search(r'posternVersion: Text = "(.*)"', (TOP / "Sources/PosternServer/Version.swift").read_text())[1]
FUNCTIONS = "default_postinst() { echo \"postinst $*\"; }\ndefault_prerm() { echo \"prerm $*\"; }\n"


def build_package(folder):
    subprocess.run([TOP / "ports/openwrt/build.sh", BINARY, "x86_64", folder], check=True, capture_output=True)
    return folder / f"postern_{VERSION}-1_x86_64.ipk"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build_package(tmp_path_factory.mktemp("package"))


def members(archive):
    """{name: (mode, owner, bytes)} of the files in a .tar.gz."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as opened:
        return {member.name: (member.mode, (member.uid, member.gid),
                              opened.extractfile(member).read() if member.isfile() else None)
                for member in opened if member.name != "."}


def part(package, name):
    return members(members(package.read_bytes())[f"./{name}"][2])


def test_the_package_is_an_archive_of_three(package):
    outer = members(package.read_bytes())
    assert outer.keys() == {"./debian-binary", "./control.tar.gz", "./data.tar.gz"}
    assert outer["./debian-binary"][2] == b"2.0\n"


def test_control_has_what_opkg_reads(package):
    control = part(package, "control.tar.gz")
    assert control.keys() == {"./control", "./conffiles", "./postinst", "./prerm"}
    fields = dict(re.findall(r"^([\w-]+): +(.*)$", control["./control"][2].decode(), re.MULTILINE))
    assert fields["Package"] == "postern" and fields["Version"] == f"{VERSION}-1"
    assert fields["Architecture"] == "x86_64" and fields["Require-User"] == "postern"
    assert int(fields["Installed-Size"]) >= BINARY.stat().st_size and fields["Description"]
    assert control["./conffiles"][2] == b"/etc/config/postern\n"
    assert control["./postinst"][0] == control["./prerm"][0] == 0o755


def test_data_is_what_the_script_needs_and_belongs_to_root(package):
    data = part(package, "data.tar.gz")
    files = {name: mode for name, (mode, _, content) in data.items() if content is not None}
    assert files == {"./usr/sbin/postern": 0o755, "./etc/init.d/postern": 0o755, "./etc/config/postern": 0o644,
                     "./etc/capabilities/postern.json": 0o644, "./usr/share/doc/postern/LICENSE": 0o644,
                     "./usr/share/doc/postern/copyright": 0o644, "./usr/share/doc/postern/postern.cdx.json": 0o644}
    assert data["./usr/share/doc/postern/postern.cdx.json"][2] == (BINARY.parent / "postern.cdx.json").read_bytes()
    assert {owner for _, owner, _ in data.values()} == {(0, 0)}
    assert data["./usr/sbin/postern"][2] == BINARY.read_bytes()


def test_the_same_input_gives_the_same_package(package, tmp_path):
    assert build_package(tmp_path).read_bytes() == package.read_bytes()


@pytest.mark.parametrize("name", ["postinst", "prerm"])
def test_the_scripts_leave_the_work_to_openwrt(package, tmp_path, name):
    script = tmp_path / "postern.postinst"
    script.write_bytes(part(package, "control.tar.gz")[f"./{name}"][2])
    environment = {"PATH": os.environ["PATH"], "IPKG_INSTROOT": str(tmp_path)}

    def run(**more):
        return subprocess.run(["busybox", "sh", script, "configure"], env={**environment, **more}, check=True,
                              capture_output=True, text=True).stdout

    assert run() == "", "without OpenWrt's functions there is nothing to do"
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/functions.sh").write_text(FUNCTIONS)
    assert run() == f"{name} {script} configure\n"
