"""S50postern with BusyBox's shell and start-stop-daemon, in a root that has nothing but BusyBox."""
import time

import pytest

import systems
from installed_postern import wait_until

pytestmark = pytest.mark.parametrize("system", [systems.BusyBox], ids=["busybox"], indirect=True)
PIDFILE = "/var/run/postern.pid"


def started(system, postern):
    ended = system.command("start")
    assert ended.returncode == 0 and ended.stdout == "Starting postern: OK\n", ended.stdout + ended.stderr
    assert wait_until(postern.listens)


def test_start_serves_and_writes_its_pid_file(system, postern):
    started(system, postern)
    assert postern.shown() == 0
    assert int(postern.root.read(PIDFILE)) == postern.process()


def test_stop_waits_until_the_process_is_gone(system, postern):
    started(system, postern)
    ended = system.command("stop")
    assert ended.returncode == 0 and ended.stdout == "Stopping postern: OK\n"
    assert postern.processes() == [] and not postern.listens()
    assert not postern.root.exists(PIDFILE)


def test_start_when_it_runs_starts_no_second_one(system, postern):
    started(system, postern)
    process = postern.process()
    assert system.command("start").returncode == 0
    assert postern.process() == process


def test_stop_when_it_does_not_run_is_no_fault(system, postern):
    assert system.command("stop").returncode == 0


def test_status(system, postern):
    assert system.command("status").returncode == 3
    started(system, postern)
    ended = system.command("status")
    assert ended.returncode == 0 and str(postern.process()) in ended.stdout


@pytest.mark.parametrize("command", ["", "nonsense"])
def test_anything_else_is_a_usage_error(system, postern, command):
    ended = system.command(command)
    assert ended.returncode == 1 and "start|stop|restart|reload|status" in ended.stderr


def test_a_stale_pid_file_neither_stops_a_start_nor_kills_a_stranger(system, postern):
    stranger = postern.root.start("sleep", "100")
    number = postern.root.check("pidof", "sleep").split()[0]
    postern.root.write(PIDFILE, number)
    assert system.command("status").returncode == 3
    assert system.command("stop").returncode == 0
    time.sleep(0.2)
    assert stranger.poll() is None
    postern.root.write(PIDFILE, number)
    started(system, postern)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_server_that_does_not_end_is_killed(system, postern):
    postern.configure(STOP_SECONDS=1)
    started(system, postern)
    postern.root.check("kill", "-STOP", postern.process())
    start = time.monotonic()
    assert system.command("stop").returncode == 0
    assert 0.9 < time.monotonic() - start < 6
    assert wait_until(lambda: postern.processes() == [])


def test_a_replaced_binary_can_be_stopped(system, postern):
    started(system, postern)
    postern.root.check("sh", "-c", "cp /usr/sbin/postern /usr/sbin/new && mv /usr/sbin/new /usr/sbin/postern")
    assert system.command("stop").returncode == 0
    assert postern.processes() == []
