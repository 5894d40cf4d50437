"""postern certificate self-signed, ca and request: what they make parses and verifies everywhere else."""
import datetime
import os
import re
import socket
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from postern_certificate import Authority, days, is_authority, judge, key_usage, names_of, purposes
from postern_client import client_context, echo_once
from postern_dates import not_after, not_before, now
from postern_identity import Identity, encrypt_key, make_key, openssl
from postern_target import EMULATED

NAMES = ["board.local", "*.board.local", "192.0.2.1", "2001:db8::1", "https://board.local/x", "ops@board.local"]
KINDS = [
    ("p256", ec.EllipticCurvePrivateKey, 256, "sha256"), ("p384", ec.EllipticCurvePrivateKey, 384, "sha384"),
    ("rsa2048", rsa.RSAPrivateKey, 2048, "sha256"),
    pytest.param("rsa3072", rsa.RSAPrivateKey, 3072, "sha256", marks=[pytest.mark.applies(not EMULATED)]),
    pytest.param("rsa4096", rsa.RSAPrivateKey, 4096, "sha256",
                 marks=[pytest.mark.slow, pytest.mark.applies(not EMULATED)]),
]


@pytest.fixture
def work(tmp_path):
    return Authority(tmp_path)


def self_signed(work, *options, name="server"):
    return work.run("self-signed", "--certificate", f"{name}.crt", "--key", f"{name}.key", *options)


def given(names):
    return [word for name in names for word in ("--name", name)]


def test_self_signed_has_what_was_asked_for(work):
    self_signed(work, *given(NAMES))
    made = work.certificate("server.crt")
    assert names_of(made) == NAMES
    assert made.subject.rfc4514_string() == made.issuer.rfc4514_string() == "CN=board.local"
    assert (is_authority(made), key_usage(made), purposes(made)) == (
        (False, None), {"digital_signature"}, {"serverAuth"})
    assert days(made) == 397
    yesterday = now() - datetime.timedelta(days=1)
    assert abs(not_before(made) - yesterday) < datetime.timedelta(minutes=5), "backdated by a day"
    own = made.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own
    assert len(own) == 20


def test_everybody_verifies_a_self_signed_certificate(work):
    self_signed(work, *given(NAMES))
    crt = work.path("server.crt")
    judge("openssl", "verify", "-x509_strict", "-CAfile", crt, "-purpose", "sslserver", "-verify_hostname",
          "x.board.local", crt)
    judge("openssl", "verify", "-CAfile", crt, "-verify_ip", "2001:db8::1", crt)
    assert "URI: https://board.local/x" in judge("certtool", "--certificate-info", "--infile", crt)


@pytest.mark.parametrize("kind, key_class, bits, digest", KINDS)
def test_kinds_of_keys(work, kind, key_class, bits, digest):
    self_signed(work, "--name", "board", "--key-type", kind)
    key, made = work.key("server.key"), work.certificate("server.crt")
    assert isinstance(key, key_class) and key.key_size == bits
    assert made.signature_hash_algorithm.name == digest
    assert key.public_key().public_numbers() == made.public_key().public_numbers()
    judge("openssl", "pkey", "-in", work.path("server.key"), "-check", "-noout")
    judge("openssl", "verify", "-CAfile", work.path("server.crt"), work.path("server.crt"))
    judge("certtool", "--key-info", "--infile", work.path("server.key"))


def test_keys_and_serial_numbers_are_never_the_same(work):
    for number in range(8):
        self_signed(work, "--name", "board", name=str(number))
    made = [work.certificate(f"{number}.crt") for number in range(8)]
    assert len({one.serial_number for one in made}) == len({one.public_key().public_numbers() for one in made}) == 8
    assert all(0 < one.serial_number < 1 << 128 for one in made)
    assert max(one.serial_number for one in made) > 1 << 120, "128 bits are used"


