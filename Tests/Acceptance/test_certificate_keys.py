"""No private key is lost: a file that holds one beside its certificate keeps it, and a new key never parts from its
certificate, whatever kills the command that makes them."""
import os
import re
import subprocess

import pytest

from postern_certificate import Authority
from postern_client import echo_once
from postern_identity import Identity
from postern_target import BINARY, refused, run

CALLS = ["write", "fsync", "fchmod", "linkat", "renameat", "unlinkat"]


@pytest.fixture
def work(tmp_path):
    return Authority(tmp_path)


def self_signed(work, *options, name="s"):
    work.run("self-signed", "--name", "localhost", "--certificate", f"{name}.crt", "--key", f"{name}.key", *options)


def in_one_file(work, certificate, key, *more):
    """Certificate, key and more in one file, as some programs want them."""
    parts = [work.path(name).read_bytes() for name in (certificate, key, *more)]
    work.path("both.pem").write_bytes(b"a comment\n" + b"more of it\n".join(parts))
    work.path("both.pem").chmod(0o600)
    return "both.pem"


def keys_of(work, file):
    return re.findall(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END", work.path(file).read_bytes(), re.S)


def is_pair(work, certificate, key):
    """What a start says."""
    ended = run("--listen", "127.0.0.1:0", "--certificate", work.path(certificate), "--key", work.path(key),
                "--test-config")
    return ended.returncode == 0


ONE_FILE = ["--certificate", "both.pem", "--key", "both.pem", "--force"]


def test_a_key_in_the_same_file_stays(work):
    self_signed(work)
    before = work.path(in_one_file(work, "s.crt", "s.key")).read_bytes()
    work.run("renew", *ONE_FILE)
    made = work.path("both.pem").read_bytes()
    assert keys_of(work, "both.pem") == keys_of(work, "s.key")
    assert made.startswith(b"a comment\n-----BEGIN CERT") and b"more of it\n" in made and made != before
    assert work.path("both.pem").stat().st_mode & 0o777 == 0o600 and is_pair(work, "both.pem", "both.pem")


@pytest.mark.parametrize("order", [["s.key", "s.crt"], ["s.crt", "s.key"]])
def test_a_new_key_in_the_same_file(work, order):
    self_signed(work)
    in_one_file(work, *order)
    work.run("renew", *ONE_FILE, "--new-key")
    assert len(keys_of(work, "both.pem")) == 1 and keys_of(work, "both.pem") != keys_of(work, "s.key")
    assert b"a comment\n" in work.path("both.pem").read_bytes() and is_pair(work, "both.pem", "both.pem")
    assert work.path("both.pem").stat().st_mode & 0o777 == 0o600


def test_through_a_link_it_is_one_file_too(work):
    self_signed(work)
    in_one_file(work, "s.crt", "s.key")
    work.path("link").symlink_to("both.pem")
    work.run("renew", "--certificate", "both.pem", "--key", "link", "--force", "--new-key")
    assert keys_of(work, "both.pem") != keys_of(work, "s.key") and is_pair(work, "both.pem", "link")


@pytest.mark.parametrize("new_key", [False, True])
def test_an_issued_one_in_one_file(work, new_key):
    work.ca()
    work.issue("b")
    in_one_file(work, "b.crt", "b.key", "ca.crt")
    words = ["--issuer", "ca.crt", "--issuer-key", "ca.key", *(["--new-key"] if new_key else [])]
    work.run("renew", *ONE_FILE, *words)
    assert (keys_of(work, "both.pem") == keys_of(work, "b.key")) == (not new_key)
    assert work.path("both.pem").read_bytes().endswith(work.path("ca.crt").read_bytes())
    assert is_pair(work, "both.pem", "both.pem")


def test_an_authority_in_one_file(work):
    work.ca()
    in_one_file(work, "ca.crt", "ca.key")
    work.run("renew", *ONE_FILE)
    assert keys_of(work, "both.pem") == keys_of(work, "ca.key")
    work.request("b")
    work.run("sign", "--issuer", "both.pem", "--issuer-key", "both.pem", "--request", "b.csr", "--profile", "server",
             "--certificate", "b.crt")


def test_a_key_beside_the_certificate_stays_though_another_file_has_it_too(work):
    self_signed(work)
    in_one_file(work, "s.crt", "s.key")
    work.run("renew", "--certificate", "both.pem", "--key", "s.key", "--force")
    assert keys_of(work, "both.pem") == keys_of(work, "s.key")


@pytest.mark.parametrize("words, part", [
    (["--certificate", "both.pem", "--key", "s.key"], "would stay the old one"),
    (["--certificate", "s.crt", "--key", "both.pem"], "holds a certificate too"),
    (["--certificate", "s.crt", "--key", "two.key"], "more than one private key"),
    (["--certificate", "two.pem", "--key", "two.pem"], "more than one private key")])
def test_a_new_key_that_would_part_what_belongs_together(work, words, part):
    self_signed(work)
    self_signed(work, name="t")
    in_one_file(work, "s.crt", "s.key")
    both = work.path("both.pem").read_bytes()
    work.path("two.key").write_bytes(work.path("s.key").read_bytes() + work.path("t.key").read_bytes())
    work.path("two.pem").write_bytes(both + work.path("t.key").read_bytes())
    assert part in work.refuse("renew", *words, "--force", "--new-key")


@pytest.mark.parametrize("form", ["pem", "der", "pkcs1", "pkcs12"])
def test_force_replaces_no_key_by_something_else(work, form):
    work.ca()
    self_signed(work, "--key-type", "rsa2048")
    work.request("b")
    words = {"pem": ["pkcs8", "-topk8", "-nocrypt"], "der": ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"],
             "pkcs1": ["rsa", "-outform", "DER"],
             "pkcs12": ["pkcs12", "-export", "-passout", "pass:x", "-inkey", "s.key", "-in", "s.crt"]}[form]
    source = [] if form == "pkcs12" else ["-in", "s.key"]
    subprocess.run(["openssl", *words, *source, "-out", "x"], cwd=work.folder, check=True, capture_output=True)
    if form == "pem":       # not at the start, and over the edge of what is read at once
        work.path("x").write_bytes(b"#" * 4080 + b"\n" + work.path("x").read_bytes())
    issuer = ["--issuer", "ca.crt", "--issuer-key", "ca.key", "--force"]
    for task in (["sign", "--request", "b.csr", "--profile", "server", "--certificate", "x", *issuer],
                 ["self-signed", "--name", "a", "--key", "y.key", "--certificate", "x", "--force"],
                 ["request", "--name", "a", "--key", "y.key", "--request", "x", "--force"],
                 ["ca", "--name", "a", "--key", "y.key", "--certificate", "x", "--force"]):
        assert "holds a private key, which would be lost" in work.refuse(*task)


# The server's own identity

def due(work, *, name):
    """A certificate that the server renews at once, over its key."""
    self_signed(work, "--days", "5", "--name", os.uname().nodename, name=name)


def test_a_server_keeps_the_key_in_its_file(work, launch):
    due(work, name="s")
    both = work.path(in_one_file(work, "s.crt", "s.key"))
    server = launch("--create-identity", identity=Identity(both, both, both))
    server.wait_for_line(r"postern: notice: certificate renewed: .+")
    assert keys_of(work, "both.pem") == keys_of(work, "s.key") and both.stat().st_mode & 0o777 == 0o600
    echo_once(server)
    assert is_pair(work, "both.pem", "both.pem")


def test_a_server_makes_both_in_one_file(work, launch):
    one = work.path("one.pem")
    server = launch("--create-identity", identity=Identity(one, one, one))
    server.wait_for_line(r"postern: notice: identity created: .+")
    echo_once(server)
    assert len(keys_of(work, "one.pem")) == 1 and one.stat().st_mode & 0o777 == 0o600
    assert os.listdir(work.folder) == ["one.pem"]


def test_other_words_in_the_file_stay(work, launch):
    due(work, name="s")
    work.path("s.crt").write_bytes(b"a comment\n" + work.path("s.crt").read_bytes())
    server = launch("--create-identity", identity=Identity(work.path("s.crt"), work.path("s.key"), work.path("s.crt")))
    server.wait_for_line(r"postern: notice: certificate renewed: .+")
    assert work.path("s.crt").read_bytes().startswith(b"a comment\n")


# Killed at any moment

def is_killed(work, call, count, *words):
    """Runs a command that is killed when it makes a call for the nth time; whether it came to that."""
    ended = subprocess.run(["strace", "-qq", "-f", "-o", os.devnull, "-e", f"inject={call}:signal=KILL:when={count}",
                            BINARY, "certificate", *words], cwd=work.folder, stdout=subprocess.DEVNULL)
    return ended.returncode != 0


def kills(work, *words, undo):
    """Every moment at which a command can be killed: before each call that touches a file."""
    moments = 0
    for call in CALLS:
        for count in range(1, 50):
            is_over = not is_killed(work, call, count, *words)
            if not is_over:
                moments += 1
                yield call, count
            for path in work.folder.iterdir():
                path.unlink()
            for name, content in undo.items():
                work.path(name).write_bytes(content)
            if is_over:
                break
    assert moments > 8, "what is to be killed touches files"


@pytest.mark.native
@pytest.mark.parametrize("issued", ["", "issued", "superseding"])
@pytest.mark.parametrize("new_key", [False, True])
@pytest.mark.parametrize("one_file", [False, True])
def test_key_and_certificate_agree_after_a_kill_at_any_point(work, issued, new_key, one_file):
    words = ["renew", "--certificate", "b.crt", "--key", "b.key", "--force"]
    work.ca()
    if issued:
        work.issue("b")
        words += ["--issuer", "ca.crt", "--issuer-key", "ca.key"] + ["--supersede"] * (issued == "superseding")
    else:
        self_signed(work, name="b")
    certificate, key = "b.crt", "b.key"
    if one_file:
        certificate = key = in_one_file(work, "b.crt", "b.key")
        words[words.index("b.crt")] = words[words.index("b.key")] = "both.pem"
    words += ["--new-key"] if new_key else []
    before = work.contents()
    for moment in kills(work, *words, undo=before):
        assert is_pair(work, certificate, key), moment
        if issued:
            serial = f"{work.certificate(certificate).serial_number:x}"
            line = next(line for line in work.index() if line.split()[0].lstrip("0") == serial)
            assert line.split()[2] == "valid", (moment, line)
        work.run(*words)        # what was left behind is in nobody's way, and goes
        assert is_pair(work, certificate, key), moment
        assert work.contents().keys() == before.keys(), moment
        assert len(keys_of(work, key)) == 1, moment


@pytest.mark.native
@pytest.mark.parametrize("task", ["self-signed", "ca"])
def test_a_pair_that_is_replaced_agrees_after_a_kill_at_any_point(work, task):
    words = [task, "--name", "a", "--certificate", "s.crt", "--key", "s.key", "--force"]
    work.run(*words)
    before = work.contents()
    for moment in kills(work, *words, undo=before):
        assert is_pair(work, "s.crt", "s.key"), moment
        work.run(*words)
        assert work.contents().keys() == before.keys(), moment


@pytest.mark.parametrize("form", ["PKCS#8", "SEC1"])
def test_a_key_is_found_among_others(work, form):
    """While one takes the place of the other, both are in the file, in whatever forms."""
    for name, kind in (("s", "p256"), ("t", "rsa2048")):
        self_signed(work, "--key-type", kind, name=name)
    if form == "SEC1":
        subprocess.run(["openssl", "pkey", "-in", "s.key", "-out", "sec1.key", "-traditional"], cwd=work.folder,
                       check=True)
        work.path("sec1.key").rename(work.path("s.key"))
    work.path("x.key").write_bytes(work.path("s.key").read_bytes() + b"x\n" + work.path("t.key").read_bytes())
    assert is_pair(work, "s.crt", "x.key") and is_pair(work, "t.crt", "x.key")
    self_signed(work, name="u")
    refused(run("--listen", "127.0.0.1:0", "--certificate", work.path("u.crt"), "--key", work.path("x.key")),
            "does not belong")
