"""What a directory of somebody else can make root do: nothing. Symbolic links are followed where root or the acting
user alone decides where they lead; what leads to a FIFO, a device or a second name of another's file is refused."""
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import time

import pytest

from postern_certificate import Authority
from postern_client import echo_once
from postern_identity import Identity
from postern_machine import only_root
from postern_target import BINARY, PATIENCE, refused, run

NOBODY = 65534
PAIR = ["--certificate", "x.crt", "--key", "x.key"]
LINK_OF_OTHERS = "by a link that another user could change"


@pytest.fixture
def work(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def theirs(open_folder):
    """A directory that belongs to another user."""
    made = open_folder / "theirs"
    made.mkdir()
    os.chown(made, NOBODY, NOBODY)
    yield made
    shutil.rmtree(made)


def self_signed(folder, name, *options):
    Authority(folder).run("self-signed", "--name", "localhost", "--certificate", f"{name}.crt", "--key", f"{name}.key",
                          *options)
    return Identity(folder / f"{name}.crt", folder / f"{name}.key", folder / f"{name}.crt")


# Links of one's own

@pytest.mark.parametrize("make_link", [
    lambda folder: (folder / "s.crt").symlink_to("live/s.crt"),
    lambda folder: (folder / "s.crt").symlink_to(folder / "live" / "s.crt"),
    lambda folder: [(folder / "other").symlink_to("live"), (folder / "s.crt").symlink_to("other/../other/s.crt")],
], ids=["relative", "absolute", "link to link"])
def test_a_file_is_replaced_where_it_really_is(work, make_link):
    live = work.path("live")
    live.mkdir()
    self_signed(live, "s")
    before = (live / "s.crt").read_bytes()
    make_link(work.folder)
    work.run("renew", "--certificate", "s.crt", "--key", "live/s.key", "--force")
    assert work.path("s.crt").is_symlink() and (live / "s.crt").read_bytes() != before
    assert sorted(os.listdir(live)) == ["s.crt", "s.key"]


def test_a_link_that_leads_nowhere_is_filled(work):
    work.path("data").mkdir()
    for name in ("x.crt", "x.key"):
        work.path(name).symlink_to(f"data/{name}")
    work.run("self-signed", "--name", "a", *PAIR)
    assert work.path("x.key").is_symlink() and stat.S_IMODE(work.path("data/x.key").stat().st_mode) == 0o600
    assert "exists already" in work.refuse("self-signed", "--name", "a", *PAIR)


def test_two_links_to_one_place_are_refused(work):
    for name in ("x.crt", "x.key"):
        work.path(name).symlink_to("both")
    assert "'x.key' cannot be two things" in work.refuse("self-signed", "--name", "a", *PAIR)
    assert not work.path("both").exists()


def test_links_without_end(work):
    work.path("x.crt").symlink_to("x.key")
    work.path("x.key").symlink_to("x.crt")
    assert "ymbolic link" in work.refuse("self-signed", "--name", "a", *PAIR, "--force")      # by either libc


def test_an_index_and_a_list_behind_links(work):
    work.path("data").mkdir()
    work.path("ca.crt.index").symlink_to("data/index")
    work.path("ca.crl").symlink_to("data/crl")
    work.ca()
    work.issue("b")
    work.revoke("b")
    work.crl("ca.crl")
    work.crl("ca.crl", "--force")
    assert work.path("ca.crt.index").is_symlink() and work.path("ca.crl").is_symlink()
    assert " revoked " in work.path("data/index").read_text() and b"X509 CRL" in work.path("data/crl").read_bytes()


def test_what_a_server_makes_behind_links(work, launch):
    work.path("data").mkdir()
    made = Identity(work.path("s.crt"), work.path("s.key"), work.path("s.crt"))
    for path in (made.certificate, made.key, work.path("s.pid")):
        path.symlink_to(f"data/{path.name}")
    server = launch("--create-identity", "--pidfile", str(work.path("s.pid")), identity=made)
    echo_once(server)
    assert sorted(os.listdir(work.path("data"))) == ["s.crt", "s.key", "s.pid"]
    assert work.path("data/s.pid").read_text() == f"{server.process.pid}\n"
    server.process.terminate()
    assert server.wait_for_exit() == 0
    assert not work.path("data/s.pid").exists() and work.path("s.pid").is_symlink()


# Links of others

def theirs_link(folder, target):
    link = folder / "x.crt"
    link.symlink_to(target)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)


