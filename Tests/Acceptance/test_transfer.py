"""Data in both directions: much of it, in every portion size, on many connections at once."""
import contextlib
import random
import socket
import time

import pytest

from postern_client import (Exchange, MemoryClient, client_context, receive_exactly, run_exchanges,
                            tls_connection, tls_over)
from postern_target import EMULATED, VERSIONS

MEBIBYTE = 1 << 20
BULK_BYTES = (4 if EMULATED else 64) * MEBIBYTE


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_bulk_comes_back_equal(echo, version):
    with tls_connection(echo, client_context(version)) as tls:
        address = tls.getsockname()
        exchange = Exchange(tls, BULK_BYTES, seed=1)
        run_exchanges([exchange])
        assert exchange.equal
        tls.setblocking(True)
        tls.unwrap().close()
    closed = echo.closed(address)
    assert int(closed["incoming"]) == int(closed["outgoing"]) == BULK_BYTES
    assert closed["reason"] == "peerClosed"


@pytest.mark.parametrize("version", VERSIONS)
def test_many_connections_at_once_get_their_own_bytes(echo, version):
    """Some clients read slowly into small buffers: what waits for one must never reach another."""
    chooser = random.Random(2)
    with contextlib.ExitStack() as stack:
        exchanges = []
        for seed in range(32):
            raw = stack.enter_context(echo.connect(receive_buffer_bytes=chooser.choice((2048, 65536))))
            tls = stack.enter_context(tls_over(raw, client_context(version)))
            exchanges.append(Exchange(tls, 300_000, seed, receive_bytes=chooser.choice((777, 65536))))
        run_exchanges(exchanges)
        assert all(exchange.equal for exchange in exchanges)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 255, 1000, 4096, 16383, 16384])
def test_record_of_every_size(echo, version, size):
    data = random.Random(size).randbytes(size)
    with tls_connection(echo, client_context(version)) as tls:
        for _ in range(3):
            assert tls.send(data) == size
            assert receive_exactly(tls, size) == data


@pytest.mark.parametrize("version", VERSIONS)
def test_one_byte_segments_through_everything(echo, version):
    """Handshake, data and close_notify, one byte a TCP segment."""
    def trickle(data):
        for index in range(len(data)):
            client.socket.sendall(data[index:index + 1])

    with MemoryClient(echo, version) as client:
        client.handshake(send=trickle)
        trickle(client.records(b"hello, byte by byte"))
        assert client.read_exactly(19) == b"hello, byte by byte"
        trickle(client.close_notify())
        assert client.read() == b""
        address = client.socket.getsockname()
    closed = echo.closed(address)
    assert (closed["reason"], closed["incoming"]) == ("peerClosed", "19")


@pytest.mark.parametrize("version", VERSIONS)
def test_handshake_in_random_pieces(echo, version):
    """Every flight of the client cut at random places, with pauses: the server waits in every state."""
    for seed in range(10):
        chooser = random.Random(seed)

        def send_cut(data, chooser=chooser):
            while data:
                count = chooser.randint(1, min(len(data), 200))
                client.socket.sendall(data[:count])
                data = data[count:]
                time.sleep(0.001)

        with MemoryClient(echo, version) as client:
            client.handshake(send=send_cut)
            send_cut(client.records(b"x" * 300))
            assert client.read_exactly(300) == b"x" * 300


# A client of TLS 1.2 waits for the server's Finished before it may send.
@pytest.mark.applies("1.3" in VERSIONS)
@pytest.mark.parametrize("version", ["1.3"])
def test_data_right_behind_the_handshake(echo, version):
    """The client's last flight and its first data in one segment: nothing may stay in the TLS buffer."""
    with MemoryClient(echo, version) as client:
        while True:
            done, flight = client.step()
            if done:
                break
            client.socket.sendall(flight)
            client.fetch()
        client.socket.sendall(flight + client.records(b"early bird") + client.close_notify())
        assert client.read_to_end() == b"early bird"


@pytest.mark.parametrize("version", VERSIONS)
def test_many_records_in_one_segment(echo, version):
    """Records that are in the TLS library's buffer, with nothing left in the socket to wake the server."""
    with MemoryClient(echo, version) as client:
        client.handshake()
        messages = [bytes([number]) * (number + 1) for number in range(200)]
        client.socket.sendall(b"".join(client.records(message) for message in messages))
        assert client.read_exactly(sum(map(len, messages))) == b"".join(messages)


@pytest.mark.parametrize("version", VERSIONS)
def test_record_whose_rest_comes_later(echo, version):
    with MemoryClient(echo, version) as client:
        client.handshake()
        record = client.records(b"in two halves")
        client.socket.sendall(record[:7])
        client.socket.settimeout(0.1)
        with pytest.raises(socket.timeout):
            client.read()
        client.socket.settimeout(10)
        client.socket.sendall(record[7:])
        assert client.read_exactly(13) == b"in two halves"


def test_two_connections_do_not_wait_for_each_other(echo):
    """One has half a record outstanding, the other half a handshake; a third is served as if alone."""
    with MemoryClient(echo) as first, MemoryClient(echo) as second, tls_connection(echo) as third:
        first.handshake()
        first.socket.sendall(first.records(b"held back")[:10])
        second.socket.sendall(second.step()[1][:40])
        for _ in range(20):
            third.sendall(b"at once")
            assert receive_exactly(third, 7) == b"at once"
