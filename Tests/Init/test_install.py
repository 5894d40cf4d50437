"""`make install`: what it puts where, and what it refuses. And which packages the Makefile makes of which port."""
import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("POSTERN_BINARY", TOP / "build/amd64/postern"))
ALWAYS = {"usr/sbin/postern", "usr/share/man/man8/postern.8", "usr/share/doc/postern/LICENSE",
          "usr/share/doc/postern/copyright"}
OF_SYSTEM = {
    "busybox": {"etc/init.d/S50postern", "etc/default/postern"},
    "sysv": {"etc/init.d/postern", "etc/default/postern"},
    "openrc": {"etc/init.d/postern", "etc/conf.d/postern"},
    "procd": {"etc/init.d/postern", "etc/capabilities/postern.json", "etc/config/postern"},
    "runit": {"etc/sv/postern/run", "etc/sv/postern/log/run", "etc/default/postern"},
    "s6": {"etc/s6/postern/run", "etc/s6/postern/log/run", "etc/default/postern"},
    "systemd": {"usr/lib/systemd/system/postern.service", "usr/lib/systemd/system/postern.socket",
                "etc/default/postern"}}


def make(*words):
    return subprocess.run(["make", "-s", *words], cwd=TOP, capture_output=True, text=True)


@pytest.fixture
def install(tmp_path):
    """`make install` of a built port into a folder; returns the files that are there then."""
    def run(*words, prefix="/usr"):
        # NAME is the folder below build/ that the binary is in.
        ended = make("install", "PORT=amd64", f"NAME={os.path.relpath(BINARY.parent, TOP / 'build')}",
                     f"DESTDIR={tmp_path}", f"PREFIX={prefix}", *words)
        run.ended = ended
        return {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    return run


def test_without_init_there_are_binary_and_manual(install, tmp_path):
    assert install() == ALWAYS
    assert (tmp_path / "usr/sbin/postern").read_bytes() == BINARY.read_bytes()
    assert (tmp_path / "usr/sbin/postern").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "etc/postern").is_dir(), "the folder of certificate and key"


@pytest.mark.parametrize("init", OF_SYSTEM)
def test_each_init_system_gets_its_files(install, tmp_path, init):
    assert install(f"INIT={init}") == ALWAYS | OF_SYSTEM[init]
    for path in OF_SYSTEM[init]:
        mode = (tmp_path / path).stat().st_mode & 0o777
        assert mode == (0o755 if "init.d/" in path or path.endswith("/run") else 0o644), path


def test_several_init_systems(install):
    assert install("INIT=sysv systemd") == ALWAYS | OF_SYSTEM["sysv"] | OF_SYSTEM["systemd"]


@pytest.mark.parametrize("init", OF_SYSTEM)
def test_scripts_name_the_binary_where_it_is(install, tmp_path, init):
    installed = install(f"INIT={init}", prefix="/opt/local")
    assert "opt/local/sbin/postern" in installed
    texts = [(tmp_path / path).read_text() for path in installed if not path.endswith(("sbin/postern", ".8"))]
    assert not any("/usr/sbin/postern" in text for text in texts)
    assert any("/opt/local/sbin/postern" in text for text in texts)


def test_settings_that_are_there_stay(install, tmp_path):
    (tmp_path / "etc/default").mkdir(parents=True)
    (tmp_path / "etc/default/postern").write_text("mine")
    install("INIT=sysv")
    assert (tmp_path / "etc/default/postern").read_text() == "mine"


@pytest.mark.parametrize("words, said", [
    (["INIT=sysv upstart"], "INIT 'upstart' is unknown; give some of: busybox sysv openrc procd runit s6 systemd"),
    (["PREFIX=usr"], "PREFIX 'usr' is no absolute path"),
    (["NAME=nowhere"], "build/nowhere/postern is not there; build it first")])
def test_bad_input_is_one_sentence_and_installs_nothing(install, words, said):
    assert install(*words) == set()
    assert install.ended.returncode != 0 and said in install.ended.stderr


@pytest.mark.parametrize("kind, port, architecture", [
    ("deb", "arm64", "arm64"), ("deb", "armhf", "armhf"), ("deb", "raspberrypi-zero", "armhf"),
    ("ipk", "arm64", "aarch64_cortex-a53"), ("ipk", "raspberrypi-zero", "arm_arm1176jzf-s_vfp"),
    ("ipk", "amd64", "x86_64")])
def test_packages_have_the_processor_s_name_of_the_port(kind, port, architecture):
    commands = make("-n", kind, f"PORT={port}").stdout.splitlines()
    script = {"deb": "debian", "ipk": "openwrt"}[kind]
    assert commands[-1] == f"ports/{script}/build.sh build/{port}/postern {architecture} build/{port}"


def test_the_port_of_this_machine_makes_no_package():
    ended = make("deb", "PORT=host")
    assert ended.returncode != 0 and "port host is built for this machine alone" in ended.stderr