def roots_link_in_their_folder(folder, target):
    (folder / "x.crt").symlink_to(target)


def their_folder_behind_a_link(folder, target):
    (folder / "x.crt").symlink_to(target)
    os.chown(folder, 0, 0)
    os.chown(target.parent, NOBODY, NOBODY)


def a_folder_that_all_may_change(folder, target):
    (folder / "x.crt").symlink_to(target)
    os.chown(folder, 0, 0)
    folder.chmod(0o777)


def a_folder_that_a_group_may_change(folder, target):
    a_folder_that_all_may_change(folder, target)
    folder.chmod(0o775)


def theirs_in_a_folder_for_all(folder, target):
    os.chown(folder, 0, 0)
    folder.chmod(0o1777)
    theirs_link(folder, target)


def second_name_of_roots_link(folder, target):
    (target.parent / "link").symlink_to(target)
    os.link(target.parent / "link", folder / "x.crt", follow_symlinks=False)
    os.chown(folder, 0, 0)
    folder.chmod(0o1777)


TRAPS = [theirs_link, roots_link_in_their_folder, their_folder_behind_a_link, a_folder_that_all_may_change,
         a_folder_that_a_group_may_change, theirs_in_a_folder_for_all, second_name_of_roots_link]


@only_root
@pytest.mark.parametrize("is_there", [True, False], ids=["file", "nowhere"])
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_link_of_others_is_not_followed(work, theirs, trap, is_there, open_folder):
    target = open_folder / "roots" / "precious"
    target.parent.mkdir()
    if is_there:
        target.write_text("precious")
    trap(theirs, target)
    try:
        for words in (["self-signed", "--name", "a", "--certificate", theirs / "x.crt", "--key", "x.key", "--force"],
                      ["self-signed", "--name", "a", "--certificate", "x.crt", "--key", theirs / "x.crt", "--force"]):
            assert LINK_OF_OTHERS in work.refuse(*words)
        work.ca()
        assert LINK_OF_OTHERS in work.refuse("crl", "--issuer", "ca.crt", "--issuer-key", "ca.key", "--crl",
                                             theirs / "x.crt", "--force")
        assert target.exists() == is_there and (not is_there or target.read_text() == "precious")
        assert os.listdir(theirs) == ["x.crt"] and (theirs / "x.crt").is_symlink()
    finally:
        shutil.rmtree(target.parent)


@only_root
def test_a_pid_file_is_not_written_through_a_link_of_others(identity, theirs, tmp_path):
    target = tmp_path / "precious"
    target.write_text("17\n")
    theirs_link(theirs, target)
    refused(run("--listen", "127.0.0.1:0", *identity.options, "--pidfile", theirs / "x.crt"), LINK_OF_OTHERS)
    assert target.read_text() == "17\n"


@only_root
def test_an_index_is_not_written_through_a_link_of_others(work, theirs):
    work.ca()
    work.request("b")
    for name in ("ca.crt", "ca.key"):
        shutil.move(work.path(name), theirs / name)
    (theirs / "ca.crt.index").symlink_to(work.path("elsewhere"))
    assert LINK_OF_OTHERS in work.refuse(
        "sign", "--issuer", theirs / "ca.crt", "--issuer-key", theirs / "ca.key", "--request", "b.csr",
        "--certificate", "b.crt", "--profile", "server")
    assert not work.path("elsewhere").exists()


