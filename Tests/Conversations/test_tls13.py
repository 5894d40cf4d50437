"""Conversations of TLS 1.3 (RFC 8446): messages left out, repeated, reordered, cut and spoilt, each with its answer."""
import pytest
from tlslite.constants import ContentType as Kind, ExtensionType as Extension, GroupName

from conversation import Client13, message, unknown_extension
from expected import CLOSED, GOES_ON, SERVED, Deviation, parameters, run
from postern_target import VERSIONS
from test_tls12 import (
    BAD_MAC, DECODE, DECRYPT, FAILURE, ILLEGAL, OVERFLOW, UNEXPECTED, flight, hello, opened, sealed_by_hand, spoilt)

pytestmark = pytest.mark.applies("1.3" in VERSIONS)
VERSION, MISSING = 70, 109


def finished(change):
    return flight(lambda c: c.say(change(c.finished())))


def then(*acts):
    def act(c):
        for one in acts:
            one(c)
    return act


def retried(change):
    """A first hello without a usable key share, and a second one as `change` makes it."""
    def act(c):
        c.say(c.hello(public=bytearray(56), group=GroupName.x448, groups=[GroupName.x448, GroupName.secp256r1]))
        assert c.receive()[1][0] == 2
        c.say(change(c))
    return act


CONVERSATIONS = {
    # ClientHello
    "good": (opened(lambda c: None), SERVED),
    "hello without its last byte": (hello(lambda b: b[:-1]), DECODE),
    "hello with a byte too many": (hello(lambda b: b + b"\0"), DECODE),
    "session id of 33 bytes": (lambda c: c.say(c.hello(session=bytearray(33))), DECODE),
    "unknown suites": (lambda c: c.say(c.hello(suites=[0x13ff])), FAILURE),
    "compression beside null": (lambda c: c.say(c.hello(compression=[1, 0])), ILLEGAL),
    "no groups": (lambda c: c.say(c.hello(without=[Extension.supported_groups])), MISSING),
    "no signature algorithms": (lambda c: c.say(c.hello(without=[Extension.signature_algorithms])), MISSING),
    "no key share": (lambda c: c.say(c.hello(without=[Extension.key_share])), MISSING),
    "versions that nobody has": (lambda c: c.say(c.hello(
        unknown_extension(43, b"\2\3\5"), without=[Extension.supported_versions])), VERSION),
    "extension twice": (lambda c: c.say(c.hello(unknown_extension(43, b"\2\3\4"))), ILLEGAL),
    "unknown groups alone": (lambda c: c.say(c.hello(
        public=bytearray(56), group=GroupName.x448, groups=[GroupName.x448])), FAILURE),
    "point not on the curve": (lambda c: c.say(c.hello(public=spoilt(c.public))), ILLEGAL),
    "empty key share": (lambda c: c.say(c.hello(public=bytearray(0))), DECODE),
    "pre_shared_key that is not the last": (lambda c: c.say(c.hello(
        unknown_extension(45, b"\1\1"), unknown_extension(41, b"\0\7\0\1x\0\0\0\0\0\x21\x20" + bytes(32)),
        unknown_extension(0xfafa))), ILLEGAL),
    "pre_shared_key without modes": (lambda c: c.say(c.hello(
        unknown_extension(41, b"\0\7\0\1x\0\0\0\0\0\x21\x20" + bytes(32)))), MISSING),
    "second hello as the first": (retried(lambda c: c.hello(
        public=bytearray(56), group=GroupName.x448, groups=[GroupName.x448, GroupName.secp256r1])), ILLEGAL),
    "data for the second hello": (lambda c: then(
        lambda c: c.say(c.hello(public=bytearray(56), group=GroupName.x448,
                                groups=[GroupName.x448, GroupName.secp256r1])),
        lambda c: c.send(Kind.application_data, b"hello"))(c), UNEXPECTED),
    # The second flight
    "finished with a wrong bit": (finished(spoilt), DECRYPT),
    "finished without its last byte": (finished(lambda b: message(20, b[4:-1])), DECODE),
    "finished with a byte too many": (finished(lambda b: message(20, b[4:] + b"x")), DECODE),
    "another message for finished": (finished(lambda b: message(15, b[4:])), UNEXPECTED),
    "hello twice": (flight(lambda c: c.say(c.hello())), UNEXPECTED),
    "key update for finished": (flight(lambda c: c.say(message(24, b"\0"))), UNEXPECTED),
    "certificate that nobody asked for": (flight(lambda c: c.say(message(11, bytes(4)))), UNEXPECTED),
    "data for finished": (flight(lambda c: c.send(Kind.application_data, b"hello")), UNEXPECTED),
    "plain finished": (flight(lambda c: c.raw.sendall(b"\x16\3\3\0\x24" + message(20, bytes(32)))), UNEXPECTED),
    "change_cipher_spec before finished": (lambda c: then(
        lambda c: c.start(), lambda c: c.send(Kind.change_cipher_spec, b"\1"), lambda c: c.say(c.finished()),
        lambda c: c.records.changeWriteState())(c), SERVED),
    "change_cipher_spec of two": (flight(lambda c: c.send(Kind.change_cipher_spec, b"\2")), UNEXPECTED),
    "finished with a wrong tag": (flight(lambda c: sealed_by_hand(Kind.handshake, c.finished(), spoilt)(c)), BAD_MAC),
    "fatal alert for finished": (flight(lambda c: c.send(Kind.alert, b"\2\x50")), CLOSED),
    "alert of three bytes": (flight(lambda c: c.send(Kind.alert, b"\1\x5a\0")), DECODE),
    # An open connection
    "finished twice": (opened(lambda c: c.say(c.finished())), UNEXPECTED),
    "hello on an open connection": (opened(lambda c: c.say(c.hello())), UNEXPECTED),
    "key update": (opened(lambda c: c.say(message(24, b"\0"))), SERVED),
    "key update of two": (opened(lambda c: c.say(message(24, b"\2"))), ILLEGAL),
    "ticket from a client": (opened(lambda c: c.say(message(4, bytes(13)))), UNEXPECTED),
    "end of early data": (opened(lambda c: c.say(message(5, b""))), UNEXPECTED),
    "certificate on an open connection": (opened(lambda c: c.say(message(11, bytes(4)))), UNEXPECTED),
    "change_cipher_spec on an open connection": (opened(lambda c: c.send(Kind.change_cipher_spec, b"\1")), UNEXPECTED),
    "empty data": (opened(lambda c: c.send(Kind.application_data, b"")), SERVED),
    "empty handshake record": (opened(lambda c: c.send(Kind.handshake, b"")), UNEXPECTED),
    "record of zeros": (opened(lambda c: c.send(0, bytes(20))), UNEXPECTED),
    "unknown record": (opened(lambda c: c.send(24, b"hello")), UNEXPECTED),
    "data with a wrong tag": (opened(sealed_by_hand(Kind.application_data, b"hello", spoilt)), BAD_MAC),
    "record too long": (opened(lambda c: c.raw.sendall(b"\x17\3\3\x41\1" + bytes(16641))), OVERFLOW),
    "plain data": (opened(lambda c: c.raw.sendall(b"\x17\3\3\0\x20" + bytes(32))), BAD_MAC),
    "fatal alert on an open connection": (opened(lambda c: c.send(Kind.alert, b"\2\x50")), CLOSED),
    "warning on an open connection": (opened(lambda c: c.send(Kind.alert, b"\1\x5a")), SERVED),
}
NO_UPDATE = "the library has no key update; the connection ends, and both sides know"
DEVIATIONS = {
    "hello with a byte too many": [Deviation(
        GOES_ON, "the library stops where the extensions end; what it has not read counts in the transcript")],
    "extension twice": [Deviation(GOES_ON, "the library takes the last one; nothing here reads a hello beside it")],
    "point not on the curve": [Deviation(
        DECODE, "the library does not tell a bad point from a bad length; the connection ends as it must")],
    "pre_shared_key without modes": [Deviation(ILLEGAL, "another number for the same refusal")],
    "second hello as the first": [Deviation(FAILURE, "another number for the same refusal")],
    "plain finished": [Deviation(BAD_MAC, "the library decrypts whatever comes once it has keys")],
    "record too long": [Deviation(
        BAD_MAC, "the library has room for the longer records of TLS 1.2, and finds that this one is not sealed")],
    "key update": [Deviation(UNEXPECTED, NO_UPDATE)],
    "key update of two": [Deviation(UNEXPECTED, NO_UPDATE)],
    "change_cipher_spec on an open connection": [Deviation(
        SERVED, "the library takes it at any time; more than 32 in a row are refused")],
}


@pytest.mark.parametrize("name", parameters(CONVERSATIONS))
def test_conversation(server, name):
    act, expected = CONVERSATIONS[name]
    run(server, Client13, act, expected, DEVIATIONS.get(name, ()))
