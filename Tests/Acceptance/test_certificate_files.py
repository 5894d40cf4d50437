"""How files of postern certificate are written: whole, both or none, never over another one unasked; and what the
command line refuses."""
import contextlib
import fcntl
import os
import stat
import struct
import subprocess

import pytest

from postern_certificate import Authority, judge
from postern_machine import only_root
from postern_seccomp import no_random_numbers_yet, random_is_a_call
from postern_target import BINARY, command, run

PAIR = ["--certificate", "x.crt", "--key", "x.key"]
F_OFD_SETLK = 37        # of fcntl(2), which Python does not name everywhere
COMMANDS = ["self-signed", "ca", "request", "sign", "renew", "revoke", "crl"]


@pytest.fixture
def work(tmp_path):
    return Authority(tmp_path)


@pytest.mark.parametrize("existing", ["x.crt", "x.key"])
@pytest.mark.parametrize("words", [["self-signed", "--name", "a", *PAIR], ["ca", "--name", "a", *PAIR],
                                   ["request", "--name", "a", "--request", "x.crt", "--key", "x.key"]])
def test_nothing_is_overwritten_without_force(work, words, existing):
    work.path(existing).write_text("precious")
    fault = work.refuse(*words)
    if existing == "x.crt":
        assert "file 'x.crt' exists already; give another name, or --force" in fault
    else:
        assert "key file 'x.key' exists already; use it with --same-key" in fault and "--force" not in fault
    work.run(*words, "--force")
    assert work.path(existing).read_bytes().startswith(b"-----BEGIN")


def test_what_a_command_reads_and_what_an_authority_keeps_is_not_replaced(work):
    """Not with --force either: the request that is signed, and the index of whatever authority."""
    work.ca()
    work.run("request", "--name", "b.home", "--request", "b.csr", "--key", "b.key")
    sign = ["sign", "--issuer", "ca.crt", "--issuer-key", "ca.key", "--request", "b.csr", "--profile", "server",
            "--force"]
    work.run(*sign, "--certificate", "b.crt")
    request, index = work.path("b.csr").read_bytes(), work.path("ca.crt.index").read_bytes()
    assert "file 'b.csr' cannot be two things at once" in work.refuse(*sign, "--certificate", "b.csr")
    for words in (["ca", "--name", "X", "--certificate", "ca.crt.index", "--key", "n.key"],
                  ["ca", "--name", "X", "--certificate", "n.crt", "--key", "ca.crt.index"],
                  ["self-signed", "--name", "x", "--certificate", "ca.crt.index", "--key", "n.key"],
                  ["request", "--name", "x", "--request", "ca.crt.index", "--key", "n.key"]):
        assert "the index of an authority, which would be lost" in work.refuse(*words, "--force"), words
        assert not work.path("n.key").exists() and not work.path("n.crt").exists(), words
    assert (work.path("b.csr").read_bytes(), work.path("ca.crt.index").read_bytes()) == (request, index)


@pytest.mark.parametrize("task", [["sign", "--request", "b.csr", "--profile", "server", "--certificate", "b.crt"],
                                  ["crl", "--crl", "b.crt"]])
def test_nothing_is_overwritten_by_authorities(work, task):
    work.ca()
    work.request("b")
    work.path("b.crt").write_text("precious")
    words = [*task, "--issuer", "ca.crt", "--issuer-key", "ca.key"]
    assert "'b.crt' exists already" in work.refuse(*words)
    work.run(*words, "--force")


@pytest.mark.parametrize("key, certificate", [("x.key", "missing/x.crt"), ("missing/x.key", "x.crt"), ("x.key", ".")])
def test_both_files_or_none(work, key, certificate):
    fault = work.refuse("self-signed", "--name", "a", "--key", key, "--certificate", certificate, "--force",
                        code=2 if certificate == "." else 1)
    assert "cannot be written" in fault and ("missing" in fault or "'.'" in fault)


