"""What is refused and with which reason: old versions, suites without AEAD or forward secrecy, other groups,
renegotiation; and ALPN as RFC 7301 wants it.
"""
import ssl
import struct

import pytest

import postern_wire as wire
from postern_client import client_context, echo_once, receive_exactly, tls_connection, wait_for_end
from postern_command import gnutls_client, s_client
from postern_server import CLOSED_LINE
from postern_target import SMALL_PROTOCOL, VERSIONS


def last_closed(server, since):
    """The first `closed` line after a mark: program clients do not tell their port."""
    return server.wait_for_line(CLOSED_LINE, since)


@pytest.mark.parametrize("version", ["tls1", "tls1_1"])
def test_older_versions_are_refused(echo, version):
    echo.settle()
    since = echo.mark()
    with s_client(echo, f"-{version}", "-cipher", "DEFAULT@SECLEVEL=0") as client:
        assert client.finish() != 0
        assert "protocol version" in client.text, client.text
    closed = last_closed(echo, since)
    assert (closed["reason"], closed["version"], closed["suite"]) == ("protocolVersion", "-", "-")
    assert closed["code"]
    echo_once(echo)


def test_older_versions_are_refused_to_gnutls(echo):
    echo.settle()
    since = echo.mark()
    priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1:%VERIFY_ALLOW_SIGN_WITH_SHA1"
    with gnutls_client(echo, "--insecure", priority=priority) as client:
        assert client.finish() != 0
        assert "Handshake was completed" not in client.text
    assert last_closed(echo, since)["reason"] == "protocolVersion"


@pytest.mark.applies("1.3" not in VERSIONS)
def test_only_tls_1_3_is_refused_without_it(echo):
    echo.settle()
    since = echo.mark()
    with s_client(echo, "-tls1_3") as client:
        assert client.finish() != 0
        assert "protocol version" in client.text or "handshake failure" in client.text, client.text
    assert last_closed(echo, since)["reason"] in ("protocolVersion", "noSharedParameters")


@pytest.mark.parametrize("suites", [
    "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384",  # CBC with SHA-2
    "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA",        # CBC with SHA-1
    "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA",       # the key sent under RSA: no forward secrecy
    "ECDHE-RSA-AES128-GCM-SHA256",                          # a suite for another kind of key
    "DHE-RSA-AES128-GCM-SHA256",
])
def test_other_suites_are_refused(echo, suites):
    context = client_context("1.2")
    context.set_ciphers(suites + ":@SECLEVEL=0")
    with echo.connect() as raw:
        address = raw.getsockname()
        with pytest.raises(ssl.SSLError, match="(?i)handshake.failure"):
            context.wrap_socket(raw, server_hostname="localhost")
    assert echo.closed(address)["reason"] == "noSharedParameters"


@pytest.mark.parametrize("suites", ["AES128-GCM-SHA256:AES256-SHA256", "ECDHE-RSA-AES128-SHA256",
                                    "DHE-RSA-AES128-GCM-SHA256"])
def test_other_suites_are_refused_with_an_rsa_key(launch, identities, suites):
    """The RSA key exchange and CBC would be possible with this key; they must still not be."""
    server = launch(identity=identities.rsa)
    context = client_context("1.2")
    context.set_ciphers(suites)
    with server.connect() as raw:
        address = raw.getsockname()
        with pytest.raises(ssl.SSLError, match="(?i)handshake.failure"):
            context.wrap_socket(raw, server_hostname="localhost")
    assert server.closed(address)["reason"] == "noSharedParameters"
    echo_once(server, context=client_context("1.2"))


@pytest.fixture(scope="module")
def rsa_echo(launch_shared, identities):
    """With an RSA key the client's groups are for the key exchange alone, in TLS 1.2 too (RFC 8422, 5.1)."""
    return launch_shared(identity=identities.rsa)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("group, shown", [
    ("X25519", "X25519, 253 bits"), ("P-256", "ECDH, prime256v1, 256 bits"),
    ("P-384", "ECDH, secp384r1, 384 bits")])
def test_each_group_alone(rsa_echo, version, group, shown):
    with s_client(rsa_echo, f"-tls{version.replace('.', '_')}", "-groups", group) as client:
        client.expect(f"(Server|Peer) Temp Key: {shown}")
        client.send("hello\n")
        client.expect(r"(?m)^hello$")
        assert client.finish() == 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("group", ["P-521", "X448"])
def test_other_groups_are_refused(rsa_echo, version, group):
    since = rsa_echo.mark()
    with s_client(rsa_echo, f"-tls{version.replace('.', '_')}", "-groups", group) as client:
        assert client.finish() != 0
        assert "handshake failure" in client.text, client.text
    assert last_closed(rsa_echo, since)["reason"] == "noSharedParameters"


