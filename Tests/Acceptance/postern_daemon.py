"""A detached server under test: started by a caller that returns, known by its pid file, stopped by its id."""
import os
import signal
import socket
import subprocess
import time

from postern_target import BINARY, PATIENCE, command


def free_port():
    """A port that was free a moment ago: a detached server says its port to the system log only."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_running(pid):
    """Whether a process lives; one that ended and was not waited for does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_server(pid):
    """Whether a process is the program under test, and not somebody else whose number stands in a file."""
    with open(f"/proc/{pid}/cmdline", "rb") as words:
        return BINARY.encode() in words.read().split(b"\0")


def wait_until(condition, seconds=5):
    until = time.monotonic() + seconds * PATIENCE
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)


class Daemon:
    """`start` runs the caller to its end; with exit code 0 there is a server, which `close` stops."""

    def __init__(self, folder, identity):
        self.pidfile = folder / "postern.pid"
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.identity = identity
        self.pids = set()

    def start(self, *options, pidfile=True, listen=True, prefix=(), **keywords):
        words = ["--listen", f"127.0.0.1:{self.port}"] if listen else []
        words += [*self.identity.options, "--detach", *(["--pidfile", str(self.pidfile)] if pidfile else [])]
        ended = subprocess.run(
            [*prefix, *command(BINARY, *words, *options)], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=20 * PATIENCE, check=False, **keywords)
        if ended.returncode == 0 and pidfile:
            self.pids.add(self.pid)
        return ended

    @property
    def pid(self):
        return int(self.pidfile.read_text())

    def connect(self, address=None, seconds=10):
        raw = socket.create_connection(address or self.address, timeout=seconds * PATIENCE)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return raw

    def stop(self):
        pid = self.pid
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_running(pid), seconds=10)

    def close(self):
        """Nothing that was started stays, also when the test has failed in the middle."""
        text = self.pidfile.read_text() if self.pidfile.exists() else ""
        for pid in self.pids | ({int(text)} if text.strip() else set()):
            if not is_running(pid) or not is_server(pid):
                continue
            os.kill(pid, signal.SIGTERM)
            try:
                wait_until(lambda: not is_running(pid), seconds=10)
            except AssertionError:
                os.kill(pid, signal.SIGKILL)
                raise