@pytest.mark.native
@pytest.mark.parametrize("without_links", [False, True])
def test_what_was_there_comes_back_when_the_second_file_fails(work, without_links):
    """Without links the old key cannot come back under its name; it stays in the file beside the new one."""
    work.run("self-signed", "--name", "a", *PAIR)
    certificate, old = work.contents()["x.crt"], work.contents()["x.key"]
    inject = ["inject=renameat,renameat2:error=ENOSPC:when=2", *["inject=linkat:error=EPERM"] * without_links]
    ended = subprocess.run(
        ["strace", "-qq", "-o", os.devnull, *[word for what in inject for word in ("-e", what)], BINARY, "certificate",
         "self-signed", "--name", "a", *PAIR, "--force"], cwd=work.folder, capture_output=True, text=True)
    assert ended.returncode == 1 and "No space left on device" in ended.stderr, ended.stderr
    assert set(work.contents()) == {"x.crt", "x.key"} and work.contents()["x.crt"] == certificate
    key = work.contents()["x.key"]
    assert key.startswith(old) and len(key) > len(old) if without_links else key == old


@pytest.mark.parametrize("place", ["x.key.postern-new", "x.crt.postern-old", "x.postern-new-2", "x.postern-old-2"])
@pytest.mark.parametrize("option", ["--key", "--certificate"])
def test_names_of_files_on_their_way_are_reserved(work, place, option):
    """What has them is taken for left behind, and goes away."""
    fault = work.refuse("self-signed", "--name", "a", *PAIR, option, place, "--force")
    assert f"file '{place}' cannot be written: names that end in .postern-new or .postern-old are for" in fault
    assert not work.contents()


def test_a_directory_in_the_place_of_the_second_file_changes_nothing(work):
    work.path("x.key").write_text("precious")
    work.path("x.key").chmod(0o640)
    work.path("folder").mkdir()
    before = work.path("x.key").stat()
    code, _, fault = work.try_run("self-signed", "--name", "a", "--key", "x.key", "--certificate", "folder", "--force")
    assert code == 2 and "certificate file 'folder' cannot be written" in fault
    after = work.path("x.key").stat()
    assert work.path("x.key").read_text() == "precious" and after.st_ino == before.st_ino
    assert sorted(path.name for path in work.folder.iterdir()) == ["folder", "x.key"]


def test_one_name_for_two_files_is_refused(work):
    assert "cannot be two things" in work.refuse(
        "self-signed", "--name", "a", "--key", "same", "--certificate", "same", "--force")


def test_one_name_for_two_files_is_refused_however_it_is_written(work):
    work.run("self-signed", "--name", "a", "--key", "same", "--certificate", "other")
    assert "cannot be two things" in work.refuse(
        "self-signed", "--name", "a", "--key", "same", "--certificate", "./same", "--force")


@pytest.mark.parametrize("place", ["ca.crt", "ca.key", "./ca.key", "ca.crt.index"])
def test_force_does_not_replace_the_authority(work, place):
    work.ca()
    work.issue("b")
    issuer = ["--issuer", "ca.crt", "--issuer-key", "ca.key", "--force"]
    for words in (["sign", "--request", "b.csr", "--profile", "server", "--certificate", place],
                  ["crl", "--crl", place],
                  ["ca", "--name", "c", "--certificate", place, "--key", "c.key"],
                  ["ca", "--name", "c", "--certificate", "c.crt", "--key", place]):
        assert f"'{place}' cannot be two things" in work.refuse(*words, *issuer)


@pytest.mark.parametrize("key, certificate", [("pipe", "x.crt"), ("x.key", "pipe"), ("link", "x.crt")])
def test_force_replaces_files_alone(work, key, certificate):
    """A FIFO stands here for devices: root would replace /dev/null for the whole machine."""
    os.mkfifo(work.path("pipe"))
    work.path("link").symlink_to("pipe")
    assert "is not a regular file" in work.refuse(
        "self-signed", "--name", "a", "--key", key, "--certificate", certificate, "--force")
    assert work.path("pipe").is_fifo() and work.path("link").is_symlink()


@pytest.mark.native
@only_root
def test_a_replaced_file_keeps_its_owner_and_its_group_may_read_on(work):
    work.run("self-signed", "--name", "a", *PAIR, "--days", "5")
    os.chown(work.path("x.key"), 65534, 65534)
    work.path("x.key").chmod(0o640)
    work.run("renew", *PAIR, "--new-key")
    status = work.path("x.key").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (65534, 65534, 0o640)


@pytest.mark.native
@only_root
def test_what_everybody_could_read_becomes_private(work):
    work.path("x.key").write_text("old")
    work.path("x.key").chmod(0o644)
    work.run("self-signed", "--name", "a", *PAIR, "--force")
    assert stat.S_IMODE(work.path("x.key").stat().st_mode) == 0o600


