"""--watch: whatever changes what a name leads to is noticed, and what changes later where it leads then; what cannot be
watched is told."""
import os
import pathlib
import shutil
import subprocess

import pytest

from postern_certificate import Authority
from postern_client import client_context, echo_once, tls_connection
from postern_identity import Identity
from postern_machine import only_root

NOBODY = 65534
RELOADED = r"postern: notice: files reloaded: certificate .+"
NOT_WATCHED = r"postern: warning: file '(?P<file>[^']+)' is not watched: (?P<reason>.+); send SIGHUP .+"


@pytest.fixture
def work(tmp_path):
    """Three directories with an identity each."""
    made = Authority(tmp_path)
    for name in ("1", "2", "3"):
        made.path(name).mkdir()
        made.run("self-signed", "--name", "localhost", "--certificate", f"{name}/s.crt", "--key", f"{name}/s.key")
    return made


def watching(work, launch, place="s"):
    files = Identity(work.path(f"{place}.crt"), work.path(f"{place}.key"), work.path("1/s.crt"))
    return launch("--watch", identity=files)


def serves(work, server, name):
    """The identity of that directory, which is the one that a client sees."""
    with tls_connection(server, client_context(trust=work.path(f"{name}/s.crt"))):
        pass


def noticed(server, since):
    server.wait_for_line(RELOADED, since, seconds=8)


def put(work, source, target):
    for name in ("s.key", "s.crt"):
        shutil.copy(work.path(source) / name, work.path(target) / name)


def relink(work, target, link):
    """In the directory of the link alone: what happens elsewhere would give it away."""
    following = work.path(link).parent / "next"
    following.symlink_to(target)
    following.rename(work.path(link))


def test_a_link_to_a_link(work, launch):
    """/etc with links to certbot's live/, whose links lead to archive/."""
    work.path("live").mkdir()
    for ending in ("crt", "key"):
        work.path(f"live/s.{ending}").symlink_to(f"../1/s.{ending}")
        work.path(f"s.{ending}").symlink_to(f"live/s.{ending}")
    server = watching(work, launch)
    serves(work, server, "1")
    for number in ("2", "3"):
        since = server.mark()
        for ending in ("key", "crt"):
            relink(work, f"../{number}/s.{ending}", f"live/s.{ending}")
        noticed(server, since)
        serves(work, server, number)
    since = server.mark()       # and in the place of the last one
    put(work, "1", "3")
    noticed(server, since)
    serves(work, server, "1")


def moved(work):
    work.path("tls").rename(work.path("tls.old"))
    shutil.copytree(work.path("2"), work.path("tls"))


def exchanged(work):
    """Both at once, as renameat2(2) does."""
    shutil.copytree(work.path("2"), work.path("other"))
    script = "import ctypes, sys; sys.exit(ctypes.CDLL(None).renameat2(-100, sys.argv[1].encode(), -100, " \
             "sys.argv[2].encode(), 2))"
    subprocess.run(["/usr/bin/python3", "-c", script, work.path("other"), work.path("tls")], check=True)


def replaced_by_a_link(work):
    work.path("tls").rename(work.path("tls.old"))
    shutil.copytree(work.path("2"), work.path("other"))
    work.path("tls").symlink_to("other")


def moved_above(work):
    work.path("tls").rename(work.path("tls.old"))
    work.path("above").mkdir()
    work.path("tls").symlink_to("above/tls")
    shutil.copytree(work.path("2"), work.path("above/tls"))


def removed_and_made_again(work):
    shutil.rmtree(work.path("tls"))
    shutil.copytree(work.path("2"), work.path("tls"))


@pytest.mark.parametrize("change", [moved, exchanged, replaced_by_a_link, moved_above, removed_and_made_again])
def test_another_directory(work, launch, change):
    shutil.copytree(work.path("1"), work.path("tls"))
    server = watching(work, launch, "tls/s")
    since = server.mark()
    change(work)
    noticed(server, since)
    serves(work, server, "2")
    since = server.mark()
    put(work, "3", "tls")
    noticed(server, since)
    serves(work, server, "3")


def test_a_link_to_a_directory(work, launch):
    work.path("current").symlink_to("1")
    server = watching(work, launch, "current/s")
    since = server.mark()
    relink(work, "2", "current")
    noticed(server, since)
    serves(work, server, "2")
    since = server.mark()
    put(work, "3", "2")
    noticed(server, since)
    serves(work, server, "3")


def test_directories_of_directories(work, launch):
    work.path("a/b/c").mkdir(parents=True)
    put(work, "1", "a/b/c")
    server = watching(work, launch, "a/../a/b/./c/s")
    since = server.mark()
    work.path("a").rename(work.path("old"))
    work.path("a").symlink_to("new")
    work.path("new/b/c").mkdir(parents=True)
    put(work, "2", "new/b/c")
    noticed(server, since)
    serves(work, server, "2")


@pytest.mark.native
def test_watches_do_not_pile_up(work, launch):
    """Of directories that are nobody's way any more none is left, and descriptors neither."""
    work.path("current").symlink_to("1")
    server = watching(work, launch, "current/s")

    def watches():
        texts = [path.read_text() for path in pathlib.Path(f"/proc/{server.process.pid}/fdinfo").iterdir()]
        return sum(text.count("inotify wd:") for text in texts), len(texts)
    before = watches()
    for count in range(6):
        since = server.mark()
        relink(work, "213"[count % 3], "current")
        noticed(server, since)
    assert watches() == before and before[0] > 0


def test_a_busy_neighbour_costs_nothing(work, launch):
    server = watching(work, launch, "1/s")
    since = server.mark()
    for count in range(200):
        work.path(f"1/other{count % 3}").write_text("x")
        work.path(f"other{count % 3}").write_text("x")
    echo_once(server)
    assert not server.matches(RELOADED, since)


# What cannot be watched

@only_root
def test_a_directory_that_the_user_may_not_read(open_folder, work, launch):
    """Files can be reached in it, but not what it has."""
    folder = open_folder / "searched"
    folder.mkdir(mode=0o711)
    folder.chmod(0o711)
    for name in ("s.crt", "s.key"):
        shutil.copy(work.path("1") / name, folder / name)
        os.chown(folder / name, NOBODY, NOBODY)
    files = Identity(folder / "s.crt", folder / "s.key", folder / "s.crt")
    server = launch("--watch", "--user", str(NOBODY), "--group", str(NOBODY), identity=files)
    told = {line["file"]: line["reason"] for line in server.matches(NOT_WATCHED)}
    assert told == dict.fromkeys((str(files.certificate), str(files.key)), "Permission denied")
    echo_once(server)
    shutil.rmtree(folder)


@only_root
def test_files_outside_of_the_root(open_folder, work, launch):
    root = open_folder / "root"
    root.mkdir()
    files = Identity(work.path("1/s.crt"), work.path("1/s.key"), work.path("1/s.crt"))
    server = launch("--watch", "--chroot", str(root), identity=files)
    assert {line["file"] for line in server.matches(NOT_WATCHED)} == {str(files.certificate), str(files.key)}
    echo_once(server)
    shutil.rmtree(root)


@pytest.mark.native
def test_a_kernel_without_watches(work, launch):
    server = launch("--watch", identity=Identity(work.path("1/s.crt"), work.path("1/s.key"), work.path("1/s.crt")),
                    prefix=["strace", "-qq", "-D", "-f", "-o", os.devnull, "-e",
                            "inject=inotify_init1:error=EMFILE"])
    server.wait_for_line(r"postern: warning: no file is watched: (Too many open files|No file descriptors).*")
    echo_once(server)
