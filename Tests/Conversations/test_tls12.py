"""Conversations of TLS 1.2 (RFC 5246): messages left out, repeated, reordered, cut and spoilt, each with its answer."""
import pytest
from tlslite.constants import ContentType as Kind

from conversation import Client12, message, unknown_extension
from expected import CLOSED, GOES_ON, IGNORED, SERVED, Deviation, parameters, run

UNEXPECTED, BAD_MAC, OVERFLOW, FAILURE, ILLEGAL, DECODE, DECRYPT, VERSION = 10, 20, 22, 40, 47, 50, 51, 70


def hello(change):
    """A ClientHello whose body was changed; its length is right."""
    return lambda c: c.say(message(1, change(c.hello()[4:])))


def flight(act):
    """Whatever stands for the second flight."""
    return lambda c: act(c.start())


def opened(act):
    return lambda c: act(c.handshake())


def finished(change):
    def act(c):
        c.start()
        c.say(c.key_exchange())
        c.change()
        c.say(change(c.finished()))
    return act


def spoilt(body):
    body = bytearray(body)
    body[-1] ^= 1
    return body


def keys_then(*acts):
    def act(c):
        c.start()
        c.say(c.key_exchange())
        for one in acts:
            one(c)
    return act


def sealed_by_hand(kind, body, change):
    """A record whose cipher text is changed."""
    def act(c):
        c.records._recordSocket.sock = Spoiler(c.raw, change)   # pylint: disable=protected-access
        c.send(kind, body)
    return act


class Spoiler:
    """A socket that changes what is sent."""

    def __init__(self, raw, change):
        self.raw, self.change = raw, change

    def send(self, data):
        self.raw.sendall(self.change(bytearray(data)))
        return len(data)

    def recv(self, count):
        return self.raw.recv(count)