@pytest.mark.native
def test_keys_are_private_from_the_first_byte(work):
    """strace sees with which modes files come to be, and what is synced before it gets its name."""
    log = work.path("log")
    subprocess.run(["strace", "-f", "-o", log, "-e", "trace=openat,open,fchmod,fsync,linkat,renameat",
                    BINARY, "certificate", "self-signed", "--name", "a", *PAIR], cwd=work.folder, check=True,
                   stdout=subprocess.DEVNULL)
    lines = [line.split(" ", 1)[1].strip() for line in log.read_text().splitlines() if "(" in line]
    made = [line for line in lines if "O_CREAT" in line]
    assert len(made) == 2 and all("O_EXCL" in line and ", 0600)" in line for line in made), made
    names = [line.split("(")[0] for line in lines[lines.index(made[0]):]]
    assert names.index("fsync") < min(names.index(name) for name in ("linkat", "renameat") if name in names)
    assert names[-1] == "fsync", "the folder is synced last"


@pytest.mark.native
def test_a_file_system_without_links_and_modes(work):
    """FAT, as strace plays it."""
    def run_on_fat(*words):
        return subprocess.run(["strace", "-qq", "-o", os.devnull, "-e", "inject=linkat,fchmod:error=EPERM", BINARY,
                               "certificate", "self-signed", "--name", "a", *PAIR, *words], cwd=work.folder,
                              capture_output=True, text=True)
    assert run_on_fat().returncode == 0
    before = work.contents()
    assert set(before) == {"x.crt", "x.key"}
    assert "exists already" in run_on_fat().stderr and work.contents() == before
    assert run_on_fat("--force").returncode == 0
    assert set(work.contents()) == set(before) and work.contents() != before


@pytest.mark.native
@pytest.mark.needs("root", "mounts")
def test_a_full_file_system_leaves_nothing_behind(work):
    mount = work.path("mount")
    mount.mkdir()
    judge("mount", "-t", "tmpfs", "-o", "size=8k", "none", mount)
    try:
        (mount / "filler").write_bytes(b"x" * 4096)
        inside = Authority(mount)
        assert "cannot be written: No space left on device" in inside.refuse(
            "self-signed", "--name", "a", *PAIR, code=1)
    finally:
        subprocess.run(["umount", mount], check=True)


@pytest.mark.parametrize("words", [
    ["sign", "--request", "b.csr", "--profile", "server", "--certificate", "missing/b.crt"],
    ["crl", "--crl", "missing/ca.crl"],
    ["ca", "--name", "x", "--key", "x.key", "--certificate", "missing/x.crt"]])
def test_an_index_changes_only_with_what_it_is_about(work, words):
    work.ca()
    work.request("b")
    for _ in range(2):      # without an index, and with one
        assert "cannot be written: No such file" in work.refuse(
            *words, "--issuer", "ca.crt", "--issuer-key", "ca.key", code=1)
        work.crl("good.crl", "--force")


@pytest.mark.native
@pytest.mark.parametrize("call, moment", [(call, moment) for call, most in (
    ("write", 2), ("fsync", 4), ("fchmod", 2), ("linkat", 2), ("renameat", 1), ("unlinkat", 2))
    for moment in range(1, most + 1)])
def test_a_crash_at_any_moment_loses_nothing(work, call, moment):
    """strace kills the command at its nth call of a kind; the next command must work, and the index must know every
    certificate that came to be."""
    work.ca()
    work.issue("first")
    work.request("b")
    ended = subprocess.run(["strace", "-qq", "-o", os.devnull, "-e", f"inject={call}:signal=KILL:when={moment}",
                            BINARY, "certificate", *work.signing("b")], cwd=work.folder, stdout=subprocess.DEVNULL)
    assert ended.returncode != 0
    listed = {line.split()[0] for line in work.index()}
    for name in ("first", "b"):
        if work.path(f"{name}.crt").exists():
            assert f"{work.certificate(f'{name}.crt').serial_number:032x}" in {one.rjust(32, "0") for one in listed}
    work.run(*work.signing("b", "--force"))
    assert work.certificate("first.crt") and len(work.index()) in (2, 3)


