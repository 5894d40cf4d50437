"""A board for all tests, and what the acceptance tests want of their server, taken from the board."""
import os
import pathlib
import types

import pytest

import board_files
import port_values
import postern_identity
from board_machine import Board
from board_server import BoardServer

PORT = os.environ.get("POSTERN_BOARD", "")
KERNEL = os.environ.get("POSTERN_BOARD_KERNEL", "")     # one of the port's other kernels
FIGURES = {}


@pytest.fixture(scope="session")
def switched_on(tmp_path_factory):
    """The board after its first boot, with what that was like: a disk as `make install` leaves it, without an
    identity, and the power cut as soon as the server shows the one that it made."""
    assert PORT, "POSTERN_BOARD must name the port whose board to boot"
    folder = tmp_path_factory.mktemp("board")
    packages = board_files.debian(PORT, KERNEL)
    machine = port_values.of_kernel(port_values.of(PORT), "BOARD_MACHINE", KERNEL)
    running = Board(machine, board_files.kernel(packages),
                    board_files.make_initramfs(packages, folder), board_files.make_disk(packages, folder, PORT))
    try:
        first = types.SimpleNamespace(
            text=running.boot_text, seconds=running.boot_seconds("Starting postern: ", "OK"),
            certificate=BoardServer(running).certificate(), log=running.run("cat /var/log/messages"))
        running.cut_power()
        yield running, first
    finally:
        running.kill()


@pytest.fixture(scope="session")
def board(switched_on):
    return switched_on[0]


@pytest.fixture(scope="session")
def first_boot(switched_on):
    """The first boot: what the console said, how long the server took, its log, and the certificate that it showed."""
    return switched_on[1]


@pytest.fixture(scope="session")
def figures():
    """What was measured, {name: (number, unit)}; printed at the end."""
    return FIGURES


def pytest_terminal_summary(terminalreporter):
    for name, (number, unit) in FIGURES.items():
        terminalreporter.write_line(f"{PORT}{'-' * bool(KERNEL)}{KERNEL} board, {name}: {number:,} {unit}")


@pytest.fixture(scope="session")
def server(board):
    return BoardServer(board)


@pytest.fixture
def echo(server):
    return server.use("echo")


@pytest.fixture
def respond(server):
    return server.use("respond")


@pytest.fixture(scope="session")
def identity(board, tmp_path_factory):
    """The board's certificate, which is its own root; its key stays on the board."""
    path = tmp_path_factory.mktemp("identity") / "server.crt"
    path.write_text(board.run("cat /etc/postern/server.crt"))
    return types.SimpleNamespace(certificate=path, trust=path)


@pytest.fixture(scope="session")
def identities(identity, tmp_path_factory):
    folder = pathlib.Path(tmp_path_factory.mktemp("identities"))
    return types.SimpleNamespace(good=identity, other=postern_identity.make_identity(folder, "other"))
