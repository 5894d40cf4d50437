"""Too many clients: a full pool and missing descriptors make clients wait, are logged once, and never spin.
"""
import contextlib
import resource
import socket
import ssl
import time

import pytest

from postern_client import client_context, echo_once, receive_exactly, tls_connection
from postern_machine import only_root
from postern_target import DEFAULT_CONNECTIONS, PATIENCE, SMALL_CONNECTIONS

FULL = r"postern: warning: all \d+ connections are in use; new clients wait"
SHORT = r"postern: warning: no more descriptors; new clients wait"


def wrap(raw, seconds=10):
    raw.settimeout(seconds * PATIENCE)
    return client_context().wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)


def assert_waits(raw):
    """The TCP connection stands (in the backlog), but nobody answers the ClientHello."""
    raw.settimeout(0.3)
    raw.sendall(b"")
    with pytest.raises(socket.timeout):
        raw.recv(1)


def echo_over(tls, data=b"hello"):
    tls.sendall(data)
    assert receive_exactly(tls, len(data)) == data


@pytest.mark.parametrize("small, size", [(True, SMALL_CONNECTIONS), (False, DEFAULT_CONNECTIONS)])
def test_full_pool_and_recovery(launch, small, size):
    """Three more than there are slots: they wait; each slot that becomes free serves one of them."""
    server = launch(small=small)
    with contextlib.ExitStack() as stack:
        served = [stack.enter_context(wrap(stack.enter_context(server.connect()))) for _ in range(size)]
        waiting = [stack.enter_context(server.connect()) for _ in range(3)]
        line = server.wait_for_line(FULL)
        assert f"all {size} connections" in line[0]
        assert_waits(waiting[0])
        assert server.counters()["open"] == size
        for tls in served:
            echo_over(tls)
        for raw in waiting:
            served.pop().close()
            echo_over(stack.enter_context(wrap(raw)))
        assert len(server.matches(FULL)) == 1, "once until it recovers, not once a client"
    server.settle()
    echo_once(server)


def test_full_pool_is_logged_again_after_recovery(launch):
    server = launch(small=True)
    for expected in (1, 2):
        with contextlib.ExitStack() as stack:
            for _ in range(SMALL_CONNECTIONS):
                stack.enter_context(wrap(stack.enter_context(server.connect())))
            stack.enter_context(server.connect())
            until = time.monotonic() + 3 * PATIENCE
            while len(server.matches(FULL)) < expected and time.monotonic() < until:
                time.sleep(0.02)
            assert len(server.matches(FULL)) == expected
        server.settle()


@pytest.mark.native
def test_full_pool_does_not_spin(launch):
    server = launch()
    with contextlib.ExitStack() as stack:
        for _ in range(DEFAULT_CONNECTIONS):
            stack.enter_context(tls_connection(server))
        for _ in range(20):
            stack.enter_context(server.connect())
        server.wait_for_line(FULL)
        before = server.processor_seconds()
        time.sleep(1)
        assert server.processor_seconds() - before < 0.1


@pytest.mark.native
def test_idle_server_does_not_spin(echo):
    with tls_connection(echo):
        before = echo.processor_seconds()
        time.sleep(1)
        assert echo.processor_seconds() - before < 0.05


def limit_descriptors(server, count):
    """Lowers the soft limit of the running server to so many more than it has open now."""
    highest = server.descriptors() + count
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (highest, 4096))


@pytest.mark.native
@only_root      # looks into the process
def test_descriptor_limit_lowered_under_load(launch):
    server = launch()
    echo_once(server)
    server.settle()
    limit_descriptors(server, 2)
    with contextlib.ExitStack() as stack:
        served = [stack.enter_context(wrap(stack.enter_context(server.connect()))) for _ in range(2)]
        waiting = [stack.enter_context(server.connect()) for _ in range(5)]
        server.wait_for_line(SHORT)
        assert_waits(waiting[0])
        for tls in served:
            echo_over(tls)
        before = server.processor_seconds()
        time.sleep(1)
        assert server.processor_seconds() - before < 0.1, "it must wait, not ask again and again"
        for raw in waiting:
            served.pop(0).close()
            served.append(stack.enter_context(wrap(raw)))
            echo_over(served[-1])
        assert len(server.matches(SHORT)) == 1
    server.settle()
    echo_once(server)


@pytest.mark.native
@only_root      # looks into the process
def test_descriptor_limit_raised_again(launch):
    """The limit is raised while nobody leaves: the next client that leaves brings everything back."""
    server = launch()
    server.settle()
    limit_descriptors(server, 1)
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(wrap(stack.enter_context(server.connect())))
        waiting = [stack.enter_context(server.connect()) for _ in range(8)]
        server.wait_for_line(SHORT)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (1024, 4096))
        first.close()
        for raw in waiting:
            echo_over(stack.enter_context(wrap(raw)))
    server.settle()


@pytest.mark.native
@only_root      # looks into the process
def test_no_descriptor_left_at_all(launch):
    """The limit below what is open already, with clients that hold on: nothing breaks, all goes on."""
    server = launch()
    with tls_connection(server) as tls:
        limit_descriptors(server, -3)
        with server.connect() as raw:
            server.wait_for_line(SHORT)
            echo_over(tls)
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (1024, 4096))
            tls.unwrap().close()
            echo_over(wrap(raw))


def test_burst_of_connections(echo):
    """60 clients at once, each with a whole handshake: none is refused."""
    echo.settle()
    with contextlib.ExitStack() as stack:
        raws = [stack.enter_context(echo.connect()) for _ in range(60)]
        for raw in reversed(raws):
            echo_over(stack.enter_context(wrap(raw)))
    assert echo.settle()["outOfMemory"] == 0


def test_every_slot_in_the_middle_of_its_handshake(echo):
    """The handshake's memory for all slots at once: the sum in --print-config must be enough for this."""
    before = echo.settle()
    context = client_context()
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(DEFAULT_CONNECTIONS):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            raw = stack.enter_context(echo.connect())
            tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            clients.append((raw, incoming, outgoing, tls))
        finished = [False] * len(clients)
        while not all(finished):  # one flight of each client in turn
            for index, (raw, incoming, outgoing, tls) in enumerate(clients):
                if finished[index]:
                    continue
                try:
                    tls.do_handshake()
                    finished[index] = True
                except ssl.SSLWantReadError:
                    pass
                raw.sendall(outgoing.read())
            for index, (raw, incoming, _, _) in enumerate(clients):
                if not finished[index]:
                    incoming.write(raw.recv(65536))
        after = echo.counters()
        assert after["outOfMemory"] == before["outOfMemory"]
        assert after["open"] == DEFAULT_CONNECTIONS
    echo.settle()


@pytest.mark.native
@only_root      # looks into the process
def test_no_descriptor_left_and_nobody_to_leave(launch):
    """With an empty pool no connection can end and wake the server; it must come back by itself."""
    server = launch()
    limit_descriptors(server, 0)
    with server.connect() as raw:
        server.wait_for_line(SHORT)
        before = server.processor_seconds()
        time.sleep(0.5)
        assert server.processor_seconds() - before < 0.1
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (1024, 4096))
        echo_over(wrap(raw))
