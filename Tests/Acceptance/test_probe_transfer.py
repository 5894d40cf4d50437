"""postern probe copies: both ways at once, half-closing, and every way in which either side ends."""
import contextlib
import fcntl
import hashlib
import os
import select
import socket
import ssl
import subprocess
import sys
import termios
import time

import pytest

from postern_authority import Authority
from postern_peer import openssl_server, probe, python_server, server_context, serve
from postern_target import BINARY, EMULATED, PATIENCE, VERSIONS, command

MEGABYTES = 2 if EMULATED else 8


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("probe"), "root").issue("good")


def trust(good):
    return ("--ca", good.trust)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("count", [0, 1, 16_384, 16_385, 1_000_003])
def test_everything_comes_back(good, version, count):
    data = os.urandom(count)
    with python_server(good, version=version) as address:
        probed = probe(address, *trust(good), data=data)
    assert (probed.code, probed.error) == (0, "") and probed.output == data


@pytest.mark.parametrize("version", VERSIONS)
def test_both_ways_at_once_with_back_pressure(good, version):
    """The server sends and receives as it can, and neither side waits for the other."""
    down, up = os.urandom(MEGABYTES << 20), os.urandom(MEGABYTES << 20)
    received = hashlib.sha256()

    def exchange(connection):
        connection.setblocking(False)
        left, is_open = memoryview(down), True
        while left or is_open:
            select.select([connection] if is_open else [], [connection] if left else [], [], 10 * PATIENCE)
            with contextlib.suppress(ssl.SSLWantReadError):
                part = connection.recv(65536) if is_open else b""
                received.update(part)
                is_open = part != b""
            with contextlib.suppress(ssl.SSLWantWriteError):
                left = left[connection.send(left[:65536]):] if left else left
        connection.setblocking(True)
        connection.unwrap()

    with python_server(good, exchange, version=version) as address:
        probed = probe(address, *trust(good), data=up, seconds=60)
    assert (probed.code, probed.error) == (0, "")
    assert hashlib.sha256(probed.output).digest() == hashlib.sha256(down).digest()
    assert received.digest() == hashlib.sha256(up).digest()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_ends_first_is_sent_close_notify(good, version):
    """While there may still be input: the probe ends with the server, and in good order."""
    heard = []

    def end(connection):
        connection.sendall(b"bye")
        connection.unwrap()         # raises where the client goes without close_notify
        heard.append(True)

    with python_server(good, end, version=version) as (host, port):
        with subprocess.Popen(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout.read() == b"bye" and process.wait(10 * PATIENCE) == 0
    assert heard == [True]


def test_a_slow_reader_stops_the_server_and_loses_nothing(good):
    data = os.urandom(4 << 20)

    def send(connection):
        connection.sendall(data)
        connection.unwrap()

    with python_server(good, send) as (host, port):
        with subprocess.Popen(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(1)
            with open(f"/proc/{process.pid}/statm", encoding="ascii") as memory:
                resident = int(memory.read().split()[1]) * 4096
            assert EMULATED or resident < 8 << 20, "the answer piles up inside"
            assert process.stdout.read() == data
            assert process.wait(20 * PATIENCE) == 0, process.stderr.read()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_answers_after_the_end_of_the_input(good, version):
    """Half-close: close_notify goes out, and what the server says behind it arrives."""
    def answer(connection):
        said = b""
        while part := connection.recv(1024):
            said += part
        time.sleep(0.3)
        connection.sendall(b"you said " + said)
        connection.unwrap()

    with python_server(good, answer, version=version) as address:
        probed = probe(address, *trust(good), data=b"this")
    assert (probed.code, probed.output) == (0, b"you said this")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_closes_first_ends_it(good, version):
    def greet(connection):
        connection.sendall(b"good bye")
        connection.unwrap()

    with python_server(good, greet, version=version) as (host, port):
        with subprocess.Popen(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout.read() == b"good bye"     # standard input stays open
            assert process.wait(10 * PATIENCE) == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_an_end_without_close_notify_is_an_error_after_the_data(good, version):
    def cut(connection):
        connection.sendall(b"half of it")
        connection.recv(100)
        connection.shutdown(socket.SHUT_RDWR)

    with python_server(good, cut, version=version) as address:
        probed = probe(address, *trust(good), data=b"x")
    assert (probed.code, probed.output) == (5, b"half of it")
    assert "ended the connection without close_notify; its answer may be cut short" in probed.error


def test_a_reset_is_a_broken_connection(good):
    def reset(connection):
        connection.recv(100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        socket.socket(fileno=connection.detach()).close()

    with python_server(good, reset) as address:
        probed = probe(address, *trust(good), data=b"x")
    assert probed.code == 1 and probed.error.endswith("reset the connection")


def test_what_the_server_said_before_it_stopped_listening_arrives(good):
    """The server answers and closes while the client still sends: as web servers do with a request too large. A socket
    that is closed with unread input takes along what it has not sent yet, such as a small segment that waits for an
    acknowledgement: so the answer has arrived before."""
    def refuse(connection):
        connection.recv(1000)
        connection.sendall(b"too large")
        until = time.monotonic() + 10 * PATIENCE
        while int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder):
            assert time.monotonic() < until, "the answer has not arrived"
            time.sleep(0.001)
        connection.unwrap()

    with python_server(good, refuse) as address:
        probed = probe(address, *trust(good), data=bytes(8 << 20), seconds=30)
    # Closing a socket with unread input resets the connection, perhaps before close_notify was read.
    assert probed.code in (0, 1) and probed.output == b"too large"


@pytest.mark.applies("1.3" in VERSIONS)
def test_tickets_in_mid_stream_are_no_data(good):
    """s_server sends its two tickets behind the handshake, and more data behind them."""
    with openssl_server(good, "-tls1_3", "-rev") as (_, address):
        probed = probe(address, *trust(good), data=b"abc\n")
    assert (probed.code, probed.output) == (0, b"cba\n")


@pytest.mark.applies("1.3" in VERSIONS)
def test_a_key_update_is_named(good):
    with openssl_server(good, "-tls1_3") as (server, (host, port)):
        with subprocess.Popen(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdin.write(b"ready\n")
            process.stdin.flush()
            time.sleep(1 * PATIENCE)
            server.stdin.write(b"k\n")
            server.stdin.flush()
            assert process.wait(10 * PATIENCE) == 5
            assert b"asked for new keys in mid-connection (KeyUpdate), which Mbed TLS cannot" in process.stderr.read()


# Standard input and output of every kind

def test_input_from_a_file(good, tmp_path):
    data = os.urandom(100_000)
    (tmp_path / "data").write_bytes(data)
    with python_server(good) as (host, port), open(tmp_path / "data", "rb") as file:
        ended = subprocess.run(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"),
                               stdin=file, capture_output=True, timeout=20 * PATIENCE)
    assert (ended.returncode, ended.stdout) == (0, data)


def test_output_to_a_file(good, tmp_path):
    with python_server(good) as (host, port), open(tmp_path / "data", "wb") as file:
        ended = subprocess.run(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"),
                               input=b"abc", stdout=file, stderr=subprocess.PIPE, timeout=20 * PATIENCE)
    assert ended.returncode == 0 and (tmp_path / "data").read_bytes() == b"abc"


def test_input_that_is_empty_or_closed_ends_at_once(good):
    for redirection in ("< /dev/null", "<&-"):
        with python_server(good) as (host, port):
            line = " ".join(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"))
            ended = subprocess.run(["sh", "-c", f"{line} {redirection}"], capture_output=True, timeout=20 * PATIENCE)
        assert (ended.returncode, ended.stdout) == (0, b""), ended.stderr


def test_input_from_a_terminal(good):
    main, terminal = os.openpty()
    with python_server(good) as (host, port):
        with subprocess.Popen(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"),
                              stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            os.close(terminal)
            os.write(main, b"typed\n")
            assert process.stdout.readline() == b"typed\n"
            os.write(main, b"\4")       # end of input
            assert process.wait(10 * PATIENCE) == 0, process.stderr.read()
    os.close(main)


def test_a_folder_as_input_is_named(good):
    with python_server(good) as (host, port):
        line = " ".join(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"))
        ended = subprocess.run(["sh", "-c", f"{line} < /"], capture_output=True, timeout=20 * PATIENCE)
    assert ended.returncode == 2
    assert b"standard input cannot be read: Is a directory" in ended.stderr


def test_a_reader_that_goes_away_ends_it_quietly(good):
    def pour(connection):
        while True:
            connection.sendall(bytes(65536))

    with python_server(good, pour) as (host, port):
        with subprocess.Popen(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.read(1000)
            process.stdout.close()
            assert process.wait(10 * PATIENCE) == 1
            assert b"error" not in process.stderr.read()


def test_an_output_that_is_full_or_closed_is_an_error(good):
    for redirection, words in ((">/dev/full", b"No space left on device"), (">&-", b"Bad file descriptor")):
        with python_server(good) as (host, port):
            line = " ".join(command(BINARY, "probe", *map(str, trust(good)), f"{host}:{port}"))
            ended = subprocess.run(["sh", "-c", f"printf abc | {line} {redirection}"], capture_output=True,
                                   timeout=20 * PATIENCE)
        assert ended.returncode == 1 and b"standard output cannot be written: " + words in ended.stderr


def test_no_data_goes_to_a_server_before_its_certificate_is_judged(good, tmp_path):
    """Everything that a server with a wrong certificate ever gets is handshake and alert."""
    stranger = Authority(tmp_path, "stranger").issue("strange")
    seen = []

    def watch(client):
        context = server_context(stranger)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        connection = context.wrap_bio(incoming, outgoing, server_side=True)
        while part := client.recv(65536):
            incoming.write(part)
            try:
                seen.append(connection.read(100))
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as fault:
                seen.append(fault.reason)
            client.sendall(outgoing.read())

    with serve(watch) as address:
        probed = probe(address, *trust(good), data=b"secret")
    assert probed.code == 3
    assert seen and set(seen) <= {"TLSV1_ALERT_UNKNOWN_CA"}, seen
