"""Strangers: garbage instead of a ClientHello, spoilt handshakes, spoilt records, silence.

Each costs its own connection and nothing else: it ends at once or at its deadline, for a counted reason.
"""
import random
import socket
import ssl
import struct
import time

import pytest

from postern_client import MemoryClient, client_hello, echo_once, seconds_of, tls_connection, wait_for_end
from postern_target import PATIENCE, SMALL_HANDSHAKE_SECONDS, VERSIONS

HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC, APPLICATION_DATA = 22, 21, 20, 23


def record(kind, body, version=0x0301, length=None):
    return struct.pack(">BHH", kind, version, len(body) if length is None else length) + body


def hello_with(body):
    """A handshake record with a ClientHello of this body."""
    return record(HANDSHAKE, b"\x01" + len(body).to_bytes(3, "big") + body)


# Version, random, no session, one suite, no compression; the extensions would follow.
HELLO_START = b"\x03\x03" + bytes(32) + b"\x00\x00\x02\xc0\x2b\x01\x00"

# Each must be refused at once, long before the handshake deadline: waiting for more could not make it right.
GARBAGE = {
    "random": random.Random(7).randbytes(600),
    "zeros": bytes(600),
    "ones": b"\xff" * 600,
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "smtp": b"EHLO localhost\r\nMAIL FROM:<a@example.org>\r\n",
    "sslv2 hello": bytes.fromhex("802e01000200150000001001008002008003008004008005008006") + bytes(21),
    "huge record": record(HANDSHAKE, bytes(600), length=0xffff),
    "record beyond the limit": record(HANDSHAKE, bytes(600), length=16384 + 2049),
    "unknown record kind": record(99, bytes(40)),
    "unknown record version": record(HANDSHAKE, bytes(40), version=0x0905),
    "empty handshake record": record(HANDSHAKE, b""),
    "application data first": record(APPLICATION_DATA, bytes(100)),
    "change cipher spec first": record(CHANGE_CIPHER_SPEC, b"\x01") + record(APPLICATION_DATA, bytes(64)),
    "another message first": record(HANDSHAKE, b"\x10\x00\x00\x04" + bytes(4)),
    "server hello": record(HANDSHAKE, b"\x02\x00\x00\x26" + b"\x03\x03" + bytes(36)),
    "empty client hello": hello_with(b""),
    "short client hello": hello_with(b"\x03\x03" + bytes(20)),
    "client hello of zeros": hello_with(bytes(400)),
    "session id too long": hello_with(b"\x03\x03" + bytes(32) + b"\xff" + bytes(300)),
    "odd suite list": hello_with(b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x03\xc0\x2b\xc0" + b"\x01\x00"),
    "huge suite list": hello_with(b"\x03\x03" + bytes(32) + b"\x00" + b"\xff\xfe" + bytes(100)),
    "huge extension list": hello_with(HELLO_START + b"\xff\xff" + bytes(50)),
    "huge extension": hello_with(HELLO_START + b"\x00\x08\x00\x0a\xff\xff" + bytes(4)),
}
if "1.3" not in VERSIONS:   # 3.6 puts messages together that come in several records, and waits for the rest
    GARBAGE |= {
        "message longer than its record": record(HANDSHAKE, b"\x01\xff\xff\xff" + bytes(100)),
        "message of 64 KiB": record(HANDSHAKE, b"\x01\x01\x00\x00" + bytes(16380)),
    }


@pytest.fixture
def echo(launch):
    """A server for each test: the lines that these tests look for must not fall to the log's rate limit."""
    return launch()


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_refused_at_once(echo, name):
    with echo.connect() as raw:
        address = raw.getsockname()
        raw.sendall(GARBAGE[name])
        wait_for_end(raw)
    closed = echo.closed(address)
    assert closed["reason"] in ("malformed", "protocolVersion", "noSharedParameters", "badRecord"), closed[0]
    assert (closed["version"], closed["suite"], closed["incoming"]) == ("-", "-", "0")
    assert closed["code"] and float(closed["seconds"]) < 1 * PATIENCE
    echo_once(echo)


@pytest.mark.parametrize("alert, reason", [(b"\x02\x28", "peerAlert"), (b"\x02\x50", "peerAlert"),
                                           (b"\x01\x00", "peerClosed")])
def test_alert_instead_of_a_hello(echo, alert, reason):
    with echo.connect() as raw:
        address = raw.getsockname()
        raw.sendall(record(ALERT, alert))
        wait_for_end(raw)
    # Mbed TLS 2.28 does not look into what comes before a ClientHello.
    assert echo.closed(address)["reason"] in ((reason,) if "1.3" in VERSIONS else (reason, "malformed"))


@pytest.mark.parametrize("sent", [b"", b"\x16", client_hello()[:100]], ids=["nothing", "a byte", "a part"])
def test_client_that_goes_away(echo, sent):
    with echo.connect() as raw:
        address = raw.getsockname()
        raw.sendall(sent)
    assert echo.closed(address)["reason"] == "truncated"


def test_spoilt_hellos(echo):
    """Genuine ClientHellos with a few bytes changed. Some still lead to a handshake; none does harm."""
    before = echo.settle()
    genuine = [client_hello(version) for version in VERSIONS]
    chooser = random.Random(11)
    for _ in range(150):
        spoilt = bytearray(chooser.choice(genuine))
        for _ in range(chooser.randint(1, 6)):
            spoilt[chooser.randrange(5, len(spoilt))] = chooser.choice((0, 1, 255, chooser.randrange(256)))
        with echo.connect() as raw:
            raw.sendall(spoilt)
            raw.shutdown(socket.SHUT_WR)
            wait_for_end(raw)
    after = echo.settle()
    assert after["accepted"] == before["accepted"] + 150
    assert after["outOfMemory"] == before["outOfMemory"]
    echo_once(echo)


def test_hello_cut_at_every_byte(echo):
    genuine = client_hello()
    before = echo.settle()
    for length in range(0, len(genuine), 7):
        with echo.connect() as raw:
            raw.sendall(genuine[:length])
    count = len(range(0, len(genuine), 7))
    after = echo.settle(accepted=before["accepted"] + count)
    assert after["truncated"] == before["truncated"] + count


@pytest.mark.parametrize("version", VERSIONS)
def test_spoilt_second_flight(launch, version):
    """The client's key exchange or Finished with a bit changed."""
    server = launch()
    with MemoryClient(server, version) as client:
        client.socket.sendall(client.step()[1])
        while True:
            client.fetch()
            done, flight = client.step()
            if flight:
                break
        address = client.socket.getsockname()
        client.socket.sendall(flight[:-3] + bytes([flight[-3] ^ 0x20]) + flight[-2:])
        wait_for_end(client.socket)
    closed = server.closed(address)
    assert closed["reason"] in ("badRecord", "malformed") and closed["code"], closed[0]


# After the handshake

@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", [5, -1])
def test_spoilt_record_is_never_echoed(echo, version, place):
    """One bit of an encrypted record changed: authentication fails, the client is told by an alert."""
    with MemoryClient(echo, version) as client:
        client.handshake()
        spoilt = bytearray(client.records(b"to be spoilt"))
        spoilt[place] ^= 1
        client.socket.sendall(spoilt)
        with pytest.raises(ssl.SSLError, match="(?i)bad.record.mac"):
            client.read()
        address = client.socket.getsockname()
    closed = echo.closed(address)
    assert (closed["reason"], closed["outgoing"]) == ("badRecord", "0")


@pytest.mark.parametrize("version", VERSIONS)
def test_record_sent_twice(echo, version):
    """A replayed record has the wrong sequence number."""
    with MemoryClient(echo, version) as client:
        client.handshake()
        once = client.records(b"once")
        client.socket.sendall(once + once)
        assert client.read_exactly(4) == b"once"
        with pytest.raises(ssl.SSLError, match="(?i)bad.record.mac"):
            client.read()
        address = client.socket.getsockname()
    assert echo.closed(address)["reason"] == "badRecord"


AFTER_HANDSHAKE = {
    "random": random.Random(8).randbytes(300),
    "plain text": b"GET / HTTP/1.1\r\n\r\n",
    "plain application data": record(APPLICATION_DATA, bytes(100), version=0x0303),
    "short record": record(APPLICATION_DATA, b"x", version=0x0303),
    "empty record": record(APPLICATION_DATA, b"", version=0x0303),
    "record beyond the limit": record(APPLICATION_DATA, bytes(100), version=0x0303, length=17000),
    "plain handshake": client_hello(),
    "plain change cipher spec": record(CHANGE_CIPHER_SPEC, b"\x02", version=0x0303),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", AFTER_HANDSHAKE)
def test_garbage_after_the_handshake(echo, version, name):
    with MemoryClient(echo, version) as client:
        client.handshake()
        address = client.socket.getsockname()
        client.socket.sendall(AFTER_HANDSHAKE[name])
        wait_for_end(client.socket)
    closed = echo.closed(address)
    assert closed["reason"] in ("badRecord", "malformed"), closed[0]
    assert (closed["outgoing"], closed["version"]) == ("0", f"TLSv{version}")
    echo_once(echo)


# Silence

def test_silent_client_is_cut_off_at_the_handshake_deadline(small):
    with small.connect() as raw:
        address = raw.getsockname()
        wait_for_end(raw)
    closed = small.closed(address)
    assert closed["reason"] == "handshakeTimeout"
    assert SMALL_HANDSHAKE_SECONDS <= float(closed["seconds"]) < SMALL_HANDSHAKE_SECONDS + 0.5 * PATIENCE


def test_handshake_deadline_is_for_the_whole_handshake(small):
    """A client that sends a byte now and then gains no time by it."""
    hello = client_hello()
    with small.connect() as raw:
        address = raw.getsockname()
        start = time.monotonic()
        for index in range(100):
            try:
                raw.sendall(hello[index:index + 1])
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(0.1)
        assert time.monotonic() - start < (SMALL_HANDSHAKE_SECONDS + 1) * PATIENCE
    assert small.closed(address)["reason"] == "handshakeTimeout"


@pytest.mark.parametrize("sent", [
    record(HANDSHAKE, b"\x01\xff\xff\xff" + bytes(100)),
    record(HANDSHAKE, b"\x01\x01\x00\x00" + bytes(16380)), record(HANDSHAKE, b"\x01\x00"),
    record(HANDSHAKE, client_hello()[5:105]), b"\x16\x03\x01\x40\x00"],
    ids=["16 MiB", "64 KiB", "half a header", "a part", "record header"])
def test_message_whose_rest_never_comes(small, sent):
    """It is refused at once or, where the library waits for its rest, at the deadline; others are served."""
    with small.connect() as raw:
        address = raw.getsockname()
        raw.sendall(sent)
        echo_once(small)
        wait_for_end(raw)
    closed = small.closed(address)
    assert closed["reason"] in ("handshakeTimeout", "malformed"), closed[0]
    assert float(closed["seconds"]) < SMALL_HANDSHAKE_SECONDS + 0.5 * PATIENCE


def test_good_client_among_60_silent_ones_is_served_at_once(echo):
    echo.settle()
    silent = [echo.connect() for _ in range(60)]
    try:
        assert echo.settle(60)["open"] == 60
        assert seconds_of(lambda: echo_once(echo)) < 1 * PATIENCE
    finally:
        for raw in silent:
            raw.close()
    echo.settle()


def test_good_client_goes_on_while_200_silent_ones_come(echo):
    """64 of them take what is free in the pool, the others wait in the backlog of the kernel."""
    echo.settle()
    silent = []
    try:
        with tls_connection(echo) as tls:
            for _ in range(200):
                raw = socket.socket()
                raw.setblocking(False)
                raw.connect_ex(echo.address)
                silent.append(raw)
            for _ in range(50):
                tls.sendall(b"still here")
                assert tls.recv(10) == b"still here"
            assert echo.counters()["open"] <= 64
    finally:
        for raw in silent:
            raw.close()
    assert seconds_of(lambda: echo_once(echo)) < 3 * PATIENCE
    echo.settle()


def test_good_client_behind_silent_ones_is_served_when_their_time_is_over(small):
    """4 slots, 10 silent clients before the good one: it waits for about two or three deadlines."""
    small.settle()
    silent = [small.connect() for _ in range(10)]
    try:
        taken = seconds_of(lambda: echo_once(small))
        assert SMALL_HANDSHAKE_SECONDS * 0.9 < taken < (SMALL_HANDSHAKE_SECONDS * 3 + 1) * PATIENCE
    finally:
        for raw in silent:
            raw.close()
    small.settle()
