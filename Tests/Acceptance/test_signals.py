"""SIGTERM, SIGINT, SIGUSR1 and SIGPIPE. (SIGHUP has a file of its own: test_reload.py.)"""
import contextlib
import hashlib
import os
import pathlib
import random
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest

from postern_client import (MemoryClient, client_context, echo_once, receive_exactly, receive_to_end,
                            tls_connection, tls_over, wait_for_end)
from postern_target import BINARY, PATIENCE, SMALL_DRAIN_SECONDS, SMALL_HANDSHAKE_SECONDS, VERSIONS

STOPPING = r"postern: notice: stopping; .+"
STOPPED = r"postern: notice: stopped; .+"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_without_connections(launch, number):
    server = launch()
    start = time.monotonic()
    server.process.send_signal(number)
    assert server.wait_for_exit() == 0
    assert time.monotonic() - start < 1 * PATIENCE
    server.wait_for_line(STOPPING)
    server.wait_for_line(STOPPED)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("version", VERSIONS)
def test_stop_tells_open_connections(launch, number, version):
    """Nothing is in flight: the client gets a close_notify at once, not a reset."""
    server = launch()
    with tls_connection(server, client_context(version)) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        address = tls.getsockname()
        server.process.send_signal(number)
        assert receive_to_end(tls) == b""
        tls.unwrap().close()
    assert server.wait_for_exit() == 0
    assert server.closed(address)["reason"] == "stopped"


def test_stop_refuses_new_clients(launch):
    """While a connection drains, the port is closed already."""
    server = launch()
    with server.connect(receive_buffer_bytes=4096) as raw:
        with tls_over(raw) as tls:
            send_until_stuck(tls)
            server.process.terminate()
            server.wait_for_line(STOPPING)
            time.sleep(0.05)
            with pytest.raises(ConnectionRefusedError):
                server.connect()
            assert server.process.poll() is None, "it must still be draining"
    assert server.wait_for_exit() == 0


def send_until_stuck(tls, seconds=0.3):
    """Sends random bytes and reads nothing, until nothing more goes out. Returns what went."""
    generator = random.Random(5)
    tls.setblocking(False)
    sent = bytearray()
    last = time.monotonic()
    portion = generator.randbytes(16384)
    while time.monotonic() - last < seconds:
        try:
            count = tls.send(portion)
            sent += portion[:count]
            portion = generator.randbytes(16384) if count == len(portion) else portion[count:]
            last = time.monotonic()
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            time.sleep(0.01)
    tls.setblocking(True)
    tls.settimeout(10 * PATIENCE)
    return bytes(sent)


@pytest.mark.parametrize("version", VERSIONS)
def test_stop_in_mid_transfer(launch, version):
    """All that the client had sent comes back, then a close_notify; then the server ends, exit code 0."""
    server = launch()
    with server.connect(receive_buffer_bytes=65536) as raw:
        with tls_over(raw, client_context(version)) as tls:
            sent = send_until_stuck(tls)
            server.process.terminate()
            server.wait_for_line(STOPPING)
            received = receive_to_end(tls)
            assert hashlib.sha256(received).digest() == hashlib.sha256(sent[:len(received)]).digest()
            assert len(received) == len(sent), "what was in flight did not come back whole"
    assert server.wait_for_exit() == 0


def test_stop_lets_an_answer_of_respond_out(launch):
    """The request is in the socket when SIGTERM comes: it is answered whole or closed in good order."""
    server = launch("--service", "respond")
    with tls_connection(server) as tls:
        tls.sendall(b"question")
        server.process.terminate()
        answer = receive_to_end(tls)
        assert answer in (b"", "서버로부터의 응답: question".encode())
    assert server.wait_for_exit() == 0


def test_drain_deadline(launch):
    """A client that never reads is cut off when the drain deadline is over."""
    server = launch(small=True)
    with server.connect(receive_buffer_bytes=4096) as raw:
        with tls_over(raw) as tls:
            address = tls.getsockname()
            send_until_stuck(tls)
            start = time.monotonic()
            server.process.terminate()
            assert server.wait_for_exit() == 0
            taken = time.monotonic() - start
    assert SMALL_DRAIN_SECONDS * 0.8 <= taken < (SMALL_DRAIN_SECONDS + 0.5) * PATIENCE
    assert server.closed(address)["reason"] == "drainTimeout"


def test_stop_with_handshakes_under_way(launch):
    """Silent clients cannot hold the server up for longer than the drain deadline."""
    server = launch(small=True)
    clients = [server.connect() for _ in range(3)]
    server.settle(3)
    start = time.monotonic()
    server.process.terminate()
    assert server.wait_for_exit() == 0
    limit = max(SMALL_DRAIN_SECONDS, SMALL_HANDSHAKE_SECONDS) + 0.5
    assert time.monotonic() - start < limit * PATIENCE
    for raw in clients:
        raw.close()


