"""Private roots with Postern installed by `make install`, as each init system wants it.

POSTERN_BINARY names the binary: a static one, because the BusyBox root has no libc.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "Tests/Acceptance"))

import installed_postern  # noqa: E402
import postern_identity  # noqa: E402
import private_root  # noqa: E402

BINARY = pathlib.Path(os.environ.get("POSTERN_BINARY", TOP / "build/amd64/postern")).resolve()


@pytest.fixture(scope="session")
def identities():
    """Two pairs for the same name, to see which one is served."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-"))
    yield [postern_identity.make_identity(folder, name) for name in ("first", "second")]
    shutil.rmtree(folder)


def make_root(folder, base):
    assert BINARY.is_file(), f"{BINARY} is not there; build it, or name another in POSTERN_BINARY"
    mount_point = folder / "private"
    mount_point.mkdir()
    return private_root.PrivateRoot(mount_point, base)


def install(root, init):
    """`make install` into the root; the scripts and their settings then are as a user gets them."""
    root.check_outside("env", f"DESTDIR={root.mount_point}", "PREFIX=/usr", f"INIT={init}",
                       TOP / "ports/install.sh", BINARY)


@pytest.fixture
def postern(request, tmp_path, identities):
    """Postern in a root for the init system that the test's file names as INIT."""
    init = request.module.INIT
    root = make_root(tmp_path, "empty" if init == "busybox" else "machine")
    try:
        if init == "busybox":
            busybox = shutil.which("busybox")
            root.check_outside("install", "-D", busybox, root.mount_point / "bin/busybox")
            root.check_outside("chroot", root.mount_point, "/bin/busybox", "--install", "-s", "/bin")
            root.check_outside("mkdir", "-p", root.mount_point / "etc", root.mount_point / "var")
            root.check_outside("ln", "-s", "../run", root.mount_point / "var/run")
            root.write("/etc/passwd", "root:x:0:0::/:/bin/sh\npostern:x:900:900::/:/bin/false\n")
            root.write("/etc/group", "root:x:0:\npostern:x:900:\n")
        else:
            root.check("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin",
                       "postern")
        install(root, init)
        yield installed_postern.InstalledPostern(root, identities)
    finally:
        root.close()
