"""--user, --group, --chroot: what needs root or the old root directory happens before, and a reload works after, or the
start says why it will not. And what every server gives up, whoever it is."""
import contextlib
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import time

import pytest

from postern_client import echo_once
from postern_daemon import Daemon
from postern_identity import Identity
from postern_machine import only_root
from postern_target import BINARY, RELOAD_FAILED, command, first_free_port, refused, run

NOBODY = 65534
RELOADED = r"postern: notice: files reloaded: certificate .+"
WILL_NOT_RELOAD = (r"postern: warning: SIGHUP will not reload the files, because the server dropped its privileges: "
                   r"(?P<reason>.+)")

pytestmark = only_root


def status(server):
    """/proc/PID/status as a dictionary."""
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return dict(re.findall(r"(?m)^(\w+):[ \t]*(.*?)[ \t]*$", text))


def reload(server):
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    return server.wait_for_line(f"postern: (notice: files reloaded|error: {RELOAD_FAILED}): .+", since)[0]


def copy_identity(identity, folder, owner=NOBODY):
    """The same identity in a folder, with a key that only its owner reads."""
    made = Identity(folder / "server.crt", folder / "server.key", identity.trust)
    for source, target in ((identity.certificate, made.certificate), (identity.key, made.key)):
        shutil.copy(source, target)
        os.chown(target, owner, owner)
    made.key.chmod(0o600)
    return made


@pytest.fixture
def folder(open_folder):
    """A folder for one test that every user can enter."""
    made = open_folder / "privileges"
    made.mkdir()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def own(identity, folder):
    """An identity that nobody owns."""
    return copy_identity(identity, folder)


@pytest.mark.native
@pytest.mark.parametrize("user", ["nobody", str(NOBODY)])
def test_user(launch, own, user):
    """Every kind of id is the user's, no other group is left, and no right of root."""
    server = launch("--user", user, identity=own)
    seen = status(server)
    assert seen["Uid"].split() == seen["Gid"].split() == 4 * [str(NOBODY)]
    assert seen["Groups"] == ""
    assert {name: seen[name] for name in ("CapInh", "CapPrm", "CapEff")} == \
        dict.fromkeys(("CapInh", "CapPrm", "CapEff"), 16 * "0")
    echo_once(server)


@pytest.mark.native
def test_supplementary_groups_are_dropped(launch, own):
    server = launch("--user", "nobody", identity=own, prefix=["setpriv", "--groups", "1,2,3", "--"])
    assert status(server)["Groups"] == ""


@pytest.mark.native
@pytest.mark.parametrize("group", ["daemon", "1"])
def test_group_instead_of_the_users_own(launch, own, group):
    seen = status(launch("--user", "nobody", "--group", group, identity=own))
    assert seen["Uid"].split() == 4 * [str(NOBODY)]
    assert seen["Gid"].split() == 4 * ["1"]


@pytest.mark.native
def test_group_alone(launch, identity):
    seen = status(launch("--group", "daemon"))
    assert (seen["Uid"].split(), seen["Gid"].split(), seen["Groups"]) == (4 * ["0"], 4 * ["1"], "")


@pytest.mark.native
def test_number_without_an_account(launch, own):
    """A number is enough where there is no /etc/passwd, but then the group has to be said too."""
    server = launch("--user", "12345", "--group", "54321", identity=own)
    assert (status(server)["Uid"].split(), status(server)["Gid"].split()) == (4 * ["12345"], 4 * ["54321"])
    echo_once(server)


AS_NOBODY = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--"]


def owner(process):
    """Whose files the process has in /proc: its user's, or root's when that user may not look into it."""
    return os.stat(f"/proc/{process.pid}/fd").st_uid


@pytest.mark.native
@pytest.mark.parametrize("options, prefix", [(["--user", "nobody"], ()), ([], AS_NOBODY)],
                         ids=["becomes nobody", "started by nobody"])
