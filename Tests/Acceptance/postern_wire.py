"""TLS by hand, as far as tests need it: records cut apart, ClientHellos put together, the keys of TLS 1.2 from a master
secret of one's choice. It does what no library lets a client do, and verifies nothing.
"""
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from postern_client import MemoryClient, client_context

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET, CERTIFICATE, FINISHED = 1, 2, 4, 11, 20
SERVER_NAME, SESSION_TICKET, PRE_SHARED_KEY = 0, 35, 41
WARNING, FATAL = 1, 2
CLOSE_NOTIFY, UNEXPECTED_MESSAGE, HANDSHAKE_FAILURE, NO_RENEGOTIATION = 0, 10, 40, 100
SUITE = 0xC02B                              # ECDHE_ECDSA_WITH_AES_128_GCM_SHA256


def vector(body, width):
    """A vector of TLS: its length in `width` bytes, then the body."""
    return len(body).to_bytes(width, "big") + body


def record(kind, body, version=0x0303):
    return struct.pack(">BHH", kind, version, len(body)) + body


def message(kind, body):
    return bytes([kind]) + vector(body, 3)


def records(data):
    """What a socket gave, as pairs (kind, body); a record that was cut is left out."""
    found = []
    while len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5], "big"):
        end = 5 + int.from_bytes(data[3:5], "big")
        found.append((data[0], data[5:end]))
        data = data[end:]
    return found


def messages(body):
    """Handshake messages in plain text, as pairs (kind, body)."""
    found = []
    while body:
        end = 4 + int.from_bytes(body[1:4], "big")
        found.append((body[0], body[4:end]))
        body = body[end:]
    return found


def plain_alerts(data):
    """The alerts that were sent before any key was in use, as pairs (level, description)."""
    return [tuple(body) for kind, body in records(data) if kind == ALERT and len(body) == 2]


def extensions_of_client_hello(body):
    """By number, in order."""
    at = 2 + 32
    at += 1 + body[at]
    at += 2 + int.from_bytes(body[at:at + 2], "big")
    at += 1 + body[at]
    at, found = at + 2, {}
    while at < len(body):
        kind, length = struct.unpack_from(">HH", body, at)
        found[kind] = body[at + 4:at + 4 + length]
        at += 4 + length
    return found


def server_name(name):
    """The extension that asks for a server's name (RFC 6066, section 3), as a pair for client_hello."""
    return SERVER_NAME, vector(b"\0" + vector(name.encode(), 2), 2)


def ticket_of_tls_1_2(server, context, session):
    """The owner's ticket, as its next ClientHello has it."""
    with MemoryClient(server, context=context) as client:
        client.tls.session = session
        (kind, body), = messages(records(client.step()[1])[0][1])
    assert kind == CLIENT_HELLO
    return extensions_of_client_hello(body)[SESSION_TICKET]


def first_identity(hello):
    """The ticket that a ClientHello of TLS 1.3 offers, which travels in clear (RFC 8446, section 4.2.11)."""
    (kind, body), = messages(records(hello)[0][1])
    assert kind == CLIENT_HELLO
    offered = extensions_of_client_hello(body)[PRE_SHARED_KEY]
    return offered[4:4 + int.from_bytes(offered[2:4], "big")]


def client_hello(extensions=(), suites=(SUITE,), random=None, session=b"", version=0x0303):
    """A ClientHello's handshake message. What TLS 1.2 needs comes first; `extensions` are pairs (number, body)."""
    usual = [(10, vector(struct.pack(">HH", 23, 29), 2)), (11, b"\x01\x00"),       # groups, point formats
             (13, vector(struct.pack(">HHH", 0x0403, 0x0401, 0x0804), 2)), (23, b"")]     # signatures, RFC 7627
    own = [number for number, _ in extensions]
    both = [pair for pair in usual if pair[0] not in own] + list(extensions)
    return message(CLIENT_HELLO, struct.pack(">H", version) + (random or os.urandom(32)) + vector(session, 1)
                   + vector(b"".join(struct.pack(">H", suite) for suite in suites), 2) + b"\x01\x00"
                   + vector(b"".join(struct.pack(">H", number) + vector(body, 2) for number, body in both), 2))


def prf(secret, label, seed, count):
    """RFC 5246, section 5, with SHA-256."""
    seed, made = label + seed, b""
    block = seed
    while len(made) < count:
        block = hmac.digest(secret, block, "sha256")
        made += hmac.digest(secret, block + seed, "sha256")
    return made[:count]


