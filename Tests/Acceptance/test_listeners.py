"""Where the server listens: IPv4, IPv6, several addresses at once, and localhost, which means both."""
import socket

import pytest

from postern_client import client_context, echo_once, tls_connection
from postern_command import s_client
from postern_server import Server
from postern_target import BINARY, LISTENER_LIMIT, run


def free_port():
    """A port that is free on both loopback addresses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_ipv4(launch, identity):
    server = launch(listen=["127.0.0.1:0"])
    assert [host for host, _ in server.addresses] == ["127.0.0.1"]
    address = echo_once(server, name="127.0.0.1", context=client_context(trust=identity.certificate))
    assert server.closed(address)["peer"].startswith("127.0.0.1:")


def test_ipv6(launch, identity, has_ipv6):
    server = launch(listen=["[::1]:0"])
    assert [host for host, _ in server.addresses] == ["::1"]
    address = echo_once(server, name="::1", context=client_context(trust=identity.certificate))
    assert server.closed(address)["peer"].startswith("[::1]:")


def test_localhost_means_both(launch, has_ipv6):
    server = launch(listen=["localhost:0"])
    assert sorted(host for host, _ in server.addresses) == ["127.0.0.1", "::1"]
    for address in server.addresses:
        echo_once(server, address=address)


def test_localhost_with_a_port_is_that_port_on_both(launch, has_ipv6):
    port = free_port()
    server = launch(listen=[f"localhost:{port}"])
    assert {address[1] for address in server.addresses} == {port}
    for address in server.addresses:
        echo_once(server, address=address)
        with s_client(server, "-verify_quiet", address=address) as client:
            client.expect("Cipher is")


def test_several_listeners(launch, has_ipv6):
    server = launch(listen=["127.0.0.1:0", "127.0.0.2:0", "[::1]:0", "127.0.0.1:0"])
    assert [host for host, _ in server.addresses] == ["127.0.0.1", "127.0.0.2", "::1", "127.0.0.1"]
    assert len({address for address in server.addresses}) == 4
    for address in server.addresses:
        echo_once(server, address=address)
    assert server.settle()["peerClosed"] == 4


def test_clients_of_all_listeners_are_served_side_by_side(launch):
    server = launch(listen=["127.0.0.1:0", "127.0.0.2:0"])
    first, second = server.addresses
    with tls_connection(server, address=first) as one, tls_connection(server, address=second) as two:
        for tls in (two, one):
            tls.sendall(b"hello")
            assert tls.recv(5) == b"hello"


def test_as_many_listeners_as_the_limit_says(launch):
    server = launch(listen=["127.0.0.1:0"] * LISTENER_LIMIT)
    assert len(server.addresses) == LISTENER_LIMIT
    for address in server.addresses:
        echo_once(server, address=address)


def test_an_ipv6_listener_does_not_take_the_ipv4_port(launch, has_ipv6):
    """[::] and 0.0.0.0 of one port must be possible side by side; tried with the loopback addresses."""
    port = free_port()
    server = launch(listen=[f"[::1]:{port}", f"127.0.0.1:{port}"])
    for address in server.addresses:
        echo_once(server, address=address)


@pytest.mark.parametrize("address", ["[::]:4433", "0.0.0.0:4433", "[fe80::1]:1", "[::ffff:127.0.0.1]:65535"])
def test_other_addresses_are_understood(identity, address):
    ended = run("--listen", address, *identity.options, "--print-config")
    assert ended.returncode == 0, ended.stderr
    assert address.encode() in ended.stdout


def test_a_port_can_be_used_again_at_once(identity):
    """A server that was just stopped leaves sockets in TIME-WAIT; the next one must be able to start."""
    port = free_port()
    for _ in range(3):
        server = Server(BINARY, ["--listen", f"127.0.0.1:{port}", "--service", "respond", *identity.options])
        try:
            with tls_connection(server) as tls:
                tls.sendall(b"x")
                while tls.recv(1024):
                    pass
        finally:
            server.close()
