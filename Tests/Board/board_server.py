"""Postern on a board, as the acceptance tests know a server: an address, a log, counters, signals.

The address is the forwarded port, the log is the board's system log, and what concerns the process is typed on the
board's console.
"""
import re
import threading
import time

from postern_client import tls_connection
from postern_server import Server
from postern_target import PATIENCE

# The address under which qemu's network shows this machine to the board; ports stay what they are.
CLIENT_HOST = "10.0.2.2"
LOG = "/var/log/messages"
LOG_LINE = re.compile(r"\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ daemon\.(\w+) postern\[(\d+)\]: (.*)")
LEVELS = {"err": "error", "warn": "warning"}


class Process:
    """The server's process, by the pid file of its init script."""

    def __init__(self, board):
        self.board = board

    @property
    def pid(self):
        return int(self.board.run("cat /var/run/postern.pid"))

    def send_signal(self, number):
        self.board.run(f"kill -{int(number)} $(cat /var/run/postern.pid)")


class BoardServer(Server):
    def __init__(self, board):      # not the parent's, which starts a process
        self.board, self.process = board, Process(board)
        self.lines = []
        self.connected_at = {}
        self.log_bytes = 0
        self.condition = threading.Condition()
        self.address = ("127.0.0.1", board.port)
        self.addresses = [self.address]
        self.service = None

    def init_script(self, action, **keywords):
        return self.board.run(f"/etc/init.d/S50postern {action}", **keywords)

    def use(self, service):
        """Serves so, as whoever looks after a board would have it: its options, and a restart."""
        if self.service != service:
            self.board.run(f"sed -i '/^POSTERN_OPTIONS/{{s/ --service [a-z]*//; s/\"$/ --service {service}\"/}}' "
                           "/etc/default/postern")
            since = self.mark()
            self.init_script("restart")
            self.wait_for_line("postern: notice: listening on .*", since)
            self.service = service
        return self

    # The log

    def fetch(self):
        """Reads what was logged since the last time."""
        said = self.board.run(f"tail -c +{self.log_bytes + 1} {LOG}")
        whole = said[:said.rfind("\n") + 1]
        self.log_bytes += len(whole)
        for line in whole.encode("latin-1").decode("utf-8", "backslashreplace").splitlines():
            if found := LOG_LINE.fullmatch(line):
                self.lines.append(f"postern: {LEVELS.get(found[1], found[1])}: {found[3]}")

    def mark(self):
        self.fetch()
        return super().mark()

    def matches(self, pattern, since=0):
        self.fetch()
        return super().matches(pattern, since)

    def wait_for_line(self, pattern, since=0, seconds=5):
        until = time.monotonic() + seconds * PATIENCE
        while not (found := self.matches(pattern, since)):
            assert time.monotonic() < until, f"no line like {pattern} in {self.lines[since:][-40:]}"
            time.sleep(0.05)
        return found[0]

    def closed(self, peer, seconds=5):
        port = (peer if isinstance(peer, tuple) else peer.getsockname())[1]
        return super().closed((CLIENT_HOST, port), seconds)

    def certificate(self):
        """What a client is shown, DER."""
        with tls_connection(self) as tls:
            return tls.getpeercert(binary_form=True)

    # The process

    def status(self, name):
        """A line of the process's memory, in bytes; every page is counted, unlike in /proc/<pid>/status."""
        rollup = self.board.run("cat /proc/$(cat /var/run/postern.pid)/smaps_rollup")
        return int(re.search(rf"^{name}: +(\d+) kB", rollup, re.MULTILINE)[1]) * 1024
