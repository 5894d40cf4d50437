"""A TLS client by hand whose Certificate message is whatever a test wants. Everything else is right: the transcript has
that message, and CertificateVerify is made with the client's own key. It verifies nothing of the server, and speaks
P-256 with AES-128-GCM alone.
"""
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from postern_wire import (ALERT, APPLICATION_DATA, CERTIFICATE, CHANGE_CIPHER_SPEC, FINISHED, HANDSHAKE, SERVER_HELLO,
                          Reader, client_hello, directions, message, messages, prf, record, vector)

SERVER_KEY_EXCHANGE, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE, SERVER_HELLO_DONE = 12, 15, 16, 14
GROUPS, SUPPORTED_VERSIONS, KEY_SHARE = 10, 43, 51
SECP256R1, ECDSA_SHA256, AES_128_GCM_SHA256 = 23, 0x0403, 0x1301
SERVED = "served"


def certificate_body(entries, version):
    """RFC 5246, section 7.4.6, and RFC 8446, section 4.4.2."""
    extensions = b"\0\0" if version == "1.3" else b""
    body = vector(b"".join(vector(entry, 3) + extensions for entry in entries), 3)
    return b"\0" + body if version == "1.3" else body


def outcome(raw, version, entries, key):
    """What a server answers to a client that shows these certificates and has this key: SERVED when it echoes, else the
    number of its fatal alert, or None when it ends the connection without a word."""
    return (_Attacker13 if version == "1.3" else _Attacker12)(raw, entries, key).outcome()


class _Attacker:
    """What both versions share: the socket, the ephemeral key, the transcript."""

    def __init__(self, raw, entries, key):
        self.raw, self.entries, self.key = raw, entries, key
        self.ephemeral = ec.generate_private_key(ec.SECP256R1())
        self.transcript, self.reader = b"", Reader(raw)
        self.server_key = None

    @property
    def share(self):
        return self.ephemeral.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)

    def secret(self, point):
        return self.ephemeral.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))

    def add(self, *made):
        """Handshake messages that are sent, and stand in the transcript."""
        self.transcript += b"".join(made)
        return b"".join(made)

    def hash(self):
        return hashlib.sha256(self.transcript).digest()

    def receive(self):
        """(kind, body) of the next record, as it stands on the wire."""
        return self.reader.next()

    def outcome(self):
        try:
            self.begin()
            self.prove()
            self.send(b"hello")
            return SERVED if self.answer() == b"hello" else "another answer"
        except FatalAlert as alert:
            return alert.args[0]
        except EOFError:
            return None


class FatalAlert(Exception):
    """The server's, by its number."""


class _Attacker12(_Attacker):
    def begin(self):
        self.client_random, groups = os.urandom(32), vector(struct.pack(">H", SECP256R1), 2)
        hello = self.add(client_hello([(GROUPS, groups)], random=self.client_random))
        self.raw.sendall(record(HANDSHAKE, hello))
        found = {}
        while SERVER_HELLO_DONE not in found:
            kind, body = self.receive()
            assert kind == HANDSHAKE, (kind, body)
            self.add(body)
            found.update(messages(body))
        self.server_random = found[SERVER_HELLO][2:34]
        point = found[SERVER_KEY_EXCHANGE]
        self.premaster = self.secret(point[4:4 + point[3]])

    def prove(self):
        shown = self.add(message(CERTIFICATE, certificate_body(self.entries, "1.2")),
                         message(CLIENT_KEY_EXCHANGE, vector(self.share, 1)))
        master = prf(self.premaster, b"extended master secret", self.hash(), 48)
        signature = self.key.sign(self.transcript, ec.ECDSA(hashes.SHA256()))
        proof = self.add(message(CERTIFICATE_VERIFY, struct.pack(">H", ECDSA_SHA256) + vector(signature, 2)))
        self.up, self.down = directions(master, self.client_random, self.server_random)
        finished = message(FINISHED, prf(master, b"client finished", self.hash(), 12))
        self.raw.sendall(record(HANDSHAKE, shown) + record(HANDSHAKE, proof) + record(CHANGE_CIPHER_SPEC, b"\1")
                         + self.up.seal(HANDSHAKE, finished))
        kind = None
        while kind != CHANGE_CIPHER_SPEC:       # a ticket comes before it
            kind, body = self.receive()
            if kind == ALERT:
                raise FatalAlert(body[1])
        kind, body = self.receive()
        assert messages(self.down.open(kind, body))[0][0] == FINISHED

    def send(self, data):
        self.raw.sendall(self.up.seal(APPLICATION_DATA, data))

    def answer(self):
        kind, body = self.receive()
        return self.down.open(kind, body) if kind == APPLICATION_DATA else None


