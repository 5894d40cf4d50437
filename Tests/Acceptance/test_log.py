"""The log: the form of its lines, its levels, its rate limit, and a reader who does not read."""
import fcntl
import os
import re
import socket
import subprocess
import threading
import time

import pytest

from postern_client import client_context, echo_once, receive_exactly, tls_connection, wait_for_end
from postern_server import CLOSED_LINE, START_LINE, parse_address
from postern_target import BINARY, PATIENCE, VERSIONS, command

SUPPRESSED = r"postern: notice: (?P<count>\d+) log lines suppressed"


@pytest.mark.parametrize("version", VERSIONS)
def test_closed_line_has_every_field(echo, version):
    with tls_connection(echo, client_context(version)) as tls:
        address = tls.getsockname()
        tls.sendall(bytes(100))
        receive_exactly(tls, 100)
        time.sleep(0.2)
        tls.unwrap().close()
    closed = echo.closed(address)
    assert closed["peer"] == f"127.0.0.1:{address[1]}"
    assert closed["version"] == f"TLSv{version}"
    assert re.match(r"TLS1-3-|TLS-ECDHE-ECDSA-WITH-", closed["suite"])
    assert (closed["incoming"], closed["outgoing"], closed["reason"]) == ("100", "100", "peerClosed")
    assert 0.2 <= float(closed["seconds"]) < 1 + 1 * PATIENCE
    assert closed["code"] is None


def test_failed_handshake_has_a_code(echo):
    with echo.connect() as raw:
        address = raw.getsockname()
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        wait_for_end(raw)
    closed = echo.closed(address)
    assert (closed["version"], closed["suite"]) == ("-", "-")
    assert int(closed["code"], 16) < 0


def test_one_line_a_connection(launch):
    server = launch()
    since = server.mark()
    for _ in range(5):
        echo_once(server)
    assert server.settle()["accepted"] == 5
    assert len(server.matches(CLOSED_LINE, since)) == 5


def flood(server, count):
    """So many connections with garbage, each of which would be a line."""
    for _ in range(count):
        with server.connect() as raw:
            raw.sendall(b"garbage!")
    return server.settle(accepted=count, seconds=10)


def test_flood_does_not_fill_a_disk(launch):
    """At most a burst of 100 and 20 a second after it; what was left out is told by its number."""
    server = launch()
    since, start = server.mark(), time.monotonic()
    assert flood(server, 500)["accepted"] == 500
    lines = len(server.matches(CLOSED_LINE, since))
    assert 90 <= lines <= 110 + 25 * (time.monotonic() - start), lines
    time.sleep(1.2)
    echo_once(server)
    server.wait_for_line(SUPPRESSED, since)
    server.settle()
    told = sum(int(match["count"]) for match in server.matches(SUPPRESSED, since))
    written = len(server.matches(CLOSED_LINE, since))
    assert written + told == 501
    assert len(server.matches(SUPPRESSED, since)) < 30


def test_log_recovers_after_a_flood(launch):
    server = launch()
    flood(server, 200)
    time.sleep(1.5)
    address = echo_once(server)
    assert server.closed(address)["reason"] == "peerClosed"


LEVELS = {"error": set(), "warning": {"warning"}, "notice": {"warning", "notice"},
          "info": {"warning", "notice", "info"}, "debug": {"warning", "notice", "info"}}


@pytest.mark.parametrize("level", LEVELS)
def test_level_silences_what_is_below(identities, level):
    """One server a level, on a port of our choice since "error" and "warning" silence the start line."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    options = ["--listen", f"127.0.0.1:{address[1]}", *identities.expired.options, "--log-level", level]
    process = subprocess.Popen(
        command(BINARY, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert talk(address, process) == b"hello"
    finally:
        process.terminate()
        output, log = process.communicate(timeout=10 * PATIENCE)
    assert (process.returncode, output) == (0, b"")
    seen = set(re.findall(r"(?m)^postern: (\w+): ", log.decode()))
    assert seen - {"debug"} == LEVELS[level], log.decode()


def talk(address, process=None, seconds=10):
    """One echo over a new connection, as soon as somebody listens."""
    until = time.monotonic() + seconds * PATIENCE
    while True:
        try:
            raw = socket.create_connection(address, timeout=seconds * PATIENCE)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < until and (process is None or process.poll() is None)
            time.sleep(0.02)
    with raw, client_context().wrap_socket(raw, server_hostname="localhost") as tls:
        tls.sendall(b"hello")
        answer = receive_exactly(tls, 5)
        tls.unwrap().close()
        return answer


def read_start_line(reading):
    """The address out of the first line, read byte by byte so that nothing behind it is taken."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(reading, 1)
        assert part, line
        line += part
    found = START_LINE.fullmatch(line.decode().rstrip("\n"))
    assert found, line
    return parse_address(found["addresses"].split()[0])


def start_with_pipe(identity):
    """A server whose stderr is a small pipe that nobody reads after the first line."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 8192)
    process = subprocess.Popen(command(BINARY, "--listen", "127.0.0.1:0", *identity.options), stderr=writing)
    os.close(writing)
    return process, reading, read_start_line(reading)


def end(process):
    process.terminate()
    try:
        return process.wait(8 * PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_reader_that_does_not_read_does_not_stop_the_server(identity):
    """The pipe is full after a few lines; clients must be served, and the log goes on when it is read."""
    process, reading, address = start_with_pipe(identity)
    try:
        for _ in range(90):
            assert talk(address) == b"hello"
        drained = bytearray()
        os.set_blocking(reading, False)
        try:
            while part := os.read(reading, 65536):
                drained += part
        except BlockingIOError:
            pass
        assert len(drained) > 2000, "the pipe was never full: the test shows nothing"
        collector = threading.Thread(target=collect, args=(reading, drained))
        collector.start()
        before = len(drained)
        for _ in range(3):
            assert talk(address) == b"hello"
    finally:
        code = end(process)
    collector.join(10)
    os.close(reading)
    assert code == 0
    assert b"stopped" in drained[before:], "the log did not go on"
    for line in drained.decode().splitlines():
        assert re.match(r"postern: \w+: \S", line), f"a torn line: {line!r}"


def collect(reading, into):
    os.set_blocking(reading, True)
    while part := os.read(reading, 65536):
        into += part


def test_reader_that_is_gone_does_not_stop_the_server(identity):
    process, reading, address = start_with_pipe(identity)
    os.close(reading)
    try:
        for _ in range(5):
            assert talk(address) == b"hello"
    finally:
        code = end(process)
    assert code == 0


def test_full_disk_does_not_stop_the_server(identity):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen(
            command(BINARY, "--listen", f"127.0.0.1:{address[1]}", *identity.options), stderr=full)
    try:
        for _ in range(5):
            assert talk(address, process) == b"hello"
    finally:
        code = end(process)
    assert code == 0


def test_the_terminal_keeps_its_mode(identity):
    """stderr is shared with the shell that started the server: it must not be left non-blocking."""
    reading, writing = os.pipe()
    process = subprocess.Popen(command(BINARY, "--listen", "127.0.0.1:0", *identity.options), stderr=writing)
    try:
        read_start_line(reading)
    finally:
        code = end(process)
    assert code == 0
    assert os.get_blocking(writing)
    os.close(writing)
    os.close(reading)
