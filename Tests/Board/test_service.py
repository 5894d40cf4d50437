"""Postern as a service of a board: started by init, handled by its init script, killed, supervised, rebooted.

The figures of the board are measured here too; they are printed at the end of a run.
"""
import contextlib
import hashlib
import os
import re
import time

import pytest

import postern_identity
from postern_client import client_context, echo_once, is_served, receive_to_end, tls_connection

KIBIBYTE = 1024
START, STARTED = "Starting postern: ", "OK"
LISTENING = "postern: notice: listening on .*"
GOAL_START_SECONDS = 1.0
GOAL_RESIDENT_BYTES = {"armhf": 1_200_000, "arm64": 1_500_000}
GOAL_CONNECTION_BYTES = 20_000
GOAL_CONNECTION_PAGES = 3      # of a kernel with large pages: more bytes than those


@contextlib.contextmanager
def open_connection(server, context=None):
    """A client with a connection in use."""
    with tls_connection(server, context) as tls:
        is_served(tls)
        yield tls


def test_first_boot_makes_an_identity(first_boot, identity, server, figures):
    """Init starts the server that has none yet; the log has what a client can pin."""
    assert START + STARTED in first_boot.text, first_boot.text
    figures["from init's start of the script to listening, making a key"] = (round(first_boot.seconds * 1000), "ms")
    digest = hashlib.sha256(first_boot.certificate).hexdigest()
    assert digest in first_boot.log.replace(":", "").lower(), first_boot.log
    with tls_connection(server, client_context(trust=identity.certificate), name="board") as tls:
        is_served(tls)


def test_identity_outlives_a_power_cut(board, server, first_boot):
    """The power went as soon as the first client had seen the certificate."""
    assert START + STARTED in board.boot_text, board.boot_text
    assert server.certificate() == first_boot.certificate
    owners = board.run("stat -c %U /etc/postern/server.key /etc/postern/server.crt")
    assert owners.split() == ["postern", "postern"]


def test_restart(echo):
    before = echo.process.pid
    with open_connection(echo) as tls:
        said = echo.init_script("restart")
        assert receive_to_end(tls) == b""       # told, not cut off
    assert said == "Stopping postern: OK\nStarting postern: OK\n"
    assert echo.process.pid != before
    echo_once(echo)


def test_start_while_it_runs_changes_nothing(echo):
    before = echo.process.pid
    echo.init_script("start")
    assert echo.process.pid == before
    assert "postern runs" in echo.init_script("status")


def test_reload(board, echo, tmp_path):
    """New connections see the new certificate, open ones go on; a bad one changes nothing and is told."""
    before, pid = echo.certificate(), echo.process.pid
    board.run("cp -p /etc/postern/server.crt /etc/postern/server.key /tmp")
    other = postern_identity.make_identity(tmp_path, "other")
    # It is valid from this second on, which the board's clock reaches later: a reload would warn of it.
    board.run(f"until test $(date +%s) -gt {int(time.time())}; do sleep 1; done")
    try:
        with open_connection(echo) as tls:
            since = echo.mark()
            put_identity(board, other.certificate.read_text(), other.key.read_text())
            assert echo.init_script("reload") == "Reloading postern: OK\n"
            echo.wait_for_line("postern: notice: files reloaded: .*", since)
            assert echo.certificate() != before
            put_identity(board, "no certificate\n", other.key.read_text())
            said = echo.init_script("reload", expected=None)
            assert "FAIL" in said and "/etc/postern/server.crt" in said, said
            is_served(tls)
        echo_once(echo)
    finally:
        board.run("mv /tmp/server.crt /tmp/server.key /etc/postern")
        since = echo.mark()
        echo.init_script("reload")
        echo.wait_for_line("postern: notice: files reloaded: .*", since)
    assert echo.certificate() == before
    assert echo.process.pid == pid


def put_identity(board, certificate, key):
    for name, text in (("crt", certificate), ("key", key)):
        board.run(f"cat >/etc/postern/server.{name} <<END\n{text}END")


def test_stop(board, echo):
    """When `stop` comes back the process is gone, and so is the pid file; clients were told."""
    pid = echo.process.pid
    with open_connection(echo) as tls:
        assert echo.init_script("stop") == "Stopping postern: OK\n"
        board.run(f"test ! -d /proc/{pid} && test ! -e /var/run/postern.pid")
        assert "4433" not in board.run("netstat -lnt")
        assert receive_to_end(tls) == b""
    echo.init_script("status", expected=3)
    assert echo.init_script("stop") == "Stopping postern: OK, it did not run\n"
    assert echo.init_script("start") == START + STARTED + "\n"
    echo_once(echo)


