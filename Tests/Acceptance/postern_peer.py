"""Servers that are not ours, for `postern probe`: Python's ssl, `openssl s_server`, `gnutls-serv`, and plain
sockets that misbehave. All of them listen on loopback only."""
import contextlib
import dataclasses
import json
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import time

from postern_target import BINARY, PATIENCE, command

# What --json always has, in this order.
MEMBERS = ["host", "port", "name", "address", "version", "suite", "group", "alpn", "certificateWanted", "subject",
           "issuer", "names", "sha256", "notBefore", "notAfter", "daysLeft", "verified", "faults", "resumed", "result",
           "exit", "error"]
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclasses.dataclass
class Probed:
    """How a probe ended."""
    code: int
    output: bytes
    errors: str

    @property
    def error(self):
        """The one sentence, without its beginning; empty when there is none."""
        found = re.findall(r"^postern: error: (.*)$", self.errors, re.MULTILINE)
        assert len(found) <= 1, self.errors
        return found[0] if found else ""

    @property
    def report(self):
        """What the report says, by label; names as a list."""
        lines = [re.fullmatch(r"(\w[\w ]{0,11}\w) {2,}(.*)", line) for line in self.errors.splitlines()]
        pairs = [line.groups() for line in lines if line]
        return {**dict(pairs), "name": [value for label, value in pairs if label == "name"]}

    @property
    def json(self):
        assert self.output.endswith(b"\n") and self.output.count(b"\n") == 1, self.output
        members = json.loads(self.output)
        assert list(members) == MEMBERS
        return members


def probe(address, *options, data=b"", seconds=15, prefix=()):
    """Probes (host, port) or a word as it is, with `data` as its input; None for an empty /dev/null."""
    if isinstance(address, tuple):
        host, port = address[:2]
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    keywords = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    ended = subprocess.run([*prefix, *command(BINARY, "probe", *map(str, options), address)],
                           capture_output=True, timeout=seconds * PATIENCE, **keywords)
    return Probed(ended.returncode, ended.stdout, ended.stderr.decode())


def listen(host="127.0.0.1"):
    listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.settimeout(30 * PATIENCE)
    return listener


@contextlib.contextmanager
def serve(handle, host="127.0.0.1", connections=1):
    """A server on a plain socket: `handle(socket)` for each of so many connections. Yields its address; what a
    handler raises fails the test."""
    faults = []

    def run():
        try:
            for _ in range(connections):
                with listener.accept()[0] as client:
                    client.settimeout(20 * PATIENCE)
                    handle(client)
        except Exception as fault:      # pylint: disable=broad-except
            faults.append(fault)

    with listen(host) as listener:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listener.getsockname()[:2]
        thread.join(20 * PATIENCE)
    assert not faults, faults


def server_context(identity, version=None, alpn=(), clients=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    if version:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF     # an end without close_notify is a fault
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


def echo(connection):
    """Everything back until the client's close_notify, then the same."""
    while part := connection.recv(65536):
        connection.sendall(part)
    connection.unwrap()


@contextlib.contextmanager
def python_server(identity, handle=echo, *, host="127.0.0.1", connections=1, **keywords):
    """Python's ssl: `handle(connection)` after each handshake. Handshakes that fail are the client's business."""
    context = server_context(identity, **keywords)

    def start(client):
        try:
            connection = context.wrap_socket(client, server_side=True)
        except (ssl.SSLError, OSError):
            return
        with connection, contextlib.suppress(ssl.SSLError, ConnectionError):
            handle(connection)

    with serve(start, host, connections) as address:
        yield address


@contextlib.contextmanager
def running(arguments, ready, data=None):
    """A server that is a program; yields it and what matched `ready` in its output."""
    process = subprocess.Popen(list(map(str, arguments)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    text, found, until = "", None, time.monotonic() + 10 * PATIENCE
    try:
        while not found:
            assert select.select([process.stdout], [], [], max(until - time.monotonic(), 0))[0], text
            part = process.stdout.read1(4096).decode("utf-8", "replace")
            assert part, text
            text += part
            found = re.search(ready, text)
        drain = threading.Thread(target=process.stdout.read, daemon=True)
        drain.start()
        yield process, found
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def openssl_server(identity, *options):
    """openssl s_server; yields the process, to type into, and its address."""
    arguments = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", identity.certificate, "-cert_chain",
                 identity.certificate, "-key", identity.key, *options]
    with running(arguments, r"ACCEPT \[?([0-9a-f.:]+?)\]?:(\d+)\n") as (process, found):
        yield process, (found[1], int(found[2]))


@contextlib.contextmanager
def gnutls_server(identity, *options):
    """gnutls-serv, which listens on every address and so gets a network of its own. Yields the command prefix that
    takes a probe there, and the server's address."""
    script = (
        "import fcntl, os, socket, struct, sys\n"
        "with socket.socket() as up: fcntl.ioctl(up, 0x8914, struct.pack('16sh14x', b'lo', 1))\n"   # SIOCSIFFLAGS, UP
        "os.execvp(sys.argv[1], sys.argv[1:])\n")
    arguments = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", script,
                 "gnutls-serv", "--port", "4433", "--x509certfile", identity.certificate, "--x509keyfile",
                 identity.key, *options]
    with running(arguments, r"IPv4 0\.0\.0\.0 port 4433\.\.\.done") as (process, _):
        prefix = ["nsenter", "--target", str(process.pid), "--user", "--net", "--preserve-credentials"]
        yield prefix, ("127.0.0.1", 4433)
