"""Private roots with Postern installed by `make install`, as each init system wants it.

POSTERN_BINARY names the binary: a static one, because the BusyBox root has no libc.
"""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "Tests/Acceptance"))

import installed_postern  # noqa: E402
import postern_identity  # noqa: E402
import postern_machine  # noqa: E402
import private_root  # noqa: E402

BINARY = pathlib.Path(os.environ.get("POSTERN_BINARY", TOP / "build/amd64/postern")).resolve()

# The fixtures that make a private root.
OF_FIXTURES = {fixture: "private root" for fixture in ("system", "machine", "arm64")}


def pytest_collection_modifyitems(config, items):
    postern_machine.leave_out(config, items, lambda item: postern_machine.missing(item, OF_FIXTURES))


def pytest_terminal_summary(terminalreporter, config):
    postern_machine.name_left_out(terminalreporter, config)


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


@pytest.fixture
def system(request, tmp_path):
    """A root for an init system (of systems.py) with Postern as `make install` puts it there for this system."""
    kind = request.param
    root = make_root(tmp_path, kind.base)
    try:
        kind.prepare(root)
        root.check_outside("env", f"DESTDIR={root.mount_point}", "PREFIX=/usr", f"INIT={kind.init}",
                           TOP / "ports/install.sh", BINARY)
        yield kind(root)
    finally:
        root.close()


@pytest.fixture
def postern(system, identities):
    """With the first of the identities, and listening on loopback when it is started."""
    installed = installed_postern.InstalledPostern(system.root, system.defaults, identities)
    installed.show(0)
    installed.configure()
    return installed
