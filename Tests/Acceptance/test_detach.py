"""--detach: the caller returns when the server listens, or with the reason why not, and the server stands alone."""
import os
import shutil
import signal
import socket
import subprocess

import pytest

from postern_client import echo_once
from postern_daemon import Daemon, is_running, wait_until
from postern_identity import Identity
from postern_seccomp import CLOSE_RANGE, KILL, LISTEN, NO_SUCH_CALL, WAIT4, filter_calls
from postern_machine import only_root
from postern_target import BINARY, PATIENCE, command, refused


@pytest.fixture
def daemon(tmp_path, identity):
    made = Daemon(tmp_path, identity)
    yield made
    made.close()


def status(pid):
    """The fields of /proc/PID/stat from the third on: state, parent, group, session, terminal, ..."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()


def test_the_server_listens_when_the_caller_is_back(daemon):
    """Not a moment later: the first attempt to connect succeeds, twenty times."""
    for _ in range(20):
        ended = daemon.start()
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
        daemon.connect().close()
        echo_once(daemon)
        daemon.stop()


@pytest.mark.native
@only_root      # looks into the process
def test_the_server_stands_alone(daemon):
    """It leads no session, so that it never gets a terminal; its parent is not the test; its streams lead nowhere."""
    assert daemon.start().returncode == 0
    _, parent, group, session, terminal = status(daemon.pid)[:5]
    assert int(parent) != os.getpid()
    assert session == group != str(daemon.pid)
    assert int(session) not in (os.getsid(0), daemon.pid)
    assert terminal == "0"
    for stream in range(3):
        assert os.readlink(f"/proc/{daemon.pid}/fd/{stream}") == "/dev/null"


@pytest.mark.native
@only_root      # looks into the process
def test_nothing_of_the_caller_stays_open(daemon):
    """A script that holds a lock, or a pipe whose end somebody waits for, gets them back."""
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as end:
        assert daemon.start(pass_fds=(writing,)).returncode == 0
        os.close(writing)
        os.set_blocking(reading, False)
        assert end.read(1) == b"", "the server holds the other end"
    folder = f"/proc/{daemon.pid}/fd"
    # The one that the caller was waiting at is closed a moment after its return.
    wait_until(lambda: not [name for name in os.listdir(folder) if os.readlink(f"{folder}/{name}").startswith("pipe:")])


def test_output_of_the_caller_ends_with_it(daemon):
    """`postern --detach | cat` ends: the server does not hold the pipe."""
    assert daemon.start().returncode == 0      # capture_output waits for the end of both pipes
    assert is_running(daemon.pid)


def test_port_that_is_taken(daemon):
    with socket.socket() as taken:
        taken.bind(daemon.address)
        taken.listen()
        refused(daemon.start(), f"127.0.0.1:{daemon.port}", "--listen", code=1)
    assert not daemon.pidfile.exists()


def test_bad_key(daemon, tmp_path):
    daemon.identity = Identity(daemon.identity.certificate, tmp_path / "none.key", None)
    refused(daemon.start(), tmp_path / "none.key", code=1)
    assert not daemon.pidfile.exists()
    (tmp_path / "none.key").write_text("no key\n")
    refused(daemon.start(), tmp_path / "none.key", code=2)
    assert not daemon.pidfile.exists()


def test_bad_option(daemon):
    refused(daemon.start("--nonsense"), "--nonsense")


def test_second_start(daemon):
    """Names the first one, which goes on undisturbed."""
    assert daemon.start().returncode == 0
    first = daemon.pid
    refused(daemon.start(), daemon.pidfile, f"process {first}", code=1)
    assert daemon.pid == first
    echo_once(daemon)


def test_second_start_without_a_pid_file(daemon):
    assert daemon.start().returncode == 0
    refused(daemon.start(pidfile=False), f"127.0.0.1:{daemon.port}", code=1)


def test_many_starts_at_once(daemon):
    """Exactly one of them serves, and the pid file is its own."""
    words = ["--listen", f"127.0.0.1:{daemon.port}", *daemon.identity.options, "--detach", "--pidfile",
             str(daemon.pidfile)]
    daemon.pidfile.write_text("4194304\n")      # a stale one in the way
    starts = [subprocess.Popen(command(BINARY, *words), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
              for _ in range(8)]
    codes = []
    for start in starts:
        start.communicate(timeout=20 * PATIENCE)
        codes.append(start.returncode)
    daemon.pids.add(daemon.pid)
    assert sorted(codes) == [0] + 7 * [1]
    assert is_running(daemon.pid)
    echo_once(daemon)


def test_files_named_relative_to_the_folder(daemon, identity, tmp_path):
    """The folder stays the server's: SIGHUP finds the files again."""
    for source, name in ((identity.certificate, "near.crt"), (identity.key, "near.key")):
        shutil.copy(source, tmp_path / name)
    daemon.identity = Identity("near.crt", "near.key", identity.trust)
    assert daemon.start(cwd=tmp_path).returncode == 0
    echo_once(daemon)


@pytest.mark.native
def test_server_that_dies_during_its_start(daemon):
    """The caller says so, with an exit code of its own."""
    refused(daemon.start(preexec_fn=filter_calls(LISTEN, KILL)), "ended before it listened", code=1)


@pytest.mark.native
def test_a_caller_that_is_gone_gets_no_server(daemon):
    """A start that was given up leaves nothing behind: the caller dies as it begins to wait."""
    def leaves_nothing():
        """Whether the server ended too. On a busy machine it may have reported before the caller began to wait, and is
        right to go on then."""
        ended = daemon.start(preexec_fn=filter_calls(WAIT4, KILL))
        assert ended.returncode == -signal.SIGSYS
        # capture_output has waited until the server let go of the caller's standard error, just before it ends.
        try:
            wait_until(lambda: not list(daemon.pidfile.parent.iterdir()), seconds=2)
        except AssertionError:
            daemon.stop()
            return False
        with pytest.raises(ConnectionRefusedError):
            daemon.connect()
        return True

    assert any(leaves_nothing() for _ in range(5))


@pytest.mark.native
def test_old_kernels_close_what_the_caller_left_open_too(daemon):
    """Without close_range, which is as old as Linux 5.9."""
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as end:
        assert daemon.start(pass_fds=(writing,), preexec_fn=filter_calls(CLOSE_RANGE, NO_SUCH_CALL)).returncode == 0
        os.close(writing)
        os.set_blocking(reading, False)
        assert end.read(1) == b"", "the server holds the other end"


def test_exit_code_of_the_server_itself(daemon):
    """A detached server that is told to stop ends, and takes its pid file along."""
    assert daemon.start().returncode == 0
    daemon.stop()
    assert not daemon.pidfile.exists()