@pytest.mark.native
def test_default_names_are_those_of_the_machine(work):
    self_signed(work)
    names = names_of(work.certificate("server.crt"))
    assert {"localhost", "127.0.0.1", "::1"} <= set(names)
    if re.fullmatch(r"[A-Za-z0-9.-]+", socket.gethostname()):
        assert names[0] == socket.gethostname()
    shown = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    assert {address for address in shown if not address.startswith("fe80")} <= set(names)


@pytest.mark.parametrize("profile, expected, valid", [
    ("server", {"serverAuth"}, 397), ("client", {"clientAuth"}, 730), ("peer", {"serverAuth", "clientAuth"}, 397)])
def test_profiles_of_self_signed(work, profile, expected, valid):
    self_signed(work, "--name", "board", "--profile", profile)
    made = work.certificate("server.crt")
    assert (purposes(made), days(made)) == (expected, valid)


@pytest.mark.parametrize("start, length, forms", [
    ("2020-01-01", 365, "UTCTIME UTCTIME"), ("2049-06-01T12:00:00Z", 300, "UTCTIME GENERALIZEDTIME"),
    ("2050-01-01", 10, "GENERALIZEDTIME GENERALIZEDTIME"), ("2049-12-01", 31, "UTCTIME UTCTIME")])
def test_times(work, start, length, forms):
    self_signed(work, "--name", "board", "--not-before", start, "--days", str(length))
    made = work.certificate("server.crt")
    assert not_before(made).isoformat() == (start if "T" in start else start + "T00:00:00Z")[:-1]
    end = not_before(made) + datetime.timedelta(days=length, seconds=-1)
    assert not_after(made) == end
    parsed = openssl("asn1parse", "-in", work.path("server.crt")).decode()
    assert re.findall(r"(UTCTIME|GENERALIZEDTIME)", parsed) == forms.split()


def test_a_root(work):
    work.run("ca", "--name", "우리집 CA", "--certificate", "ca.crt", "--key", "ca.key")
    made = work.certificate("ca.crt")
    assert made.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "우리집 CA"
    assert (is_authority(made), key_usage(made)) == ((True, None), {"key_cert_sign", "crl_sign"})
    assert days(made) == 3650
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("ca.crt"), work.path("ca.crt"))


def test_an_authority_below_another(work):
    work.ca("root", "--path-length", "2")
    below = ["--issuer", "root.crt", "--issuer-key", "root.key"]
    work.ca("middle", *below, "--path-length", "1")
    work.ca("low", "--issuer", "middle.crt", "--issuer-key", "middle.key")
    assert is_authority(work.certificate("root.crt")) == (True, 2)
    assert is_authority(work.certificate("middle.crt")) == (True, 1)
    assert is_authority(work.certificate("low.crt")) == (True, 0)
    assert days(work.certificate("middle.crt")) == 1825
    assert [line.split()[-2:] for line in work.index("root")] == [["middle", "CA"]]
    chain = work.path("chain.pem")
    chain.write_bytes(b"".join(work.path(f"{name}.crt").read_bytes() for name in ("low", "middle", "root")))
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("root.crt"), "-untrusted", chain,
          work.path("low.crt"))
    judge("certtool", "--verify-chain", "--infile", chain)
    assert "it may issue no authorities" in work.refuse(
        "ca", "--name", "x", "--certificate", "x.crt", "--key", "x.key", "--issuer", "low.crt",
        "--issuer-key", "low.key")
    assert "path length 2" in work.refuse(
        "ca", "--name", "x", "--certificate", "x.crt", "--key", "x.key", *below, "--path-length", "2")


@pytest.mark.parametrize("words, part", [
    (["--name", "x"] * 2, "one --name"), ([], "one --name"), (["--name", ""], "1 to 64"),
    (["--name", "x" * 65], "1 to 64"), (["--name", "a\nb"], "1 to 64"), (["--name", b"\xc0\x80"], "1 to 64")])
