"""Certificates in the file of --ca that no client can be verified with: a start, a reload and --test-config name them,
and refuse a file that holds nothing else. That a path needs them is too late."""
import signal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from postern_clients import DAY, PEM, Party, make, make_authority, make_client, name_of, now, usage
from postern_target import RELOAD_FAILED, refused, run

CA = (x509.BasicConstraints(ca=True, path_length=None), True)
SIGNS = usage(key_cert_sign=True, crl_sign=True)


def ed25519_root():
    key = ed25519.Ed25519PrivateKey.generate()
    certificate = (x509.CertificateBuilder().subject_name(name_of("Odd")).issuer_name(name_of("Odd"))
                   .public_key(key.public_key()).serial_number(7).not_valid_before(now() - DAY)
                   .not_valid_after(now() + DAY).add_extension(*CA).add_extension(*SIGNS).sign(key, None))
    return Party(certificate, key)


def odd(*extensions, **rest):
    return make("Odd", extensions=extensions, **rest)


UNFIT = {
    "ed25519": (ed25519_root, "has a key other than P-256, P-384 or RSA of 2048 to 4096 bits"),
    "p521": (lambda: odd(CA, SIGNS, key=ec.generate_private_key(ec.SECP521R1())), "has a key other than P-256"),
    "rsa-1024": (lambda: odd(CA, SIGNS, key=rsa.generate_private_key(65537, 1024)), "has a key other than P-256"),
    "no-authority": (lambda: make_client("Odd", purpose=ExtendedKeyUsageOID.SERVER_AUTH),
                     "is not an authority's certificate (basic constraints)"),
    "no-signing": (lambda: odd(CA, usage(digital_signature=True)), "may not sign certificates, by its key usage"),
    "for-servers": (lambda: odd(CA, SIGNS, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)),
                    "is not for clients, by its extended key usage"),
    "off-the-curve": (lambda: off_the_curve(), "has a damaged key"),
}


class Changed:
    """A certificate with other bytes in the place of some."""

    def __init__(self, party, old, new):
        self.der = party.certificate.public_bytes(x509.base.serialization.Encoding.DER)
        assert self.der.count(old) == 1
        self.der = self.der.replace(old, new)

    def pem(self):
        import base64
        return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(self.der) + b"-----END CERTIFICATE-----\n"


def off_the_curve():
    party = odd(CA, SIGNS)
    y = party.key.public_key().public_numbers().y.to_bytes(32, "big")
    return Changed(party, y, y[:-1] + bytes([y[-1] ^ 1]))


def pem(party):
    return party.pem() if isinstance(party, Changed) else party.certificate.public_bytes(PEM)


def options(rules):
    return rules.options("required", ("ca",))


def told(text):
    return [line.split("warning: ", 1)[1] for line in text.splitlines() if "warning: CA file" in line]


def reload(server, expected):
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    return server.wait_for_line(expected, since)


@pytest.mark.parametrize("kind", UNFIT)
def test_beside_a_good_one_it_is_a_warning(launch, identity, rules, kind):
    made, said = UNFIT[kind]
    sentence = f"CA file '{rules.ca}' holds a certificate that no client can be verified with: CN=Odd {said}"
    good = rules.ca.read_bytes()
    server = launch(*options(rules))
    assert told("\n".join(server.lines)) == []
    rules.write(rules.ca, good + pem(made()))
    reload(server, r"postern: warning: CA file .*")
    ended = run("-l", "127.0.0.1:0", *identity.options, *options(rules), "--test-config")
    assert ended.returncode == 0
    second = launch(*options(rules))
    second.counters()
    for lines in (server.lines, second.lines, ended.stderr.decode().splitlines()):
        found = told("\n".join(lines))
        assert len(found) == 1 and found[0].startswith(sentence) and found[0].endswith("; replace it"), lines


@pytest.mark.parametrize("kind", UNFIT)
def test_alone_it_is_refused(launch, identity, rules, kind):
    made, said = UNFIT[kind]
    sentence = f"CA file '{rules.ca}' holds no certificate that clients can be verified with: CN=Odd {said}"
    server = launch(*options(rules))
    rules.write(rules.ca, pem(made()))
    assert sentence in reload(server, rf"postern: error: {RELOAD_FAILED}: .*")[0]
    for last in ([], ["--test-config"]):
        refused(run("-l", "127.0.0.1:0", *identity.options, *options(rules), *last), sentence)


def test_one_that_has_expired_is_a_warning(launch, identity, rules):
    """A clock may be wrong; nobody is let in meanwhile."""
    rules.write(rules.ca, pem(odd(CA, SIGNS, start=now() - 20 * DAY, end=now() - 10 * DAY)))
    server = launch(*options(rules))
    server.counters()
    found = told("\n".join(server.lines))
    assert len(found) == 1 and "no client can be verified with: CN=Odd has expired on " in found[0]


def test_the_certificate_of_one_client_authorizes_that_one(launch, rules, clients):
    rules.write(rules.ca, clients.parties["self-signed"].certificate.public_bytes(PEM))
    server = launch(*options(rules))
    server.counters()
    found = told("\n".join(server.lines))
    assert len(found) == 1 and "holds a certificate that authorizes nobody but its owner: CN=self-signed" in found[0]


def test_authorities_with_intermediates_of_others_are_good(launch, rules, clients):
    """An authority below another one is an anchor as good as a root; so is one that leaves its key usage open."""
    rules.write(rules.ca, pem(make_authority("Below", clients.middle)) + pem(odd(CA)))
    server = launch(*options(rules))
    server.counters()
    assert told("\n".join(server.lines)) == []
