"""The Debian package: what lintian says, and the arm64 one installed, removed and purged in an arm64 Debian root, whose
own dpkg and shell run under qemu-user (proot starts them; the kernel needs to know nothing of it).
"""
import os
import pathlib
import re
import subprocess

import pytest

import private_root

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
BINARY = BUILD / "arm64/postern"
VERSION = re.search(r'posternVersion: Text = "(.*)"', (TOP / "Sources/PosternServer/Version.swift").read_text())[1]
# What the package depends on, and what these need; chrootless installing works for packages of every processor.
ROOT_PACKAGES = "base-files,base-passwd,adduser,init-system-helpers,dash,coreutils,dpkg,debianutils,sed,grep," \
                "libc-bin,perl-base,findutils,diffutils,tar"


def build_package(folder):
    assert BINARY.is_file(), f"{BINARY} is not there: make PORT=arm64"
    subprocess.run([TOP / "ports/debian/build.sh", BINARY, "arm64", folder], check=True, capture_output=True)
    return folder / f"postern_{VERSION}_arm64.deb"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build_package(tmp_path_factory.mktemp("package"))


def fields(package):
    return subprocess.run(["dpkg-deb", "--field", package], capture_output=True, text=True, check=True).stdout


def test_control_has_the_version_of_the_server_and_the_processor_of_the_port(package):
    assert re.search(rf"^Version: {re.escape(VERSION)}$", fields(package), re.MULTILINE)
    assert re.search(r"^Architecture: arm64$", fields(package), re.MULTILINE)


def test_the_bill_of_materials_is_in_it(package, tmp_path):
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path], check=True)
    there = tmp_path / "usr/share/doc/postern/postern.cdx.json"
    assert there.read_bytes() == (pathlib.Path(BINARY).parent / "postern.cdx.json").read_bytes()


def test_lintian_finds_no_error(package):
    checked = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", package], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "E: " not in checked.stdout


def test_the_same_input_gives_the_same_package(package, tmp_path):
    assert build_package(tmp_path).read_bytes() == package.read_bytes()


def debian_root():
    """An archive of a small arm64 Debian, made once. The mirror is the one that this machine's apt uses."""
    archive = BUILD / "debian-root/trixie-arm64.tar"
    if not archive.exists():
        mirror = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                                 "Label: Debian", "Component: main"], capture_output=True, text=True, check=True)
        source = f"deb {mirror.stdout.splitlines()[0]} trixie main"
        archive.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(2):      # a mirror may be in the middle of an update
            with open(archive.with_suffix(".new"), "wb") as output:
                # It runs maintainer scripts of packages as root: in a root of its own they change nothing here.
                made = subprocess.run(
                    [*private_root.AS_ROOT, "unshare", "--mount", "sh", "-c", MAKE_ROOT, "make-root",
                     "mmdebstrap", "--mode=chrootless", "--variant=custom", "--architectures=arm64", "--format=tar",
                     f"--include={ROOT_PACKAGES}", "trixie", "-", source], stdout=output, stderr=subprocess.PIPE)
            if made.returncode == 0:
                break
        assert made.returncode == 0, made.stderr.decode()[-3000:]
        archive.with_suffix(".new").rename(archive)
    return archive


MAKE_ROOT = """
mount -t tmpfs private /mnt && mkdir /mnt/upper /mnt/work /mnt/root &&
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work private /mnt/root &&
mount --rbind /dev /mnt/root/dev && mount --rbind /proc /mnt/root/proc && exec chroot /mnt/root "$@"
"""


class EmulatedRoot:
    """The arm64 Debian in a private root of this machine."""
    FOLDER = "/srv/arm64"

    def __init__(self, folder, archive):
        (folder / "private").mkdir()
        self.outer = private_root.PrivateRoot(folder / "private", "machine")
        inside = self.outer.mount_point / self.FOLDER.lstrip("/")
        self.outer.check_outside("mkdir", "-p", inside)
        self.outer.check_outside("tar", "-xf", archive, "-C", inside, "--exclude=./dev/*")
        # As in every chroot: nothing starts here.
        self.outer.write(f"{self.FOLDER}/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", mode=0o755)

    def run(self, *command):
        return self.outer.run("proot", "-r", self.FOLDER, "-b", "/dev", "-b", "/proc", "-q", "qemu-aarch64", "-w", "/",
                              "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command, seconds=300)

    def check(self, *command):
        ended = self.run(*command)
        assert ended.returncode == 0, f"{command}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def exists(self, path):
        return self.outer.run("sh", "-c", f"ls -d {self.FOLDER}{path}").returncode == 0

    def owner(self, path):
        """Owner and group by number, and mode."""
        return self.outer.check("stat", "-c", "%u:%g %a", self.FOLDER + path).strip()


@pytest.fixture
def arm64(tmp_path):
    root = EmulatedRoot(tmp_path, debian_root())
    yield root
    root.outer.close()


ENABLED = "/etc/systemd/system/multi-user.target.wants/postern.service"
OWN_FILES = ("/etc/default/postern", "/etc/init.d/postern")


def test_it_installs_and_goes_away_again_on_arm64(arm64, package):
    arm64.outer.write(f"{arm64.FOLDER}/tmp/there", "")
    arm64.outer.check_outside("cp", package, arm64.outer.mount_point / "srv/arm64/tmp/postern.deb")
    assert arm64.check("dpkg", "--print-architecture") == "arm64\n"

    arm64.check("dpkg", "--install", "/tmp/postern.deb")
    assert arm64.check("dpkg-query", "-W", "-f", "${Status}", "postern") == "install ok installed"
    assert f"postern {VERSION} (arm64), Mbed TLS 3.6" in arm64.check("/usr/sbin/postern", "--version")
    user, group = arm64.check("id", "-u", "postern").strip(), arm64.check("id", "-g", "postern").strip()
    assert arm64.owner("/etc/postern") == f"{user}:{group} 750" and user != "0"
    assert arm64.exists(ENABLED) and all(arm64.exists(path) for path in OWN_FILES)

    arm64.outer.write(f"{arm64.FOLDER}/etc/postern/server.key", "made at the first start")
    arm64.check("dpkg", "--remove", "postern")
    assert not arm64.exists("/usr/sbin/postern") and not arm64.exists("/usr/lib/systemd/system/postern.service")
    assert all(arm64.exists(path) for path in (*OWN_FILES, "/etc/postern/server.key"))

    arm64.check("dpkg", "--purge", "postern")
    assert not any(arm64.exists(path) for path in (*OWN_FILES, "/etc/postern", ENABLED, "/etc/rc?.d/*postern"))
    assert arm64.run("dpkg-query", "-W", "postern").returncode == 1
