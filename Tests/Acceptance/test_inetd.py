"""--inetd: the connection on standard input is served, as by any server, and nothing else happens."""
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from postern_client import client_context, receive_exactly, receive_to_end, tls_over
from postern_daemon import free_port, wait_until
from postern_machine import only_root
from postern_server import CLOSED_LINE
from postern_services import activation
from postern_target import BINARY, PATIENCE, VERSIONS, command, refused, run


class Served:
    """A client, and the server that a super-server starts for it; `stream` says what becomes standard error."""

    def __init__(self, identity, *options, pair=None, stream=subprocess.PIPE, prefix=(), pass_fds=()):
        self.client, theirs = pair or self.connected()
        self.client.settimeout(10 * PATIENCE)
        with theirs:
            self.process = subprocess.Popen(
                [*prefix, *command(BINARY, *identity.options, "--inetd", *options)], stdin=theirs, stdout=theirs,
                stderr=theirs if stream == "client" else stream, pass_fds=pass_fds)

    @staticmethod
    def connected():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname())
            return client, listener.accept()[0]

    def end(self):
        """Exit code and log, when the server has ended by itself."""
        try:
            log = self.process.communicate(timeout=10 * PATIENCE)[1]
        finally:
            self.process.kill()
            self.process.wait()
            self.client.close()
        return self.process.returncode, (log or b"").decode()


@pytest.mark.parametrize("version", VERSIONS)
def test_one_client(identity, version):
    served = Served(identity)
    address = served.client.getsockname()
    with tls_over(served.client, client_context(version, trust=identity.trust)) as tls:
        for size in (5, 100_000):
            tls.sendall(bytes(size))
            assert receive_exactly(tls, size) == bytes(size)
        tls.unwrap().close()
    code, log = served.end()
    assert code == 0
    closed = CLOSED_LINE.fullmatch(log.rstrip("\n"))     # one line a connection, as everywhere
    assert closed, log
    assert (closed["peer"], closed["reason"]) == (f"127.0.0.1:{address[1]}", "peerClosed")


@pytest.mark.parametrize("version", VERSIONS)
def test_no_ticket_is_given_that_nobody_could_take(identity, version):
    """The next connection has another process, which does not know this one's key."""
    served = Served(identity)
    with tls_over(served.client, client_context(version)) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        assert not tls.session.has_ticket
        tls.unwrap().close()
    assert served.end()[0] == 0


def test_service_that_ends_the_connection(identity):
    served = Served(identity, "--service", "respond")
    with tls_over(served.client) as tls:
        tls.sendall(b"hello")
        assert receive_to_end(tls).endswith(b"hello")
    assert served.end()[0] == 0


@pytest.mark.parametrize("words", [b"GET / HTTP/1.1\r\n\r\n", b""], ids=["no TLS", "nothing at all"])
def test_client_that_is_none(identity, words):
    served = Served(identity)
    served.client.sendall(words)
    served.client.shutdown(socket.SHUT_WR)
    code, log = served.end()
    assert code == 0 and log.count("\n") == 1 and " closed peer=" in log


def test_clients_side_by_side(identity):
    """Each has its process; none knows of the others."""
    served = [Served(identity) for _ in range(5)]
    connections = [tls_over(one.client) for one in served]
    for number, tls in enumerate(connections):
        tls.sendall(b"%d" % number)
    for number, tls in enumerate(connections):
        assert receive_exactly(tls, 1) == b"%d" % number
        tls.unwrap().close()
    assert [one.end()[0] for one in served] == 5 * [0]


def test_it_listens_nowhere(identity):
    """The address of the configuration, or of --listen, is not touched."""
    port = free_port()
    served = Served(identity, "--listen", f"127.0.0.1:{port}")
    with tls_over(served.client) as tls:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        tls.unwrap().close()
    assert served.end()[0] == 0


