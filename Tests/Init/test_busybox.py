"""S50postern with BusyBox's shell and start-stop-daemon, in a root that has nothing but BusyBox."""
import time

import pytest

from installed_postern import wait_until

INIT = "busybox"
PIDFILE = "/var/run/postern.pid"


def service(postern, command):
    return postern.root.run("/etc/init.d/S50postern", command)


def started(postern):
    ended = service(postern, "start")
    assert ended.returncode == 0 and ended.stdout == "Starting postern: OK\n", ended.stdout + ended.stderr
    assert wait_until(postern.listens)


def test_start_serves_and_writes_its_pid_file(postern):
    started(postern)
    assert postern.shown() == 0
    assert int(postern.root.read(PIDFILE)) == postern.process()


def test_stop_waits_until_the_process_is_gone(postern):
    started(postern)
    ended = service(postern, "stop")
    assert ended.returncode == 0 and ended.stdout == "Stopping postern: OK\n"
    assert postern.processes() == [] and not postern.listens()
    assert not postern.root.exists(PIDFILE)


def test_start_when_it_runs_starts_no_second_one(postern):
    started(postern)
    process = postern.process()
    assert service(postern, "start").returncode == 0
    assert postern.process() == process


def test_stop_when_it_does_not_run_is_no_fault(postern):
    assert service(postern, "stop").returncode == 0


def test_restart_is_a_new_process_with_new_options(postern):
    started(postern)
    process, port = postern.process(), postern.port
    postern.port += 1
    postern.configure()
    assert service(postern, "restart").returncode == 0
    assert wait_until(postern.listens) and postern.process() != process
    postern.port = port
    assert not postern.listens()


def test_reload_shows_the_new_certificate_from_the_same_process(postern):
    started(postern)
    process = postern.process()
    postern.show(1)
    assert service(postern, "reload").returncode == 0
    assert wait_until(lambda: postern.shown() == 1) and postern.process() == process


def test_reload_of_a_bad_certificate_fails_aloud_and_changes_nothing(postern):
    started(postern)
    postern.root.write("/etc/postern/server.crt", "no certificate")
    ended = service(postern, "reload")
    assert ended.returncode != 0 and ended.stdout == "Reloading postern: FAIL\n"
    assert "postern: error: " in ended.stderr and "/etc/postern/server.crt" in ended.stderr
    assert postern.shown() == 0


def test_start_with_a_bad_option_fails_aloud(postern):
    postern.configure("--service nonsense")
    ended = service(postern, "start")
    assert ended.returncode == 2 and ended.stdout == "Starting postern: FAIL\n"
    assert "nonsense" in ended.stderr
    assert postern.processes() == []


def test_status(postern):
    assert service(postern, "status").returncode == 3
    started(postern)
    ended = service(postern, "status")
    assert ended.returncode == 0 and str(postern.process()) in ended.stdout


@pytest.mark.parametrize("command", ["", "nonsense"])
def test_anything_else_is_a_usage_error(postern, command):
    ended = service(postern, command)
    assert ended.returncode == 1 and "start|stop|restart|reload|status" in ended.stderr


def test_a_stale_pid_file_neither_stops_a_start_nor_kills_a_stranger(postern):
    stranger = postern.root.start("sleep", "100")
    number = postern.root.check("pidof", "sleep").split()[0]
    postern.root.write(PIDFILE, number)
    assert service(postern, "status").returncode == 3
    assert service(postern, "stop").returncode == 0
    time.sleep(0.2)
    assert stranger.poll() is None
    postern.root.write(PIDFILE, number)
    started(postern)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_server_that_does_not_end_is_killed(postern):
    postern.configure(STOP_SECONDS=1)
    started(postern)
    postern.root.check("kill", "-STOP", postern.process())
    start = time.monotonic()
    assert service(postern, "stop").returncode == 0
    assert 0.9 < time.monotonic() - start < 6
    assert wait_until(lambda: postern.processes() == [])


def test_a_replaced_binary_can_be_stopped(postern):
    started(postern)
    postern.root.check("sh", "-c", "cp /usr/sbin/postern /usr/sbin/new && mv /usr/sbin/new /usr/sbin/postern")
    assert service(postern, "stop").returncode == 0
    assert postern.processes() == []
