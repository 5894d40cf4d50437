"""A reset of the TCP connection at every stage, and clients that do not read."""
import socket
import ssl
import struct
import time

import pytest

from postern_client import MemoryClient, client_context, client_hello, echo_once, reset, tls_connection
from postern_target import PATIENCE, SMALL_IDLE_SECONDS, VERSIONS

MEBIBYTE = 1 << 20


def after_connect(client):
    pass


def after_half_a_hello(client):
    flight = client.step()[1]
    client.socket.sendall(flight[:len(flight) // 2])


def after_the_hello(client):
    client.socket.sendall(client.step()[1])


def after_the_first_flight(client):
    client.socket.sendall(client.step()[1])
    client.fetch()


def after_half_the_second_flight(client):
    client.socket.sendall(client.step()[1])
    flight = b""
    while not flight:
        client.fetch()
        flight = client.step()[1]
    client.socket.sendall(flight[:len(flight) // 2])


def after_the_handshake(client):
    client.handshake()


def within_a_record(client):
    client.handshake()
    client.socket.sendall(client.records(bytes(1000))[:500])


def with_unread_data(client):
    client.handshake()
    client.socket.sendall(client.records(bytes(100_000)))


def after_close_notify(client):
    client.handshake()
    client.socket.sendall(client.close_notify())


STAGES = [after_connect, after_half_a_hello, after_the_hello, after_the_first_flight,
          after_half_the_second_flight, after_the_handshake, within_a_record, with_unread_data,
          after_close_notify]


@pytest.mark.parametrize("pause", [0, 0.02], ids=["at once", "later"])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_reset(echo, version, stage, pause):
    client = MemoryClient(echo, version)
    stage(client)
    address = client.socket.getsockname()
    time.sleep(pause)
    reset(client.socket)
    closed = echo.closed(address)
    expected = {"peerReset", "peerClosed"} if stage is after_close_notify else {"peerReset"}
    assert closed["reason"] in expected, closed[0]
    echo_once(echo)


def test_many_resets_leave_nothing_behind(echo):
    before = echo.settle()
    for round_number in range(60):
        client = MemoryClient(echo)
        STAGES[round_number % len(STAGES)](client)
        reset(client.socket)
    after = echo.settle(accepted=before["accepted"] + 60)
    assert after["accepted"] == before["accepted"] + 60
    echo_once(echo)


def send_until_stuck(tls, seconds=0.5):
    """Sends and never reads, until nothing more goes out for this long. Returns how much went."""
    tls.setblocking(False)
    sent, portion = 0, bytes(65536)
    last = time.monotonic()
    while time.monotonic() - last < seconds:
        try:
            sent += tls.send(portion)
            last = time.monotonic()
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            time.sleep(0.01)
    return sent


@pytest.mark.native
@pytest.mark.parametrize("version", VERSIONS)
def test_client_that_never_reads(echo, version):
    """The server stops reading it, holds nothing for it in its own memory, and goes on serving others."""
    echo_once(echo)
    echo.settle()
    with echo.connect(receive_buffer_bytes=4096) as raw:
        with client_context(version).wrap_socket(raw, server_hostname="localhost") as tls:
            tls.sendall(b"x")
            assert tls.recv(1) == b"x"
            before = echo.resident_kibibytes()
            sent = send_until_stuck(tls)
            assert sent < 48 * MEBIBYTE, "the server reads on though its answers are not taken"
            assert echo.resident_kibibytes() - before < 64
            for _ in range(5):
                echo_once(echo)
            start = echo.processor_seconds()
            time.sleep(0.5)
            assert echo.processor_seconds() - start < 0.1, "the server spins while it cannot write"


def test_client_that_never_reads_is_closed_when_idle(small):
    with small.connect(receive_buffer_bytes=4096) as raw:
        with client_context().wrap_socket(raw, server_hostname="localhost") as tls:
            address = tls.getsockname()
            send_until_stuck(tls)
            closed = small.closed(address, seconds=SMALL_IDLE_SECONDS + 3)
    assert closed["reason"] == "idleTimeout"


def test_client_that_reads_late_gets_everything(echo):
    """It was not read while it did not read; when it does, all goes on."""
    with echo.connect(receive_buffer_bytes=4096) as raw:
        with client_context().wrap_socket(raw, server_hostname="localhost") as tls:
            sent = send_until_stuck(tls, seconds=0.2)
            tls.setblocking(True)
            tls.settimeout(20 * PATIENCE)
            received = 0
            while received < sent:
                part = tls.recv(65536)
                assert part
                received += len(part)
            assert received == sent


def test_urgent_data_does_no_harm(echo):
    """TCP out-of-band bytes are outside of the stream: they must not disturb the records."""
    with tls_connection(echo) as tls:
        raw = socket.socket(fileno=socket.dup(tls.fileno()))
        with raw:
            raw.send(b"!", socket.MSG_OOB)
        tls.sendall(b"hello")
        assert tls.recv(5) == b"hello"


def test_reset_with_pending_accept(echo):
    """Connections that are gone before they are accepted."""
    for _ in range(30):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.connect(echo.address)
        raw.send(client_hello()[:50])
        raw.close()
    echo.settle()
    echo_once(echo)
