"""A service manager: readiness, reload, stop and signs of life through $NOTIFY_SOCKET, and sockets from LISTEN_FDS."""
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from postern_client import echo_once, tls_connection
from postern_daemon import Daemon, wait_until
from postern_identity import Identity
from postern_machine import only_root
from postern_services import NotifySocket, activation
from postern_target import BINARY, PATIENCE, RELOAD_FAILED, command, refused, run


@pytest.fixture
def manager(open_folder):
    made = NotifySocket(open_folder / "notify")
    yield made
    made.close()
    (open_folder / "notify").unlink()


@pytest.fixture
def listener():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen(16)
        yield made


def test_ready_when_it_listens(launch, manager):
    server = launch(environment=manager.environment)
    assert manager.receive() == {"READY": "1", "STATUS": "0 connections open"}
    echo_once(server)


def test_ready_through_an_abstract_socket(launch):
    """Its name is in no file system."""
    manager = NotifySocket(f"@postern-test-{os.getpid()}")
    launch(environment=manager.environment)
    assert manager.receive()["READY"] == "1"
    manager.close()


def test_ready_is_told_once_and_nothing_else_unasked(launch, manager):
    server = launch(environment=manager.environment)
    manager.expect("READY")
    echo_once(server)
    assert manager.receive(seconds=0.3) is None


def test_a_start_that_fails_tells_nothing(identity, manager):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}", *identity.options,
                    env={**os.environ, **manager.environment})
    refused(ended, code=1)
    assert manager.receive(seconds=0.1) is None


