"""The server under test: starts it, follows its log, asks for its counters, looks at its process.

Every server that a test starts is also checked as it ends: it must be alive, answer SIGTERM with exit
code 0, have written nothing to stdout, and only well-formed lines to stderr.
"""
import os
import re
import signal
import socket
import subprocess
import threading
import time

from postern_target import PATIENCE, command

LINE = re.compile(r"postern: (error|warning|notice|info|debug): \S.*")
START_LINE = re.compile(
    r"postern: notice: listening on (?P<addresses>\S+( \S+)*); postern (?P<release>\d+\.\d+\.\d+) "
    r"\((?P<port>[\w-]+)\), Mbed TLS (?P<mbedtls>\d+\.\d+\.\d+); certificate (?P<certificate>.+); "
    r"RAM (?P<kibibytes>\d+) KiB")
CLOSED_LINE = re.compile(
    r"postern: info: closed peer=(?P<peer>\S+) version=(?P<version>-|TLSv1\.[23]) "
    r"suite=(?P<suite>-|TLS[0-9A-Z-]+) in=(?P<incoming>\d+) out=(?P<outgoing>\d+) "
    r"seconds=(?P<seconds>\d+\.\d{3}) reason=(?P<reason>[a-zA-Z]+)( code=(?P<code>-0x[0-9A-Fa-f]{4}))?")
REASONS = {
    "peerClosed", "truncated", "peerReset", "serviceClosed", "handshakeTimeout", "idleTimeout",
    "closeTimeout", "lifetimeExceeded", "protocolVersion", "noSharedParameters", "unknownName", "malformed",
    "clientCertificateMissing", "clientCertificateUntrusted", "clientCertificateExpired",
    "clientCertificateNotYetValid", "clientCertificateWrongPurpose", "clientCertificateRevoked",
    "clientChainTooLong", "clientCertificateInvalid", "clientRevocationUnknown", "clientNotAllowed", "revoked",
    "badRecord", "recordFlood", "peerAlert", "refusedByService", "inputTooLong", "backendUnavailable",
    "backendReset", "badProxyHeader", "outOfMemory", "stopped", "drainTimeout", "internalFault"}
TOTALS = {"accepted", "handshakes", "resumed", "open", "bytesIn", "bytesOut"}