@contextlib.contextmanager
def in_the_way(work, kind):
    """Something that has the name of a temporary file, and that no command has left."""
    place = work.path("a.key.postern-new")
    work.path("precious").write_text("precious")
    if kind == "link":
        place.symlink_to("precious")
    elif kind == "directory":
        place.mkdir()
    elif kind == "fifo":
        os.mkfifo(place)
    with contextlib.ExitStack() as stack:
        if kind == "in-use":
            place.write_text("of another process")
            held = stack.enter_context(place.open("r+"))
            fcntl.fcntl(held, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        yield place


@pytest.mark.parametrize("kind", ["link", "directory", "fifo", "in-use"])
def test_only_what_a_dead_command_has_left_is_taken_away(work, kind):
    with in_the_way(work, kind) as place:
        before = place.lstat()
        for _ in range(2):
            work.run("self-signed", "--name", "a", "--key", "a.key", "--certificate", "a.crt", "--force")
        assert place.lstat().st_ino == before.st_ino and work.path("precious").read_text() == "precious"
        assert sorted(path.name for path in work.folder.iterdir()) == ["a.crt", "a.key", place.name, "precious"]


@pytest.mark.parametrize("again", [[], ["--force"]])
def test_what_a_dead_command_has_left_is_taken_away(work, again):
    words = ["self-signed", "--name", "a", "--key", "a.key", "--certificate", "a.crt"]
    if again:
        work.run(*words)
    for name in ("a.key.postern-new", "a.crt.postern-new", *(["a.key.postern-old"] if again else [])):
        work.path(name).write_text("left")
        work.path(name).chmod(0o600)
    work.run(*words, *again)
    assert sorted(path.name for path in work.folder.iterdir()) == ["a.crt", "a.key"]


@pytest.mark.native
@random_is_a_call
def test_waiting_for_random_numbers_is_told(work):
    code, _, told = work.try_run("self-signed", "--name", "a", *PAIR, preexec_fn=no_random_numbers_yet)
    assert code == 0 and "waiting for the kernel to have random numbers" in told


# The command line

@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(name):
    ended = run("certificate", name, "--help")
    text = ended.stdout.decode()
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert text.startswith(f"usage: postern certificate {name} ")
    assert f"\n  postern certificate {name} " in text, "an example"
    assert max(map(len, text.splitlines())) <= 80
    assert run("cert", name, "-h").stdout == ended.stdout


def test_overview():
    ended = run("certificate", "--help")
    text = ended.stdout.decode()
    assert ended.returncode == 0 and all(f"\n  {name} " in text for name in COMMANDS)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("words, part", [
    ([], "needs a command"), (["sing"], "'sing' is unknown"), (["ca", "--nme", "x"], "'--nme' is unknown"),
    (["ca", "--name"], "'--name' needs an argument"), (["ca", "x"], "'x' belongs to no option"),
    (["crl", "--profile", "server"], "crl does not take the option --profile"),
    (["sign", *PAIR], "does not take the option --key"), (["sign"], "sign needs --certificate"),
    (["self-signed", "--key", "k"], "needs --certificate"),
    (["self-signed", *PAIR, "--days", "0"], "not a whole number from 1 to 36500"),
    *((["self-signed", *PAIR, "--days", days], "not a whole number") for days in ("36501", "1x", "9" * 25, "", "-1")),
    (["self-signed", *PAIR, "--not-before", "yesterday"], "is not a time"),
    (["self-signed", *PAIR, "--key-type", "rsa1024"], "use p256, p384, rsa2048, rsa3072 or rsa4096"),
    (["self-signed", *PAIR, "--profile", "ca"], "use server, client or peer"),
    (["self-signed", *PAIR, "--same-key", "--key-type", "p256"], "not with --same-key"),
    (["crl", "--form", "text"], "use pem or der"), (["ca", "--path-length", "17"], "from 0 to 16"),
    (["self-signed", *PAIR] + ["--name", "a"] * 65, "one too many"),
    (["self-signed", *PAIR] + [w for n in range(64) for w in ("--name", f"{'long' * 15}.x{n}")], "too many names")])
def test_bad_command_lines(work, words, part):
    assert part in work.refuse(*words)


def test_output_that_cannot_be_written_is_a_fault(work):
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(command(BINARY, "certificate", "--help"), stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1 and b"standard output" in ended.stderr
