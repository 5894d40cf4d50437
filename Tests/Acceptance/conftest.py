"""Fixtures of every test: identities, and factories that start servers and check them as they end.

`launch` makes servers that live as long as one test, `launch_shared` as long as one test file.
"""
import contextlib
import pathlib
import shutil
import socket
import subprocess
import tempfile
import types

import pytest

import postern_identity
import postern_machine
import postern_target
from postern_clients import Clients, Rules
from postern_server import Server
from postern_services import SystemLog

# What the tests that use a fixture need of this machine.
OF_FIXTURES = {"system_log": "mounts"}


def pytest_collection_modifyitems(config, items):
    """Leaves out what does not apply to the binary under test: native tests under an emulator, where they would look at
    the emulator's process, and tests marked `applies(condition)` whose condition is false; and what this machine cannot
    run. Tests/run.py says which ports run a selection of files, and why."""
    def reason(item):
        if postern_target.EMULATED and item.get_closest_marker("native"):
            return "they look at the server's own process, which is the emulator's here"
        if not all(mark.args[0] for mark in item.iter_markers("applies")):
            return "they do not apply to this binary or machine"
        return postern_machine.missing(item, OF_FIXTURES)

    postern_machine.leave_out(config, items, reason)


def pytest_terminal_summary(terminalreporter, config):
    postern_machine.name_left_out(terminalreporter, config)


def pytest_report_header():
    return f"postern: {' '.join(postern_target.command(postern_target.BINARY))}, " \
           f"small: {postern_target.SMALL_BINARY or 'none'}, Mbed TLS {postern_target.mbedtls_version()}"


@pytest.fixture(scope="session", autouse=True)
def binary_under_test(open_folder):
    assert pathlib.Path(postern_target.BINARY).is_file(), "POSTERN_BINARY must name the binary to test"
    if postern_target.EMULATED:
        for name in (postern_target.BINARY, postern_target.SMALL_BINARY):
            if pathlib.Path(name).is_file():        # a board has no small one
                copy = open_folder / f"postern-{len(postern_target.REACHABLE)}"
                postern_target.REACHABLE[name] = str(shutil.copy(name, copy))


@pytest.fixture(scope="session")
def open_folder():
    """A folder that every user can enter; pytest's own ones are private."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def identities(open_folder):
    """Everything the tests present to a server: first good ones, then those warned of or refused."""
    make, folder = postern_identity.make_identity, open_folder
    return types.SimpleNamespace(
        good=make(folder, "good"), other=make(folder, "other"), rsa=make(folder, "rsa", "rsa:2048"),
        curve384=make(folder, "curve384", "P-384"), chained=postern_identity.make_chained(folder, "chained"),
        expired=postern_identity.make_dated(folder, "expired", 2020, 2021),
        weak_rsa=make(folder, "weak-rsa", "rsa:1024"), weak_curve=make(folder, "weak-curve", "secp224r1"),
        ed25519=make(folder, "ed25519", "ed25519"), curve521=make(folder, "curve521", "P-521"))


@pytest.fixture(scope="session")
def identity(identities):
    return identities.good


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """A CA and one client of each kind."""
    return Clients(tmp_path_factory.mktemp("clients"))


@pytest.fixture
def rules(tmp_path, clients):
    """The files that say which of them may come in."""
    return Rules(tmp_path, clients)


@contextlib.contextmanager
def server_factory(default_identity):
    """Yields a function that starts servers; checks and stops all of them at the end."""
    started = []

    def start(*options, small=False, words=(), listen=("127.0.0.1:0",), identity=default_identity,
              **keywords):
        binary = postern_target.SMALL_BINARY if small else postern_target.BINARY
        if not binary:
            pytest.fail("needs POSTERN_SMALL_BINARY, the build with short deadlines and 4 connections")
        listening = [part for address in listen for part in ("--listen", address)]
        server = Server(binary, [*words, *listening, *identity.options, *options], **keywords)
        started.append(server)
        return server

    try:
        yield start
    finally:
        faults = []
        for server in started:
            try:
                server.close()
            except (AssertionError, subprocess.TimeoutExpired) as fault:
                faults.append(str(fault))
        assert not faults, faults


@pytest.fixture
def launch(identity):
    with server_factory(identity) as start:
        yield start


@pytest.fixture(scope="module")
def launch_shared(identity):
    with server_factory(identity) as start:
        yield start


@pytest.fixture(scope="module")
def echo(launch_shared):
    """An echo server of default configuration, shared by the tests of one file."""
    return launch_shared()


@pytest.fixture(scope="module")
def small(launch_shared):
    """A server of the small configuration: 4 connections, deadlines of about a second."""
    return launch_shared(small=True)


@pytest.fixture(scope="session")
def has_ipv6():
    """Whether this machine has ::1; containers often have not."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.fail("this machine has no ::1")


@pytest.fixture
def system_log(open_folder):
    """A system log for servers that are started with its prefix."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=open_folder, prefix="system-log-"))
    folder.chmod(0o755)
    made = SystemLog(folder)
    yield made
    made.close()
    shutil.rmtree(folder)
