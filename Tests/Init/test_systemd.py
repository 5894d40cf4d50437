"""postern.service and postern.socket under a real systemd, which is the first process of a root of its own."""
import re
import socket
import time

import pytest

import systems
from installed_postern import wait_until

pytestmark = pytest.mark.parametrize("system", [systems.Systemd], ids=["systemd"], indirect=True)

# What `systemd-analyze security` may say at most, from 0 (safe) to 10. What is left of it is the network, which a
# server needs, and a port below 1024, which it may.
EXPOSURE_MOST = 1.7


def started(system, postern):
    ended = system.start()
    assert ended.returncode == 0, system.said(ended)
    return postern.process()


def show(system, name, unit="postern.service"):
    return system.root.check("systemctl", "show", "--value", "-p", name, unit).strip()


def test_verify_has_nothing_to_say(system, postern):
    checked = system.root.run("systemd-analyze", "verify", "postern.service", "postern.socket")
    said = checked.stdout + checked.stderr
    if system.root.run("systemd-analyze", "syscall-filter", "@sandbox").returncode != 0:      # before systemd 255
        said = re.sub(r"\S+postern\.service:\d+: Unknown system call group, ignoring: @sandbox\n", "", said)
    assert (checked.returncode, said) == (0, "")


def test_security_figure(system, postern):
    said = system.root.check("systemd-analyze", "security", "--no-pager", "--offline=yes",
                             "/usr/lib/systemd/system/postern.service")
    figure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])
    assert figure <= EXPOSURE_MOST


def test_start_returns_when_the_server_listens(system, postern):
    started(system, postern)
    assert postern.listens(), "it was ready before it listened"
    assert show(system, "SubState") == "running" and int(show(system, "MainPID")) != 0
    assert show(system, "WatchdogUSec") == "30s"


def test_a_second_reload_waits_for_nothing_and_the_status_is_running_again(system, postern):
    process = started(system, postern)
    for index in (1, 0, 1):
        postern.show(index)
        assert system.reload().returncode == 0
        assert wait_until(lambda expected=index: postern.shown() == expected)
    assert show(system, "SubState") == "running" and postern.process() == process


def test_a_server_that_hangs_is_ended_by_the_watchdog_and_started_again(system, postern):
    system.root.write("/etc/systemd/system/postern.service.d/fast.conf", "[Service]\nWatchdogSec=1\nRestartSec=0\n")
    system.root.check("systemctl", "daemon-reload")
    process = started(system, postern)
    time.sleep(3)
    assert postern.process() == process, "a healthy server was ended"
    system.root.check("kill", "-STOP", process)
    assert wait_until(lambda: postern.has_come_back_after(process), 15) and postern.shown() == 0


def test_it_keeps_no_privilege_but_low_ports(system, postern):
    process = started(system, postern)
    status = system.root.read(f"/proc/{process}/status")
    for name in ("CapEff", "CapBnd", "CapAmb"):
        assert int(re.search(rf"{name}:\t(\w+)", status)[1], 16) == 1 << 10, name     # CAP_NET_BIND_SERVICE
    assert re.search(r"NoNewPrivs:\t1", status) and re.search(r"Seccomp:\t2", status)


# What a server may want at its start to give up rights, and all that it needs today. Each is tried as the unit's own
# program; 1 is EPERM, which is what the unit's filters answer.
LATER = r"""
import ctypes, os, resource, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
calls = {"landlock_create_ruleset": (444, 0, 0, 1), "landlock_add_rule": (445, -1, 0, 0, 0),
         "landlock_restrict_self": (446, -1, 0), "seccomp": (317, 2, 0, None), "close_range": (436, 900, 901, 0),
         "no_new_privs": (157, 38, 1, 0, 0, 0), "undumpable": (157, 4, 0, 0, 0, 0), "mlock": (149, 0, 0),
         "no capabilities": (126, ctypes.byref((ctypes.c_uint32 * 2)(0x20080522, 0)),
                             ctypes.byref((ctypes.c_uint32 * 6)()))}
refused = [name for name, words in calls.items() if libc.syscall(*words) < 0 and ctypes.get_errno() == 1]
for limit in ("RLIMIT_NPROC", "RLIMIT_CORE"):
    try:
        resource.setrlimit(getattr(resource, limit), (0, 0))
    except OSError:
        refused.append(limit)
for family in ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"):
    try:
        socket.socket(getattr(socket, family), socket.SOCK_DGRAM)
    except OSError as fault:
        refused.append(family) if fault.errno in (1, 97) else None
print("refused:", *refused)
"""


def test_the_unit_forbids_nothing_that_a_later_version_needs_to_give_up_rights(system, postern):
    system.root.write("/usr/local/lib/later.py", LATER)
    system.root.write("/etc/systemd/system/postern.service.d/later.conf", "[Service]\nType=oneshot\nExecStart=\n"
                      "ExecStart=/usr/bin/python3 /usr/local/lib/later.py\nStandardOutput=file:/run/later\n"
                      "StandardError=file:/run/later\n")
    system.root.check("systemctl", "daemon-reload")
    system.start()
    assert system.root.read("/run/later") == "refused:\n"


def test_a_port_below_1024_can_be_served(system, postern):
    postern.port = next(port for port in range(1000, 700, -1) if not postern.listens(port))
    postern.configure()
    started(system, postern)
    assert postern.shown() == 0 and postern.user() == "postern"


def test_a_wrong_configuration_is_not_tried_again_and_again(system, postern):
    postern.configure("--service nonsense")
    assert system.start().returncode != 0
    time.sleep(3)
    assert show(system, "NRestarts") == "0" and show(system, "ActiveState") == "failed"


@pytest.fixture
def activated(system, postern):
    """The socket alone is started, on the port of the test; the options name another one."""
    given = postern.port
    postern.move()
    system.root.write("/etc/systemd/system/postern.socket.d/port.conf",
                      f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{given}\n")
    system.root.check("systemctl", "daemon-reload")
    system.root.check("systemctl", "start", "postern.socket")
    postern.port = given
    return postern


def test_the_first_connection_starts_it_and_is_served(system, activated):
    assert activated.processes() == []
    assert activated.shown() == 0
    activated.process()


def test_the_socket_listens_on_while_the_service_restarts(system, activated):
    assert activated.shown() == 0
    process = activated.process()
    with socket.create_connection(("127.0.0.1", activated.port), timeout=5):
        assert system.restart().returncode == 0
    assert activated.shown() == 0 and activated.process() != process
