"""postern certificate renew: when it is due, what stays as it was, and which file is replaced."""

import pytest
from cryptography import x509

from postern_certificate import Authority, days, judge, names_of
from postern_dates import not_after, not_before, now
from postern_identity import make_key, openssl


@pytest.fixture
def work(tmp_path):
    return Authority(tmp_path)


def self_signed(work, *options, name="server"):
    work.run("self-signed", "--name", "board.local", "--name", "192.0.2.1", "--certificate", f"{name}.crt",
             "--key", f"{name}.key", *options)


def renewal(name="server", *options):
    return ["renew", "--certificate", f"{name}.crt", "--key", f"{name}.key", *options]


def extensions(certificate):
    """All of them but the key identifiers."""
    return {one.oid.dotted_string: (one.critical, one.value.public_bytes()) for one in certificate.extensions
            if one.oid.dotted_string not in ("2.5.29.14", "2.5.29.35")}


@pytest.mark.parametrize("valid, before, is_due", [
    ("40", [], False), ("31", [], False), ("29", [], True), ("40", ["--before", "60"], True),
    ("10", ["--before", "5"], False), ("4", ["--before", "5"], True)])
def test_when_it_is_due(work, valid, before, is_due):
    self_signed(work, "--days", valid)
    old = work.contents()
    code, said, fault = work.try_run(*renewal("server", *before))
    assert (code, fault) == (0 if is_due else 4, "")
    assert (work.contents() != old) == is_due
    assert ("not due, until" in said) == (not is_due)


@pytest.mark.parametrize("days", ["40", "10"], ids=["not due", "due"])
def test_a_key_of_another_certificate_is_refused_due_or_not(work, days):
    self_signed(work, "--days", days)
    self_signed(work, name="other")
    assert "other.key" in work.refuse("renew", "--certificate", "server.crt", "--key", "other.key")
    assert "none.key" in work.refuse("renew", "--certificate", "server.crt", "--key", "none.key", code=1)


def test_a_self_signed_certificate_over_the_same_key(work):
    self_signed(work, "--days", "20", "--profile", "peer", "--key-type", "p384")
    old, key = work.certificate("server.crt"), work.path("server.key").read_bytes()
    work.run(*renewal())
    new = work.certificate("server.crt")
    assert work.path("server.key").read_bytes() == key and extensions(new) == extensions(old)
    assert (new.subject, new.issuer, days(new)) == (old.subject, old.issuer, 20)
    assert new.serial_number != old.serial_number and not_before(new) >= not_before(old)
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("server.crt"), work.path("server.crt"))


@pytest.mark.parametrize("kind, size", [("p256", 256), ("p384", 384), ("rsa2048", 2048)])
def test_a_new_key_of_the_same_kind(work, kind, size):
    self_signed(work, "--days", "20", "--key-type", kind)
    old = work.key("server.key")
    work.run(*renewal("server", "--new-key"))
    new = work.key("server.key")
    assert new.key_size == size and new.public_key().public_numbers() != old.public_key().public_numbers()
    assert new.public_key().public_numbers() == work.certificate("server.crt").public_key().public_numbers()
    assert work.path("server.key").stat().st_mode & 0o777 == 0o600
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("server.crt"), work.path("server.crt"))


def test_a_new_key_of_another_kind(work):
    self_signed(work)
    work.run(*renewal("server", "--new-key", "--key-type", "p384", "--force"))
    assert work.key("server.key").key_size == 384
    assert "goes with --new-key" in work.refuse(*renewal("server", "--key-type", "p384", "--force"))


def test_an_expired_one_is_due(work):
    self_signed(work, "--not-before", "2020-01-01", "--days", "365")
    work.run(*renewal())
    assert not_after(work.certificate("server.crt")) > now()


def test_an_issued_one_wants_its_issuer(work):
    work.ca()
    work.issue("board", "--days", "20", names=["board.local", "192.0.2.1"])
    old = work.certificate("board.crt")
    assert "was issued by 'ca CA'; give" in work.refuse(*renewal("board"))
    work.ca("other")
    assert "was issued by" in work.refuse(*renewal("board", "--issuer", "other.crt", "--issuer-key", "other.key"))
    work.run(*renewal("board", "--issuer", "ca.crt", "--issuer-key", "ca.key", "--days", "36500"))
    new = work.certificate("board.crt")
    assert extensions(new) == extensions(old) and names_of(new) == ["board.local", "192.0.2.1"]
    assert not_after(new) == not_after(work.certificate("ca.crt"))
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("ca.crt"), work.path("board.crt"))
    assert len(work.index()) == 2