def test_bad_names_of_authorities(work, words, part):
    assert part in work.refuse("ca", *words, "--certificate", "ca.crt", "--key", "ca.key")


@pytest.mark.parametrize("kind, key_class, bits, digest", KINDS[:3])
def test_requests(work, kind, key_class, bits, digest):
    work.request("board", "--key-type", kind, names=NAMES)
    made = x509.load_pem_x509_csr(work.path("board.csr").read_bytes())
    assert made.is_signature_valid and made.signature_hash_algorithm.name == digest
    assert (made.subject.rfc4514_string(), names_of(made)) == ("CN=board.local", NAMES)
    assert isinstance(work.key("board.key"), key_class)
    judge("openssl", "req", "-in", work.path("board.csr"), "-noout", "-verify")
    assert "DNSname: board.local" in judge("certtool", "--crq-info", "--infile", work.path("board.csr"))


@pytest.mark.parametrize("form", ["sec1", "pkcs8", "sec1-der", "pkcs8-der", "rsa-pkcs1", "rsa-pkcs1-der"])
def test_keys_of_others_are_read(work, form):
    source, key = work.path("source.key"), work.path("board.key")
    make_key(source, "rsa:2048" if form.startswith("rsa") else "P-256")
    out = ["-outform", "DER"] if form.endswith("der") else []
    if form.startswith("pkcs8"):
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", source, "-out", key, *out)
    elif form.startswith("rsa"):
        openssl("rsa", "-traditional", "-in", source, "-out", key, *out)
    else:
        openssl("ec", "-in", source, "-out", key, *out)
    before = key.read_bytes()
    work.run("request", "--name", "board", "--request", "board.csr", "--key", "board.key", "--same-key")
    judge("openssl", "req", "-in", work.path("board.csr"), "-noout", "-verify")
    assert key.read_bytes() == before
    assert openssl("req", "-in", work.path("board.csr"), "-noout", "-pubkey") == \
        openssl("pkey", "-in", source, "-pubout")


def test_keys_that_are_refused(work):
    make_key(work.path("weak.key"), "rsa:1024")
    make_key(work.path("good.key"), "P-256")
    encrypt_key(work.path("good.key"), work.path("locked.key"), "pkcs8")
    for key, part in (("weak", "too weak"), ("locked", "password"), ("missing", "No such file")):
        assert part in work.refuse("self-signed", "--name", "x", "--certificate", "x.crt", "--key", f"{key}.key",
                                   "--same-key", code=1 if key == "missing" else 2)


@pytest.mark.parametrize("name", ["a b", "", "-x", "a..b", "300.1.1.1", "x@", "http://", "*.", "a.*", "1.2.3.4.5",
                                  "DNS:board.local", "IP:192.0.2.1"])
def test_bad_names(work, name):
    fault = work.refuse("self-signed", "--name", name, "--certificate", "x.crt", "--key", "x.key")
    assert f"'{name}' is not a name" in fault


def test_a_common_name_has_64_bytes_at_most(work):
    long = ".".join(["a" * 30] * 3)
    self_signed(work, "--name", long, "--name", "short")
    assert work.certificate("server.crt").subject.rfc4514_string() == "CN=short"
    assert names_of(work.certificate("server.crt")) == [long, "short"]


def test_modes_do_not_depend_on_the_umask(work):
    for mask in (0, 0o077):
        old = os.umask(mask)
        try:
            self_signed(work, "--name", "board", "--force")
        finally:
            os.umask(old)
        assert stat.S_IMODE(work.path("server.key").stat().st_mode) == 0o600
        assert stat.S_IMODE(work.path("server.crt").stat().st_mode) == 0o644


def test_a_server_takes_what_was_made(work, launch):
    self_signed(work, "--name", "localhost")
    made = Identity(work.path("server.crt"), work.path("server.key"), work.path("server.crt"))
    echo_once(launch(identity=made), context=client_context(trust=made.trust))
