"""postern certificate sign: what of a request gets into a certificate, which requests and issuers are refused, and
the index."""
import datetime
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from postern_certificate import Authority, days, is_authority, judge, key_usage, names_of, purposes
from postern_dates import not_after, not_before
from postern_identity import make_key, openssl
from postern_target import BINARY, command


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """An authority that has issued one certificate for each profile; tests only look."""
    work = Authority(tmp_path_factory.mktemp("issued"))
    work.ca()
    for profile in ("server", "client", "peer"):
        work.issue(profile, profile=profile, names=[f"{profile}.local", "192.0.2.7"])
    return work


@pytest.fixture
def work(tmp_path):
    made = Authority(tmp_path)
    made.ca()
    return made


def openssl_request(work, name, kind="P-256", subject="/CN=board", *options):
    make_key(work.path(f"{name}.key"), kind)
    openssl("req", "-new", "-key", work.path(f"{name}.key"), "-subj", subject, "-out", work.path(f"{name}.csr"),
            *options)


@pytest.mark.parametrize("profile, expected, valid", [
    ("server", {"serverAuth"}, 397), ("client", {"clientAuth"}, 730), ("peer", {"serverAuth", "clientAuth"}, 397)])
def test_profiles(issued, profile, expected, valid):
    made, ca = issued.certificate(f"{profile}.crt"), issued.certificate("ca.crt")
    assert (is_authority(made), key_usage(made), purposes(made), days(made)) == (
        (False, None), {"digital_signature"}, expected, valid)
    assert names_of(made) == [f"{profile}.local", "192.0.2.7"]
    assert made.subject.rfc4514_string() == f"CN={profile}.local" and made.issuer == ca.subject
    own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own


@pytest.mark.parametrize("profile, purpose", [("server", "sslserver"), ("client", "sslclient"), ("peer", "sslclient")])
def test_everybody_verifies_it(issued, profile, purpose):
    ca, crt = issued.path("ca.crt"), issued.path(f"{profile}.crt")
    judge("openssl", "verify", "-x509_strict", "-CAfile", ca, "-purpose", purpose, "-verify_hostname",
          f"{profile}.local", crt)
    judge("certtool", "--verify", "--load-ca-certificate", ca, "--infile", crt)
    made = issued.certificate(f"{profile}.crt")
    issued.certificate("ca.crt").public_key().verify(
        made.signature, made.tbs_certificate_bytes, ec.ECDSA(made.signature_hash_algorithm))


def test_the_index_has_a_line_for_each(issued):
    lines = issued.path("ca.crt.index").read_text().splitlines()
    assert lines[:2] == ["postern-index 1", "crl-number 0"]
    expected = [(f"{issued.certificate(f'{name}.crt').serial_number:x}",
                 not_after(issued.certificate(f"{name}.crt")).isoformat() + "Z", f"{name}.local")
                for name in ("server", "client", "peer")]
    found = [re.fullmatch(r"0?([0-9a-f]+) (\S+) valid (\S+)", line).groups() for line in lines[2:]]
    assert found == expected


def test_a_request_of_openssl_for_an_authority_becomes_none(work):
    """Of what a request asks for only names get into the certificate."""
    openssl_request(work, "board", "P-384", "/C=KR/O=Somebody/CN=board.local/emailAddress=x@y.z",
                    "-addext", "subjectAltName=DNS:board.local,IP:192.0.2.1",
                    "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
                    "-addext", "extendedKeyUsage=codeSigning", "-addext", "nsComment=hello")
    work.run(*work.signing("board"))
    made = work.certificate("board.crt")
    assert (is_authority(made), key_usage(made), purposes(made)) == (
        (False, None), {"digital_signature"}, {"serverAuth"})
    assert made.subject.rfc4514_string() == "CN=board.local"
    assert len(made.extensions) == 6, "what a profile has, key identifiers and names"


def test_the_common_name_alone_is_a_name_too(work):
    openssl_request(work, "board", "P-256", "/CN=board.local")
    work.run(*work.signing("board"))
    assert names_of(work.certificate("board.crt")) == ["board.local"]


@pytest.mark.parametrize("allowed, taken", [
    (["*.local"], ["a.local", "b.local"]), (["a.local", "192.0.2.1"], ["a.local", "192.0.2.1"]),
    (["*.wild.local", "A.LOCAL"], ["a.local", "*.wild.local"]), (["x@y.local"], ["x@y.local"])])
def test_only_allowed_names_are_taken(work, allowed, taken):
    names = ["a.local", "b.local", "192.0.2.1", "*.wild.local", "x@y.local"]
    work.request("board", names=names)
    said = work.run(*work.signing("board"), *[word for name in allowed for word in ("--allow", name)])
    assert names_of(work.certificate("board.crt")) == taken
    left_out = set(names) - set(taken)
    assert len(re.findall(r"(?m)^left out: ", said)) == len(left_out) and all(name in said for name in left_out)


def test_names_that_are_not_allowed_are_refused(work):
    work.request("board", names=["board.other"])
    code, said, fault = work.try_run(*work.signing("board", "--allow", "*.local"))
    assert code == 2 and "left out: DNS:board.other" in said and "no name that is permitted" in fault
    assert not work.path("board.crt").exists() and not work.path("ca.crt.index").exists()