def test_what_stands_behind_it_in_the_file_stays(work):
    work.ca("root")
    work.ca("middle", "--issuer", "root.crt", "--issuer-key", "root.key")
    work.issue("board", "--days", "20", ca="middle")
    middle = work.path("middle.crt").read_bytes()
    work.path("board.crt").write_bytes(work.path("board.crt").read_bytes() + middle)
    work.run(*renewal("board", "--issuer", "middle.crt", "--issuer-key", "middle.key", "--new-key"))
    made = work.path("board.crt").read_bytes()
    assert made.endswith(middle) and made.count(b"BEGIN CERTIFICATE") == 2
    judge("openssl", "verify", "-CAfile", work.path("root.crt"), "-untrusted", work.path("middle.crt"),
          work.path("board.crt"))


def test_der_stays_der(work):
    self_signed(work, "--days", "20")
    openssl("x509", "-in", work.path("server.crt"), "-outform", "DER", "-out", work.path("server.crt"))
    work.run(*renewal())
    assert work.path("server.crt").read_bytes().startswith(b"\x30\x82")
    judge("openssl", "x509", "-inform", "DER", "-in", work.path("server.crt"), "-noout")


def test_extensions_of_others_are_kept(work):
    make_key(work.path("server.key"), "P-256")
    openssl("req", "-x509", "-new", "-key", work.path("server.key"), "-subj", "/C=KR/O=Corp/CN=board", "-days", "5",
            "-addext", "certificatePolicies=1.2.3.4", "-addext", "subjectAltName=DNS:board",
            "-addext", "basicConstraints=critical,CA:FALSE", "-out", work.path("server.crt"))
    old = work.certificate("server.crt")
    work.run(*renewal())
    new = work.certificate("server.crt")
    assert extensions(new) == extensions(old) and new.subject == old.subject
    judge("openssl", "verify", "-CAfile", work.path("server.crt"), work.path("server.crt"))


def test_an_authority_keeps_its_key(work):
    work.ca("ca", "--days", "10", "--path-length", "1")
    work.issue("board")
    assert "another authority" in work.refuse(*renewal("ca", "--new-key"))
    work.run(*renewal("ca", "--days", "3650"))
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("ca.crt"), work.path("board.crt"))


def made_elsewhere(work, name, *options, days="10", ca=None):
    """An authority of openssl, whose key identifiers are SHA-1 of the whole key."""
    make_key(work.path(f"{name}.key"), "P-256")
    signing = ["-x509", "-days", days, "-out", work.path(f"{name}.crt")]
    if ca:
        signing = ["-out", work.path(f"{name}.csr")]
    openssl("req", "-new", "-key", work.path(f"{name}.key"), "-subj", f"/CN={name}", *signing, *options)
    if ca:
        work.path("ext").write_text("basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n")
        openssl("x509", "-req", "-in", work.path(f"{name}.csr"), "-CA", work.path(f"{ca}.crt"), "-CAkey",
                work.path(f"{ca}.key"), "-CAcreateserial", "-days", days, "-extfile", work.path("ext"),
                "-out", work.path(f"{name}.crt"))


def key_identifier(certificate):
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_the_key_identifier_stays_with_the_key(work):
    """Whatever an authority has issued refers to it."""
    made_elsewhere(work, "root")
    made_elsewhere(work, "middle", ca="root")
    work.issue("board", ca="middle")
    for name, issuer in (("root", None), ("middle", "root")):
        old = key_identifier(work.certificate(f"{name}.crt"))
        given = ["--issuer", f"{issuer}.crt", "--issuer-key", f"{issuer}.key"] if issuer else []
        work.run(*renewal(name, "--days", "365", *given))
        assert key_identifier(work.certificate(f"{name}.crt")) == old
        judge("openssl", "verify", "-CAfile", work.path("root.crt"), "-untrusted", work.path("middle.crt"),
              work.path("board.crt"))


def test_a_new_key_has_a_new_key_identifier(work):
    make_key(work.path("board.key"), "P-256")
    openssl("req", "-x509", "-new", "-key", work.path("board.key"), "-subj", "/CN=board", "-days", "5",
            "-addext", "basicConstraints=critical,CA:FALSE", "-out", work.path("board.crt"))
    old = key_identifier(work.certificate("board.crt"))
    work.run(*renewal("board", "--new-key"))
    assert key_identifier(work.certificate("board.crt")) != old


def test_a_key_that_does_not_fit(work):
    self_signed(work, "--days", "5")
    self_signed(work, name="other")
    words = renewal()
    words[words.index("server.key")] = "other.key"
    assert "does not belong" in work.refuse(*words)
