"""Forwarding: what a plain service and its TLS clients see of each other, byte for byte and end for end."""
import os
import socket
import ssl
import struct
import threading
import time

import pytest

from postern_daemon import free_port
from postern_target import PATIENCE

SECONDS = 10 * PATIENCE


class Service:
    """A plain TCP service whose connections the test serves itself."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        # Connections inherit it: what is not read stays with its sender.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.listener.settimeout(SECONDS)
        self.target = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(SECONDS)
        return connection


@pytest.fixture
def service():
    service = Service()
    yield service
    service.listener.close()


def connect(server, before=b"", name="localhost", **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    plain = socket.create_connection(server.address, timeout=SECONDS)
    plain.sendall(before)
    return context.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False, **options)


def read_all(connection):
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def cpu_seconds(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def assert_closed(server, reason):
    return server.wait_for_line(rf"postern: info: closed peer=(?P<peer>\S+) .* reason={reason}( .*)?")


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_bytes_pass_both_ways_and_each_direction_ends_for_itself(service, identity, launch):
    """close_notify becomes FIN while the answer goes on, and FIN becomes close_notify."""
    server = launch(*identity.options, "--connect", service.target)
    sent, answer = os.urandom(3_000_000), os.urandom(3_000_000)
    client = connect(server)
    behind = service.accept()
    received = []
    reader = threading.Thread(target=lambda: received.append(read_all(behind)))
    reader.start()
    client.sendall(sent)
    # Half of it comes before the client has ended, the other half behind.
    behind.sendall(answer[:1_000])
    got = client.recv(1_000)
    client.setblocking(False)
    with pytest.raises((ssl.SSLWantReadError, ssl.SSLWantWriteError)):
        client.unwrap()     # sends close_notify and cannot have the service's end yet
    client.setblocking(True)
    reader.join(SECONDS)
    assert received == [sent]
    behind.close()
    client.close()
    assert got == answer[:len(got)] and got
    assert_closed(server, "peerClosed")


def test_a_service_that_does_not_read_loses_nothing(service, identity, launch):
    server = launch(*identity.options, "--connect", service.target)
    client = connect(server)
    behind = service.accept()
    sent = os.urandom(24 << 20)
    writer = threading.Thread(target=client.sendall, args=(sent,))
    writer.start()
    time.sleep(1)
    before = cpu_seconds(server)
    time.sleep(1)
    assert cpu_seconds(server) - before < 0.3
    assert writer.is_alive(), "there is no buffer for all of it"
    parts, count = [], 0
    while count < len(sent):
        parts.append(behind.recv(65536))
        count += len(parts[-1])
    writer.join(SECONDS)
    assert b"".join(parts) == sent


def test_a_client_that_does_not_read_loses_nothing(service, identity, launch):
    server = launch(*identity.options, "--connect", service.target)
    client = connect(server)
    behind = service.accept()
    sent = os.urandom(8 << 20)
    def serve():
        behind.sendall(sent)
        behind.close()
    writer = threading.Thread(target=serve)
    writer.start()
    time.sleep(2)
    assert writer.is_alive()
    assert read_all(client) == sent
    client.unwrap()
    writer.join(SECONDS)


def test_a_service_speaks_first(service, identity, launch):
    server = launch(*identity.options, "--connect", service.target)
    client = connect(server)
    service.accept().sendall(b"220 ready\r\n")
    assert client.recv(100) == b"220 ready\r\n"


def test_a_truncated_stream_is_a_reset_for_the_service(service, identity, launch):
    server = launch(*identity.options, "--connect", service.target)
    client = connect(server)
    behind = service.accept()
    client.sendall(b"half")
    assert behind.recv(10) == b"half"
    client.shutdown(socket.SHUT_RDWR)
    with pytest.raises(ConnectionResetError):
        behind.recv(10)
    assert_closed(server, "truncated")


def test_an_old_client_may_end_without_close_notify(service, identity, launch):
    server = launch(*identity.options, "--connect", service.target, "--missing-close-notify", "close")
    client = connect(server)
    behind = service.accept()
    client.sendall(b"all")
    client.shutdown(socket.SHUT_RDWR)
    assert read_all(behind) == b"all"
    behind.close()
    assert_closed(server, "peerClosed")


def test_a_reset_of_the_service_is_no_clean_end(service, identity, launch):
    server = launch(*identity.options, "--connect", service.target)
    client = connect(server)
    behind = service.accept()
    client.sendall(b"x")
    assert behind.recv(1) == b"x"
    reset(behind)
    with pytest.raises((ssl.SSLError, ConnectionResetError), match="(?i)eof|reset"):
        client.recv(10)
    assert_closed(server, "backendReset")


def test_no_service_is_an_alert_and_the_next_one_is_taken(service, identity, launch):
    nobody = f"127.0.0.1:{free_port()}"
    server = launch(*identity.options, "--route", f"other.home={nobody}",
                    "--connect", nobody, "--connect", service.target)
    client = connect(server)
    behind = service.accept()
    client.sendall(b"x")
    assert behind.recv(1) == b"x"
    refused = connect(server, name="other.home")
    with pytest.raises(ssl.SSLError, match="(?i)internal.error"):
        refused.recv(1)
    assert_closed(server, "backendUnavailable")


def test_a_name_without_a_route_is_unknown(service, identity, launch):
    server = launch(*identity.options, "--route", f"*.cam.home={service.target}")
    client = connect(server, name="a.cam.home")
    client.sendall(b"y")
    assert service.accept().recv(1) == b"y"
    for name in ("cam.home", "b.a.cam.home", "localhost"):
        with pytest.raises(ssl.SSLError, match="(?i)unrecognized.name"):
            connect(server, name=name).recv(1)


def test_local_socket(identity, launch, tmp_path):
    path = tmp_path / "app.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(SECONDS)
        server = launch(*identity.options, "--connect", f"unix:{path}")
        client = connect(server)
        behind, _ = listener.accept()
        client.sendall(b"hello")
        assert behind.recv(10) == b"hello"
        behind.sendall(b"there")
        assert client.recv(10) == b"there"


def test_proxy_headers_name_the_client(service, identity, launch):
    server = launch(*identity.options, "--connect", service.target, "--send-proxy", "1", "--proxy-from", "127.0.0.0/8")
    header = b"PROXY TCP4 203.0.113.7 192.0.2.1 5555 443\r\n"
    client = connect(server, header)
    client.sendall(b"GET /")
    behind = service.accept()
    assert behind.recv(1_000) == header + b"GET /"
    behind.close()
    assert client.recv(1) == b""
    client.unwrap()
    assert assert_closed(server, "serviceClosed")["peer"] == "203.0.113.7:5555"


def test_a_proxy_header_comes_in_pieces_and_alone(service, identity, launch):
    server = launch(*identity.options, "--connect", service.target, "--send-proxy", "1", "--proxy-from", "127.0.0.0/8")
    header = b"PROXY TCP6 2001:db8::7 2001:db8::1 5555 443\r\n"
    plain = socket.create_connection(server.address, timeout=SECONDS)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for index in range(len(header)):
        plain.sendall(header[index:index + 1])
        time.sleep(0.005)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = context.wrap_socket(plain)
    assert service.accept().recv(1_000) == header
    client.close()


@pytest.mark.parametrize("first", [b"PROXY BAD\r\n", b"\x16\x03\x01\x00", b"PROXY TCP4 1.2.3.4 "])
def test_what_is_no_proxy_header_ends_the_connection(first, identity, launch, service):
    server = launch(*identity.options, "--connect", service.target, "--proxy-from", "127.0.0.0/8")
    with socket.create_connection(server.address, timeout=SECONDS) as plain:
        plain.sendall(first)
        try:
            plain.shutdown(socket.SHUT_WR)
            assert plain.recv(10) == b""
        except OSError:
            pass    # it is reset already
    assert_closed(server, "badProxyHeader")


def test_a_closing_connection_does_not_spin_while_its_service_talks(service, identity, launch):
    """A client that never closes is given the close deadline; its service may send all that time."""
    server = launch(*identity.options, "--connect", service.target, "--idle-timeout", "1s")
    client = connect(server)
    behind = service.accept()
    time.sleep(1.1)
    def talk():
        try:
            while True:
                behind.sendall(b"x" * 1_000)
                time.sleep(0.01)
        except OSError:
            pass
    threading.Thread(target=talk, daemon=True).start()
    time.sleep(0.2)
    before = cpu_seconds(server)
    time.sleep(1)
    assert cpu_seconds(server) - before < 0.4
    client.close()

