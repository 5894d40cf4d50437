"""One conversation with a server, message by message, over the parts of tlslite-ng: what it sends is what a test says,
in the order that it says. `Client12` and `Client13` know how a good client would go on; tests leave out, repeat, cut
and spoil. Nothing is verified.
"""
import os

from tlslite.constants import CipherSuite, ContentType, ExtensionType, GroupName, SignatureScheme
from tlslite.defragmenter import Defragmenter
from tlslite.errors import TLSAbruptCloseError
from tlslite.extensions import (
    ClientKeyShareExtension, KeyShareEntry, SignatureAlgorithmsExtension, SupportedGroupsExtension,
    SupportedVersionsExtension, TLSExtension)
from tlslite.handshakehashes import HandshakeHashes
from tlslite.keyexchange import ECDHKeyExchange
from tlslite.mathtls import calc_key
from tlslite.messages import ClientHello, ClientKeyExchange, Message, ServerHello, ServerKeyExchange
from tlslite.messagesocket import MessageSocket
from tlslite.utils.codec import Parser
from tlslite.utils.cryptomath import HKDF_expand_label, derive_secret, secureHMAC

PURE = ["python"]
GROUP = GroupName.secp256r1
SCHEMES = [SignatureScheme.ecdsa_secp256r1_sha256, SignatureScheme.rsa_pkcs1_sha256,
           SignatureScheme.rsa_pss_rsae_sha256]
HELLO, SERVER_HELLO, HELLO_DONE, KEYS, SERVER_KEYS, FINISHED = 1, 2, 14, 16, 12, 20


def message(kind, body):
    """A handshake message of any kind."""
    return bytearray([kind]) + len(body).to_bytes(3, "big") + body


class Client:
    """What both versions share: records, the transcript, and how a conversation ends."""

    def __init__(self, raw):
        messages = Defragmenter()
        messages.add_static_size(ContentType.change_cipher_spec, 1)
        messages.add_static_size(ContentType.alert, 2)
        messages.add_dynamic_size(ContentType.handshake, 1, 3)
        self.raw = raw
        self.records = MessageSocket(raw, messages)
        self.records.version = (3, 3)
        self.hashes = HandshakeHashes()
        self.random = bytearray(os.urandom(32))
        self.keys = ECDHKeyExchange(GROUP, (3, 3))
        self.private = self.keys.get_random_private_key()
        self.public = bytearray(self.keys.calc_public_value(self.private))

    def send(self, kind, body):
        """A record with what was said, under the present keys."""
        for _ in self.records.sendRecord(Message(kind, bytearray(body))):
            pass

    def say(self, *parts):
        """Handshake messages, a record each, and into the transcript."""
        for part in parts:
            self.hashes.update(bytearray(part))
            self.send(ContentType.handshake, part)

    def hello_with(self, *extensions, suites, **changes):
        hello = ClientHello().create(
            changes.get("version", (3, 3)), self.random, changes.get("session", bytearray(0)), suites,
            extensions=list(extensions))
        hello.compression_methods = changes.get("compression", [0])
        return bytearray(hello.write())

    def receive(self):
        """(kind, body) of what comes next: a message, an alert, data."""
        header, parser = self.records.recvMessageBlocking()
        return header.type, bytearray(parser.bytes)

    def receive_message(self, kind):
        """Waits for a handshake message and adds all that comes to the transcript."""
        while True:
            found, body = self.receive()
            if found == ContentType.change_cipher_spec:
                continue
            assert found == ContentType.handshake, (found, body)
            if body[0] == kind:
                return body
            self.noted(body)

    def noted(self, body):
        self.hashes.update(body)

    def is_served(self):
        """Something goes there and comes back, over whatever else comes."""
        self.send(ContentType.application_data, b"hello")
        while True:
            kind, body = self.receive()
            assert kind != ContentType.alert or body[0] == 1, f"alert {body[1]}"
            if kind == ContentType.application_data and body:
                return body == b"hello"

    def outcome(self):
        """The alerts with which the server ends the conversation, as a list of their numbers; warnings are negative."""
        alerts = []
        while True:
            try:
                kind, body = self.receive()
            except (TLSAbruptCloseError, ConnectionError):
                return alerts
            if kind == ContentType.alert:
                alerts.append(body[1] if body[0] == 2 else -body[1])