def expand_label(secret, label, context, count):
    """HKDF-Expand-Label with SHA-256, for no more than 32 bytes (RFC 8446, section 7.1)."""
    info = struct.pack(">H", count) + vector(b"tls13 " + label, 1) + vector(context, 1) + b"\1"
    return hmac.digest(secret, info, "sha256")[:count]


class _Direction13:
    """RFC 8446, section 5.2, from a traffic secret."""

    def __init__(self, secret):
        self.secret, self.sequence = secret, 0
        self.cipher = AESGCM(expand_label(secret, b"key", b"", 16))
        self.iv = int.from_bytes(expand_label(secret, b"iv", b"", 12), "big")

    def _nonce(self):
        self.sequence += 1
        return (self.iv ^ (self.sequence - 1)).to_bytes(12, "big")

    def seal(self, kind, body):
        header = struct.pack(">BHH", APPLICATION_DATA, 0x0303, len(body) + 17)
        return header + self.cipher.encrypt(self._nonce(), body + bytes([kind]), header)

    def open(self, body):
        inner = self.cipher.decrypt(self._nonce(), body, struct.pack(">BHH", APPLICATION_DATA, 0x0303, len(body)))
        inner = inner.rstrip(b"\0")
        return inner[-1], inner[:-1]

    def finished(self, transcript_hash):
        key = expand_label(self.secret, b"finished", b"", 32)
        return message(FINISHED, hmac.digest(key, transcript_hash, "sha256"))


class _Attacker13(_Attacker):
    def begin(self):
        share = struct.pack(">H", SECP256R1) + vector(self.share, 2)
        hello = self.add(client_hello(
            [(GROUPS, vector(struct.pack(">H", SECP256R1), 2)), (SUPPORTED_VERSIONS, b"\2\3\4"),
             (KEY_SHARE, vector(share, 2))], suites=[AES_128_GCM_SHA256]))
        self.raw.sendall(record(HANDSHAKE, hello))
        kind, body = self.receive()
        assert kind == HANDSHAKE, (kind, body)
        self.add(body)
        early = hmac.digest(bytes(32), bytes(32), "sha256")
        # The hello ends with the server's share or holds it last but for its version.
        at = body.index(struct.pack(">HHHH", KEY_SHARE, 69, SECP256R1, 65)) + 8
        self.handshake = hmac.digest(self.derive(early, b"derived", b""), self.secret(body[at:at + 65]), "sha256")
        self.up = _Direction13(self.derive(self.handshake, b"c hs traffic"))
        self.down = _Direction13(self.derive(self.handshake, b"s hs traffic"))
        flight = b""
        while FINISHED not in (kind for kind, _ in messages(flight)):
            kind, body = self.receive()
            if kind == APPLICATION_DATA:
                flight += self.down.open(body)[1]
        self.add(flight)

    def derive(self, secret, label, transcript=None):
        """Derive-Secret."""
        context = self.hash() if transcript is None else hashlib.sha256(transcript).digest()
        return expand_label(secret, label, context, 32)

    def prove(self):
        main = hmac.digest(self.derive(self.handshake, b"derived", b""), bytes(32), "sha256")
        later_up, self.down = (_Direction13(self.derive(main, label)) for label in (b"c ap traffic", b"s ap traffic"))
        flight = self.add(message(CERTIFICATE, certificate_body(self.entries, "1.3")))
        content = b" " * 64 + b"TLS 1.3, client CertificateVerify\0" + self.hash()
        signature = self.key.sign(content, ec.ECDSA(hashes.SHA256()))
        flight += self.add(message(CERTIFICATE_VERIFY, struct.pack(">H", ECDSA_SHA256) + vector(signature, 2)))
        flight += self.add(self.up.finished(self.hash()))
        self.raw.sendall(self.up.seal(HANDSHAKE, flight))
        self.up = later_up

    def send(self, data):
        try:
            self.raw.sendall(self.up.seal(APPLICATION_DATA, data))
        except ConnectionError:
            pass        # the alert can still be read

    def answer(self):
        while True:
            kind, body = self.receive()
            kind, body = self.down.open(body) if kind == APPLICATION_DATA else (kind, body)
            if kind == ALERT:
                raise FatalAlert(body[1])
            if kind == APPLICATION_DATA:        # tickets come before
                return body
