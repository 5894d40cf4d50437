"""Resumption by session tickets, with each client and in each version; the counters must know of it."""
import base64
import re
import ssl

import pytest

import postern_wire as wire
from postern_client import client_context, echo_once, take_session, use_session
from postern_command import gnutls_client, gnutls_priority, s_client
from postern_identity import openssl
from postern_target import VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_python(echo, version):
    context = client_context(version)
    session = take_session(echo, context)
    before = echo.settle()
    assert use_session(echo, context, session)
    after = echo.settle()
    assert after["resumed"] == before["resumed"] + 1
    assert after["handshakes"] == before["handshakes"] + 1


@pytest.mark.parametrize("version", VERSIONS)
def test_python_with_verification(echo, identity, version):
    context = client_context(version, trust=identity.certificate)
    assert use_session(echo, context, take_session(echo, context))


@pytest.mark.parametrize("version", VERSIONS)
def test_openssl(echo, tmp_path, version):
    option, session = f"-tls{version.replace('.', '_')}", tmp_path / "session"
    with s_client(echo, option, "-sess_out", session) as client:
        client.expect(rf"New, TLSv{version}, Cipher is")
        client.send("hello\n")
        client.expect(r"(?m)^hello$")
        assert client.finish() == 0
    before = echo.settle()
    with s_client(echo, option, "-sess_in", session) as client:
        client.expect(rf"Reused, TLSv{version}, Cipher is")
        client.send("again\n")
        client.expect(r"(?m)^again$")
        assert client.finish() == 0
    assert echo.settle()["resumed"] == before["resumed"] + 1


@pytest.mark.parametrize("version", VERSIONS)
def test_gnutls(echo, version):
    before = echo.settle()
    resuming = ["--insecure", "--resume", "--waitresumption"]
    with gnutls_client(echo, *resuming, priority=gnutls_priority(version)) as client:
        client.expect("This is a resumed session")
        client.send("again\n")
        client.expect(r"(?m)^again$")
        assert client.finish() == 0
    after = echo.settle()
    assert after["resumed"] == before["resumed"] + 1
    assert after["handshakes"] == before["handshakes"] + 2


@pytest.mark.parametrize("version", VERSIONS)
def test_ticket_of_another_server_leads_to_a_full_handshake(echo, launch, version):
    """Its key is unknown here; that must cost a handshake, not the connection."""
    context = client_context(version)
    session = take_session(launch(), context)
    before = echo.settle()
    assert not use_session(echo, context, session)
    assert echo.settle()["resumed"] == before["resumed"]


@pytest.mark.parametrize("version", VERSIONS)
def test_spoilt_ticket_leads_to_a_full_handshake(echo, tmp_path, version):
    """A ticket with one bit changed: authentication must notice, and the client gets a full handshake."""
    option, session = f"-tls{version.replace('.', '_')}", tmp_path / "session"
    with s_client(echo, option, "-sess_out", session) as client:
        client.send("hello\n")
        client.expect(r"(?m)^hello$")
        client.finish()
    spoil_ticket(session)
    before = echo.settle()
    with s_client(echo, option, "-sess_in", session) as client:
        client.expect(rf"New, TLSv{version}, Cipher is")
        client.send("again\n")
        client.expect(r"(?m)^again$")
        client.finish()
    assert echo.settle()["resumed"] == before["resumed"]


def spoil_ticket(path):
    """Changes a byte of the ticket, which is field 10 of the session file's ASN.1."""
    parsed = openssl("asn1parse", "-in", path).decode()
    field = re.search(r"^ *(\d+):d=1 +hl=(\d+) l= *(\d+) cons: cont \[ 10 \]", parsed, re.MULTILINE)
    lines = path.read_text().splitlines()
    content = bytearray(base64.b64decode("".join(line for line in lines if not line.startswith("-----"))))
    content[int(field[1]) + int(field[2]) + int(field[3]) // 2] ^= 1
    body = base64.encodebytes(bytes(content)).decode()
    path.write_text(f"-----BEGIN SSL SESSION PARAMETERS-----\n{body}-----END SSL SESSION PARAMETERS-----\n")


@pytest.mark.parametrize("version", VERSIONS)
def test_client_without_tickets_is_served(echo, version):
    context = client_context(version)
    context.options |= ssl.OP_NO_TICKET
    echo_once(echo, context=context)


@pytest.mark.parametrize("version", VERSIONS)
def test_session_survives_a_reset_connection(echo, version):
    """Resuming twice with the same session, once more after the first use."""
    context = client_context(version)
    session = take_session(echo, context)
    assert use_session(echo, context, session)
    assert use_session(echo, context, session)


# Names: a session is resumed under the one it was made for (RFC 6066, section 3)

@pytest.mark.parametrize("name, again, is_resumed", [
    ("localhost", "localhost", True), ("localhost", "LOCALHOST.", True), ("localhost", "other.local", False),
    ("localhost", None, False), (None, "localhost", False), (None, None, True)])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_resumed_under_its_own_name_alone(echo, version, name, again, is_resumed):
    """And what is not resumed costs a full handshake, not the connection."""
    context = client_context(version)
    session = take_session(echo, context, name=name)
    before = echo.settle()
    assert use_session(echo, context, session, name=again) == is_resumed
    after = echo.settle()
    assert after["resumed"] == before["resumed"] + is_resumed
    assert after["handshakes"] == before["handshakes"] + 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["good", "pinned"])
def test_a_client_with_a_certificate_shows_it_under_another_name(launch, rules, clients, version, kind):
    server = launch(*rules.options("required"))
    context = client_context(version)
    context.load_cert_chain(clients.files[kind].certificate, clients.files[kind].key)
    session = take_session(server, context)
    assert use_session(server, context, session)
    assert not use_session(server, context, session, name="other.local")


def is_resumed(server, extensions):
    """Whether the answer to a hello with these extensions goes on without a certificate."""
    with server.connect() as raw:
        raw.sendall(wire.record(wire.HANDSHAKE, wire.client_hello(extensions)))
        reader, kinds = wire.Reader(raw), []
        while (received := reader.next())[0] == wire.HANDSHAKE:
            kinds += [kind for kind, _ in wire.messages(received[1])]
            if wire.CERTIFICATE in kinds:
                return False
        assert kinds[0] == wire.SERVER_HELLO and received[0] == wire.CHANGE_CIPHER_SPEC, (kinds, received)
        return True


@pytest.mark.parametrize("is_first", [True, False], ids=["name-first", "ticket-first"])
def test_extensions_may_stand_in_any_order(echo, is_first):
    """In TLS 1.2 the library meets the ticket before a name that stands behind it. Browsers shuffle them."""
    context = client_context("1.2")
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    ticket = wire.ticket_of_tls_1_2(echo, context, take_session(echo, context))
    for name, expected in (("localhost", True), ("other.local", False)):
        both = [wire.server_name(name), (wire.SESSION_TICKET, ticket)]
        assert is_resumed(echo, both if is_first else both[::-1]) == expected
    assert not is_resumed(echo, [(wire.SESSION_TICKET, ticket)])


@pytest.mark.parametrize("names", [("localhost", "other.local"), ("other.local", "localhost")])
def test_two_names_resume_nothing(echo, names):
    """RFC 8446, section 4.2, allows one such extension; the library takes the last."""
    context = client_context("1.2")
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    ticket = wire.ticket_of_tls_1_2(echo, context, take_session(echo, context))
    assert not is_resumed(echo, [*[wire.server_name(name) for name in names], (wire.SESSION_TICKET, ticket)])
