"""Authorities with name constraints: what is in the extension, what such an authority issues, and what openssl and
`verify` think of it."""
import subprocess

import pytest
from cryptography import x509

from postern_certificate import Authority, judge

HOME = ["--permit", ".home", "--permit", "192.168.0.0/16", "--exclude", "guest.home", "--exclude", "192.168.66.0/24"]
INSIDE = ["a.home", "a.b.home", "my_board.home", "192.168.1.2"]
OUTSIDE = ["a.work", "xhome", "home.evil", "guest.home", "a.guest.home", "10.0.0.1", "192.168.66.1", "fd00::1",
           "a@home", "https://a.home/x"]


@pytest.fixture
def work(tmp_path):
    made = Authority(tmp_path)
    made.ca("ca", *HOME)
    return made


def constraints(certificate):
    extension = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    return ([str(name.value) for name in extension.value.permitted_subtrees or []],
            [str(name.value) for name in extension.value.excluded_subtrees or []])


def test_the_extension(work):
    permitted, excluded = constraints(work.certificate("ca.crt"))
    assert permitted == ["home", "192.168.0.0/16"]
    assert excluded == ["guest.home", "192.168.66.0/24", "::/0", "", ""], "no other kind of names either"


@pytest.mark.parametrize("words, permitted, excluded", [
    (["--exclude", "evil.example"], [], ["evil.example"]),
    (["--permit", "fd00::/8"], ["fd00::/8"], ["", "0.0.0.0/0", "", ""]),
    (["--permit", "10.1.2.3"], ["10.1.2.3/32"], ["", "::/0", "", ""]),
    (["--permit", "10.1.2.3/8"], ["10.0.0.0/8"], ["", "::/0", "", ""]),
    (["--permit", "@example.org", "--permit", "a@b.org", "--permit", "@.c.org"], ["example.org", "a@b.org", ".c.org"],
     ["", "0.0.0.0/0", "::/0", ""]),
    (["--permit", "uri:example.org", "--permit", "uri:.x.org"], ["example.org", ".x.org"],
     ["", "0.0.0.0/0", "::/0", ""]),
    (["--permit", "a.home", "--permit", "1.2.3.4/0", "--permit", "::/0", "--permit", "@x.org", "--permit", "uri:x.org"],
     ["a.home", "0.0.0.0/0", "::/0", "x.org", "x.org"], [])])
def test_every_kind_of_names(work, words, permitted, excluded):
    work.ca("other", *words)
    assert constraints(work.certificate("other.crt")) == (permitted, excluded)


@pytest.mark.parametrize("names", ["", ".", "*.home", "a b", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0/8", "@",
                                   "uri:", "a..b", "/8", "10.0.0.0/-1", "10.0.0.0/8/8", "@a..b"])
@pytest.mark.parametrize("option", ["--permit", "--exclude"])
def test_what_is_no_part_of_names(work, names, option):
    fault = work.refuse("ca", "--name", "x", "--certificate", "x.crt", "--key", "x.key", option, names)
    assert f"option {option}: '{names}' is not a part of names; give .home" in fault


@pytest.mark.parametrize("name", INSIDE)
def test_names_inside_are_issued(work, name):
    work.issue("board", names=[name])
    kind = "-verify_ip" if name[0].isdigit() else "-verify_hostname"
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("ca.crt"), kind, name, work.path("board.crt"))
    work.run("verify", "board.crt", "--ca", "ca.crt", "--name", name)


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_outside_are_not_issued(work, name):
    work.request("board", names=["a.home", name])
    fault = work.refuse(*work.signing("board"))
    assert "issuer 'ca.crt' may not issue the name " in fault and name in fault
    work.request("client", names=[name])
    assert "may not issue" in work.refuse(*work.signing("client", "--name", name, profile="client"))


@pytest.mark.parametrize("name", OUTSIDE)
def test_nor_would_anybody_take_them(work, name):
    """Issued by the same authority over the same key before it was constrained."""
    work.run("ca", "--name", "ca CA", "--certificate", "free.crt", "--key", "ca.key", "--same-key")
    work.request("board", names=[name])
    words = work.signing("board")
    words[words.index("ca.crt")] = "free.crt"
    work.run(*words)
    assert work.try_run("verify", "board.crt", "--ca", "ca.crt")[0] == 3
    if name not in ("a@home", "https://a.home/x"):      # openssl reads an empty base for these as none
        ended = subprocess.run(["openssl", "verify", "-CAfile", work.path("ca.crt"), work.path("board.crt")],
                               capture_output=True)
        assert ended.returncode != 0


def test_a_person_has_no_such_name(work):
    work.request("alice", names=["Alice Smith"])
    work.run(*work.signing("alice", profile="client"))
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("ca.crt"), work.path("alice.crt"))


def test_an_authority_below_and_a_renewal_keep_them(work):
    before = constraints(work.certificate("ca.crt"))
    work.run("renew", "--certificate", "ca.crt", "--key", "ca.key", "--force")
    assert constraints(work.certificate("ca.crt")) == before
    work.ca("open")
    work.ca("below", "--issuer", "open.crt", "--issuer-key", "open.key", "--permit", "lab.home")
    work.request("board", names=["a.lab.home"])
    work.run(*work.signing("board", ca="below"))
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("open.crt"), "-untrusted", work.path("below.crt"),
          work.path("board.crt"))
    work.request("other", names=["a.home"])
    assert "may not issue" in work.refuse(*work.signing("other", ca="below"))
    old = work.path("board.crt").read_bytes()
    work.run("ca", "--name", "below CA", "--certificate", "below.crt", "--key", "below.key", "--same-key", "--force",
             "--permit", "elsewhere", "--issuer", "open.crt", "--issuer-key", "open.key")
    fault = work.refuse("renew", "--certificate", "board.crt", "--key", "board.key", "--issuer", "below.crt",
                        "--issuer-key", "below.key", "--force")
    assert "may not issue the name DNS:a.lab.home" in fault and work.path("board.crt").read_bytes() == old

