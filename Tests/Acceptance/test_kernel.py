"""Linux 4.19 is enough: which system calls a server makes, and that it does without those that came later.

An emulator carries out calls that the kernel it pretends to be would not have. So here the calls are read from its
trace; that newer ones are tried and then done without is shown where the kernel can be made to refuse them.
"""
import os
import re
import signal

import pytest

import postern_target
from postern_client import echo_once, tls_connection
from postern_daemon import Daemon
from postern_seccomp import AFTER_LINUX_4_19, NO_SUCH_CALL, filter_calls
from postern_target import EMULATED, RUNNER

# What came after 4.19, by name. The `time64` calls are those of 32-bit processors, of Linux 5.1.
NEWER = re.compile(
    r"(\w+_time64|clock_\w+64|timer_\w+64|timerfd_\w+64|pidfd_\w+|io_uring_\w+|open_tree|move_mount|fsopen"
    r"|fsconfig|fsmount|fspick|clone3|close_range|openat2|faccessat2|process_madvise|epoll_pwait2|mount_setattr"
    r"|quotactl_fd|landlock_\w+|memfd_secret|process_mrelease|futex_waitv|set_mempolicy_home_node|cachestat|fchmodat2"
    r"|map_shadow_stack|futex_(wake|wait|requeue)|statmount|listmount|lsm_\w+|mseal)")
# Asked for first, and the older one when the kernel has not got it: by musl, whose time has 64 bits, and by CLinux.
WITH_FALLBACK = {"clock_gettime64", "close_range"}


@pytest.mark.applies(EMULATED)
def test_calls_of_a_server(launch, tmp_path, monkeypatch):
    """Start, echo, reload, counters, drain."""
    trace = tmp_path / "trace"
    monkeypatch.setattr(postern_target, "RUNNER", [RUNNER[0], "-strace", "-D", str(trace), *RUNNER[1:]])
    server = launch()
    echo_once(server)
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_line("postern: notice: files reloaded: .*")
    server.counters()
    with tls_connection(server) as tls:
        tls.sendall(b"x")
        server.process.terminate()
        assert server.wait_for_exit() == 0
    calls = set(re.findall(r"^(?:\d+ )?(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE))
    assert {"listen", "epoll_ctl"} <= calls, sorted(calls)
    newer = {name for name in calls if NEWER.fullmatch(name)}
    assert newer <= WITH_FALLBACK, newer - WITH_FALLBACK


@pytest.mark.native
def test_newer_calls_are_done_without(tmp_path, identity):
    """Detached, because that is where a newer call is tried (close_range)."""
    daemon = Daemon(tmp_path, identity)
    try:
        without = filter_calls(AFTER_LINUX_4_19, NO_SUCH_CALL, and_later=True)
        assert daemon.start(preexec_fn=without).returncode == 0
        echo_once(daemon)
        os.kill(daemon.pid, signal.SIGHUP)
        echo_once(daemon)
    finally:
        daemon.close()
