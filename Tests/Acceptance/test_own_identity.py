"""The identity that the server makes itself (--create-identity): at the first start, and a new certificate over the
same key when the old one ends soon or the host name changes. Nothing that an authority issued is replaced.
"""
import datetime
import os
import re
import shutil
import signal
import ssl
import subprocess

import pytest

from postern_client import client_context, echo_once, tls_connection
from postern_identity import Identity, NAMES, make_key, openssl, sign
from postern_machine import only_root
from postern_target import run
from test_bad_input import as_nobody, assert_refused

DIGESTS = r"'(?P<file>[^']+)', SHA-256 fingerprint (?P<fingerprint>[0-9a-f]{64}), pin (?P<pin>[0-9a-f]{64})"
CREATED = r"postern: notice: identity created: " + DIGESTS
RENEWED = r"postern: notice: certificate renewed: " + DIGESTS


@pytest.fixture
def files(tmp_path):
    """Where the identity goes; nothing is there yet."""
    return Identity(tmp_path / "own.crt", tmp_path / "own.key", tmp_path / "own.crt")


@pytest.fixture
def start(launch, files):
    return lambda **keywords: launch("--create-identity", identity=files, **keywords)


def fingerprint(path):
    return openssl("x509", "-in", path, "-noout", "-fingerprint", "-sha256").decode() \
        .partition("=")[2].strip().replace(":", "").lower()


def pin(key):
    """SHA-256 of the public key."""
    public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    return openssl("dgst", "-sha256", "-r", input=public).split()[0].decode()


def names(path):
    return openssl("x509", "-in", path, "-noout", "-ext", "subjectAltName").decode()


def self_signed(files, days, subject="/CN=own", alternatives=NAMES):
    """A certificate over the key that is there, as the server makes one."""
    openssl("req", "-x509", "-new", "-key", files.key, "-out", files.certificate, "-days", days, "-sha256",
            "-subj", subject, "-addext", f"subjectAltName={alternatives}")


def own_names():
    """What the server calls itself, so that only what a test changes makes a certificate due."""
    return f"{NAMES},DNS:{os.uname().nodename}"


def test_made_at_the_first_start_and_kept(start, files):
    server = start()
    line = server.wait_for_line(CREATED)
    assert line["file"] == str(files.certificate)
    assert line["fingerprint"] == fingerprint(files.certificate)
    assert line["pin"] == pin(files.key)
    assert files.key.stat().st_mode & 0o777 == 0o600
    assert files.certificate.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in files.key.parent.iterdir()) == ["own.crt", "own.key"]
    with tls_connection(server, client_context(trust=files.certificate)) as tls:
        assert tls.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(files.certificate.read_text())
    before = files.certificate.read_bytes(), files.key.read_bytes()
    again = start()
    echo_once(again)
    assert not again.matches(CREATED) and not again.matches(RENEWED)
    assert (files.certificate.read_bytes(), files.key.read_bytes()) == before


def test_what_is_in_it(start, files):
    start()
    text = openssl("x509", "-in", files.certificate, "-noout", "-text").decode()
    assert "prime256v1" in text and "ecdsa-with-SHA256" in text
    for name in ("DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"):
        assert name in names(files.certificate)
    texts = [openssl("x509", "-in", files.certificate, "-noout", which).decode().strip().partition("=")[2]
             for which in ("-startdate", "-enddate")]
    dates = [datetime.datetime.strptime(text, "%b %d %H:%M:%S %Y GMT") for text in texts]
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    assert abs((now - dates[0]).total_seconds() - 86_400) < 300, "backdated by a day"
    assert 3_600 < (dates[1] - now).days < 3_660
    openssl("verify", "-x509_strict", "-CAfile", files.certificate, files.certificate)


def test_a_start_that_was_cut_short_goes_on_with_its_key(start, files):
    make_key(files.key, "P-256")
    key = files.key.read_bytes()
    server = start()
    assert server.wait_for_line(CREATED)["pin"] == pin(files.key)
    assert files.key.read_bytes() == key
    echo_once(server)


def test_a_certificate_without_its_key_is_refused(identity, files):
    shutil.copy(identity.certificate, files.certificate)
    ended = run("--listen", "127.0.0.1:0", "--create-identity", *files.options)
    assert_refused(ended, files.certificate, files.key)
    assert not files.key.exists()


def test_without_the_option_nothing_is_made(files):
    assert_refused(run("--listen", "127.0.0.1:0", *files.options), files.certificate, code=1)
    assert not files.certificate.exists() and not files.key.exists()


@pytest.mark.parametrize("option", ["--test-config", "--print-config"])
def test_a_check_makes_nothing(files, option):
    ended = run("--listen", "127.0.0.1:0", "--create-identity", *files.options, option)
    assert ended.returncode == 0, ended.stderr
    assert not files.certificate.exists() and not files.key.exists()


def test_a_folder_that_is_not_there(tmp_path):
    missing = Identity(tmp_path / "none" / "own.crt", tmp_path / "none" / "own.key", None)
    ended = run("--listen", "127.0.0.1:0", "--create-identity", *missing.options)
    assert_refused(ended, missing.key, "no such file", "directory", code=1)


