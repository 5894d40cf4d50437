"""What Mbed TLS does not know in a certificate and we respect: an authority with critical name constraints or policies
can be served, lets its clients in, and is probed. What nobody knows is refused, and so is whoever breaks the rules
that the extensions make. The same for an authority whose own signature is of an algorithm that the library lacks.
"""
import types

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from postern_client import client_context, is_served, tls_connection
from postern_clients import DAY, PEM, Party, make, name_of, now, usage, write
from postern_identity import Identity
from postern_peer import probe, python_server
from postern_target import VERSIONS, refused, run

CLOSED = r"postern: info: closed .* reason=(?P<reason>\w+).*"
AUTHORITY = (x509.BasicConstraints(ca=True, path_length=None), True)
SIGNS = usage(key_cert_sign=True, crl_sign=True)
EXTENSIONS = {
    "constraints": x509.NameConstraints([x509.DNSName("localhost")], None),
    "policies": x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier("2.23.140.1.2.1"), None)]),
    "broken constraints": x509.NameConstraints([x509.DNSName("other.test")], None),
    "unknown": x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
}
GOOD = ["constraints", "policies", "foreign"]


def leaf(issuer):
    return make("localhost", issuer, extensions=[
        (x509.BasicConstraints(ca=False, path_length=None), True), usage(digital_signature=True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)])


def foreign(subject, *extensions):
    """A certificate over P-256 that an authority with Ed25519 has signed."""
    signer, key = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    builder = (x509.CertificateBuilder().subject_name(name_of(subject)).issuer_name(name_of("Foreign root"))
               .public_key(key.public_key()).serial_number(7)
               .not_valid_before(now() - DAY).not_valid_after(now() + 30 * DAY))
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return Party(builder.sign(signer, None), key)


@pytest.fixture(scope="module")
def parties(tmp_path_factory):
    """By kind: the files of a server or client below such an authority, and what is to be trusted."""
    made = {}
    root = make("Root", extensions=[AUTHORITY, SIGNS])
    for kind in [*EXTENSIONS, "foreign"]:
        folder = tmp_path_factory.mktemp("critical")
        is_foreign = kind == "foreign"
        middle = foreign("Middle", AUTHORITY, SIGNS) if is_foreign else make(
            "Middle", root, extensions=[AUTHORITY, SIGNS, (EXTENSIONS[kind], True)])
        files = write(folder, "leaf", leaf(middle))
        files.key.chmod(0o600)
        trust = folder / "trust.crt"
        trust.write_bytes((middle if is_foreign else root).certificate.public_bytes(PEM))
        made[kind] = types.SimpleNamespace(identity=Identity(files.certificate, files.key, trust), trust=trust)
    return made


def outcome(server, identity, version):
    """The reason in the log, peerClosed for a client that was served."""
    since = server.mark()
    context = client_context(version)
    context.load_cert_chain(identity.certificate, identity.key)
    try:
        with tls_connection(server, context) as tls:
            is_served(tls)
            tls.unwrap()
    except OSError:
        pass
    return server.wait_for_line(CLOSED, since)["reason"]


@pytest.mark.parametrize("kind", ["constraints", "policies"])
def test_is_served(launch, parties, kind):
    party = parties[kind]
    server = launch(identity=party.identity)
    for version in VERSIONS:
        with tls_connection(server, client_context(version, trust=party.trust)) as tls:
            is_served(tls)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("version", VERSIONS)
def test_lets_its_client_in(launch, parties, kind, version):
    party = parties[kind]
    server = launch("--clients", "required", "--ca", party.trust)
    assert outcome(server, party.identity, version) == "peerClosed"


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("version", VERSIONS)
def test_is_probed(parties, kind, version):
    party = parties[kind]
    with python_server(party.identity, version=version) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", party.trust, data=b"x")
    assert (probed.code, probed.output) == (0, b"x"), probed.errors


@pytest.mark.parametrize("kind", ["broken constraints", "unknown"])
@pytest.mark.parametrize("version", VERSIONS)
def test_opens_nothing(launch, parties, kind, version):
    party = parties[kind]
    server = launch("--clients", "required", "--ca", party.trust)
    assert outcome(server, party.identity, version) == "clientCertificateInvalid"
    with python_server(party.identity, version=version) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", party.trust, data=b"x")
    assert probed.code != 0 and probed.output == b"", probed.errors


def test_unknown_is_not_served(parties):
    refused(run("--test-config", *parties["unknown"].identity.options), str(parties["unknown"].identity.certificate))


def test_a_signature_that_the_library_does_not_know_is_not_blamed_on_the_key(tmp_path):
    files = write(tmp_path, "foreign", foreign("localhost"))
    files.key.chmod(0o600)
    identity = Identity(files.certificate, files.key, files.certificate)
    refused(run("--test-config", *identity.options), f"certificate file '{files.certificate}'", "signed in another way")
    with python_server(identity) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", files.certificate)
    assert probed.code == 5 and "a certificate whose signature is of a kind that Mbed TLS does not know" in probed.error