def test_second_signal_while_stopping_changes_nothing(launch):
    server = launch()
    with server.connect(receive_buffer_bytes=4096) as raw:
        with tls_over(raw) as tls:
            sent = send_until_stuck(tls)
            server.process.terminate()
            server.wait_for_line(STOPPING)
            server.process.terminate()
            server.process.send_signal(signal.SIGHUP)
            server.process.send_signal(signal.SIGUSR1)
            assert len(receive_to_end(tls)) == len(sent)
    assert server.wait_for_exit() == 0


def test_counters(launch):
    server = launch()
    fresh = server.counters()
    assert {value for name, value in fresh.items() if not name.startswith("arena")} == {0}
    echo_once(server, b"hello")
    raw = server.connect()
    raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
    wait_for_end(raw)
    raw.close()
    with tls_connection(server) as tls:
        tls.sendall(b"more")
        assert receive_exactly(tls, 4) == b"more"
        now = server.settle(1)
        assert now["accepted"] == 3
        assert now["handshakes"] == 2
        assert now["resumed"] == 0
        assert now["bytesIn"] == now["bytesOut"] == 9
        assert now["peerClosed"] == 1
        assert now["malformed"] + now["protocolVersion"] + now["badRecord"] == 1
        tls.unwrap().close()
    assert server.settle()["peerClosed"] == 2


def test_counters_are_one_line(launch):
    server = launch()
    since = server.mark()
    server.counters()
    assert len(server.lines[since:]) == 1


def test_many_signals_at_once_do_no_harm(echo):
    """Signals that come while the server is at work: no system call may fail or be lost by them."""
    with tls_connection(echo) as tls:
        for _ in range(200):
            echo.process.send_signal(signal.SIGUSR1)
            tls.sendall(b"hello")
            assert receive_exactly(tls, 5) == b"hello"


def test_sigpipe_itself_is_ignored(echo):
    echo.process.send_signal(signal.SIGPIPE)
    echo_once(echo)


def test_writing_to_a_client_that_is_gone(echo):
    """Answers to closed connections make EPIPE or a reset, never the end of the server."""
    for _ in range(20):
        with MemoryClient(echo) as client:
            client.handshake()
            client.socket.sendall(client.records(bytes(50_000)))
            client.socket.shutdown(socket.SHUT_RD)
    echo.settle()
    echo_once(echo)


@pytest.mark.native
def test_stopped_and_continued_process(echo):
    """SIGSTOP and SIGCONT, as a shell's job control sends them."""
    with tls_connection(echo) as tls:
        echo.process.send_signal(signal.SIGSTOP)
        tls.sendall(b"hello")
        time.sleep(0.1)
        echo.process.send_signal(signal.SIGCONT)
        assert receive_exactly(tls, 5) == b"hello"
    echo_once(echo)


# While the server starts

HELD = {signal.SIGHUP, signal.SIGUSR1}


@contextlib.contextmanager
def slow_start(identity):
    """A server that takes a quarter of a second for each file it opens; yields strace's process and the server's id as
    soon as it holds back what it cannot answer yet."""
    process = subprocess.Popen(
        ["strace", "-qq", "-o", os.devnull, "-e", "inject=openat,open:delay_enter=250000", BINARY,
         "--listen", "127.0.0.1:0", *identity.options], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        # Whoever runs the tests in the background has SIGINT ignored.
        start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    try:
        until = time.monotonic() + 10
        while True:
            assert time.monotonic() < until and process.poll() is None, "it never holds signals back alone"
            for pid in pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                if int(re.search(r"SigBlk:\s+(\w+)", status)[1], 16) == sum(1 << number - 1 for number in HELD):
                    yield process, int(pid)
                    return
            time.sleep(0.01)
    finally:
        # The server too: strace leaves it behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()


@pytest.mark.native
@pytest.mark.parametrize("number, answer", [(signal.SIGHUP, "files reloaded"), (signal.SIGUSR1, "counters ")])
def test_what_is_asked_during_the_start_is_answered_after_it(identity, number, answer):
    with slow_start(identity) as (process, pid):
        os.kill(pid, number)
        assert "listening on" in process.stderr.readline()
        assert answer in process.stderr.readline()
        os.kill(pid, signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.native
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_start_can_be_stopped(identity, number):
    with slow_start(identity) as (process, pid):
        os.kill(pid, number)
        assert process.wait(10) == -number
        assert process.stderr.read() == ""
