"""System calls that fail, or kill, on purpose: the kernel's filter, set between fork and exec. x86-64 only, so
for native tests."""
import ctypes
import errno
import functools
import os
import struct
import subprocess
import sys

import pytest

from postern_target import BINARY, is_dynamic

KILL = 0x80000000           # SECCOMP_RET_KILL_PROCESS
ALLOW = 0x7FFF0000          # SECCOMP_RET_ALLOW
LISTEN, WAIT4, GETRANDOM, CLOSE_RANGE = 50, 61, 318, 436
AFTER_LINUX_4_19 = 335      # the first number that it has not got: rseq is 334, and the next one came with 5.1
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38


def fail(number):
    """What a filter answers for a call that shall fail with this errno."""
    return 0x00050000 | number


NO_SUCH_CALL, AGAIN = fail(errno.ENOSYS), fail(errno.EAGAIN)


def filter_calls(call, action, second_argument=None, and_later=False):
    """A preexec_fn after which a system call gets the action; where a second argument is given, only with that.
    With `and_later`, so do all calls of higher numbers."""
    load, jump, answer = 0x20, 0x35 if and_later else 0x15, 0x06
    if second_argument is None:
        program = [(load, 0, 0, 0), (jump, 0, 1, call)]
    else:
        program = [(load, 0, 0, 0), (jump, 0, 3, call), (load, 0, 0, 24), (jump, 0, 1, second_argument)]
    program += [(answer, 0, 0, action), (answer, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    libc = ctypes.CDLL(None, use_errno=True)

    class Filter(ctypes.Structure):
        _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    wanted = Filter(len(program), ctypes.addressof(code))

    wanted.owner = code     # lives as long as what points into it

    def install():
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no filter for system calls")

    return install


# The kernel of a device that has just been switched on: for those who do not want to wait it has no random numbers.
no_random_numbers_yet = filter_calls(GETRANDOM, AGAIN, second_argument=os.GRND_NONBLOCK)


@functools.lru_cache(maxsize=None)
def _is_random_a_call():
    """Whether this machine's libc calls the kernel for random numbers: glibc from 2.41 on takes them out of the vDSO
    where that has them, and no filter sees it."""
    ask = "import ctypes; exit(ctypes.CDLL(None).getrandom(bytes(1), 1, 1) < 0)"
    return subprocess.run([sys.executable, "-c", ask], preexec_fn=no_random_numbers_yet).returncode != 0


random_is_a_call = pytest.mark.applies(not BINARY or not is_dynamic(BINARY) or _is_random_a_call())