def test_a_wildcard_wants_to_be_allowed(work):
    work.request("board", names=["*.local"])
    assert "wildcard, DNS:*.local" in work.refuse(*work.signing("board"))
    work.run(*work.signing("board", "--allow", "*.local"))
    assert names_of(work.certificate("board.crt")) == ["*.local"]


@pytest.mark.parametrize("wanted, allowed", [
    ("*.local", ["a.local"]), ("*.local", ["a.local", "b.local", "local"]), ("*.a.local", ["*.local"]),
    ("*.local", ["*.a.local"]), ("*.local", ["*.other"])])
def test_a_wildcard_is_allowed_by_the_same_wildcard_alone(work, wanted, allowed):
    work.request("board", names=[wanted])
    code, said, fault = work.try_run(*work.signing("board"), *[word for one in allowed for word in ("--allow", one)])
    assert code == 2 and f"left out: DNS:{wanted}" in said and "no name that is permitted" in fault
    assert not work.path("board.crt").exists()


def test_a_wildcard_is_the_same_in_capitals(work):
    work.request("board", names=["*.local"])
    work.run(*work.signing("board", "--allow", "*.LOCAL"))
    assert names_of(work.certificate("board.crt")) == ["*.local"]


@pytest.mark.parametrize("address", ["2a01:4f8::1", "2a00::", "42.0.0.1", "42.255.1.2"])
def test_addresses_whose_first_byte_is_an_asterisk(work, address):
    work.issue("board", names=["board.local", address])
    assert names_of(work.certificate("board.crt")) == ["board.local", address]


def test_given_names_take_the_place_of_requested_ones(work):
    work.request("board", names=["*.evil.example"])
    work.run(*work.signing("board", "--name", "board.local"))
    assert names_of(work.certificate("board.crt")) == ["board.local"]


@pytest.mark.parametrize("name, said", [
    ("DNS:a b", "DNS:a b"), ("otherName:1.2.3.4;UTF8:x", "otherName:1.2.3.4:x"), ("dirName:sub", "directory:CN=y"),
    ("RID:1.2.3.4", "registeredID:1.2.3.4"),
    ("otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@corp.example", "otherName:1.3.6.1.4.1.311.20.2.3:a@corp.example")])
def test_names_that_cannot_be_issued(work, name, said):
    """They refuse the request, and are named; with --allow they are left out like all that it does not permit."""
    config = work.path("config")
    config.write_text("[req]\ndistinguished_name=dn\nreq_extensions=ext\nprompt=no\n[dn]\nCN=x\n[sub]\nCN=y\n"
                      f"[ext]\nsubjectAltName=DNS:good.local,{name},DNS:other.local\n")
    make_key(work.path("board.key"), "P-256")
    openssl("req", "-new", "-key", work.path("board.key"), "-config", config, "-out", work.path("board.csr"))
    assert f"asks for the name {said}, which cannot be issued" in work.refuse(*work.signing("board"))
    left = work.run(*work.signing("board", "--allow", "good.local"))
    assert f"left out: {said}, which cannot be issued" in left and "DNS:other.local, which no --allow" in left
    assert names_of(work.certificate("board.crt")) == ["good.local"]


@pytest.mark.parametrize("kind", ["rsa:1024", "secp224r1", "P-521", "ed25519"])
def test_weak_and_unknown_keys_are_refused(work, kind):
    openssl_request(work, "board", kind)
    assert "key that is too weak, or not P-256" in work.refuse(*work.signing("board"))


def test_weak_hashes_are_refused(work):
    openssl_request(work, "board", "rsa:2048", "/CN=board", "-sha1")
    assert "is not signed with SHA-256" in work.refuse(*work.signing("board"))


def test_a_request_that_was_changed_is_refused(work):
    work.request("board", names=["board.local"])
    openssl("req", "-in", work.path("board.csr"), "-outform", "DER", "-out", work.path("der"))
    changed = work.path("der").read_bytes().replace(b"board.local", b"gate!.local".replace(b"!", b"s"))
    work.path("board.csr").write_bytes(changed)
    assert "is not signed by its own key" in work.refuse(*work.signing("board"))


@pytest.mark.parametrize("content, part", [
    (b"", "holds"), (b"nonsense", "holds no request"), (b"\x30\x03\x02\x01\x00", "no request that can be read"),
    (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "damaged"), (b"x" * 70_000, "has 70000 bytes, more than the ")])
def test_unreadable_requests(work, content, part):
    work.path("board.csr").write_bytes(content)
    assert part in work.refuse(*work.signing("board"))


