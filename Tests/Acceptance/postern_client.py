"""Clients over Python's ssl (which is OpenSSL): the simple one, one that holds every byte in its hands,
and an exchange of much data that may run on many connections at once.
"""
import contextlib
import hashlib
import random
import selectors
import socket
import ssl
import struct
import time

from postern_target import PATIENCE

PREFIX = "서버로부터의 응답: ".encode()
TLS_VERSION = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def client_context(version=None, trust=None, protocols=None):
    """A client context: verifies chain and name if it is given whom to trust, else nothing."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Python takes an end without close_notify for a good one unless it is told not to.
    made.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    if trust:
        made.load_verify_locations(trust)
    else:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if version:
        made.minimum_version = made.maximum_version = TLS_VERSION[version]
    if protocols:
        made.set_alpn_protocols(protocols)
    return made


@contextlib.contextmanager
def tls_connection(server, context=None, name="localhost", session=None, address=None, seconds=10):
    """A TLS connection after its handshake. An end without close_notify raises SSLEOFError in recv."""
    with server.connect(address, seconds=seconds) as raw:
        with tls_over(raw, context, name, session) as tls:
            yield tls


def tls_over(raw, context=None, name="localhost", session=None):
    """The handshake over a plain connection."""
    return (context or client_context()).wrap_socket(
        raw, server_hostname=name, session=session, suppress_ragged_eofs=False)


def receive_exactly(tls, count):
    received = bytearray()
    while len(received) < count:
        part = tls.recv(count - len(received))
        assert part, f"the end came after {len(received)} of {count} bytes"
        received += part
    return bytes(received)


def is_served(tls):
    """Something goes there and comes back."""
    tls.sendall(b"hello")
    assert receive_exactly(tls, 5) == b"hello"


def receive_to_end(tls):
    """Everything up to the peer's close_notify; an end without one raises."""
    received = bytearray()
    while part := tls.recv(65536):
        received += part
    return bytes(received)


def echo_once(server, data=b"one good client\n", **keywords):
    """The whole life of a good client: connect, send, get it back, close both ways. Returns its address."""
    with tls_connection(server, **keywords) as tls:
        tls.sendall(data)
        assert receive_exactly(tls, len(data)) == data
        address = tls.getsockname()
        tls.unwrap().close()
        return address


def take_session(server, context, name="localhost"):
    """A full handshake and one echo (TLS 1.3 sends its tickets after the handshake). Returns the session."""
    with tls_connection(server, context, name) as tls:
        assert not tls.session_reused
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        assert tls.session.has_ticket
        return tls.session


def use_session(server, context, session, name="localhost"):
    """A connection that offers a session. Returns whether it was resumed."""
    with tls_connection(server, context, name, session) as tls:
        tls.sendall(b"again")
        assert receive_exactly(tls, 5) == b"again"
        return tls.session_reused


def seconds_of(action):
    """How long an action took."""
    start = time.monotonic()
    action()
    return time.monotonic() - start


def reset(raw):
    """Closes a socket so that the peer sees a reset, not an end."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def client_hello(version=None):
    """The bytes of a genuine ClientHello, as one record."""
    outgoing = ssl.MemoryBIO()
    tls = client_context(version).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def wait_for_end(raw, seconds=3):
    """Reads a plain socket until the server closes it, however it does; returns what came before."""
    raw.settimeout(seconds * PATIENCE)
    received = bytearray()
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while part := raw.recv(65536):
            received += part
    return bytes(received)


class MemoryClient:
    """A TLS client whose records pass through our hands, so that they can be cut, spoilt or held back."""

    def __init__(self, server, version=None, context=None):
        self.socket = server.connect()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or client_context(version)).wrap_bio(
            self.incoming, self.outgoing, server_hostname="localhost")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def step(self):
        """Goes on with the handshake as far as the bytes at hand allow. Returns (done, bytes to send)."""
        try:
            self.tls.do_handshake()
            return True, self.outgoing.read()
        except ssl.SSLWantReadError:
            return False, self.outgoing.read()

    def fetch(self):
        """Waits for bytes of the server and gives them to TLS."""
        part = self.socket.recv(65536)
        self.incoming.write(part) if part else self.incoming.write_eof()
        return part

    def handshake(self, send=None):
        """The whole handshake; `send` may deliver our bytes in a way of its own."""
        send = send or self.socket.sendall
        while True:
            done, flight = self.step()
            send(flight)
            if done:
                return self
            assert self.fetch(), "the server closed during the handshake"

    def records(self, data):
        """Data as encrypted records, not yet sent."""
        self.tls.write(data)
        return self.outgoing.read()

    def close_notify(self):
        """Our close_notify as a record, not yet sent; reading goes on after it."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self.outgoing.read()

    def read(self):
        """The next bytes of the server; empty at its close_notify; SSLEOFError when it ended without one."""
        while True:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.fetch()
            except ssl.SSLZeroReturnError:
                return b""

    def read_exactly(self, count):
        received = bytearray()
        while len(received) < count:
            part = self.read()
            assert part, f"close_notify after {len(received)} of {count} bytes"
            received += part
        assert len(received) == count
        return bytes(received)

    def read_to_end(self):
        received = bytearray()
        while part := self.read():
            received += part
        return bytes(received)


class Exchange:
    """Sends random bytes in random portions over a connection and receives them back, both at once."""

    def __init__(self, tls, total, seed, largest=65536, receive_bytes=65536):
        tls.setblocking(False)
        self.tls, self.total, self.largest, self.receive_bytes = tls, total, largest, receive_bytes
        self.random = random.Random(seed)
        self.waiting = b""
        self.made = self.sent = self.received = 0
        self.sent_digest, self.received_digest = hashlib.sha256(), hashlib.sha256()

    @property
    def finished(self):
        return self.received >= self.total

    def send_some(self):
        if not self.waiting and self.made < self.total:
            size = min(self.random.choice((1, 100, 5000, self.largest)), self.total - self.made)
            self.waiting = self.random.randbytes(self.random.randint(1, size))
            self.made += len(self.waiting)
        while self.waiting:
            try:
                count = self.tls.send(self.waiting)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            self.sent_digest.update(self.waiting[:count])
            self.sent += count
            self.waiting = self.waiting[count:]
        return self.made < self.total

    def receive_some(self):
        try:
            part = self.tls.recv(self.receive_bytes)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        assert part, f"close_notify after {self.received} of {self.total} bytes"
        self.received_digest.update(part)
        self.received += len(part)
        return not self.finished

    @property
    def equal(self):
        return self.sent == self.received == self.total and \
            self.sent_digest.digest() == self.received_digest.digest()


def run_exchanges(exchanges, seconds=60):
    """Runs exchanges side by side in this one thread until each has everything back."""
    until = time.monotonic() + seconds * PATIENCE
    with selectors.DefaultSelector() as selector:
        for exchange in exchanges:
            selector.register(exchange.tls, selectors.EVENT_READ | selectors.EVENT_WRITE, exchange)
        while selector.get_map():
            assert time.monotonic() < until, f"{len(selector.get_map())} exchanges did not finish"
            for key, _ in selector.select(1):
                exchange = key.data
                for _ in range(4):
                    moved = exchange.send_some()
                    if not (exchange.receive_some() or moved):
                        break
                if exchange.finished:
                    selector.unregister(exchange.tls)
                elif exchange.sent == exchange.total:
                    selector.modify(exchange.tls, selectors.EVENT_READ, exchange)