def test_a_folder_that_may_not_be_written(open_folder):
    folder = open_folder / "read-only"
    folder.mkdir(mode=0o755)
    closed = Identity(folder / "own.crt", folder / "own.key", None)
    prefix = as_nobody()
    if not prefix:
        folder.chmod(0o555)
    ended = run("--listen", "127.0.0.1:0", "--create-identity", *closed.options, prefix=prefix)
    assert_refused(ended, closed.key, "permission denied", "directory")
    assert not list(folder.iterdir())


@pytest.mark.native
@pytest.mark.needs("root", "mounts")
@pytest.mark.parametrize("options, problem", [("size=4k", "no space left"), ("ro", "read-only")])
def test_a_file_system_that_is_full_or_read_only(tmp_path, options, problem):
    """Mounted in a namespace of its own, which ends with the server."""
    closed = Identity(tmp_path / "own.crt", tmp_path / "own.key", None)
    script = (f'mount -t tmpfs -o {options} postern "$0" && '
              f'{{ [ {options} = ro ] || head -c 4096 /dev/zero >"$0/rest"; }}; exec "$@"')
    ended = run("--listen", "127.0.0.1:0", "--create-identity", *closed.options,
                prefix=["unshare", "--mount", "sh", "-c", script, str(tmp_path)])
    assert_refused(ended, closed.key, problem, "directory", code=1)


def test_renewed_before_it_ends_over_the_same_key(start, files, launch):
    make_key(files.key, "P-256")
    self_signed(files, days=29, alternatives=own_names())
    old, pinned = fingerprint(files.certificate), pin(files.key)
    server = start()
    line = server.wait_for_line(RENEWED)
    assert line["pin"] == pinned == pin(files.key)
    assert line["fingerprint"] == fingerprint(files.certificate) != old
    with tls_connection(server, client_context(trust=files.certificate)) as tls:
        assert tls.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(files.certificate.read_text())


def test_one_that_has_time_left_stays(start, files):
    make_key(files.key, "P-256")
    self_signed(files, days=40, alternatives=own_names())
    old = files.certificate.read_bytes()
    server = start()
    echo_once(server)
    reload(server)
    echo_once(server)
    assert files.certificate.read_bytes() == old and not server.matches(RENEWED)


def reload(server):
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_line(r"postern: notice: files reloaded: .+", since)
    return since


def test_renewed_while_connections_are_open(start, files):
    server = start()
    with tls_connection(server, client_context(trust=files.certificate)) as tls:
        self_signed(files, days=10, alternatives=own_names())
        since = reload(server)
        server.wait_for_line(RENEWED, since)
        tls.sendall(b"still open")
        assert tls.recv(10) == b"still open"
    with tls_connection(server, client_context(trust=files.certificate)):
        pass


def test_what_an_authority_issued_is_left_alone(start, files, identities, tmp_path):
    make_key(files.key, "P-256")
    issued = sign(tmp_path, "issued", files.key, "/CN=localhost", identities.good.certificate, identities.good.key,
                  f"subjectAltName={NAMES}\n", days=5)
    shutil.copy(issued, files.certificate)
    old = files.certificate.read_bytes()
    server = start()
    server.wait_for_line(r"postern: warning: .*expires soon.*")
    echo_once(server)
    assert files.certificate.read_bytes() == old and not server.matches(RENEWED)


@pytest.mark.native
@pytest.mark.needs("root", "host name")
def test_renewed_when_the_host_name_changes(start, files):
    """In a name space of its own, where the test may call the machine as it likes."""
    prefix = ["unshare", "--uts", "sh", "-c", 'hostname board-one; exec "$@"', "sh"]
    server = start(prefix=prefix)
    assert "DNS:board-one" in names(files.certificate)
    pinned = pin(files.key)
    subprocess.run(["nsenter", f"--uts=/proc/{server.process.pid}/ns/uts", "hostname", "board-two"], check=True)
    server.wait_for_line(RENEWED, reload(server))
    assert re.search(r"DNS:board-two\b", names(files.certificate)) and "board-one" not in names(files.certificate)
    assert pin(files.key) == pinned


@pytest.mark.native
@only_root
def test_given_to_the_user_who_will_serve(start, files, open_folder, launch):
    folder = open_folder / "given"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    given = Identity(folder / "own.crt", folder / "own.key", folder / "own.crt")
    server = launch("--create-identity", "--user", "65534", "--group", "65534", identity=given)
    assert given.key.stat().st_uid == given.certificate.stat().st_uid == 65534
    self_signed(given, days=3, alternatives=own_names())
    server.wait_for_line(RENEWED, reload(server))
    echo_once(server)


@pytest.mark.native
@only_root
@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_a_user_who_cannot_renew_is_told_of_at_the_start(open_folder, launch, mode):
    folder = open_folder / f"renewal-{mode:o}"
    folder.mkdir()
    folder.chmod(mode)
    own = Identity(folder / "own.crt", folder / "own.key", folder / "own.crt")
    server = launch("--create-identity", "--user", "65534", "--group", "65534", identity=own)
    echo_once(server)
    told = server.matches(r"postern: warning: certificate file '(.+)' will not be renewed, .*Permission denied.*")
    assert [line[1] for line in told] == ([str(own.certificate)] if mode == 0o755 else [])
