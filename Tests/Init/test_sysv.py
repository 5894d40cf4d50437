"""postern.init: its LSB header read by insserv and update-rc.d, and the exit codes of the LSB."""
import re

import pytest

import systems
from installed_postern import wait_until

pytestmark = pytest.mark.parametrize("system", [systems.SysV], ids=["sysv"], indirect=True)
PIDFILE = "/run/postern.pid"


def started(system, postern):
    ended = system.start()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert wait_until(postern.listens)


def test_start_says_so_as_debian_does(system, postern):
    ended = system.start()
    assert "Starting TLS server: postern" in ended.stdout, ended.stdout
    assert int(postern.root.read(PIDFILE)) == postern.process()


def test_start_when_it_runs_and_stop_when_it_does_not_are_no_faults(system, postern):
    assert system.stop().returncode == 0
    started(system, postern)
    process = postern.process()
    assert system.start().returncode == 0 and postern.process() == process


def test_status_is_0_running_3_stopped_1_dead(system, postern):
    assert system.status().returncode == 3
    started(system, postern)
    assert system.status().returncode == 0
    postern.root.check("kill", "-KILL", postern.process())
    assert wait_until(lambda: postern.processes() == [])
    assert system.status().returncode == 1
    started(system, postern)
    assert system.stop().returncode == 0
    assert system.status().returncode == 3 and not postern.root.exists(PIDFILE)


def test_a_wrong_configuration_is_6(system, postern):
    postern.configure("--service nonsense")
    assert system.start().returncode == 6
    assert postern.processes() == []


def test_what_may_pass_by_itself_is_1(system, postern):
    postern.root.check("rm", "/etc/postern/server.crt")
    assert system.start().returncode == 1
    assert postern.processes() == []


def test_reload_of_what_does_not_run_is_7_and_force_reload_and_try_restart_leave_it(system, postern):
    assert system.reload().returncode == 7
    assert system.command("force-reload").returncode == 0
    assert system.command("try-restart").returncode == 0
    assert postern.processes() == []


def test_try_restart_and_force_reload_of_what_runs(system, postern):
    started(system, postern)
    process = postern.process()
    postern.show(1)
    assert system.command("force-reload").returncode == 0
    assert wait_until(lambda: postern.shown() == 1) and postern.process() == process
    assert system.command("try-restart").returncode == 0
    assert postern.process() != process


@pytest.mark.parametrize("command", ["", "nonsense"])
def test_anything_else_is_2(system, postern, command):
    ended = system.command(command)
    assert ended.returncode == 2 and "start|stop|restart|try-restart|reload|force-reload|status" in ended.stderr


def test_without_the_binary_it_does_nothing(system, postern):
    postern.root.check("rm", "/usr/sbin/postern")
    ended = system.start()
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_without_lsb_functions_it_says_the_same(system, postern):
    postern.root.check("rm", "/lib/lsb/init-functions")
    assert system.start().stdout == "Starting TLS server: postern.\n"
    assert wait_until(postern.listens)
    postern.root.write("/etc/postern/server.crt", "no certificate")
    assert system.reload().stdout == "Reloading TLS server: postern failed!\n"


def test_insserv_takes_the_header(system, postern):
    script = postern.root.read("/etc/init.d/postern")
    header = script[script.index("### BEGIN INIT INFO\n"):script.index("### END INIT INFO\n")]
    assert re.findall(r"^# ([A-Z][\w-]+):", header, re.MULTILINE) == [
        "Provides", "Required-Start", "Required-Stop", "Should-Start", "Should-Stop", "Default-Start", "Default-Stop",
        "Short-Description", "Description"]
    said = postern.root.run("/usr/sbin/insserv", "-v", "postern")
    assert said.returncode == 0 and "warning" not in said.stderr, said.stderr
    for level, letter in ((0, "K"), (1, "K"), (6, "K"), (2, "S"), (3, "S"), (4, "S"), (5, "S")):
        links = postern.root.check("sh", "-c", f"ls /etc/rc{level}.d")
        assert any(link.startswith(letter) and link.endswith("postern") for link in links.split()), (level, links)
