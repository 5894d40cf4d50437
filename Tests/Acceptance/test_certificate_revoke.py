"""postern certificate revoke and crl: the list is one that others understand, and it is signed, numbered and whole."""
import datetime
import re
import subprocess

import pytest
from cryptography import x509

from postern_certificate import Authority, judge
from postern_dates import next_update, this_update
from postern_identity import openssl

REASONS = ["unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
           "certificateHold", "privilegeWithdrawn", "aACompromise"]


@pytest.fixture
def work(tmp_path):
    made = Authority(tmp_path)
    made.ca()
    return made


def load(work, file):
    data = work.path(file).read_bytes()
    return x509.load_pem_x509_crl(data) if data.startswith(b"-----") else x509.load_der_x509_crl(data)


def is_revoked(work, name, ca="ca", crl="ca.crl"):
    """What openssl says."""
    both = work.path("both.pem")
    both.write_bytes(work.path(f"{ca}.crt").read_bytes() + work.path(crl).read_bytes())
    ended = subprocess.run(["openssl", "verify", "-crl_check", "-x509_strict", "-CAfile", both,
                            work.path(f"{name}.crt")], capture_output=True, text=True)
    assert ended.returncode == 0 or "certificate revoked" in ended.stderr, ended.stderr
    return ended.returncode != 0


def test_a_revoked_certificate_is_refused_by_openssl_and_gnutls(work):
    work.issue("good")
    work.issue("bad")
    said = work.revoke("bad", "--reason", "keyCompromise")
    assert re.fullmatch(r"bad\.crt: revoked, at \S+Z, keyCompromise\n", said)
    said = work.crl("ca.crl")
    assert re.fullmatch(r"ca\.crl: number 1, 1 revoked, next by \S+Z\n", said)
    assert (is_revoked(work, "good"), is_revoked(work, "bad")) == (False, True)
    words = ["certtool", "--verify", "--load-ca-certificate", work.path("ca.crt"), "--load-crl", work.path("ca.crl")]
    assert "revoked" not in judge(*words, "--infile", work.path("good.crt"))
    ended = subprocess.run([*words, "--infile", work.path("bad.crt")], capture_output=True, text=True)
    assert ended.returncode != 0 and "revoked" in ended.stdout + ended.stderr


def test_what_a_list_has(work):
    for number, reason in enumerate(REASONS):
        work.issue(f"b{number}")
        work.revoke(f"b{number}", "--reason", reason)
    work.crl("ca.crl", "--days", "7")
    made, ca = load(work, "ca.crl"), work.certificate("ca.crt")
    assert made.is_signature_valid(ca.public_key()) and made.issuer == ca.subject
    assert made.signature_hash_algorithm.name == "sha256"
    assert made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1
    own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own
    assert next_update(made) - this_update(made) == datetime.timedelta(days=7)
    assert [entry.serial_number for entry in made] == [
        work.certificate(f"b{number}.crt").serial_number for number in range(len(REASONS))]
    found = [entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
             if len(entry.extensions) else "unspecified" for entry in made]
    assert found == REASONS
    text = judge("openssl", "crl", "-in", work.path("ca.crl"), "-noout", "-text", "-CAfile", work.path("ca.crt"))
    assert "Version 2" in text and "verify OK" in text
    judge("certtool", "--crl-info", "--infile", work.path("ca.crl"))


@pytest.mark.parametrize("options, file, is_der", [
    ([], "ca.crl", False), ([], "ca.der", True), (["--form", "der"], "ca.crl", True),
    (["--form", "pem"], "ca.der", False)])
def test_forms(work, options, file, is_der):
    work.crl(file, *options)
    data = work.path(file).read_bytes()
    assert data.startswith(b"\x30" if is_der else b"-----BEGIN X509 CRL-----\n")
    assert list(load(work, file)) == []
    judge("openssl", "crl", "-in", work.path(file), "-noout", "-CAfile", work.path("ca.crt"),
          *(["-inform", "DER"] if is_der else []))


