"""What is being tested: everything the tests take out of the environment, read once.

POSTERN_BINARY        the binary under test; when unset, those of `make PORT=host` and of its small configuration
POSTERN_SMALL_BINARY  the same with the configuration Tests/Ports/small: 4 connections, short deadlines, ALPN
POSTERN_RUNNER        command prefix, such as "qemu-arm -L sysroot"; empty for a native run
POSTERN_MBEDTLS       "2.28" or "3.6"; when unset, what `--version` says
"""
import functools
import os
import pathlib
import re
import shlex
import struct
import subprocess



def built(name):
    """The program of a build, or nothing: tests can be listed without one."""
    path = pathlib.Path(__file__).resolve().parents[2] / "build" / name / "postern"
    return str(path) if path.exists() else ""


BINARY = os.environ.get("POSTERN_BINARY") or built("host")
SMALL_BINARY = os.environ.get("POSTERN_SMALL_BINARY", "" if "POSTERN_BINARY" in os.environ else built("host-small"))
RUNNER = shlex.split(os.environ.get("POSTERN_RUNNER", ""))
EMULATED = bool(RUNNER)

# Every time limit of a test is multiplied with this: an emulator is slower by about as much.
PATIENCE = 6 if EMULATED else 1

# The limits of the two configurations, as the tests rely on them.
DEFAULT_CONNECTIONS = 64
SMALL_CONNECTIONS = 4
SMALL_HANDSHAKE_SECONDS = 1.0
SMALL_IDLE_SECONDS = 2.0
SMALL_CLOSE_SECONDS = 0.5
SMALL_DRAIN_SECONDS = 1.0
SMALL_PROTOCOL = "postern/1"
# How the log line of a reload begins that changed nothing.
RELOAD_FAILED = "reload failed, keeping the current files"
LISTENER_LIMIT = 8

VERSION_LINE = re.compile(r"postern (?P<release>\d+\.\d+\.\d+) \((?P<port>[\w-]+)\), "
                          r"Mbed TLS (?P<mbedtls>\d+\.\d+\.\d+)(?: \(Debian (?P<package>[^)]+)\))?")


# Copies of the binaries in a folder that every user can enter, by path: an emulator that has become somebody else must
# still be able to open its program.
REACHABLE = {}


def command(binary, *options):
    """The command line that runs a binary, through the emulator if there is one."""
    return [*RUNNER, REACHABLE.get(binary, binary), *options]


def run(*options, binary=BINARY, prefix=(), seconds=10, **keywords):
    """Runs the binary to its end; for everything that does not serve."""
    return subprocess.run([*prefix, *command(binary, *options)], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=seconds * PATIENCE, **keywords)


def refused(ended, *parts, code=2):
    """The program did not do it, and said why in one sentence on standard error, with these parts in it."""
    text = ended.stderr.decode()
    assert (ended.returncode, ended.stdout) == (code, b""), text
    assert text.startswith("postern: error: ") and text.count("\n") == 1, text
    assert [part for part in parts if str(part) not in text] == [], text


def first_free_port():
    """The lowest port that every user may have; in containers often 0."""
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as setting:
        return int(setting.read())


def is_dynamic(path):
    """Whether the ELF file asks for a dynamic linker (program header PT_INTERP)."""
    with open(path, "rb") as file:
        content = file.read(4096)
    if content[:4] != b"\x7fELF":
        return False
    wide = content[4] == 2
    offset, = struct.unpack_from("<Q" if wide else "<I", content, 32 if wide else 28)
    size, count = struct.unpack_from("<HH", content, 54 if wide else 42)
    return any(struct.unpack_from("<I", content, offset + index * size)[0] == 3 for index in range(count))


@functools.lru_cache(maxsize=None)
def mbedtls_version():
    """The Mbed TLS inside, as (major, minor)."""
    text = os.environ.get("POSTERN_MBEDTLS", "")
    if not text and BINARY:
        found = VERSION_LINE.search(run("--version").stdout.decode())
        text = found["mbedtls"] if found else ""
    numbers = re.match(r"(\d+)\.(\d+)", text)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


# The TLS versions the binary must speak, for parametrize.
VERSIONS = ["1.2", "1.3"] if mbedtls_version() >= (3, 6) else ["1.2"]