def test_reload(launch, manager, identity, tmp_path):
    """RELOADING with the clock that a manager of Type=notify-reload compares, then READY; a failed one likewise."""
    files = Identity(tmp_path / "server.crt", tmp_path / "server.key", identity.trust)
    shutil.copy(identity.certificate, files.certificate)
    shutil.copy(identity.key, files.key)
    server = launch(environment=manager.environment, identity=files)
    manager.expect("READY")
    for outcome in ("notice: files reloaded", f"error: {RELOAD_FAILED}", f"error: {RELOAD_FAILED}"):
        since = server.mark()
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        server.process.send_signal(signal.SIGHUP)
        told = manager.receive()
        assert told.keys() == {"RELOADING", "MONOTONIC_USEC"} and told["RELOADING"] == "1"
        assert before <= int(told["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert manager.receive()["READY"] == "1"
        server.wait_for_line(f"postern: {outcome}: .*", since)
        files.key.unlink(missing_ok=True)


def test_stopping(launch, manager):
    """With the time that a drain may take, and what there is to drain."""
    server = launch(environment=manager.environment)
    manager.expect("READY")
    with tls_connection(server):
        server.process.terminate()
        told = manager.receive()
    assert told == {"STOPPING": "1", "EXTEND_TIMEOUT_USEC": "5000000", "STATUS": "stopping, 1 connection open"}
    assert server.wait_for_exit() == 0


def test_no_reload_while_stopping(launch, manager, identity, tmp_path):
    """The manager has been told that the server stops: it would take READY for a server that is back."""
    files = Identity(tmp_path / "server.crt", tmp_path / "server.key", identity.trust)
    shutil.copy(identity.certificate, files.certificate)
    shutil.copy(identity.key, files.key)
    server = launch("--watch", environment=manager.environment, identity=files)
    manager.expect("READY")
    with tls_connection(server) as tls:
        tls.sendall(bytes(1_000_000))       # never read: an answer is in flight until the drain ends
        server.process.terminate()
        manager.expect("STOPPING")
        server.process.send_signal(signal.SIGHUP)
        files.certificate.touch()           # settled after a second
        assert server.wait_for_exit() == 0
    told = []
    while (message := manager.receive(seconds=0.1)) is not None:
        told.append(message)
    assert not [message for message in told if {"RELOADING", "READY"} & message.keys()], told
    assert not [line for line in server.lines if "reload" in line], server.lines


def watchdog(manager, microseconds, **more):
    return {**manager.environment, "WATCHDOG_USEC": str(microseconds), **more}


def test_signs_of_life_at_half_the_interval(launch, manager):
    """Whether something happens or not: the loop wakes by itself for them. A busy machine may be late for some."""
    server = launch(environment=watchdog(manager, 400_000))
    manager.expect("READY")
    assert 7 <= manager.signs_of_life(2) <= 11
    for _ in range(20):
        echo_once(server)
    assert 3 <= manager.signs_of_life(1) <= 11 * PATIENCE


def test_signs_of_life_tell_what_is_open(launch, manager):
    server = launch(environment=watchdog(manager, 100_000))
    with tls_connection(server):
        wait_until(lambda: manager.receive().get("STATUS") == "1 connection open")


def test_a_loop_that_is_stuck_gives_no_sign_of_life(launch, manager):
    server = launch(environment=watchdog(manager, 200_000))
    manager.expect("READY")
    server.process.send_signal(signal.SIGSTOP)
    manager.signs_of_life(0.2)
    assert manager.signs_of_life(0.8) == 0
    server.process.send_signal(signal.SIGCONT)
    manager.expect("WATCHDOG")
    manager.expect("WATCHDOG")
    echo_once(server)


def test_signs_of_life_during_a_drain(launch, manager):
    """A long drain is no reason to be killed."""
    server = launch(environment=watchdog(manager, 100_000))
    manager.expect("READY")
    with tls_connection(server) as tls:
        tls.sendall(bytes(1_000_000))       # never read: an answer is in flight until the drain ends
        server.process.terminate()
        manager.expect("STOPPING")
        assert manager.signs_of_life(1) >= 5
    assert server.wait_for_exit() == 0


@pytest.mark.parametrize("variables", [{}, {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"},
                                       {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "x"}])
def test_no_signs_of_life_for_others(launch, manager, variables):
    launch(environment={**manager.environment, **variables})
    manager.expect("READY")
    assert manager.signs_of_life(0.5) == 0


def test_watchdog_without_a_socket(launch):
    """Nobody to give a sign to: served all the same."""
    echo_once(launch(environment={"WATCHDOG_USEC": "100000"}))


@pytest.mark.native
def test_a_watchdog_costs_no_processor_time(launch, manager):
    server = launch(environment=watchdog(manager, 100_000))
    manager.expect("READY")
    before = server.processor_seconds()
    time.sleep(1)
    assert server.processor_seconds() - before < 0.05


@pytest.mark.parametrize("value", ["", "0", "1999", "-1", "1s", "86400000001", "99999999999999999999", " 100000"])
def test_watchdog_that_is_no_interval(identity, value):
    refused(run("--listen", "127.0.0.1:0", *identity.options, env={**os.environ, "WATCHDOG_USEC": value}),
            "WATCHDOG_USEC", f"'{value}'")


@pytest.mark.parametrize("value", ["", "@", "/", "relative", "vsock:2:1234", "/" + 107 * "x"])
def test_socket_that_is_no_name(launch, value):
    """It keeps no server from serving."""
    server = launch(environment={"NOTIFY_SOCKET": value})
    told = server.wait_for_line(r"postern: warning: environment variable NOTIFY_SOCKET is '(.*)', which is neither .*")
    assert told[1] == value
    echo_once(server)


def test_manager_that_is_gone(launch, tmp_path):
    """A variable left over in a shell keeps no server from serving."""
    server = launch(environment={"NOTIFY_SOCKET": str(tmp_path / "none")})
    server.wait_for_line(r"postern: warning: the service manager cannot be told of anything, .*: No such file.*")
    echo_once(server)


def test_manager_that_does_not_read(launch, manager):
    """Its socket is full: what does not fit is not told, and nothing waits for it."""
    server = launch(environment=watchdog(manager, 4_000))
    time.sleep(1)
    for _ in range(20):
        echo_once(server)


@only_root
def test_told_from_inside_of_a_chroot(launch, manager, identity, open_folder):
    jail = open_folder / "notify-jail"
    jail.mkdir()
    try:
        server = launch("--chroot", str(jail), "--user", "nobody", environment=manager.environment)
        manager.expect("READY")
        server.process.terminate()
        manager.expect("STOPPING")
        assert server.wait_for_exit() == 0
    finally:
        jail.rmdir()


def test_detached_server_says_which_process_it_is(identity, manager, tmp_path):
    daemon = Daemon(tmp_path, identity)
    try:
        assert daemon.start(env={**os.environ, **manager.environment}).returncode == 0
        assert manager.expect("READY")["MAINPID"] == str(daemon.pid)
    finally:
        daemon.close()


# Sockets

def test_given_socket(launch, listener):
    """It takes the place of what is configured, and keeps its address."""
    prefix, numbers = activation(listener)
    server = launch(prefix=prefix, pass_fds=numbers, environment={"LISTEN_FDNAMES": "tls"})
    assert server.addresses == [listener.getsockname()]
    echo_once(server)


def test_several_given_sockets(launch, has_ipv6):
    with socket.socket() as first, socket.socket(socket.AF_INET6) as second, socket.socket() as third:
        for given, host in ((first, "127.0.0.1"), (second, "::1"), (third, "127.0.0.1")):
            given.bind((host, 0))
            given.listen()
        prefix, numbers = activation(first, second, third)
        server = launch(prefix=prefix, pass_fds=numbers)
        assert server.addresses == [given.getsockname()[:2] for given in (first, second, third)]
        for address in server.addresses:
            with tls_connection(server, address=address):
                pass


@pytest.mark.native
@only_root      # looks into the process
def test_given_sockets_get_the_options_of_our_own(launch, listener):
    """Blocking when they come: one that answers late must not stop the loop; accepted ones send at once."""
    listener.setblocking(True)
    prefix, numbers = activation(listener)
    server = launch(prefix=prefix, pass_fds=numbers)
    assert not os.get_blocking(listener.fileno())
    assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    with open(f"/proc/{server.process.pid}/fdinfo/3", encoding="ascii") as information:
        assert int(re.search(r"flags:\s+(\d+)", information.read())[1], 8) & os.O_CLOEXEC


def test_given_socket_outlives_the_server(launch, listener):
    """A client that comes between two servers waits for the second."""
    prefix, numbers = activation(listener)
    first = launch(prefix=prefix, pass_fds=numbers)
    first.process.terminate()
    assert first.wait_for_exit() == 0
    with socket.create_connection(listener.getsockname()):
        echo_once(launch(prefix=prefix, pass_fds=numbers))


@pytest.mark.parametrize("variables", [{"LISTEN_PID": "1"}, {"LISTEN_PID": "x"}, {"LISTEN_PID": ""},
                                       {"LISTEN_FDS": "0"}])
def test_sockets_for_others_are_left_alone(launch, listener, variables):
    prefix, numbers = activation(listener)
    server = launch(prefix=prefix, pass_fds=numbers, environment=variables)
    assert server.addresses != [listener.getsockname()]
    echo_once(server)


def given_refused(identity, given, *parts, **variables):
    prefix, numbers = activation(*given)
    refused(run("--listen", "127.0.0.1:0", *identity.options, prefix=prefix, env={**os.environ, **variables},
                pass_fds=[number for number in numbers if number < 1000]), *parts)


def test_datagram_socket(identity, listener):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as given:
        given.bind(("127.0.0.1", 0))
        given_refused(identity, [listener, given], "descriptor 4", "not a socket that listens for TCP")


def test_socket_that_does_not_listen(identity):
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        given_refused(identity, [given], "descriptor 3", "not a socket that listens for TCP")


def test_socket_that_is_connected(identity, listener):
    with socket.create_connection(listener.getsockname()) as given:
        given_refused(identity, [given], "descriptor 3", "not a socket that listens for TCP")


def test_local_socket(identity, tmp_path):
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(str(tmp_path / "local"))
        given.listen()
        given_refused(identity, [given], "descriptor 3", "not a socket that listens for TCP", "ListenStream=")


def test_file(identity, tmp_path):
    with open(tmp_path / "file", "wb") as given:
        given_refused(identity, [given], "descriptor 3", "not a socket that listens for TCP")


def test_closed_descriptor(identity, listener):
    """One more is promised than comes."""
    given_refused(identity, [listener], "descriptor 4", "Bad file descriptor", LISTEN_FDS="2")


@pytest.mark.parametrize("value", ["", "9", "-1", "1x", "99999999999999999999", "+1", " 1", "0x1"])
def test_numbers_that_are_none(identity, listener, value):
    given_refused(identity, [listener], "LISTEN_FDS", f"'{value}'", LISTEN_FDS=value)


def test_as_many_sockets_as_there_may_be(launch):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(8)]
    try:
        prefix, numbers = activation(*sockets)
        server = launch(prefix=prefix, pass_fds=numbers)
        assert len(server.addresses) == 8
        with tls_connection(server, address=server.addresses[7]):
            pass
    finally:
        for given in sockets:
            given.close()


def test_detached_server_keeps_given_sockets(identity, listener, tmp_path):
    """They are for the process that was started, and it goes on as another one."""
    daemon = Daemon(tmp_path, identity)
    daemon.address = listener.getsockname()
    prefix, numbers = activation(listener)
    try:
        assert daemon.start(prefix=prefix, pass_fds=numbers).returncode == 0
        echo_once(daemon)
    finally:
        daemon.close()


@pytest.mark.applies(shutil.which("systemd-socket-activate"))
def test_activation_by_systemd(identity):
    """The first client starts the server, and gets served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    process = subprocess.Popen(
        ["systemd-socket-activate", "-l", f"127.0.0.1:{address[1]}", "-E", "PATH", *command(
            shutil.which(BINARY) or os.path.abspath(BINARY), *identity.options)],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    daemon = Daemon(identity.key.parent, identity)
    daemon.address = address
    try:
        wait_until(lambda: is_open(address))
        for _ in range(3):
            echo_once(daemon)
    finally:
        process.terminate()
        log = process.communicate(timeout=10 * PATIENCE)[1].decode()
    assert f"listening on 127.0.0.1:{address[1]};" in log, log
    assert process.returncode == 0, log


def is_open(address):
    try:
        socket.create_connection(address, timeout=5).close()
        return True
    except ConnectionRefusedError:
        return False