def test_nobody_else_looks_into_it(launch, own, options, prefix):
    """Not even other processes of the same user, whether it became that user or was it all the time."""
    server = launch(*options, identity=own, prefix=prefix)
    assert owner(server.process) == 0
    for path in ("mem", "maps", "environ"):
        ended = subprocess.run([*AS_NOBODY, "head", "-c1", f"/proc/{server.process.pid}/{path}"], capture_output=True)
        assert ended.returncode != 0, path


@contextlib.contextmanager
def running_as_nobody(*words, **keywords):
    """A program that runs as nobody: no longer setpriv, whose files in /proc are root's."""
    with subprocess.Popen([*AS_NOBODY, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, **keywords) as process:
        try:
            while not pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(os.fsencode(words[0])):
                assert process.poll() is None
                time.sleep(0.001)
            yield process
        finally:
            process.kill()


@pytest.mark.native
@pytest.mark.parametrize("words", [
    ["probe", "{silent}"],
    ["certificate", "self-signed", "--certificate", "a.crt", "--key", "a.key", "--key-type", "rsa4096"]],
    ids=lambda words: words[0])
def test_nobody_else_looks_into_a_command_that_holds_a_key(folder, words):
    """While it waits for a server that says nothing, and while it makes a key that takes its time."""
    folder.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = [word.format(silent=f"127.0.0.1:{silent.getsockname()[1]}") for word in words]
        with running_as_nobody(*command(BINARY, *words), cwd=folder) as process, \
                running_as_nobody("sleep", "60") as other:
            until = time.monotonic() + 0.2
            while owner(process) == NOBODY and time.monotonic() < until:
                time.sleep(0.001)
            assert (owner(process), owner(other)) == (0, NOBODY)
            assert process.poll() is None, "it ended before it was looked at"


@pytest.mark.native
def test_every_server_gives_up_what_it_never_needs(launch):
    """Core dumps, new rights by exec, every capability that another program could get, further processes, and files
    that others may read."""
    server = launch()
    assert status(server)["NoNewPrivs"] == "1"
    assert status(server)["CapBnd"] == 16 * "0"
    assert status(server)["Umask"] == "0077"
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        assert resource.prlimit(server.process.pid, limit) == (0, 0)


@pytest.mark.native
def test_limit_of_descriptors_is_raised_to_what_the_pool_needs(launch):
    """The soft limit, as far as the hard one allows."""
    server = launch(prefix=["prlimit", "--nofile=20:1000", "--"])
    soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    assert 64 + 8 <= soft < 128 and hard == 1000
    assert not server.matches(r"postern: warning: .*")


@pytest.mark.native
def test_limit_of_descriptors_that_is_too_low_is_told(launch):
    server = launch(prefix=["prlimit", "--nofile=40:40", "--"])
    missing = server.wait_for_line(
        r"postern: warning: the limit of open descriptors is too low by (\d+) for all connections at once; .*")
    assert int(missing[1]) == 64 + 8 + 16 - 40
    echo_once(server)


def low_port():
    """A port that only root may have and nobody has."""
    ports = range(512, first_free_port())
    for port in random.sample(ports, len(ports)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port below the first free one can be had")


@pytest.mark.applies(first_free_port() > 512)
def test_low_ports_are_taken_before(launch, own):
    port = low_port()
    server = launch("--user", "nobody", identity=own, listen=(f"127.0.0.1:{port}",))
    assert server.address[1] == port
    echo_once(server)


def test_key_of_root_is_read_before_but_not_again(launch, identity, folder):
    """The start says what a reload will say."""
    roots = copy_identity(identity, folder, owner=0)
    server = launch("--user", "nobody", identity=roots)
    told = server.wait_for_line(WILL_NOT_RELOAD)["reason"]
    assert str(roots.key) in told and "Permission denied" in told
    assert reload(server).endswith(told)
    echo_once(server)


def test_reload_as_another_user(launch, own):
    server = launch("--user", "nobody", identity=own)
    assert re.fullmatch(RELOADED, reload(server))
    assert not server.matches(WILL_NOT_RELOAD)


def test_user_that_it_is_already(launch, own):
    """As a supervisor that switches itself may start it: nothing to do, and no right is needed for it."""
    server = launch("--user", "nobody", identity=own, prefix=[
        "setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--"])
    echo_once(server)


@pytest.mark.parametrize("options, parts", [
    (["--user", "nosuchuser"], ["user 'nosuchuser'", "/etc/passwd", "--user"]),
    (["--user", ""], ["user ''", "--user"]),
    (["--user", "4294967295"], ["user '4294967295'", "--user"]),
    (["--user", "-1"], ["user '-1'"]),
    (["--user", "12345"], ["user '12345' has no group", "--group"]),
    (["--group", "nosuchgroup"], ["group 'nosuchgroup'", "/etc/group", "--group"]),
    (["--chroot", "relative"], ["process.chroot", "--chroot"]),
    (["--chroot", "/nosuchfolder"], ["directory '/nosuchfolder'", "No such file", "--chroot"]),
    (["--chroot", "/etc/passwd"], ["directory '/etc/passwd'", "Not a directory"]),
])
@pytest.mark.parametrize("action", [[], ["--test-config"]], ids=["start", "test-config"])
def test_refused(own, options, parts, action):
    refused(run("--listen", "127.0.0.1:0", *own.options, *options, *action), *parts,
            code=1 if "No such file" in parts else 2)


def test_names_are_whole(own):
    """Not the beginning of a name, and not its end."""
    for name in ("nobod", "obody", "nobody:", "nobody:x:65534", "root:x"):
        refused(run("--listen", "127.0.0.1:0", *own.options, "--user", name), f"user '{name}'")


@pytest.mark.parametrize("options", [["--user", "daemon"], ["--group", "daemon"], ["--chroot", "/"]])
def test_only_root_can(own, options):
    refused(run("--listen", "127.0.0.1:0", *own.options, *options, prefix=AS_NOBODY), "not permitted", "start as root",
            options[0])


@pytest.fixture
def jail(folder, identity):
    """A folder with an identity below it, and nothing else."""
    (folder / "jail" / "keys").mkdir(parents=True)
    copy_identity(identity, folder / "jail" / "keys")
    return folder / "jail"


def identity_in(jail, identity):
    return Identity(jail / "keys" / "server.crt", jail / "keys" / "server.key", identity.trust)


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_reload_after_chroot(launch, identity, jail, slashes):
    """Files are named as they are outside, and found again inside."""
    server = launch("--chroot", f"{jail}{slashes}", "--user", "nobody", identity=identity_in(jail, identity))
    assert re.fullmatch(RELOADED, reload(server))
    assert not server.matches(WILL_NOT_RELOAD)
    echo_once(server)


@pytest.mark.native
def test_root_and_folder_after_chroot(launch, identity, jail):
    server = launch("--chroot", str(jail), "--user", "nobody", identity=identity_in(jail, identity))
    for link in ("root", "cwd"):
        assert os.readlink(f"/proc/{server.process.pid}/{link}") == str(jail)
    opened = [os.readlink(f"/proc/{server.process.pid}/fd/{name}")
              for name in os.listdir(f"/proc/{server.process.pid}/fd")]
    assert not [path for path in opened if os.path.isdir(path)], "an open folder is a way out"


def test_files_outside_of_the_chroot(launch, own, jail):
    """They are read at the start; the warning names the first one that SIGHUP will not find."""
    server = launch("--chroot", str(jail), "--user", "nobody", identity=own)
    told = server.wait_for_line(WILL_NOT_RELOAD)["reason"]
    assert str(own.certificate) in told and "No such file" in told
    assert reload(server).endswith(told)
    echo_once(server)


def test_file_beside_a_chroot_with_the_same_beginning(launch, identity, folder, jail):
    """/jail is no part of /jailer."""
    (folder / "jailer").mkdir()
    beside = copy_identity(identity, folder / "jailer")
    server = launch("--chroot", str(jail), identity=beside)
    assert str(beside.certificate) in server.wait_for_line(WILL_NOT_RELOAD)["reason"]


def test_pid_file_that_may_not_be_removed_is_emptied(launch, own, folder):
    """In a folder of root's, as /run is. Empty is as good as gone: the next start takes it."""
    pidfile = folder / "postern.pid"
    server = launch("--user", "nobody", "--pidfile", str(pidfile), identity=own)
    assert pidfile.read_text() == f"{server.process.pid}\n"
    server.process.terminate()
    assert server.wait_for_exit() == 0
    assert pidfile.read_text() == ""
    launch("--user", "nobody", "--pidfile", str(pidfile), identity=own)


def test_pid_file_in_a_folder_of_the_user_is_removed(launch, own, folder):
    run_folder = folder / "run"
    run_folder.mkdir()
    os.chown(run_folder, NOBODY, NOBODY)
    server = launch("--user", "nobody", "--pidfile", str(run_folder / "postern.pid"), identity=own)
    server.process.terminate()
    assert server.wait_for_exit() == 0
    assert list(run_folder.iterdir()) == []


def test_pid_file_below_the_chroot_is_removed(launch, identity, jail):
    pidfile = jail / "postern.pid"
    server = launch("--chroot", str(jail), "--pidfile", str(pidfile), identity=identity_in(jail, identity))
    server.process.terminate()
    assert server.wait_for_exit() == 0
    assert not pidfile.exists()


def test_pid_file_outside_of_the_chroot_is_emptied(launch, identity, folder, jail):
    """And a file inside that has the same name is left alone."""
    pidfile = folder / "postern.pid"
    inside = jail / str(pidfile).lstrip("/")
    inside.parent.mkdir(parents=True)
    inside.write_text("17\n")
    server = launch("--chroot", str(jail), "--pidfile", str(pidfile), identity=identity_in(jail, identity))
    server.process.terminate()
    assert server.wait_for_exit() == 0
    assert pidfile.read_text() == "" and inside.read_text() == "17\n"


def test_all_of_it_at_once(identity, jail, folder):
    """Detached, in a chroot, as another user: serves, reloads, and a second one does not start."""
    daemon = Daemon(folder, identity_in(jail, identity))
    try:
        options = ["--chroot", str(jail), "--user", "nobody"]
        assert daemon.start(*options).returncode == 0
        pid = daemon.pid
        echo_once(daemon)
        os.kill(pid, signal.SIGHUP)
        echo_once(daemon)
        refused(daemon.start(*options), f"process {pid}", code=1)
        daemon.stop()
        assert daemon.pidfile.read_text() == ""
        assert daemon.start(*options).returncode == 0
    finally:
        daemon.close()


def test_failure_to_become_the_user_reaches_the_caller(own, folder):
    """Detached, and long after the fork: the reason is still on the caller's standard error."""
    daemon = Daemon(folder, own)
    folder.chmod(0o777)
    refused(daemon.start("--user", "daemon", prefix=AS_NOBODY), "not permitted")
    assert not daemon.pidfile.exists() and list(folder.glob("*.new")) == []


@pytest.mark.native
def test_detached_server_leaves_the_folder_it_was_started_in(own, folder, identity):
    """If all files have whole names: a folder that a process is in cannot be unmounted."""
    daemon = Daemon(folder, own)
    try:
        assert daemon.start(cwd=folder).returncode == 0
        assert os.readlink(f"/proc/{daemon.pid}/cwd") == "/"
        daemon.stop()
        daemon.identity = Identity("server.crt", "server.key", identity.trust)
        assert daemon.start(cwd=folder).returncode == 0
        assert os.readlink(f"/proc/{daemon.pid}/cwd") == str(folder)
    finally:
        daemon.close()


def test_print_config_shows_them(own, jail):
    text = run(*own.options, "--user", "nobody", "--group", "daemon", "--chroot", str(jail),
               "--print-config").stdout.decode()
    for name, value in (("user", "nobody"), ("group", "daemon"), ("chroot", str(jail))):
        assert re.search(rf"(?m)^process.{name}: {re.escape(value)}$", text), text
