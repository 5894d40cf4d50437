"""The external tree for Buildroot: the files that its manual wants, and what the package installs. Buildroot itself is
a few lines here: the variables and the steps of its generic packages, as the manual has them.
"""
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
TREE = TOP / "ports/buildroot"
VERSION = re.search(r'posternVersion: Text = "(.*)"', (TOP / "Sources/PosternServer/Version.swift").read_text())[1]

BUILDROOT = r"""
qstrip = $(strip $(subst ",,$(1)))
INSTALL = install
TARGET_DIR = $(OUTPUT)/target
generic-package = ALL += postern
include $(BR2_EXTERNAL_POSTERN_PATH)/external.mk
# A step's target lies in the package's build folder, which so is $(@D).
$(OUTPUT)/build/extract: ; $(POSTERN_EXTRACT_CMDS)
$(OUTPUT)/build/target: ; $(POSTERN_INSTALL_TARGET_CMDS)
$(OUTPUT)/build/init-sysv: ; $(POSTERN_INSTALL_INIT_SYSV)
$(OUTPUT)/build/init-openrc: ; $(POSTERN_INSTALL_INIT_OPENRC)
$(OUTPUT)/build/init-systemd: ; $(POSTERN_INSTALL_INIT_SYSTEMD)
print-%: ; @printf '%s\n' '$($*)'
"""


@pytest.fixture
def buildroot(tmp_path):
    """Runs steps of the package. The repository is a copy, so that the binary in it is one of the test's own."""
    repository = tmp_path / "repository"
    for name in ("ports/buildroot", "ports/init"):
        shutil.copytree(TOP / name, repository / name)
    for name in ("LICENSE", "ports/copyright"):
        shutil.copy(TOP / name, repository / name)
    makefile = tmp_path / "Makefile"
    makefile.write_text(BUILDROOT)

    def run(*steps, port="arm64"):
        return make(*[f"{tmp_path}/build/{step}" for step in steps], port=port)

    def make(*goals, port="arm64"):
        return subprocess.run(
            ["make", "-s", "-f", makefile, f"OUTPUT={tmp_path}", f'BR2_PACKAGE_POSTERN_PORT="{port}"',
             f"BR2_EXTERNAL_POSTERN_PATH={repository}/ports/buildroot",
             'BR2_PACKAGE_POSTERN_OPTIONS="--create-identity --listen [::]:4433"', *goals],
            capture_output=True, text=True)

    run.value = lambda name: make(f"print-{name}").stdout
    run.binary = repository / "build/arm64/postern"
    run.target = tmp_path / "target"
    run.extracted = tmp_path / "build"
    return run


def test_the_tree_has_the_files_of_the_manual():
    description = (TREE / "external.desc").read_text()
    assert re.fullmatch(r"name: POSTERN\ndesc: .+\n", description)
    assert 'source "$BR2_EXTERNAL_POSTERN_PATH/package/postern/Config.in"' in (TREE / "Config.in").read_text()
    assert "$(BR2_EXTERNAL_POSTERN_PATH)/package/*/*.mk" in (TREE / "external.mk").read_text()
    package = (TREE / "package/postern/postern.mk").read_text()
    assert package.startswith("#" * 80 + "\n#\n# postern\n#\n") and package.endswith("$(eval $(generic-package))\n")


def test_config_in_follows_the_manual():
    text = (TREE / "package/postern/Config.in").read_text()
    assert text.startswith('config BR2_PACKAGE_POSTERN\n\tbool "postern"\n\tdepends on ')
    for line in text.splitlines():
        assert re.fullmatch(r"(config BR2_PACKAGE_POSTERN\w*|if BR2_PACKAGE_POSTERN|endif)?"
                            r"|\t(bool|string|default|depends on|help).*|\t  .{1,62}", line), line
    for port in re.findall(r'^\tdefault "(\w+)" if', text, re.MULTILINE):
        assert (TOP / f"ports/{port}/port.mk").exists()


def test_the_version_is_that_of_the_server(buildroot):
    assert buildroot.value("POSTERN_VERSION") == f"{VERSION}\n"


def test_it_installs_the_binary_that_was_built_and_the_script(buildroot):
    buildroot.binary.parent.mkdir(parents=True)
    buildroot.binary.write_text("built")
    buildroot.binary.chmod(0o755)
    ended = buildroot("extract", "target", "init-sysv")
    assert ended.returncode == 0, ended.stderr
    assert (buildroot.target / "usr/sbin/postern").read_text() == "built"
    assert all((buildroot.extracted / name).is_file() for name in buildroot.value("POSTERN_LICENSE_FILES").split())
    script = buildroot.target / "etc/init.d/S50postern"
    assert script.read_text() == (TOP / "ports/init/S50postern").read_text() and script.stat().st_mode & 0o777 == 0o755
    assert (buildroot.target / "etc/default/postern").read_text() == \
        'POSTERN_OPTIONS="--create-identity --listen [::]:4433"\n'


def test_without_a_binary_it_says_what_to_build(buildroot):
    ended = buildroot("extract", port="armhf")
    assert ended.returncode != 0 and "build/armhf/postern is not there: make PORT=armhf" in ended.stderr


@pytest.mark.parametrize("init, files", [
    ("openrc", {"etc/init.d/postern", "etc/conf.d/postern"}),
    ("systemd", {"usr/lib/systemd/system/postern.service", "usr/lib/systemd/system/postern.socket"})])
def test_other_init_systems(buildroot, init, files):
    buildroot.binary.parent.mkdir(parents=True)
    buildroot.binary.write_text("built")
    buildroot.binary.chmod(0o755)
    ended = buildroot("extract", f"init-{init}")
    assert ended.returncode == 0, ended.stderr
    assert {str(path.relative_to(buildroot.target)) for path in buildroot.target.rglob("*") if path.is_file()} == files


def test_the_user_and_the_folder_have_all_fields_of_their_tables(buildroot):
    user = buildroot.value("POSTERN_USERS").split()
    assert user[:8] == ["postern", "-1", "postern", "-1", "*", "-", "-", "-"] and len(user) > 8
    assert buildroot.value("POSTERN_PERMISSIONS").split() == [
        "/etc/postern", "d", "750", "postern", "postern", *"-----"]