def test_issuers_that_are_refused(work):
    work.request("board")
    work.run("self-signed", "--name", "x", "--certificate", "leaf.crt", "--key", "leaf.key")
    assert "is not an authority" in work.refuse(*work.signing("board", ca="leaf"))
    work.ca("old", "--not-before", "2020-01-01", "--days", "100")
    assert "has expired" in work.refuse(*work.signing("board", ca="old"))
    work.ca("early", "--not-before", "2090-01-01")
    assert "is not valid yet" in work.refuse(*work.signing("board", ca="early"))
    work.ca("other")
    words = work.signing("board", ca="ca")
    words[words.index("ca.key")] = "other.key"
    assert "'other.key' does not belong to the first certificate of 'ca.crt'" in work.refuse(*words)
    openssl("req", "-x509", "-new", "-key", work.path("ca.key"), "-subj", "/CN=x", "-out", work.path("ca2.crt"),
            "-addext", "keyUsage=critical,cRLSign")
    words = work.signing("board", ca="ca2")
    words[words.index("ca2.key")] = "ca.key"
    assert "may not sign certificates" in work.refuse(*words)


def test_authorities_of_openssl_sign_too(work):
    """Their subject is taken over as it is, with other kinds of strings and several attributes."""
    make_key(work.path("corp.key"), "rsa:2048")
    openssl("req", "-x509", "-new", "-key", work.path("corp.key"), "-out", work.path("corp.crt"), "-days", "30",
            "-subj", "/C=KR/O=Corp, Inc./OU=PKI/CN=Corp Root", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    work.issue("board", ca="corp")
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("corp.crt"), work.path("board.crt"))
    judge("certtool", "--verify", "--load-ca-certificate", work.path("corp.crt"), "--infile", work.path("board.crt"))
    ends = not_after(work.certificate("board.crt"))
    assert ends == not_after(work.certificate("corp.crt")), "never after its issuer"


def test_validity(work):
    work.request("board")
    work.run(*work.signing("board", "--days", "10"))
    assert days(work.certificate("board.crt")) == 10
    work.run(*work.signing("board", "--days", "36500", "--force"))
    assert not_after(work.certificate("board.crt")) == not_after(work.certificate("ca.crt"))
    assert not_before(work.certificate("board.crt")) >= not_before(work.certificate("ca.crt"))
    assert "not valid in the days" in work.refuse(
        *work.signing("board", "--not-before", "2020-01-01", "--days", "10", "--force"))


INDEX = "postern-index 1\ncrl-number 3\n"
ENTRY = "0123ab 2027-12-26T11:07:57Z valid board.local\n"


@pytest.mark.parametrize("text, line", [
    ("", 1), ("postern-index 2\ncrl-number 3\n", 1), ("postern-index 1\n", 2), ("postern-index 1\ncrl-number x\n", 2),
    ("postern-index 1\ncrl-number 4294967296\n", 2), ("postern-index 1\ncrl-number 3", 2),
    (INDEX + "\n", 3), (INDEX + "# comment\n", 3), (INDEX + ENTRY + ENTRY.replace("\n", ""), 4),
    (INDEX + ENTRY + ENTRY.replace("0123ab", "123ab"), 4), (INDEX + ENTRY.replace("0123ab", "0123AB"), 3),
    (INDEX + ENTRY.replace("0123ab", "00"), 3), (INDEX + ENTRY.replace("0123ab", "ab" * 21), 3),
    (INDEX + ENTRY.replace("12-26", "13-26"), 3), (INDEX + ENTRY.replace("valid", "Valid"), 3),
    (INDEX + ENTRY.replace("valid", "revoked"), 3), (INDEX + ENTRY.replace("board", "bo\tard"), 3),
    (INDEX + ENTRY.replace("valid", "revoked 2026-01-01T00:00:00Z lost"), 3),
    (INDEX + ENTRY.replace("valid board.local", "valid "), 3), (INDEX + "\0" * 9 + "\n", 3)])
def test_a_bad_index_is_refused_with_the_line(work, text, line):
    work.request("board")
    work.path("ca.crt.index").write_bytes(text.encode())
    if text == "":
        assert "is not the first line" in work.refuse(*work.signing("board"))
    assert f"index file 'ca.crt.index': line {line} " in work.refuse(*work.signing("board"))


def test_a_good_index_is_taken_as_it_is(work):
    text = INDEX + ENTRY + ENTRY.replace("valid", "revoked 2026-01-01T00:00:00Z keyCompromise").replace("01", "02", 1)
    work.request("board")
    work.path("ca.crt.index").write_text(text)
    work.run(*work.signing("board"))
    assert work.path("ca.crt.index").read_text().startswith(text)
    assert len(work.index()) == 3


def test_commands_at_once_lose_no_line(work):
    for number in range(6):
        work.request(f"board{number}")
    running = [subprocess.Popen(command(BINARY, "certificate", *work.signing(f"board{number}")), cwd=work.folder,
                                stdout=subprocess.DEVNULL) for number in range(6)]
    assert [process.wait(60) for process in running] == [0] * 6
    assert len(work.index()) == 6


def test_a_start_in_the_past_within_the_issuers_time(work):
    work.ca("old", "--not-before", "2020-01-01", "--days", "36500")
    work.issue("board", "--not-before", "2021-01-01", "--days", "30", ca="old")
    made = work.certificate("board.crt")
    assert not_before(made) == datetime.datetime(2021, 1, 1)
    assert not_after(made) == datetime.datetime(2021, 1, 30, 23, 59, 59)
