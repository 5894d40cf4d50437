"""Each client program with each TLS version: verified certificate, echo, clean end, and what the log
says of it.
"""
import re

import pytest

from postern_client import client_context, receive_exactly, tls_connection
from postern_command import gnutls_client, gnutls_priority, s_client
from postern_identity import Identity, openssl
from postern_target import VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_python(echo, identity, version):
    with tls_connection(echo, client_context(version, trust=identity.certificate)) as tls:
        address = tls.getsockname()
        assert tls.version() == f"TLSv{version}"
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        tls.unwrap().close()
    closed = echo.closed(address)
    assert closed["version"] == f"TLSv{version}"
    assert (closed["incoming"], closed["outgoing"], closed["reason"]) == ("5", "5", "peerClosed")


@pytest.mark.parametrize("version", VERSIONS)
def test_openssl(echo, identity, version):
    before = echo.settle()
    verifying = ["-CAfile", identity.certificate, "-verify_return_error", "-verify_hostname", "localhost",
                 "-servername", "localhost"]
    with s_client(echo, f"-tls{version.replace('.', '_')}", *verifying) as client:
        client.expect(r"Verify return code: 0 \(ok\)")
        client.expect(rf"New, TLSv{version}, Cipher is (\S+)")
        client.send("hello from openssl\n")
        client.expect(r"(?m)^hello from openssl$")
        assert client.finish() == 0
    after = echo.settle()
    assert after["handshakes"] == before["handshakes"] + 1
    assert after["peerClosed"] == before["peerClosed"] + 1
    assert after["bytesIn"] - before["bytesIn"] == after["bytesOut"] - before["bytesOut"] == 19


@pytest.mark.parametrize("version", VERSIONS)
def test_gnutls(echo, identity, version):
    before = echo.settle()
    verifying = ["--x509cafile", identity.certificate]
    with gnutls_client(echo, *verifying, priority=gnutls_priority(version)) as client:
        client.expect("The certificate is trusted")
        client.expect(rf"Description: \(TLS{version}-X.509\)-\(ECDHE-")
        client.expect("Simple Client Mode")
        client.send("hello from gnutls\n")
        client.expect(r"(?m)^hello from gnutls$")
        assert client.finish() == 0
    after = echo.settle()
    assert after["handshakes"] == before["handshakes"] + 1
    assert after["peerClosed"] == before["peerClosed"] + 1
    assert after["bytesIn"] - before["bytesIn"] == after["bytesOut"] - before["bytesOut"] == 18


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["good", "rsa", "curve384", "chained"])
def test_every_kind_of_identity(launch, identities, kind, version):
    identity = getattr(identities, kind)
    server = launch(identity=identity)
    with tls_connection(server, client_context(version, trust=identity.trust)) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        signature = "RSA" if kind == "rsa" else "ECDSA"
        assert version == "1.3" or f"-{signature}-" in tls.cipher()[0]


@pytest.mark.parametrize("form", ["sec1", "pkcs8", "pkcs1", "commented", "der"])
def test_every_form_of_a_key_file(launch, identities, open_folder, form):
    """The forms in which openssl writes keys; "commented" has text before the PEM block."""
    source = identities.rsa if form == "pkcs1" else identities.good
    key = open_folder / f"form-{form}.key"
    if form == "sec1":
        openssl("ec", "-in", source.key, "-out", key)
        assert "BEGIN EC PRIVATE KEY" in key.read_text()
    elif form == "pkcs1":
        openssl("rsa", "-in", source.key, "-traditional", "-out", key)
        assert "BEGIN RSA PRIVATE KEY" in key.read_text()
    elif form == "pkcs8":
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", source.key, "-out", key)
        assert "BEGIN PRIVATE KEY" in key.read_text()
    elif form == "der":
        openssl("pkey", "-in", source.key, "-outform", "DER", "-out", key)
    else:
        key.write_text("A key for trying\n\n" + source.key.read_text())
    key.chmod(0o600)
    server = launch(identity=Identity(source.certificate, key, source.trust))
    with tls_connection(server, client_context(trust=source.trust)) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_log_names_version_and_suite(echo, version):
    with tls_connection(echo, client_context(version)) as tls:
        address, suite = tls.getsockname(), tls.cipher()[0]
    closed = echo.closed(address)
    assert closed["version"] == f"TLSv{version}"
    cipher = suite.replace("SHA256", "").replace("SHA384", "")
    wanted = set(re.findall(r"AES|CHACHA20|128|256|GCM|POLY1305", cipher))
    assert all(part in closed["suite"] for part in wanted), (suite, closed["suite"])


@pytest.mark.parametrize("suite", ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"])
def test_every_suite_of_tls_1_2(echo, suite):
    context = client_context("1.2")
    context.set_ciphers(f"ECDHE-ECDSA-{suite}")
    with tls_connection(echo, context) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        assert tls.cipher()[0] == f"ECDHE-ECDSA-{suite}"


@pytest.mark.applies("1.3" in VERSIONS)
@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                   "TLS_CHACHA20_POLY1305_SHA256"])
def test_every_suite_of_tls_1_3(echo, suite):
    with s_client(echo, "-tls1_3", "-ciphersuites", suite) as client:
        client.expect(rf"New, TLSv1.3, Cipher is {suite}")
        client.send("hello\n")
        client.expect(r"(?m)^hello$")
        assert client.finish() == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_signatures_that_clients_may_prove_their_keys_with(launch, tmp_path, version):
    """SHA-256 and better, for keys of both kinds."""
    pins = tmp_path / "pins"
    pins.write_text("00" * 32 + "\n")
    server = launch("--clients", "optional", "--pins", str(pins))
    with s_client(server, f"-tls{version.replace('.', '_')}") as client:
        found = client.expect(r"(?m)^Requested Signature Algorithms: (\S+)$")[1].split(":")
    assert {"ECDSA+SHA256", "RSA+SHA256"} <= set(found)
    assert {signature.split("+")[1] for signature in found} <= {"SHA256", "SHA384", "SHA512"}


def test_the_newest_version_is_chosen(echo):
    with tls_connection(echo) as tls:
        assert tls.version() == f"TLSv{VERSIONS[-1]}"