def test_kill_without_a_supervisor(board, echo):
    """It stays away, and what it leaves does not hinder the next start."""
    pid = echo.process.pid
    board.run(f"kill -9 {pid}; while test -d /proc/{pid}; do usleep 10000; done")
    echo.init_script("status", expected=3)
    assert echo.init_script("start") == START + STARTED + "\n"
    assert echo.process.pid != pid
    echo_once(echo)


def test_kill_under_init_as_supervisor(board, echo):
    """BusyBox init starts what its inittab says to respawn anew, whenever it ends."""
    echo.init_script("stop")
    board.run("cp /etc/inittab /tmp/inittab")
    since = echo.mark()
    try:
        command = "/usr/sbin/postern --user postern --listen 0.0.0.0:4433 >/dev/null 2>&1"
        board.run(f"echo '::respawn:{command}' >>/etc/inittab")
        board.run("kill -HUP 1")
        echo.wait_for_line(LISTENING, since)
        echo_once(echo)
        pid = int(board.run("pidof postern"))
        since = echo.mark()
        board.run(f"kill -9 {pid}")
        echo.wait_for_line(LISTENING, since)
        assert int(board.run("pidof postern")) != pid
        echo_once(echo)
    finally:
        board.run("cp /tmp/inittab /etc/inittab; kill -HUP 1; sleep 1")
        board.run("while killall postern; do sleep 1; done")
        echo.init_script("start")
    echo_once(echo)


# A board's memory

@pytest.fixture
def fresh(echo):
    """The server as it is after its start."""
    echo.init_script("restart")
    return echo


def test_memory_at_start(board, fresh, figures):
    resident = fresh.status("Rss")
    figures["RSS at start"] = (resident, "bytes")
    figures["free memory with Postern running"] = (available(board), "bytes")
    assert resident < GOAL_RESIDENT_BYTES[os.environ["POSTERN_BOARD"]]


def available(board):
    return int(re.search(r"^MemAvailable: +(\d+) kB", board.run("cat /proc/meminfo"), re.MULTILINE)[1]) * KIBIBYTE


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_memory_of_an_idle_connection(fresh, figures, version):
    few, many = 8, 40
    with contextlib.ExitStack() as stack:
        for _ in range(few):
            stack.enter_context(open_connection(fresh, client_context(version)))
        before = fresh.status("Rss")
        for _ in range(many - few):
            stack.enter_context(open_connection(fresh, client_context(version)))
        each = (fresh.status("Rss") - before) // (many - few)
    figures[f"RSS of an idle connection, TLS {version}"] = (each, "bytes")
    assert 0 < each < max(GOAL_CONNECTION_BYTES, GOAL_CONNECTION_PAGES * page_bytes(fresh))


def page_bytes(server):
    """Of the board's kernel, as it says itself."""
    smaps = server.board.run("cat /proc/$(cat /var/run/postern.pid)/smaps")
    return int(re.search(r"^KernelPageSize: +(\d+) kB", smaps, re.MULTILINE)[1]) * KIBIBYTE


def test_memory_with_keys_is_in_no_dump(board, fresh):
    """The block that the plan adds up, whole, is memory that the kernel dumps for nobody ("dd")."""
    plan = dict(re.findall(r"^memory\.(\w+): (\d+)$", board.run("postern --print-config"), re.MULTILINE))
    assert int(plan["pageBytes"]) == page_bytes(fresh)
    smaps = board.run("cat /proc/$(cat /var/run/postern.pid)/smaps")
    excluded = sum(int(size) for size, flags in re.findall(
        r"^Size: +(\d+) kB(?:\n.*?)*?\nVmFlags:(.*)$", smaps, re.MULTILINE) if "dd" in flags.split())
    assert excluded * KIBIBYTE >= sum(int(plan[f"{part}Bytes"]) for part in ("slot", "buffer", "arena"))


# The end

def test_reboot(board, echo, figures):
    """Clients are told as the board goes down; it comes up with the same identity."""
    before = echo.certificate()
    for _ in range(3):      # a machine under load may take too long once
        with open_connection(echo) as tls:
            board.reboot()
            assert receive_to_end(tls) == b""
        assert START + STARTED in board.boot_text, board.boot_text
        echo.log_bytes = 0      # the log was in RAM
        assert echo.certificate() == before
        seconds = board.boot_seconds(START, STARTED)
        if seconds < GOAL_START_SECONDS:
            break
    figures["from init's start of the script to listening, with a key"] = (round(seconds * 1000), "ms")
    assert seconds < GOAL_START_SECONDS


def test_kernel_has_nothing_to_complain(board, echo):
    """No fault of a process, and on 32-bit Arm no access to memory that the kernel had to mend."""
    bad = re.search(r".*(segfault|Oops|BUG|undefined instruction|Out of memory|oom-kill).*", board.run("dmesg"))
    assert not bad, bad[0]
    alignment = board.run("cat /proc/cpu/alignment", expected=None)
    assert re.search(r"^User:\s+0$", alignment, re.MULTILINE) or "No such file" in alignment, alignment
