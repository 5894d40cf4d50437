"""What every init system must do with Postern, said with its own tools."""
import pytest

import systems
from installed_postern import wait_until


def those_that(attribute):
    """The systems of which this is true."""
    return pytest.mark.parametrize("system", [one for one in systems.EVERY if getattr(one, attribute)],
                                   ids=lambda system: system.name, indirect=True)


every = those_that("name")


def started(system, postern):
    """Starts it, and returns the number of its process."""
    ended = system.start()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert wait_until(postern.listens)
    return postern.process()


@every
def test_start_serves_as_a_user_of_its_own_and_stop_ends_it(system, postern):
    assert system.status().returncode != 0
    started(system, postern)
    assert postern.shown() == 0 and postern.user() == "postern"
    assert system.status().returncode == 0
    # An open connection keeps the server for half a second: it hears that the server goes.
    with postern.connect():
        assert system.stop().returncode == 0
        assert postern.processes() == [] and not postern.listens(), "stop came back before the process was gone"
    assert system.status().returncode != 0


@every
def test_the_first_start_makes_an_identity_that_stays(system, postern):
    postern.forget_identity()
    postern.configure("--create-identity")
    process = started(system, postern)
    made = postern.certificate()
    assert postern.owners() == ["postern 600", "postern 644"]
    assert system.restart().returncode == 0
    assert wait_until(lambda: postern.has_come_back_after(process)) and postern.certificate() == made


@every
def test_restart_is_a_new_process_with_new_options(system, postern):
    process, old_port = started(system, postern), postern.port
    postern.move()
    assert system.restart().returncode == 0
    assert wait_until(postern.listens) and postern.process() != process
    assert not postern.listens(old_port)


@every
def test_reload_shows_the_new_certificate_from_the_same_process(system, postern):
    process = started(system, postern)
    postern.show(1)
    assert system.reload().returncode == 0
    assert wait_until(lambda: postern.shown() == 1) and postern.process() == process


@every
@pytest.mark.parametrize("first", ["", "# options\r\n"], ids=["options-first", "comment-first"])
def test_options_may_come_from_an_editor_of_another_system(system, postern, first):
    """A byte order mark and carriage returns are no part of a word: the server listens where the file says."""
    postern.root.write(system.defaults, "\ufeff" + first + postern.root.read(system.defaults).replace("\n", "\r\n"))
    if system.name in ("openrc", "systemd") and not first:
        # They read the file themselves, where the name behind the mark is none; both say so.
        assert "POSTERN_OPTIONS" in system.said(system.start())
        return
    started(system, postern)
    assert postern.shown() == 0 and postern.user() == "postern"
    assert system.restart().returncode == 0 and wait_until(postern.listens)
    assert system.stop().returncode == 0


@those_that("supervises")
def test_a_killed_server_comes_back(system, postern):
    process = started(system, postern)
    postern.root.check("kill", "-KILL", process)
    assert wait_until(lambda: postern.has_come_back_after(process)) and postern.shown() == 0


@those_that("supervises")
def test_a_file_that_is_not_there_yet_is_waited_for(system, postern):
    process = started(system, postern)
    postern.root.check("mv", "/etc/postern/server.crt", "/etc/postern/later.crt")
    postern.root.check("kill", "-KILL", process)
    assert wait_until(lambda: not postern.listens()), "the killed one is gone"
    assert not wait_until(postern.listens, seconds=3)
    postern.root.check("mv", "/etc/postern/later.crt", "/etc/postern/server.crt")
    assert wait_until(postern.listens) and postern.shown() == 0


@those_that("log")
def test_the_log_is_kept(system, postern):
    started(system, postern)
    assert wait_until(lambda: "postern: notice: listening on 127.0.0.1:" in system.read_log())


@those_that("checks")
def test_start_with_a_wrong_configuration_fails_aloud(system, postern):
    postern.configure("--service nonsense")
    ended = system.start()
    assert ended.returncode != 0 and "nonsense" in system.said(ended)
    assert postern.processes() == []


@those_that("holds_restart")
def test_start_says_whether_a_fault_may_pass(system, postern):
    """One that supervises goes on trying then."""
    postern.root.check("mv", "/etc/postern/server.crt", "/etc/postern/later.crt")
    ended = system.start()
    assert "This may pass by itself" in system.said(ended) and (ended.returncode == 0) == system.supervises
    assert not postern.listens()
    postern.root.check("mv", "/etc/postern/later.crt", "/etc/postern/server.crt")
    assert system.supervises == wait_until(postern.listens, seconds=10 if system.supervises else 0)
    system.stop()
    postern.configure("--service nonsense")
    ended = system.start()
    assert ended.returncode != 0 and "This will not pass by itself: correct it first" in system.said(ended)


@those_that("checks")
def test_reload_of_a_wrong_certificate_fails_aloud_and_changes_nothing(system, postern):
    process = started(system, postern)
    postern.root.write("/etc/postern/server.crt", "no certificate")
    ended = system.reload()
    assert ended.returncode != 0 and "/etc/postern/server.crt" in system.said(ended)
    assert postern.shown() == 0 and postern.process() == process


@those_that("holds_restart")
def test_restart_does_not_stop_a_server_that_could_not_start_again(system, postern):
    process = started(system, postern)
    postern.configure("--service nonsense")
    assert system.restart().returncode != 0
    assert postern.process() == process