def parse_address(text):
    """'127.0.0.1:4433' or '[::1]:4433' as (host, port)."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class Server:
    """One running server. `lines` is its whole log so far; `mark()` and `since` point into it."""

    def __init__(self, binary, options, *, prefix=(), environment=None, folder=None, **process):
        self.lines = []
        self.connected_at = {}      # where the log stood, by the client's port: ports come again
        self.condition = threading.Condition()
        self.exited_by_test = False
        self.process = subprocess.Popen(
            [*prefix, *command(binary, *options)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **(environment or {})}, cwd=folder, **process)
        self.reader = threading.Thread(target=self._follow, daemon=True)
        self.reader.start()
        try:
            self.start_line = self.wait_for_line(START_LINE)
        except AssertionError:
            self.process.kill()
            raise
        self.addresses = [parse_address(text) for text in self.start_line["addresses"].split()]
        self.address = self.addresses[0]

    def _follow(self):
        for raw in self.process.stderr:
            with self.condition:
                self.lines.append(raw.decode("utf-8", "backslashreplace").rstrip("\n"))
                self.condition.notify_all()
        with self.condition:
            self.lines.append("")
            self.condition.notify_all()

    # The log

    def mark(self):
        """Where the log stands now, for `since`."""
        with self.condition:
            return len(self.lines)

    def wait_for_line(self, pattern, since=0, seconds=5):
        """The first line from `since` on that matches as a whole."""
        pattern = re.compile(pattern)
        until = time.monotonic() + seconds * PATIENCE
        with self.condition:
            while True:
                for line in self.lines[since:]:
                    found = pattern.fullmatch(line)
                    if found:
                        return found
                left = until - time.monotonic()
                ended = bool(self.lines) and self.lines[-1] == ""
                assert left > 0 and not ended, \
                    f"no line like {pattern.pattern} in {self.lines[since:][-40:]}"
                self.condition.wait(left)

    def matches(self, pattern, since=0):
        """Every line from `since` on that matches as a whole."""
        with self.condition:
            found = [re.fullmatch(pattern, line) for line in self.lines[since:]]
        return [match for match in found if match]

    def closed(self, peer, seconds=5):
        """The `closed` line of one client, given its socket or (host, port)."""
        host, port = (peer if isinstance(peer, tuple) else peer.getsockname())[:2]
        text = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        pattern = r"postern: info: closed peer=" + re.escape(text) + r" .*"
        found = self.wait_for_line(pattern, since=self.connected_at.get(port, 0), seconds=seconds)
        strict = CLOSED_LINE.fullmatch(found[0])
        assert strict, f"not the form of a closed line: {found[0]}"
        return strict

    # Counters

    def counters(self):
        """The counters of SIGUSR1. Whatever happened, they must add up and show no internal fault."""
        since = self.mark()
        self.process.send_signal(signal.SIGUSR1)
        text = self.wait_for_line(r"postern: notice: counters (.*)", since)[1]
        numbers = {name: int(number) for name, number in (pair.split("=") for pair in text.split())}
        assert TOTALS | REASONS <= numbers.keys(), f"missing: {(TOTALS | REASONS) - numbers.keys()}"
        ended = sum(numbers[name] for name in REASONS)
        assert numbers["accepted"] == numbers["open"] + ended, numbers
        assert numbers["internalFault"] == 0, numbers
        return numbers

    def settle(self, connections=0, accepted=0, seconds=5):
        """Waits until so many connections are open, and returns the counters then. Clients that came and
        went at once may still wait in the backlog: for those, say how many must have been accepted in all.
        """
        until = time.monotonic() + seconds * PATIENCE
        while True:
            numbers = self.counters()
            if numbers["open"] == connections and numbers["accepted"] >= accepted:
                return numbers
            assert time.monotonic() < until, f"never {connections} open of {accepted}: {numbers}"
            time.sleep(0.02)

    # Connecting

    def connect(self, address=None, seconds=10, receive_buffer_bytes=None):
        """A plain TCP connection to the server."""
        host, port = address or self.address
        raw = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        raw.settimeout(seconds * PATIENCE)
        if receive_buffer_bytes:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        stand = len(self.lines)
        raw.connect((host, port))
        self.connected_at[raw.getsockname()[1]] = stand
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return raw

    # The process

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_kibibytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])

    def proportional_kibibytes(self):
        """PSS: pages shared with other processes count by share only."""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as rollup:
            return int(re.search(r"Pss:\s+(\d+) kB", rollup.read())[1])

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def processor_milliseconds_of(self, action):
        """How much of the processor the server took for itself during an action. Unlike the time that passed, this is
        the same however busy the machine is."""
        def now():
            with open(f"/proc/{self.process.pid}/schedstat", encoding="ascii") as stat:
                return int(stat.read().split()[0]) / 1e6

        start = now()
        action()
        return now() - start

    # The end

    def wait_for_exit(self, seconds=8):
        """The exit code of a server that the test told to stop."""
        self.exited_by_test = True
        return self.process.wait(seconds * PATIENCE)

    def close(self):
        """Stops the server if it still runs, and checks that it ended well."""
        try:
            if not self.exited_by_test:
                assert self.process.poll() is None, \
                    f"the server ended by itself with {self.process.returncode}: {self.lines[-20:]}"
                self.process.terminate()
            code = self.process.wait(8 * PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        self.reader.join(5)
        assert code == 0, f"exit code {code}: {self.lines[-20:]}"
        assert self.process.stdout.read() == b"", "a server must not write to stdout"
        self.process.stdout.close()
        strange = [line for line in self.lines if line and not LINE.fullmatch(line)]
        assert not strange, strange
