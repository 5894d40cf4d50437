"""A ticket resumes the version under which it was given, and no other (CVE-2026-93831).

The client is written by hand, as an attacker has it: who overhears a resumption of TLS 1.3 has the ticket, which stands
in the ClientHello in clear, and not the secret that goes with it.
"""
import hashlib
import os
import ssl
import struct

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import postern_wire as wire
from postern_client import client_context, take_session, use_session
from postern_target import VERSIONS

pytestmark = pytest.mark.applies("1.3" in VERSIONS)
ECHO = b"whoever I am"


@pytest.fixture(params=["good", "pinned"])
def victim(request, clients, rules, launch):
    """A server that requires certificates, and what a client of it needs to come in: (server, files)."""
    return launch(*rules.options("required")), clients.files[request.param]


def context_of(files, version):
    context = client_context(version)
    context.load_cert_chain(files.certificate, files.key)
    return context


def overheard_ticket(server, files):
    """What an eavesdropper has after the victim has come twice."""
    context = context_of(files, "1.3")
    session = take_session(server, context)
    assert use_session(server, context, session)        # the ticket is good
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost", session=session)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return wire.first_identity(outgoing.read())


def resume_with_a_secret_of_zeros(raw, ticket):
    """Presents a ticket as one of TLS 1.2 and goes on under a master secret of 48 zeros. Returns what the server sends
    back for ECHO, or the kinds of the messages with which it did something else."""
    reader, own_random, session = wire.Reader(raw), os.urandom(32), os.urandom(32)
    hello = wire.client_hello(
        [wire.server_name("localhost"), (wire.SESSION_TICKET, ticket)], random=own_random, session=session)
    raw.sendall(wire.record(wire.HANDSHAKE, hello))
    transcript, kinds = hello, []
    while (received := reader.next())[0] == wire.HANDSHAKE:
        transcript += received[1]
        for kind, body in wire.messages(received[1]):
            kinds.append(kind)
            if kind == wire.SERVER_HELLO:
                server_random = body[2:34]
        if wire.CERTIFICATE in kinds:
            return kinds
    assert received[0] == wire.CHANGE_CIPHER_SPEC, received
    ours, servers = wire.directions(bytes(48), own_random, server_random)
    kind, body = reader.next()
    finished = servers.open(kind, body)                 # raises when the secret is another one
    digest = hashlib.sha256(transcript + finished).digest()
    mine = wire.message(wire.FINISHED, wire.prf(bytes(48), b"client finished", digest, 12))
    raw.sendall(wire.record(wire.CHANGE_CIPHER_SPEC, b"\x01") + ours.seal(wire.HANDSHAKE, mine)
                + ours.seal(wire.APPLICATION_DATA, ECHO))
    return servers.open(*reader.next())


def test_a_ticket_of_tls_1_3_opens_nothing_in_tls_1_2(victim):
    """The server goes on with a full handshake, in which the stranger would have to show a certificate and a key."""
    server, files = victim
    ticket = overheard_ticket(server, files)
    before = server.settle()
    with server.connect() as raw:
        address = raw.getsockname()
        outcome = resume_with_a_secret_of_zeros(raw, ticket)
    assert outcome != ECHO, "the stranger was served as the client whose ticket it overheard"
    assert outcome[:2] == [wire.SERVER_HELLO, wire.CERTIFICATE]
    assert server.closed(address)["version"] == "-"
    after = server.settle()
    assert (after["resumed"], after["handshakes"]) == (before["resumed"], before["handshakes"])


def test_a_ticket_of_tls_1_2_opens_nothing_in_tls_1_3(victim):
    """Its secret would be known to whoever has it; the server must take it for no pre-shared key all the same."""
    server, files = victim
    context = context_of(files, "1.2")
    ticket = wire.ticket_of_tls_1_2(server, context, take_session(server, context))
    key = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    offer = wire.vector(wire.vector(ticket, 2) + bytes(4), 2) + wire.vector(wire.vector(bytes(32), 1), 2)
    hello = wire.client_hello([
        wire.server_name("localhost"), (43, b"\x02\x03\x04"), (45, b"\x01\x01"),
        (51, wire.vector(struct.pack(">H", 23) + wire.vector(key, 2), 2)),
        (wire.PRE_SHARED_KEY, offer)], suites=(0x1301,), session=os.urandom(32))
    with server.connect() as raw:
        raw.sendall(wire.record(wire.HANDSHAKE, hello))
        kind, body = wire.Reader(raw).next()
    assert kind == wire.HANDSHAKE, (kind, body)
    (kind, body), = wire.messages(body)
    assert kind == wire.SERVER_HELLO and struct.pack(">HHH", 43, 2, 0x0304) in body
    assert struct.pack(">HHH", wire.PRE_SHARED_KEY, 2, 0) not in body, "the server took the ticket"