class GCM:
    """One direction of TLS 1.2 with AES-GCM (RFC 5288)."""

    def __init__(self, key, salt, sequence=0):
        self.cipher, self.salt, self.sequence = AESGCM(key), salt, sequence

    def _data(self, kind, count):
        self.sequence += 1
        return struct.pack(">QBHH", self.sequence - 1, kind, 0x0303, count)

    def seal(self, kind, body):
        nonce = struct.pack(">Q", self.sequence)
        sealed = self.cipher.encrypt(self.salt + nonce, body, self._data(kind, len(body)))
        return record(kind, nonce + sealed)

    def open(self, kind, body):
        return self.cipher.decrypt(self.salt + body[:8], body[8:], self._data(kind, len(body) - 24))


def directions(master, client_random, server_random):
    """(client's, server's) for AES_128_GCM_SHA256."""
    block = prf(master, b"key expansion", server_random + client_random, 40)
    return GCM(block[:16], block[32:36]), GCM(block[16:32], block[36:40])


class Sealed13:
    """One direction of TLS 1.3 from its traffic secret (RFC 8446, sections 5.2 and 7.3)."""

    def __init__(self, secret, suite):
        key = expand(secret, b"key", 16 if "AES_128" in suite else 32)
        self.cipher = AESGCM(key) if "AES" in suite else ChaCha20Poly1305(key)
        self.iv, self.sequence = int.from_bytes(expand(secret, b"iv", 12), "big"), 0

    def _nonce(self):
        self.sequence += 1
        return (self.iv ^ (self.sequence - 1)).to_bytes(12, "big")

    def seal(self, kind, body, padding=0):
        inner = body + bytes([kind]) + bytes(padding)
        header = struct.pack(">BHH", APPLICATION_DATA, 0x0303, len(inner) + 16)
        return header + self.cipher.encrypt(self._nonce(), inner, header)

    def open(self, body):
        """(kind, body) of what is inside."""
        header = struct.pack(">BHH", APPLICATION_DATA, 0x0303, len(body))
        inner = self.cipher.decrypt(self._nonce(), body, header).rstrip(b"\0")
        return inner[-1], inner[:-1]


def expand(secret, label, count):
    """HKDF-Expand-Label of RFC 8446 without context, for no more than one hash; the secret has the hash's length."""
    info = struct.pack(">H", count) + vector(b"tls13 " + label, 1) + b"\0"
    return hmac.digest(secret, info + b"\x01", "sha384" if len(secret) == 48 else "sha256")[:count]


class HalfKnownClient(MemoryClient):
    """A client of Python's ssl after its handshake, whose keys are known here too: records that it would never send are
    sealed behind it with `seal`. Nothing may have been sent through it before, and nothing be sent later."""

    def __init__(self, server, version, folder):
        context = client_context(version)
        context.keylog_filename = str(folder / "keys")
        if version == "1.2":
            context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        super().__init__(server, context=context)
        self.flights, self.answers = b"", b""
        self.handshake(self._send)
        keys = dict(line.split()[::2] for line in (folder / "keys").read_text().splitlines()
                    if not line.startswith("#"))
        if version == "1.3":
            self.way = Sealed13(bytes.fromhex(keys["CLIENT_TRAFFIC_SECRET_0"]), self.tls.cipher()[0])
        else:
            hellos = [messages(records(part)[0][1])[0][1] for part in (self.flights, self.answers)]
            self.way, self.theirs = directions(bytes.fromhex(keys["CLIENT_RANDOM"]), *(hello[2:34] for hello in hellos))
            self.way.sequence = self.theirs.sequence = 1        # both Finished
        self.seal = self.way.seal

    def _send(self, flight):
        self.flights += flight
        self.socket.sendall(flight)

    def fetch(self):
        part = super().fetch()
        self.answers += part
        return part


class Reader:
    """The records of a socket, one after the other, as they come."""

    def __init__(self, raw):
        self.raw, self.rest = raw, b""

    def _take(self, count):
        while len(self.rest) < count:
            part = self.raw.recv(65536)
            if not part:
                raise EOFError
            self.rest += part
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def next(self):
        """(kind, body) of the next record; EOFError at the end."""
        header = self._take(5)
        return header[0], self._take(int.from_bytes(header[3:5], "big"))
