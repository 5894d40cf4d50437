"""--pidfile: whole from the first moment, held while the server lives, stale when it does not, gone at the end."""
import os
import re
import signal
import subprocess
import time

import pytest

from postern_client import echo_once
from postern_daemon import wait_until
from postern_target import BINARY, PATIENCE, command, refused, run

STALE = r"postern: notice: the pid file was left by process (?P<owner>\d+), which is gone or another program by now"


@pytest.fixture
def pidfile(tmp_path):
    return tmp_path / "postern.pid"


def start_refused(identity, pidfile, *parts, code=2, **keywords):
    """A start that ends because of its pid file."""
    refused(run("--listen", "127.0.0.1:0", *identity.options, "--pidfile", pidfile, **keywords), *parts, code=code)


def start(identity, pidfile):
    words = ["--listen", "127.0.0.1:0", *identity.options, "--pidfile", str(pidfile)]
    return subprocess.Popen(command(BINARY, *words), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_pid_and_nothing_else(launch, pidfile):
    server = launch("--pidfile", str(pidfile))
    assert pidfile.read_text() == f"{server.process.pid}\n"
    assert pidfile.stat().st_mode & 0o7777 == 0o644
    assert os.listdir(pidfile.parent) == [pidfile.name], "a temporary file stayed"


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_mode_whatever_the_umask(launch, pidfile, mask):
    before = os.umask(mask)
    try:
        launch("--pidfile", str(pidfile))
    finally:
        os.umask(before)
    assert pidfile.stat().st_mode & 0o7777 == 0o644


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_gone_at_the_end(launch, pidfile, stop):
    server = launch("--pidfile", str(pidfile))
    server.process.send_signal(stop)
    assert server.wait_for_exit() == 0
    assert os.listdir(pidfile.parent) == []


def test_there_is_no_file_when_the_start_fails(identity, launch, pidfile):
    host, port = launch().address
    refused(run("--listen", f"{host}:{port}", *identity.options, "--pidfile", pidfile), f"{host}:{port}", code=1)
    assert os.listdir(pidfile.parent) == []


def test_live_server(identity, launch, pidfile):
    server = launch("--pidfile", str(pidfile))
    start_refused(identity, pidfile, pidfile, f"process {server.process.pid}", "--pidfile", code=1)
    assert pidfile.read_text() == f"{server.process.pid}\n"
    echo_once(server)


def test_lock_of_a_reader_is_no_sign_of_life(launch, pidfile):
    """Everybody may read the file; who locks it for that keeps no server from starting."""
    pidfile.write_text("4194304\n")
    script = "import fcntl, sys; file = open(sys.argv[1]); fcntl.lockf(file, fcntl.LOCK_SH); print(flush=True); " \
             "sys.stdin.read()"
    words = ["/usr/bin/python3", "-c", script, pidfile]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        reader.stdout.readline()
        server = launch("--pidfile", str(pidfile))
        assert pidfile.read_text() == f"{server.process.pid}\n"
        reader.stdin.close()


@pytest.mark.native
def test_file_of_a_server_that_was_killed(launch, identity, pidfile):
    """The next one takes it over, and says whose it was."""
    first = start(identity, pidfile)
    wait_until(pidfile.exists)
    first.kill()
    first.wait()
    assert pidfile.read_text() == f"{first.pid}\n"
    server = launch("--pidfile", str(pidfile))
    assert pidfile.read_text() == f"{server.process.pid}\n"
    assert server.wait_for_line(STALE)["owner"] == str(first.pid)


def test_id_that_is_another_programs_by_now(launch, pidfile):
    """After a power failure the id in the file often belongs to somebody else: this test, here."""
    pidfile.write_text(f"{os.getpid()}\n")
    server = launch("--pidfile", str(pidfile))
    assert pidfile.read_text() == f"{server.process.pid}\n"
    assert server.wait_for_line(STALE)["owner"] == str(os.getpid())


@pytest.mark.parametrize("content", ["", "\n", "17", "17\n", "0\n", "2147483647\n"])
def test_stale_files(launch, pidfile, content):
    """Empty is what a server leaves that may not remove its file."""
    pidfile.write_text(content)
    server = launch("--pidfile", str(pidfile))
    assert pidfile.read_text() == f"{server.process.pid}\n"


@pytest.mark.parametrize("content", ["17 18\n", "-1\n", "2147483648\n", "1\0", " 17", "17\n\nx", 30 * "1", "1x\n",
                                     4096 * "\0"], ids=lambda content: repr(content[:8]))
def test_damaged_files(launch, pidfile, content):
    """What a power failure leaves there. Nobody holds it, so it says nothing."""
    pidfile.write_text(content)
    server = launch("--pidfile", str(pidfile))
    assert pidfile.read_text() == f"{server.process.pid}\n"


def test_damaged_file_of_a_live_server(identity, launch, pidfile):
    server = launch("--pidfile", str(pidfile))
    with open(pidfile, "r+b") as file:
        file.write(b"\0\0\0")
    start_refused(identity, pidfile, pidfile, "which runs", "--pidfile", code=1)
    echo_once(server)


@pytest.mark.parametrize("content", ["root:x:0:0::/root:/bin/sh\n", "-----BEGIN PRIVATE KEY-----\n", 4097 * "\0"],
                         ids=lambda content: repr(content[:8]))
def test_file_that_is_something_else(identity, pidfile, content):
    """A slip of the hand, such as --pidfile /etc/passwd, must not cost a file."""
    pidfile.write_text(content)
    start_refused(identity, pidfile, pidfile, "something else than a process id")
    assert pidfile.read_text() == content
    assert os.listdir(pidfile.parent) == [pidfile.name]


def test_folder_that_does_not_exist(identity, tmp_path):
    start_refused(identity, tmp_path / "none" / "postern.pid", tmp_path / "none", "No such file", "--pidfile", code=1)


def test_folder_in_its_place(identity, pidfile):
    pidfile.mkdir()
    start_refused(identity, pidfile, pidfile)
    assert pidfile.is_dir()


def test_fifo_in_its_place(identity, pidfile):
    os.mkfifo(pidfile)
    start_refused(identity, pidfile, "something else")


def test_symbolic_link_in_its_place(launch, pidfile, tmp_path):
    """One that nobody else could have put there; test_links.py has the others."""
    target = tmp_path / "target"
    target.write_text("17\n")
    pidfile.symlink_to(target)
    server = launch("--pidfile", str(pidfile))
    assert target.read_text() == f"{server.process.pid}\n" and pidfile.is_symlink()


def test_name_that_is_too_long(identity, tmp_path):
    start_refused(identity, tmp_path / (300 * "x"), "too long")


def test_a_file_that_is_no_longer_ours_stays(launch, pidfile):
    """Somebody has put another one in its place: that one is not removed."""
    server = launch("--pidfile", str(pidfile))
    pidfile.unlink()
    pidfile.write_text("17\n")
    server.process.terminate()
    assert server.wait_for_exit() == 0
    assert pidfile.read_text() == "17\n"


def test_signals_during_the_start_leave_no_file(identity, pidfile):
    """SIGTERM at every moment of the first milliseconds: whenever it comes, the file does not stay."""
    for step in range(40):
        process = start(identity, pidfile)
        time.sleep(step * 0.0002 * PATIENCE)
        process.terminate()
        code = process.wait(10 * PATIENCE)
        assert code in (0, -signal.SIGTERM), code
        assert os.listdir(pidfile.parent) == [], f"after {step * 0.2} ms"


def test_test_config_touches_no_pid_file(identity, pidfile):
    assert run("--pidfile", pidfile, *identity.options, "--test-config").returncode == 0
    assert not pidfile.exists()


def test_print_config_shows_it(identity, pidfile):
    text = run("--pidfile", pidfile, "--detach", *identity.options, "--print-config").stdout.decode()
    assert re.search(rf"(?m)^process.pidFile: {re.escape(str(pidfile))}$", text), text
    assert re.search(r"(?m)^process.detaches: true$", text), text
