"""What an authority has revoked stays revoked: with an index that is lost or old, by serial number or by name, and when
a certificate is renewed."""
import os
import re
import shutil
import subprocess

import pytest

from postern_certificate import Authority
from postern_identity import openssl
from postern_machine import only_root

ISSUER = ["--issuer", "ca.crt", "--issuer-key", "ca.key"]


@pytest.fixture
def work(tmp_path):
    made = Authority(tmp_path)
    made.ca()
    return made


def is_revoked(work, name):
    code, said, _ = work.try_run("verify", f"{name}.crt", "--ca", "ca.crt", "--crl", "ca.crl")
    assert code in (0, 3) and (code == 0) == ("revoked" not in said), said
    return code == 3


def serial(work, name):
    return re.search(r"(?m)^serial +(\S+)$", work.run("show", f"{name}.crt"))[1]


def entry(work, name):
    """The line of a certificate in the index, without its serial number and its end."""
    return [line.split(" ", 2)[2] for line in work.index()
            if line.split()[0].lstrip("0") == f"{work.certificate(f'{name}.crt').serial_number:x}"]


# An index that does not know what the list has revoked

@pytest.fixture
def revoked(work):
    """Two certificates that a list has, and the index from before."""
    for name in ("a", "b"):
        work.issue(name, profile="client")
    before = work.path("ca.crt.index").read_bytes()
    for name in ("a", "b"):
        work.revoke(name, "--reason", "keyCompromise")
    work.crl("ca.crl")
    return before


def lose(work, before):
    work.path("ca.crt.index").unlink()
    work.run(*work.signing("a", "--force"))        # begins a new one


def go_back(work, before):
    work.path("ca.crt.index").write_bytes(before)


def forget_one(work, before):
    lines = work.path("ca.crt.index").read_text().splitlines(keepends=True)
    work.path("ca.crt.index").write_text("".join(lines[:3] + [lines[3].replace("revoked", "valid", 1).replace(
        lines[3].split()[3] + " keyCompromise ", "")]))


@pytest.mark.parametrize("harm", [lose, go_back, forget_one])
def test_a_list_never_gets_shorter(work, revoked, harm):
    work.path("stolen.crt").write_bytes(work.path("b.crt").read_bytes())
    harm(work, revoked)
    fault = work.refuse("crl", *ISSUER, "--crl", "ca.crl", "--force")
    assert "--adopt" in fault and serial(work, "stolen") in fault
    assert is_revoked(work, "stolen")
    said = work.run("crl", *ISSUER, "--crl", "ca.crl", "--adopt", "ca.crl")
    assert f"ca.crl: {1 if harm is forget_one else 2} revoked that the index did not know" in said
    assert "number 2, 2 revoked" in said and is_revoked(work, "stolen")
    assert any("keyCompromise" in line for line in work.index())


@pytest.mark.parametrize("form", ["pem", "der"])
def test_a_lost_index_is_made_from_the_list(work, revoked, form):
    work.path("ca.crt.index").unlink()
    openssl("crl", "-in", work.path("ca.crl"), "-outform", form.upper(), "-out", work.path("old.crl"))
    work.run("crl", *ISSUER, "--adopt", "old.crl")
    assert [line.split()[2] for line in work.index()] == ["revoked", "revoked"]
    assert "number 2, 2 revoked" in work.run("crl", *ISSUER, "--crl", "new.crl")
    assert work.run("crl", *ISSUER, "--adopt", "new.crl").startswith("new.crl: 0 revoked")


def test_only_a_list_of_the_same_authority_is_taken_over(work, revoked):
    work.run("ca", "--name", "ca CA", "--certificate", "twin.crt", "--key", "twin.key")
    work.issue("c", ca="twin")
    work.revoke("c", ca="twin")
    work.crl("twin.crl", ca="twin")
    assert "was not signed by 'ca.crt'" in work.refuse("crl", *ISSUER, "--adopt", "twin.crl")
    damaged = bytearray(openssl("crl", "-in", work.path("ca.crl"), "-outform", "DER"))
    damaged[-1] ^= 1
    work.path("damaged.crl").write_bytes(damaged)
    assert "was not signed by 'ca.crt'" in work.refuse("crl", *ISSUER, "--adopt", "damaged.crl")


