"""Clients that are programs: `openssl s_client` and `gnutls-cli`, driven over their standard input."""
import contextlib
import re
import subprocess
import threading
import time

from postern_target import PATIENCE


class CommandClient:
    """A client program that is running. What it prints (both streams, mixed) is collected in `text`."""

    def __init__(self, arguments):
        self.text = ""
        self.condition = threading.Condition()
        self.process = subprocess.Popen(list(map(str, arguments)), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._follow, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()

    def _follow(self):
        while part := self.process.stdout.read1(65536):
            with self.condition:
                self.text += part.decode("utf-8", "backslashreplace")
                self.condition.notify_all()

    def send(self, text):
        """To a client that may have ended already, refused by the server: what it printed says so."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()

    def expect(self, pattern, seconds=10):
        """Waits until the output holds the pattern."""
        until = time.monotonic() + seconds * PATIENCE
        with self.condition:
            while not (found := re.search(pattern, self.text)):
                left = until - time.monotonic()
                assert left > 0 and self.reader.is_alive(), f"no {pattern!r} in:\n{self.text[-3000:]}"
                self.condition.wait(min(left, 0.2))
            return found

    def finish(self, seconds=10):
        """Ends its input and waits for its end. Returns the exit code; `text` is then complete."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        code = self.process.wait(seconds * PATIENCE)
        self.reader.join(5)
        return code


def s_client(server, *options, address=None):
    """openssl s_client, connected to the server."""
    host, port = address or server.address
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return CommandClient(["openssl", "s_client", "-connect", target, *options])


def gnutls_client(server, *options, priority="NORMAL"):
    """gnutls-cli, connected to the server under the name localhost."""
    port = server.address[1]
    return CommandClient(["gnutls-cli", "--port", port, "--priority", priority, *options, "localhost"])


def gnutls_priority(version):
    return f"NORMAL:-VERS-ALL:+VERS-TLS{version}"