@only_root
def test_the_owner_of_a_directory_may_link_in_it(work, theirs):
    """As that user, whom nobody else can deceive there."""
    self_signed(theirs, "s")
    for name in ("s.crt", "s.key"):
        os.chown(theirs / name, NOBODY, NOBODY)
    (theirs / "link").symlink_to("s.crt")
    os.chown(theirs / "link", NOBODY, NOBODY, follow_symlinks=False)
    before = (theirs / "s.crt").read_bytes()
    as_them = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--"]
    ended = run("certificate", "renew", "--certificate", theirs / "link", "--key", theirs / "s.key", "--force",
                prefix=as_them)
    assert ended.returncode == 0, ended.stderr
    assert (theirs / "link").is_symlink() and (theirs / "s.crt").read_bytes() != before


@only_root
def test_root_may_follow_its_own_link_to_what_is_the_users(work, theirs):
    """/etc with links to a directory of the server's user: what is replaced there is that user's, and stays so."""
    self_signed(theirs, "s")
    for name in ("s.crt", "s.key"):
        os.chown(theirs / name, NOBODY, NOBODY)
    work.path("s.crt").symlink_to(theirs / "s.crt")
    before = (theirs / "s.crt").read_bytes()
    work.run("renew", "--certificate", "s.crt", "--key", theirs / "s.key", "--force")
    assert (theirs / "s.crt").read_bytes() != before and (theirs / "s.crt").stat().st_uid == NOBODY


# What root reads

@only_root
@pytest.mark.parametrize("second_name", [False, True], ids=["link", "second name"])
def test_root_reads_no_secret_that_others_point_at(theirs, open_folder, second_name):
    """The server's user cannot have its server use another's key."""
    roots = open_folder / "keys"
    roots.mkdir()
    secret = self_signed(roots, "s")
    pointed = Identity(theirs / "s.crt", theirs / "s.key", None)
    shutil.copy(secret.certificate, pointed.certificate)
    if second_name:
        os.link(secret.key, pointed.key)
    else:
        pointed.key.symlink_to(secret.key)
        os.chown(pointed.key, NOBODY, NOBODY, follow_symlinks=False)
    try:
        refused(run("--listen", "127.0.0.1:0", *pointed.options, "--user", str(NOBODY), "--group", str(NOBODY)),
                pointed.key, LINK_OF_OTHERS)
    finally:
        shutil.rmtree(roots)


@only_root
def test_root_reads_what_others_link_to_their_own(theirs, launch):
    """A directory of releases with a link to the current one, all of one user."""
    (theirs / "1").mkdir()
    self_signed(theirs / "1", "s")
    (theirs / "current").symlink_to("1")
    for path in (theirs / "1", theirs / "1" / "s.crt", theirs / "1" / "s.key", theirs / "current"):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    current = theirs / "current"
    echo_once(launch(identity=Identity(current / "s.crt", current / "s.key", current / "s.crt")))


@pytest.mark.native
def test_what_is_no_file_is_not_even_opened(work):
    """Opening a device can do things."""
    self_signed(work.folder, "s")
    log = work.path("log")
    refused(run("--listen", "127.0.0.1:0", "--certificate", work.path("s.crt"), "--key", "/dev/zero",
                prefix=["strace", "-f", "-o", log, "-e", "trace=open,openat"]), "neither a file nor a pipe")
    opened = [line for line in log.read_text().splitlines() if '"zero"' in line]
    assert opened and all("O_PATH" in line for line in opened), opened


# The identity that root makes for the server's user

@pytest.mark.native
@only_root
@pytest.mark.parametrize("place", ["s.crt", "s.key"])
def test_a_fifo_does_not_hold_up_the_start(theirs, place):
    made = Identity(theirs / "s.crt", theirs / "s.key", None)
    os.mkfifo(theirs / place)
    ended = run("--listen", "127.0.0.1:0", "--create-identity", *made.options, "--user", str(NOBODY), "--group",
                str(NOBODY), seconds=20 * PATIENCE)
    # Nobody writes into the key's; beside the certificate's the key is lost.
    assert ended.returncode == (1 if place == "s.key" else 2), ended.stderr