def test_sockets_of_a_service_manager_are_left_alone(identity):
    """What listens is somebody else's business."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        prefix, numbers = activation(listener)
        served = Served(identity, prefix=prefix, pass_fds=numbers)
        with socket.create_connection(listener.getsockname()), tls_over(served.client) as tls:
            tls.sendall(b"hello")
            assert receive_exactly(tls, 5) == b"hello"
            tls.unwrap().close()
        code, log = served.end()
        assert code == 0 and log.count("\n") == 1, log


@pytest.mark.native
@only_root      # looks into the process
def test_the_streams_are_not_the_clients(identity):
    """Whatever is printed by accident, and a socket that is closed: the client must see neither."""
    served = Served(identity)
    with tls_over(served.client) as tls:
        for stream in (0, 1):
            assert os.readlink(f"/proc/{served.process.pid}/fd/{stream}") == "/dev/null"
        tls.unwrap().close()
    served.end()


def test_stop(identity):
    served = Served(identity)
    with tls_over(served.client) as tls:
        served.process.send_signal(signal.SIGTERM)
        assert receive_to_end(tls) == b""
    code, log = served.end()
    assert code == 0 and "reason=stopped" in log


def test_local_sockets(identity):
    """What `socat ... EXEC:` gives: a stream with a peer that has no address."""
    served = Served(identity, pair=socket.socketpair())
    with tls_over(served.client) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        tls.unwrap().close()
    code, log = served.end()
    assert code == 0 and " closed peer=local " in log


@only_root
def test_another_user_in_a_chroot(identity, open_folder):
    """inetd starts everything as root."""
    served = Served(identity, "--user", "nobody", "--chroot", str(open_folder))
    with tls_over(served.client) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        tls.unwrap().close()
    assert served.end()[0] == 0


def inetd_refused(identity, given, *parts, options=(), code=2):
    ended = subprocess.run(command(BINARY, *identity.options, "--inetd", *options), stdin=given, capture_output=True,
                           timeout=10 * PATIENCE, check=False)
    refused(ended, *parts, code=code)


def test_input_that_is_no_connection(identity, tmp_path):
    inetd_refused(identity, subprocess.DEVNULL, "--inetd", "not a socket with a client")
    with open(tmp_path / "file", "w+b") as file:
        inetd_refused(identity, file, "not a socket with a client")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        inetd_refused(identity, datagrams, "not a socket with a client")
    with socket.create_server(("127.0.0.1", 0)) as listener:      # as with `wait` in inetd.conf
        inetd_refused(identity, listener, "not a socket with a client")


def test_client_that_is_gone_already(identity):
    """It was reset before the server had a look."""
    client, theirs = Served.connected()
    with theirs:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        time.sleep(0.05)
        inetd_refused(identity, theirs, "not connected", code=1)


@pytest.mark.parametrize("options, parts", [
    (["--detach"], ["--inetd", "--detach"]), (["--pidfile", "/nonexistent"], ["--inetd", "--pidfile"])])
def test_what_does_not_go_together(identity, options, parts):
    refused(run(*identity.options, "--inetd", *options), "process.inetd", *parts)
    refused(run(*identity.options, "--inetd", *options, "--test-config"), "process.inetd", *parts)


def test_log_goes_to_the_system(identity, system_log):
    """inetd makes the client's socket standard error too: not a byte of the log may go there."""
    served = Served(identity, stream="client", prefix=system_log.prefix)
    address = served.client.getsockname()
    with tls_over(served.client) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        tls.unwrap().close()
    severity, pid, found = system_log.wait_for(r"closed peer=(\S+) .* reason=peerClosed")
    assert (severity, found[1]) == (6, f"127.0.0.1:{address[1]}")
    assert pid == served.process.pid
    assert served.end()[0] == 0


@pytest.mark.parametrize("options, pattern", [
    (["--nonsense"], r".*option '--nonsense' is unknown.*"), (["--chroot", "/etc/passwd"], r".*'/etc/passwd'.*"),
    (["--detach"], r".*process.inetd.*"), (["--user", "nosuchuser"], r".*'nosuchuser'.*")])
def test_faults_go_to_the_system_log(identity, system_log, options, pattern):
    """Strangers read nothing about options and files; the operator does."""
    served = Served(identity, *options, stream="client", prefix=system_log.prefix)
    assert served.client.recv(100) == b""
    assert system_log.wait_for(pattern)[0] == 3
    assert served.end()[0] == 2


@pytest.mark.applies(shutil.which("systemd-socket-activate"))
def test_super_server_of_systemd(identity):
    """One process a client, started by a program that is not ours."""
    port = free_port()
    process = subprocess.Popen(
        ["systemd-socket-activate", "--accept", "--inetd", "-l", f"127.0.0.1:{port}", *command(
            os.path.abspath(BINARY), *identity.options, "--inetd")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        clients = []

        def connects():
            try:
                clients.append(socket.create_connection(("127.0.0.1", port), timeout=10 * PATIENCE))
                return True
            except ConnectionRefusedError:
                return False

        for _ in range(3):
            wait_until(connects)
        for number, raw in enumerate(clients):
            with tls_over(raw) as tls:
                tls.sendall(b"%d" % number)
                assert receive_exactly(tls, 1) == b"%d" % number
                tls.unwrap().close()
    finally:
        process.terminate()
        process.wait()
