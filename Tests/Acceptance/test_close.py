"""The end of a connection: everything received is answered first, then close_notify, then the socket."""
import contextlib
import random
import socket
import ssl
import time

import pytest

from postern_client import MemoryClient, client_context, receive_to_end, tls_connection, tls_over
from postern_target import EMULATED, SMALL_CLOSE_SECONDS, SMALL_IDLE_SECONDS, VERSIONS

SIZES = [0, 1, 16384, 200_000]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", SIZES)
def test_close_notify_right_behind_the_data(echo, version, size):
    data = bytes(index % 253 for index in range(size))
    with MemoryClient(echo, version) as client:
        client.handshake()
        client.socket.sendall((client.records(data) if data else b"") + client.close_notify())
        assert client.read_to_end() == data  # asserts the server's close_notify
        assert client.socket.recv(1) == b""
        address = client.socket.getsockname()
    closed = echo.closed(address)
    assert closed["reason"] == "peerClosed"
    assert int(closed["incoming"]) == int(closed["outgoing"]) == size


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", SIZES)
def test_close_notify_and_half_closed_socket(echo, version, size):
    """As above, and the client also says at once that its side of the TCP connection is at its end."""
    data = bytes(index % 253 for index in range(size))
    with MemoryClient(echo, version) as client:
        client.handshake()
        client.socket.sendall((client.records(data) if data else b"") + client.close_notify())
        client.socket.shutdown(socket.SHUT_WR)
        assert client.read_to_end() == data
        address = client.socket.getsockname()
    assert echo.closed(address)["reason"] == "peerClosed"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", SIZES)
def test_half_close_without_close_notify(echo, version, size):
    """A lost close_notify does not lose what was received: the client still gets all, and a close_notify."""
    data = bytes(index % 253 for index in range(size))
    with MemoryClient(echo, version) as client:
        client.handshake()
        client.socket.sendall(client.records(data) if data else b"")
        client.socket.shutdown(socket.SHUT_WR)
        assert client.read_to_end() == data
        address = client.socket.getsockname()
    closed = echo.closed(address)
    assert closed["reason"] == "truncated"
    assert int(closed["outgoing"]) == size


@pytest.mark.parametrize("version", VERSIONS)
def test_end_within_a_record(echo, version):
    """Whole records before the cut one are answered; the half one never shows."""
    with MemoryClient(echo, version) as client:
        client.handshake()
        client.socket.sendall(client.records(b"whole") + client.records(b"cut in two")[:12])
        client.socket.shutdown(socket.SHUT_WR)
        assert client.read_to_end() == b"whole"
        address = client.socket.getsockname()
    assert echo.closed(address)["reason"] == "truncated"


def test_end_within_the_handshake(echo):
    with MemoryClient(echo) as client:
        client.socket.sendall(client.step()[1])
        client.socket.shutdown(socket.SHUT_WR)
        while client.socket.recv(65536):
            pass
        address = client.socket.getsockname()
    closed = echo.closed(address)
    assert (closed["reason"], closed["version"]) == ("truncated", "-")


@pytest.mark.parametrize("version", VERSIONS)
def test_both_sides_close_in_good_order(echo, version):
    """unwrap() sends close_notify, waits for the server's, and leaves a plain socket that is at its end."""
    with echo.connect() as raw:
        tls = tls_over(raw, client_context(version))
        with tls.unwrap() as plain:
            assert plain.recv(1) == b""


@pytest.mark.parametrize("version", VERSIONS)
def test_data_after_close_notify_is_ignored(echo, version):
    with MemoryClient(echo, version) as client:
        client.handshake()
        late = b"\x17\x03\x03\x00\x20" + bytes(32)
        client.socket.sendall(client.records(b"before") + client.close_notify() + late)
        assert client.read_to_end() == b"before"
        address = client.socket.getsockname()
    assert echo.closed(address)["incoming"] == "6"


# Deadlines, with the small configuration

def test_idle_connection_is_closed_in_good_order(small):
    with tls_connection(small) as tls:
        address = tls.getsockname()
        tls.sendall(b"hello")
        assert tls.recv(5) == b"hello"
        assert receive_to_end(tls) == b""
    closed = small.closed(address)
    assert closed["reason"] == "idleTimeout"
    assert SMALL_IDLE_SECONDS <= float(closed["seconds"]) < SMALL_IDLE_SECONDS + SMALL_CLOSE_SECONDS + 1


@pytest.mark.applies(not EMULATED)      # it has to begin to read within the close deadline
@pytest.mark.parametrize("version", VERSIONS)
def test_slow_reader_gets_its_answer_and_then_close_notify(small, version):
    """The idle deadline finds a record that has not wholly left; close_notify comes behind it, not instead."""
    sent = random.Random(5).randbytes(16_000)
    with small.connect(receive_buffer_bytes=4096) as raw:
        tls = tls_over(raw, client_context(version))
        address = tls.getsockname()
        tls.setblocking(False)
        last, count = time.monotonic(), 0
        while time.monotonic() < last + SMALL_IDLE_SECONDS + SMALL_CLOSE_SECONDS / 3:
            with contextlib.suppress(ssl.SSLWantWriteError, ssl.SSLWantReadError):
                count += tls.send(sent)     # a record that is refused is kept, and goes out first the next time
                last = time.monotonic()
                continue
            time.sleep(0.01)
        tls.settimeout(10)
        received = receive_to_end(tls)      # raises at an end without close_notify
    assert len(received) >= len(sent) and received == (sent * (count // len(sent) + 1))[:len(received)]
    closed = small.closed(address)
    assert (closed["reason"], int(closed["outgoing"]) < len(received)) == ("idleTimeout", True)


def test_connection_that_is_used_is_not_idle(small):
    """Small signs of life, over more than the idle deadline in sum."""
    with tls_connection(small) as tls:
        for _ in range(6):
            tls.sendall(b"x")
            assert tls.recv(1) == b"x"
            time.sleep(SMALL_IDLE_SECONDS / 4)
        address = tls.getsockname()
        tls.unwrap().close()
    closed = small.closed(address)
    assert closed["reason"] == "peerClosed"
    assert float(closed["seconds"]) > SMALL_IDLE_SECONDS


def test_peer_that_never_closes_does_not_hold_a_slot(small, launch):
    """respond has closed; a client that neither reads nor closes is cut off at the close deadline."""
    server = launch("--service", "respond", small=True)
    with tls_connection(server) as tls:
        address = tls.getsockname()
        tls.sendall(b"hello")
        closed = server.closed(address)
        assert closed["reason"] in ("serviceClosed", "closeTimeout")
        assert float(closed["seconds"]) < SMALL_CLOSE_SECONDS + 0.5
        assert server.settle()["open"] == 0