def test_a_list_of_another_authority_is_not_replaced(work, revoked):
    work.ca("other")
    work.crl("other.crl", ca="other")
    assert "is another authority's" in work.refuse("crl", *ISSUER, "--crl", "other.crl", "--force")
    work.path("both.crl").write_bytes(work.path("ca.crl").read_bytes() + work.path("other.crl").read_bytes())
    assert "is another authority's" in work.refuse("crl", *ISSUER, "--crl", "both.crl", "--force")


def test_a_list_that_cannot_be_read_is_not_replaced(work, revoked):
    text = work.path("ca.crl").read_bytes()
    work.path("ca.crl").write_bytes(text[:100] + text[140:])
    work.refuse("crl", *ISSUER, "--crl", "ca.crl", "--force")


def test_what_a_new_index_is_told(work):
    assert "ca.crt.index: new" in work.issue("a") and "ca.crt.index" not in work.issue("b")


# Without the certificate's file

def test_by_serial_number(work):
    work.issue("a", profile="client")
    number = serial(work, "a")
    digits = number.replace(":", "")
    for way in (digits.upper(), f"0x{digits}", ":".join(re.findall("..", digits.zfill(len(digits) + len(digits) % 2)))):
        said = work.run("revoke", *ISSUER, "--serial", way, "--reason", "keyCompromise")
        assert re.fullmatch(rf"serial 0?{digits} of a: revoked, at \S+Z, keyCompromise\n", said), said
    work.crl("ca.crl")
    assert is_revoked(work, "a")


def test_by_name_all_of_that_name(work):
    for name in ("a", "b"):
        work.issue(name, profile="client")
    work.path("stolen.crt").write_bytes(work.path("a.crt").read_bytes())
    work.run("renew", *ISSUER, "--certificate", "a.crt", "--key", "a.key", "--force")
    said = work.run("revoke", *ISSUER, "--name", "a")
    assert len(said.splitlines()) == 2 and all(" of a: revoked, at " in line for line in said.splitlines())
    work.crl("ca.crl")
    assert [is_revoked(work, name) for name in ("a", "stolen", "b")] == [True, True, False]


@pytest.mark.parametrize("words, part", [
    (["--serial", "1234"], "has no certificate with this serial number"),
    (["--name", "x"], "has no certificate called 'x'"),
    (["--name", "a", "--name", "x"], "has no certificate called 'x'"), (["--serial", ""], "is not a serial number"),
    (["--serial", "0"], "is not a serial number"), (["--serial", "ab" * 21], "is not a serial number"),
    (["--serial", "12g4"], "is not a serial number"), ([], "one of --certificate, --serial and --name"),
    (["--serial", "12", "--name", "a"], "one of --certificate, --serial and --name")])
def test_what_nobody_has(work, words, part):
    work.issue("a")
    assert part in work.refuse("revoke", *ISSUER, *words)


@pytest.mark.parametrize("number", ["0", "-5", str(1 << 168), str((1 << 160) + 7)])
def test_serial_numbers_that_no_list_can_name(work, number):
    """The index stays one that can be read."""
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", work.path("x.key"), "-subj", "/CN=x", "-out",
            work.path("x.csr"))
    openssl("x509", "-req", "-in", work.path("x.csr"), "-CA", work.path("ca.crt"), "-CAkey", work.path("ca.key"),
            "-set_serial", number, "-days", "5", "-out", work.path("x.crt"))
    assert "serial number" in work.refuse("revoke", *ISSUER, "--certificate", "x.crt")
    work.crl("ca.crl")


