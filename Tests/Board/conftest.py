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
FIGURES = {}


@pytest.fixture(scope="session")
def board(tmp_path_factory):
    """The board, booted. Its disk is what `make install` makes of an empty one, with an address to listen on."""
    assert PORT, "POSTERN_BOARD must name the port whose board to boot"
    folder = tmp_path_factory.mktemp("board")
    packages = board_files.debian(PORT)
    given = postern_identity.make_identity(folder, "given")
    disk = board_files.make_disk(packages, folder, PORT, {
        "etc/default/postern": 'POSTERN_OPTIONS="--listen 0.0.0.0:4433"\n',
        "etc/postern/server.crt": given.certificate.read_text(), "etc/postern/server.key": given.key.read_text()})
    running = Board(port_values.of(PORT)["BOARD_MACHINE"], board_files.kernel(packages),
                    board_files.make_initramfs(packages, folder), disk)
    try:
        yield running
    finally:
        running.kill()


@pytest.fixture(scope="session")
def figures():
    """What was measured, {name: (number, unit)}; printed at the end."""
    return FIGURES


def pytest_terminal_summary(terminalreporter):
    for name, (number, unit) in FIGURES.items():
        terminalreporter.write_line(f"{PORT} board, {name}: {number:,} {unit}")


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