@pytest.mark.parametrize("kind, digest", [("p384", "sha384"), ("rsa2048", "sha256")])
def test_lists_of_other_keys(work, kind, digest):
    work.ca("other", "--key-type", kind)
    work.crl("other.crl", ca="other")
    made = load(work, "other.crl")
    assert made.signature_hash_algorithm.name == digest
    assert made.is_signature_valid(work.certificate("other.crt").public_key())


def test_numbers_only_grow(work):
    for number in (1, 2, 3):
        work.crl("ca.crl", "--force")
        assert load(work, "ca.crl").extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number
    old = work.path("ca.crt.index").read_text()
    assert old.splitlines()[1] == "crl-number 3"
    # An index out of a backup is behind its list.
    work.path("ca.crt.index").write_text(old.replace("number 3", "number 1"))
    work.crl("ca.crl", "--force")
    assert load(work, "ca.crl").extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 4


def test_a_lost_index_revokes_no_revocation(work):
    work.issue("bad")
    work.revoke("bad")
    work.crl("ca.crl")
    work.path("ca.crt.index").unlink()
    assert "'ca.crt.index' is missing" in work.refuse(
        "crl", "--issuer", "ca.crt", "--issuer-key", "ca.key", "--crl", "ca.crl", "--force")


def test_revoking_twice_says_so_and_changes_nothing(work):
    work.issue("bad")
    work.revoke("bad", "--reason", "superseded")
    before = work.contents()
    said = work.revoke("bad", "--reason", "keyCompromise")
    assert re.fullmatch(r"bad\.crt: was revoked already, at \S+Z, superseded\n", said)
    assert work.contents() == before


def test_a_certificate_that_the_index_does_not_have(work):
    """It was issued by another tool, or before the index was lost."""
    work.issue("bad")
    work.path("ca.crt.index").unlink()
    work.revoke("bad")
    work.crl("ca.crl")
    assert is_revoked(work, "bad")


def test_certificates_of_others_are_refused(work):
    work.ca("other")
    work.issue("bad", ca="other")
    words = ["revoke", "--issuer", "ca.crt", "--issuer-key", "ca.key", "--certificate"]
    assert "'bad.crt' was not issued by 'ca.crt'" in work.refuse(*words, "bad.crt")
    # The same name does not make the same authority.
    work.run("ca", "--name", "ca CA", "--certificate", "twin.crt", "--key", "twin.key")
    work.request("more")
    work.run(*work.signing("more", ca="twin"))
    assert "was not issued by" in work.refuse(*words, "more.crt")
    assert "cannot revoke itself" in work.refuse(*words, "ca.crt")


def test_reasons_are_those_of_the_standard(work):
    work.issue("bad")
    words = ["revoke", "--issuer", "ca.crt", "--issuer-key", "ca.key", "--certificate", "bad.crt", "--reason"]
    for reason in ("removeFromCRL", "keycompromise", ""):
        fault = work.refuse(*words, reason)
        assert all(one in fault for one in REASONS), fault


def test_many(work):
    """A list of 1,000, with serial numbers of every length."""
    serials = [f"{number:04x}" for number in range(0x1000, 0x13C0)]
    serials += ["7f" + "ab" * number for number in range(20)] + ["80" + "00" * number for number in range(20)]
    work.path("ca.crt.index").write_text("postern-index 1\ncrl-number 9\n" + "".join(
        f"{serial} 2027-12-26T11:07:57Z revoked 2026-01-01T00:00:00Z superseded b {n}\n"
        for n, serial in enumerate(serials)))
    work.crl("ca.crl")
    made = load(work, "ca.crl")
    assert [entry.serial_number for entry in made] == [int(serial, 16) for serial in serials]
    assert openssl("crl", "-in", work.path("ca.crl"), "-noout", "-crlnumber").strip() == b"crlNumber=0x0A"
    assert made.is_signature_valid(work.certificate("ca.crt").public_key())