CERTIFICATE = message(11, b"\0\0\0")
CONVERSATIONS = {
    # ClientHello
    "good": (opened(lambda c: None), SERVED),
    "hello without its last byte": (hello(lambda b: b[:-1]), DECODE),
    "hello of two bytes": (hello(lambda b: b[:2]), DECODE),
    "hello with a byte too many": (hello(lambda b: b + b"\0"), DECODE),
    "session id of 33 bytes": (lambda c: c.say(c.hello(session=bytearray(33))), DECODE),
    "no suites": (hello(lambda b: b[:35] + b"\0\0" + b[39:]), DECODE),
    "half a suite": (hello(lambda b: b[:35] + b"\0\1" + b[37:38] + b[39:]), DECODE),
    "unknown suites": (lambda c: c.say(c.hello(suites=[0x1234, 0x0a0a])), FAILURE),
    "suites without authentication": (lambda c: c.say(c.hello(suites=[0x006c, 0xc018])), FAILURE),
    "compression without null": (lambda c: c.say(c.hello(compression=[1])), ILLEGAL),
    "no compression": (lambda c: c.say(c.hello(compression=[])), DECODE),
    "version 1.1": (lambda c: c.say(c.hello(version=(3, 2))), VERSION),
    "unknown extension": (lambda c: after(c, c.hello(unknown_extension(0xfafa, b"x"))), SERVED),
    "extension twice": (lambda c: c.say(c.hello(unknown_extension(35), unknown_extension(35))), ILLEGAL),
    "groups that end too late": (lambda c: c.say(c.hello_with(
        unknown_extension(10, b"\0\x20\0\x17"), suites=c.SUITES)), DECODE),
    "another message first": (lambda c: c.say(message(16, bytes(8))), UNEXPECTED),
    "hello request first": (lambda c: c.say(message(0, b"")), UNEXPECTED),
    "data first": (lambda c: c.send(Kind.application_data, b"hello"), UNEXPECTED),
    "change_cipher_spec first": (lambda c: c.send(Kind.change_cipher_spec, b"\1"), UNEXPECTED),
    "unknown record first": (lambda c: c.send(99, b"hello"), UNEXPECTED),
    "heartbeat first": (lambda c: c.send(24, b"\1\0\1x"), UNEXPECTED),
    "record too long": (lambda c: c.raw.sendall(b"\x16\x03\x03\x48\x01" + bytes(18433)), OVERFLOW),
    "fatal alert first": (lambda c: c.send(Kind.alert, b"\2\x28"), CLOSED),
    # The second flight
    "hello twice": (flight(lambda c: c.say(c.hello())), UNEXPECTED),
    "key exchange left out": (flight(lambda c: c.change()), UNEXPECTED),
    "key exchange twice": (keys_then(lambda c: c.say(c.key_exchange())), UNEXPECTED),
    "key exchange without its last byte": (flight(lambda c: c.say(message(16, c.key_exchange()[4:-1]))), DECODE),
    "key exchange with a byte too many": (flight(lambda c: c.say(message(16, c.key_exchange()[4:] + b"x"))), DECODE),
    "key exchange without a point": (flight(lambda c: c.say(message(16, b""))), DECODE),
    "point not on the curve": (flight(lambda c: c.say(c.key_exchange(spoilt(c.public)))), ILLEGAL),
    "point at infinity": (flight(lambda c: c.say(c.key_exchange(bytearray(1)))), ILLEGAL),
    "certificate that nobody asked for": (flight(lambda c: c.say(CERTIFICATE)), UNEXPECTED),
    "certificate verify that nobody asked for": (keys_then(lambda c: c.say(message(15, bytes(8)))), UNEXPECTED),
    "finished before change_cipher_spec": (keys_then(lambda c: c.say(message(20, bytes(12)))), UNEXPECTED),
    "change_cipher_spec of two": (keys_then(lambda c: c.change(b"\2")), UNEXPECTED),
    "change_cipher_spec twice": (keys_then(lambda c: c.change(b"\1\1")), UNEXPECTED),
    "data before change_cipher_spec": (keys_then(lambda c: c.send(Kind.application_data, b"x")), UNEXPECTED),
    "data before finished": (keys_then(lambda c: c.change(), lambda c: c.send(Kind.application_data, b"x")),
                             UNEXPECTED),
    "plain finished": (keys_then(lambda c: c.send(Kind.change_cipher_spec, b"\1"),
                                 lambda c: c.say(message(20, bytes(12)))), BAD_MAC),
    "finished with a wrong bit": (finished(spoilt), DECRYPT),
    "finished without its last byte": (finished(lambda b: message(20, b[4:-1])), DECODE),
    "finished with a byte too many": (finished(lambda b: message(20, b[4:] + b"x")), DECODE),
    "another message for finished": (finished(lambda b: message(16, b[4:])), UNEXPECTED),
    "finished with a wrong tag": (keys_then(lambda c: c.change(), lambda c: sealed_by_hand(
        Kind.handshake, c.finished(), spoilt)(c)), BAD_MAC),
    "fatal alert for key exchange": (flight(lambda c: c.send(Kind.alert, b"\2\x50")), CLOSED),
    "alert of three bytes": (flight(lambda c: c.send(Kind.alert, b"\1\x5a\0")), DECODE),
    # An open connection
    "finished twice": (opened(lambda c: c.say(message(20, bytes(12)))), UNEXPECTED),
    "key exchange on an open connection": (opened(lambda c: c.say(c.key_exchange())), UNEXPECTED),
    "renegotiation": (opened(lambda c: c.say(c.hello())), SERVED),
    "change_cipher_spec on an open connection": (opened(lambda c: c.send(Kind.change_cipher_spec, b"\1")), UNEXPECTED),
    "empty data": (opened(lambda c: c.send(Kind.application_data, b"")), SERVED),
    "empty handshake record": (opened(lambda c: c.send(Kind.handshake, b"")), UNEXPECTED),
    "heartbeat on an open connection": (opened(lambda c: c.send(24, b"\1\0\1x")), UNEXPECTED),
    "data with a wrong tag": (opened(sealed_by_hand(Kind.application_data, b"hello", spoilt)), BAD_MAC),
    "data of 16385 bytes": (opened(lambda c: c.send(Kind.application_data, bytes(16385))), OVERFLOW),
    "fatal alert on an open connection": (opened(lambda c: c.send(Kind.alert, b"\2\x50")), CLOSED),
    "warning on an open connection": (opened(lambda c: c.send(Kind.alert, b"\1\x5a")), SERVED),
}


def after(c, said):
    """A good handshake after this hello."""
    c.say(said)
    c.server_flight()
    c.say(c.key_exchange())
    c.change()
    c.say(c.finished())
    c.receive_message(20)


BAD_POINT = "the library does not tell a bad point from a bad length; the connection ends as it must"
DEVIATIONS = {
    "compression without null": [Deviation(
        GOES_ON, "the library does not look at compression in TLS 1.2; it never compresses")],
    "extension twice": [Deviation(GOES_ON, "the library takes the last one; nothing here reads a hello beside it")],
    "change_cipher_spec first": [Deviation(
        IGNORED, "the library takes the version for 1.3 until the hello is there; more than 32 are refused", "3.6")],
    "fatal alert first": [Deviation(
        UNEXPECTED, "the library does not look into what comes before a hello", "2.28")],
    "another message for finished": [Deviation(
        DECODE, "the library does not tell another message from one of another length", "2.28")],
    "point not on the curve": [Deviation(DECODE, BAD_POINT)],
    "point at infinity": [Deviation(DECODE, BAD_POINT)],
}


@pytest.mark.parametrize("name", parameters(CONVERSATIONS))
def test_conversation(server, name):
    act, expected = CONVERSATIONS[name]
    run(server, Client12, act, expected, DEVIATIONS.get(name, ()))