class Client12(Client):
    """TLS 1.2 with P-256 and AES-GCM."""
    SUITES = [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
    shared = None

    def hello(self, *more, suites=None, **changes):
        return self.hello_with(
            SupportedGroupsExtension().create([GROUP]), SignatureAlgorithmsExtension().create(SCHEMES), *more,
            suites=suites or self.SUITES, **changes)

    def server_flight(self):
        """Up to ServerHelloDone."""
        body = self.receive_message(SERVER_HELLO)
        hello = ServerHello().parse(Parser(body[1:]))
        self.noted(body)
        self.suite, self.server_random = hello.cipher_suite, hello.random
        body = self.receive_message(SERVER_KEYS)
        self.shared = self.keys.calc_shared_key(
            self.private, ServerKeyExchange(self.suite, (3, 3)).parse(Parser(body[1:])).ecdh_Ys)
        self.noted(body)
        self.noted(self.receive_message(HELLO_DONE))

    def key_exchange(self, point=None):
        keys = ClientKeyExchange(self.suite, (3, 3)).createECDH(self.public if point is None else point)
        return bytearray(keys.write())

    def change(self, body=b"\x01"):
        """change_cipher_spec; what is sent later is sealed."""
        self.send(ContentType.change_cipher_spec, body)
        self.seal()

    def seal(self):
        self.master = calc_key((3, 3), self.shared, self.suite, b"master secret", client_random=self.random,
                               server_random=self.server_random, output_length=48)
        self.records.calcPendingStates(self.suite, self.master, self.random, self.server_random, PURE)
        self.records.changeWriteState()

    def finished(self):
        return message(FINISHED, calc_key((3, 3), self.master, self.suite, b"client finished",
                                          handshake_hashes=self.hashes, output_length=12))

    def receive(self):
        kind, body = super().receive()
        if kind == ContentType.change_cipher_spec:
            self.records.changeReadState()
        return kind, body

    def start(self):
        self.say(self.hello())
        self.server_flight()
        return self

    def handshake(self):
        self.start()
        self.say(self.key_exchange())
        self.change()
        self.say(self.finished())
        self.receive_message(FINISHED)
        return self


class Client13(Client):
    """TLS 1.3 with P-256."""
    SUITES = [CipherSuite.TLS_AES_128_GCM_SHA256]

    def extensions(self, public=None, group=GROUP, groups=(GROUP,)):
        """By number, in the order in which they are sent."""
        share = KeyShareEntry().create(group, self.public if public is None else public, self.private)
        return {
            ExtensionType.supported_versions: SupportedVersionsExtension().create([(3, 4)]),
            ExtensionType.supported_groups: SupportedGroupsExtension().create(list(groups)),
            ExtensionType.signature_algorithms: SignatureAlgorithmsExtension().create(SCHEMES),
            ExtensionType.key_share: ClientKeyShareExtension().create([share]),
        }

    def hello(self, *more, without=(), suites=None, session=None, **changes):
        named = {name: changes.pop(name) for name in ("public", "group", "groups") if name in changes}
        kept = [body for kind, body in self.extensions(**named).items() if kind not in without]
        return self.hello_with(*kept, *more, suites=suites or self.SUITES,
                               session=bytearray(32) if session is None else session, **changes)

    def server_flight(self):
        """Up to the server's Finished. What we send later is sealed for the handshake, what comes for data."""
        body = self.receive_message(SERVER_HELLO)
        hello = ServerHello().parse(Parser(body[1:]))
        self.noted(body)
        self.suite, self.hash = hello.cipher_suite, "sha256"
        share = hello.getExtension(ExtensionType.key_share).server_share.key_exchange
        self.records.version = (3, 4)
        self.records.tls13record = True
        zeros = bytearray(32)
        early = secureHMAC(zeros, zeros, self.hash)
        secret = secureHMAC(derive_secret(early, b"derived", None, self.hash),
                            ECDHKeyExchange(GROUP, (3, 4)).calc_shared_key(self.private, share), self.hash)
        self.handshake_secret = derive_secret(secret, b"c hs traffic", self.hashes, self.hash)
        self._keys(self.handshake_secret, derive_secret(secret, b"s hs traffic", self.hashes, self.hash))
        self.records.changeReadState()
        self.records.changeWriteState()
        self.noted(self.receive_message(FINISHED))
        secret = secureHMAC(derive_secret(secret, b"derived", None, self.hash), zeros, self.hash)
        self._keys(derive_secret(secret, b"c ap traffic", self.hashes, self.hash),
                   derive_secret(secret, b"s ap traffic", self.hashes, self.hash))
        self.records.changeReadState()

    def _keys(self, ours, servers):
        self.records.calcTLS1_3PendingState(self.suite, ours, servers, PURE)

    def finished(self):
        key = HKDF_expand_label(self.handshake_secret, b"finished", b"", 32, self.hash)
        return message(FINISHED, secureHMAC(key, self.hashes.digest(self.hash), self.hash))

    def start(self):
        self.say(self.hello())
        self.server_flight()
        return self

    def handshake(self):
        self.start()
        self.say(self.finished())
        self.records.changeWriteState()
        return self


def unknown_extension(number, body=b""):
    return TLSExtension(extType=number).create(number, bytearray(body))