@pytest.mark.applies("1.3" in VERSIONS)
@pytest.mark.parametrize("groups", ["P-521:P-384", "X448:X25519", "P-521:P-256"])
def test_hello_retry_request(echo, groups):
    """A client whose first key share has a group that is not served is asked for another."""
    with s_client(echo, "-tls1_3", "-groups", groups, "-msg") as client:
        client.expect(r"New, TLSv1.3")
        client.send("hello\n")
        client.expect(r"(?m)^hello$")
        assert client.finish() == 0
        assert client.text.count("ClientHello") == 2


def test_renegotiation_is_refused(echo):
    """openssl's "R" asks for a second handshake on an open TLS 1.2 connection."""
    before = echo.settle()
    since = echo.mark()
    with s_client(echo, "-tls1_2") as client:
        client.expect("Secure Renegotiation IS supported")  # RFC 5746: the signal is there, the thing is not
        client.send("hello\n")
        client.expect(r"(?m)^hello$")
        client.send("R\n")
        client.expect("RENEGOTIATING")
        client.expect("(?i)no renegotiation|handshake failure|unexpected message")
        client.finish()
    last_closed(echo, since)
    after = echo.settle()
    assert after["handshakes"] == before["handshakes"] + 1
    echo_once(echo)


def test_compression_is_not_offered(echo):
    with tls_connection(echo, client_context("1.2")) as tls:
        assert tls.compression() is None


# Who is refused gets one alert, not two and not none. It is looked at where nobody can hide it: on the wire

KEY_SHARE = (51, wire.vector(struct.pack(">H", 23) + wire.vector(bytes(65), 2), 2))
SUPPORTED_13, SECRETS_ALONE = (43, b"\x02\x03\x04"), (45, b"\x01\x01")
REFUSED = {
    "no group": (40, dict(extensions=[(10, wire.vector(b"\0\x1e", 2))])),                # X448
    "no suite": (40, dict(suites=[0xC02C + 0x1000])),
    "suite for another key": (40, dict(suites=[0xC02F])),
    "no signature": (40, dict(extensions=[(13, wire.vector(b"\x02\x01", 2))])),         # RSA with SHA-1
    "version": (70, dict(version=0x0302)),
    "no group, 1.3": (40, dict(suites=[0x1301], extensions=[
        SUPPORTED_13, SECRETS_ALONE, (10, wire.vector(b"\0\x1e", 2)),
        (51, wire.vector(struct.pack(">H", 30) + wire.vector(bytes(56), 2), 2))])),
    "no suite, 1.3": (40, dict(suites=[0x1399], extensions=[SUPPORTED_13, SECRETS_ALONE, KEY_SHARE])),
}


@pytest.mark.parametrize("name", [name for name in REFUSED if "1.3" in VERSIONS or "1.3" not in name])
def test_who_is_refused_gets_one_alert(echo, name):
    alert, hello = REFUSED[name]
    with echo.connect() as raw:
        raw.sendall(wire.record(wire.HANDSHAKE, wire.client_hello(**hello)))
        received = wait_for_end(raw)
        address = raw.getsockname()
    assert wire.plain_alerts(received) == [(wire.FATAL, alert)]
    assert echo.closed(address)["reason"] in ("noSharedParameters", "protocolVersion")


@pytest.mark.parametrize("name, alert", [("alpn", 120), ("name", 112)])
def test_who_asks_for_what_is_not_served_gets_one_alert(small, launch, name, alert):
    server = small if name == "alpn" else launch("--unknown-names", "refuse")
    extension = (16, wire.vector(wire.vector(b"h2", 1), 2)) if name == "alpn" else \
        (0, wire.vector(b"\0" + wire.vector(b"nobody.example", 2), 2))
    with server.connect() as raw:
        raw.sendall(wire.record(wire.HANDSHAKE, wire.client_hello([extension])))
        received = wait_for_end(raw)
    assert wire.plain_alerts(received) == [(wire.FATAL, alert)]


# ALPN: the small configuration has a list

@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("offered", [[SMALL_PROTOCOL], ["h2", SMALL_PROTOCOL, "http/1.1"]])
def test_protocol_in_common_is_selected(small, version, offered):
    with tls_connection(small, client_context(version, protocols=offered)) as tls:
        assert tls.selected_alpn_protocol() == SMALL_PROTOCOL
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("offered", [["h2"], ["postern/10", "postern/"], ["x" * 255]])
def test_no_protocol_in_common_is_refused(small, version, offered):
    with small.connect() as raw:
        address = raw.getsockname()
        with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
            client_context(version, protocols=offered).wrap_socket(raw, server_hostname="localhost")
    # 2.28 says with its code only that it did not like the ClientHello.
    assert small.closed(address)["reason"] in ("noSharedParameters", "malformed")


@pytest.mark.parametrize("version", VERSIONS)
def test_client_that_offers_no_protocol_is_served(small, version):
    with tls_connection(small, client_context(version)) as tls:
        assert tls.selected_alpn_protocol() is None
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"


@pytest.mark.parametrize("version", VERSIONS)
def test_server_without_a_list_ignores_what_is_offered(echo, version):
    with tls_connection(echo, client_context(version, protocols=["h2", SMALL_PROTOCOL])) as tls:
        assert tls.selected_alpn_protocol() is None
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