@pytest.mark.parametrize("name", ["two\nlines", "bell\x07", " blank", "x" * 64])
def test_names_that_are_no_line(work, name):
    subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", work.path("x.key"), "-subj",
                    f"/CN={name}", "-out", work.path("x.csr")], check=True, capture_output=True)
    openssl("x509", "-req", "-in", work.path("x.csr"), "-CA", work.path("ca.crt"), "-CAkey", work.path("ca.key"),
            "-set_serial", "0x1234", "-days", "5", "-out", work.path("x.crt"))
    work.run("revoke", *ISSUER, "--certificate", "x.crt")
    assert len(work.index()) == 1 and "number 1, 1 revoked" in work.crl("ca.crl")


# Renewal

def test_a_replaced_one_can_be_superseded(work):
    work.issue("a", profile="client")
    work.path("old.crt").write_bytes(work.path("a.crt").read_bytes())
    work.run("renew", *ISSUER, "--certificate", "a.crt", "--key", "a.key", "--force", "--supersede")
    assert re.fullmatch(r"revoked \S+Z superseded a", entry(work, "old")[0]) and entry(work, "a") == ["valid a"]
    work.crl("ca.crl")
    assert (is_revoked(work, "old"), is_revoked(work, "a")) == (True, False)
    work.run("self-signed", "--name", "s", "--certificate", "s.crt", "--key", "s.key")
    assert "goes with --issuer alone" in work.refuse(
        "renew", "--certificate", "s.crt", "--key", "s.key", "--force", "--supersede")


@pytest.mark.parametrize("options", [[], ["--new-key"], ["--supersede"]])
def test_who_was_revoked_is_not_renewed(work, options):
    work.issue("a")
    work.revoke("a", "--reason", "keyCompromise")
    assert re.search(r"'a\.crt' was revoked at \S+Z, keyCompromise", work.refuse(
        "renew", *ISSUER, "--certificate", "a.crt", "--key", "a.key", "--force", *options))


def test_a_name_does_not_make_an_issuer(work):
    """Somebody else's authority has the same name."""
    work.run("ca", "--name", "ca CA", "--certificate", "twin.crt", "--key", "twin.key")
    work.issue("x", ca="twin")
    assert "'x.crt' was not issued by 'ca.crt'" in work.refuse(
        "renew", *ISSUER, "--certificate", "x.crt", "--key", "x.key", "--force")


# Links

@pytest.mark.parametrize("link, target", [
    ("link.crt", "ca.crt"), ("link.crt", "{folder}/ca.crt"), ("link.crt", "there/other.crt"),
    ("there/link.crt", "../ca.crt"), ("up/link.crt", "../ca.crt")])
def test_an_authority_has_one_index_by_whichever_link(work, link, target):
    """It is beside the certificate: what is revoked by one name is revoked by the other."""
    work.path("there").mkdir()
    work.path("there/other.crt").symlink_to("../ca.crt")
    work.path("up").symlink_to("there")
    work.path(link).symlink_to(target.format(folder=work.folder))
    work.issue("b")
    work.run("revoke", "--issuer", link, "--issuer-key", "ca.key", "--certificate", "b.crt")
    assert [line.split()[2] for line in work.index()] == ["revoked"]
    assert [str(path.relative_to(work.folder)) for path in work.folder.rglob("*.index")] == ["ca.crt.index"]
    assert "1 revoked" in work.run("crl", "--issuer", link, "--issuer-key", "ca.key", "--crl", "ca.crl")


@only_root
def test_an_index_is_not_put_where_a_link_of_others_leads(work, open_folder):
    work.issue("b")
    index = work.path("ca.crt.index").read_bytes()
    theirs = open_folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    (theirs / "ca.crt").symlink_to(work.path("ca.crt"))
    fault = work.refuse("revoke", "--issuer", theirs / "ca.crt", "--issuer-key", "ca.key", "--certificate", "b.crt")
    assert "issuer file" in fault and "link" in fault
    assert work.path("ca.crt.index").read_bytes() == index and not list(theirs.glob("*.index"))
    shutil.rmtree(theirs)
