"""The binary of a board as it comes: its own configuration, checked, shown and served with.

All that is run for a board that is built as another port; the ports have it among all tests.
"""
import pathlib
import re

import pytest

from postern_client import client_context, receive_exactly, tls_connection
from postern_target import BINARY, VERSIONS, run


def print_config(*options):
    """What --print-config shows, by name."""
    ended = run(*options, "--print-config")
    assert (ended.returncode, ended.stderr) == (0, b"")
    return dict(re.findall(r"(?m)^([\w.]+): (.*)$", ended.stdout.decode()))


@pytest.fixture(scope="module")
def printed(identity):
    return print_config(*identity.options)


def test_the_configuration_is_sound(identity):
    ended = run(*identity.options, "--test-config")
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_it_is_the_configuration_of_this_port(printed):
    """build/<port>/postern, or build/<port>-<suite>/postern, says that it is of this port."""
    assert pathlib.Path(BINARY).resolve().parent.name.removesuffix("-bookworm") == printed["port"]


def test_it_has_the_memory_that_it_needs_and_not_much_more(identity):
    """With certificates of clients and room for their CRLs, which take most."""
    printed = print_config(*identity.options, "--clients", "required", "--ca", str(identity.certificate),
                           "--crl", "/nonexistent.crl", "--crl-policy", "warn")
    needed, given = int(printed["memory.arenaNeededBytes"]), int(printed["memory.arenaBytes"])
    assert needed <= given <= needed + 2 * int(printed["memory.connectionBytes"])


@pytest.mark.parametrize("version", VERSIONS)
def test_it_serves(launch, version):
    server = launch()
    with tls_connection(server, client_context(version)) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
    assert server.settle()["handshakes"] == 1