@contextlib.contextmanager
def second_names_in(folder, target, names):
    """Somebody who puts a second name of root's file wherever root makes one, as fast as he can."""
    script = """
import os, sys
folder, target, *names = sys.argv[1:]
os.chdir(folder)
while True:
    for name in [one for one in os.listdir() if "postern-new" in one or one.endswith(".new")] + names:
        try:
            os.unlink(name)
            os.link(target, name)
        except OSError:
            pass
"""
    racer = subprocess.Popen(["/usr/bin/python3", "-c", script, folder, target, *names])
    try:
        yield
    finally:
        racer.send_signal(signal.SIGKILL)
        racer.wait()


@pytest.mark.native
@only_root
def test_root_gives_away_only_what_it_made(theirs, open_folder):
    """By descriptor, before the file has a name that somebody could take."""
    target = open_folder / "precious"
    target.write_text("precious")
    made = Identity(theirs / "s.crt", theirs / "s.key", None)
    end = time.monotonic() + 3
    with second_names_in(theirs, target, ["s.crt", "s.key"]):
        while time.monotonic() < end:
            for path in (made.certificate, made.key):
                path.unlink(missing_ok=True)
            with contextlib.suppress(subprocess.TimeoutExpired):
                run("--listen", "127.0.0.1:0", "--create-identity", *made.options, "--user", str(NOBODY),
                    "--group", str(NOBODY), "--pidfile", "/nosuchfolder/pid")
            assert target.stat().st_uid == 0
    target.unlink()


@pytest.mark.native
@only_root
def test_ownership_is_given_before_there_is_a_name(theirs, tmp_path):
    made = Identity(theirs / "s.crt", theirs / "s.key", None)
    log = tmp_path / "log"
    ended = run("--listen", "127.0.0.1:0", "--create-identity", *made.options, "--user", str(NOBODY), "--group",
                str(NOBODY), "--pidfile", "/nosuchfolder/pid",
                prefix=["strace", "-f", "-o", log, "-e", "trace=/chown|linkat|rename"])
    assert b"/nosuchfolder/pid" in ended.stderr
    calls = [line.split(" ", 1)[1].split("(")[0].strip() for line in log.read_text().splitlines() if "(" in line]
    calls = [call for call in calls if not call.startswith("readlink")]
    assert calls[:2] == ["fchown", "fchown"] and not {"chown", "lchown", "fchownat"} & set(calls), calls
    assert made.key.stat().st_uid == made.certificate.stat().st_uid == NOBODY


@only_root
def test_what_cannot_be_given_is_not_made(open_folder, theirs):
    made = Identity(theirs / "s.crt", theirs / "s.key", None)
    ended = run("--listen", "127.0.0.1:0", "--create-identity", *made.options, "--user", "12345", "--group", "12345",
                prefix=["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--"])
    refused(ended, made.key, "cannot be given to the user of --user")
    assert os.listdir(theirs) == []


@pytest.mark.native
@only_root
def test_a_file_that_others_put_there_is_not_given_the_new_key(open_folder):
    """In /tmp, anybody may make a file beforehand that root then replaces."""
    folder = open_folder / "for-all"
    folder.mkdir()
    folder.chmod(0o1777)
    (folder / "x.key").write_text("mine")
    os.chown(folder / "x.key", NOBODY, NOBODY)
    (folder / "x.key").chmod(0o640)
    Authority(folder).run("self-signed", "--name", "a", *PAIR, "--force")
    status = (folder / "x.key").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 0, 0o600)


# The lock of an index

@pytest.mark.native
def test_a_lock_that_never_ends_is_told(work):
    """Whoever may read the authority's certificate can lock it."""
    work.ca()
    work.request("b")
    script = "import fcntl, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_SH); print(flush=True); " \
             "sys.stdin.read()"
    with subprocess.Popen(["/usr/bin/python3", "-c", script, work.path("ca.crt")], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        # strace shortens the half minute.
        ended = subprocess.run(["strace", "-qq", "-f", "-o", os.devnull, "-e",
                                "inject=clock_nanosleep,nanosleep:retval=0", BINARY,
                                "certificate", *work.signing("b")], cwd=work.folder, capture_output=True, text=True,
                               timeout=20 * PATIENCE)
        holder.stdin.close()
    assert ended.returncode == 1 and "held its lock for half a minute" in ended.stderr
