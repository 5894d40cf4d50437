"""The system log, where nobody reads standard error; and what a start says that has to wait."""
import subprocess

import pytest

from postern_client import echo_once
from postern_daemon import Daemon
from postern_machine import only_root
from postern_seccomp import no_random_numbers_yet, random_is_a_call
from postern_target import BINARY, command, refused


def test_detached_server(identity, system_log, tmp_path):
    """Start, clients, reload, stop: each line with its severity, and the id of the server."""
    daemon = Daemon(tmp_path, identity)
    try:
        ended = daemon.start(prefix=system_log.prefix)
        assert (ended.returncode, ended.stderr) == (0, b"")
        severity, pid, found = system_log.wait_for(r"listening on (\S+); postern .*")
        assert (severity, pid, found[1]) == (5, daemon.pid, f"127.0.0.1:{daemon.port}")
        echo_once(daemon)
        assert system_log.wait_for(r"closed peer=.* reason=peerClosed")[0] == 6
        daemon.stop()
        assert system_log.wait_for(r"stopped; served 1 connection")[0] == 5
    finally:
        daemon.close()


def test_detached_start_that_fails(identity, system_log, tmp_path):
    """The caller is told, and the log too: it was perhaps a script that throws away what it is told."""
    daemon = Daemon(tmp_path, identity)
    refused(daemon.start("--user", "nosuchuser", prefix=system_log.prefix), "nosuchuser")
    assert system_log.wait_for(r"user 'nosuchuser' is not to be found .*")[0] == 3


@pytest.mark.parametrize("redirection", ["2>/dev/null", "2>&-"])
def test_start_that_fails_where_nobody_reads(identity, system_log, redirection):
    words = command(BINARY, "--listen", "127.0.0.1:0", *identity.options, "--user", "nosuchuser")
    ended = subprocess.run([*system_log.prefix, "sh", "-c", f'exec "$@" {redirection}', "sh", *words], check=False)
    assert ended.returncode == 2
    assert system_log.wait_for(r"user 'nosuchuser' is not to be found .*")[0] == 3


@only_root
def test_log_from_inside_of_a_chroot(identity, system_log, open_folder, tmp_path):
    """The connection to it is from before."""
    jail = open_folder / "log-jail"
    jail.mkdir()
    daemon = Daemon(tmp_path, identity)
    try:
        assert daemon.start("--chroot", str(jail), "--user", "nobody", prefix=system_log.prefix).returncode == 0
        echo_once(daemon)
        system_log.wait_for(r"closed peer=.* reason=peerClosed")
        daemon.stop()
        system_log.wait_for(r"stopped; served 1 connection")
    finally:
        daemon.close()
        jail.rmdir()


@pytest.mark.native
@random_is_a_call
def test_waiting_for_random_numbers_is_told(launch):
    """One line before the wait, one after it."""
    server = launch(preexec_fn=no_random_numbers_yet)
    first, second = [line for line in server.lines if "random" in line]
    assert first == "postern: notice: waiting for the kernel to have random numbers"
    server.wait_for_line(r"postern: notice: the kernel has random numbers after \d+ ms")
    assert server.lines.index(first) < server.lines.index(second) < server.lines.index(server.start_line[0])


@pytest.mark.native
def test_no_word_about_random_numbers_that_are_there(launch):
    assert not [line for line in launch().lines if "random" in line]
