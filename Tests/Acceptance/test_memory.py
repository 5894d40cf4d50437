"""Memory from outside: libc's heap is never used under load, and nothing grows with the number of clients.
"""
import contextlib
import mmap
import os
import re
import shutil
import struct
import subprocess
import time

import pytest

from postern_client import client_context, client_hello, echo_once, receive_exactly, tls_connection
from postern_machine import only_root
from postern_target import BINARY, DEFAULT_CONNECTIONS, VERSIONS, is_dynamic

# Counts calls of the C heap into a file that the test has mapped too; the real functions are glibc's own.
COUNTER_SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);
static volatile unsigned long own[2], *counters = own;
__attribute__((constructor)) static void open_counters(void)
{
    const char *path = getenv("POSTERN_HEAP_COUNTERS");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped = MAP_FAILED;
    if (file >= 0)
        mapped = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (mapped == MAP_FAILED)
        _exit(99);
    ((volatile unsigned long *)mapped)[0] = own[0];
    ((volatile unsigned long *)mapped)[1] = own[1];
    counters = mapped;
}
void *malloc(size_t size) { counters[0]++; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { counters[0]++; return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { counters[0]++; return __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { counters[0]++; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size)
{
    counters[0]++;
    return __libc_memalign(alignment, size);
}
int posix_memalign(void **made, size_t alignment, size_t size)
{
    counters[0]++;
    *made = __libc_memalign(alignment, size);
    return *made ? 0 : 12;
}
void free(void *old) { if (old) counters[1]++; __libc_free(old); }
"""


def load(server, connections=40):
    """A bit of everything: full and resumed handshakes of each version, data, garbage, a full pool."""
    for version in VERSIONS:
        context, session = client_context(version), None
        for _ in range(connections):
            with tls_connection(server, context, session=session) as tls:
                tls.sendall(bytes(20_000))
                receive_exactly(tls, 20_000)
                session = tls.session
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", client_hello()[:90], b"", bytes(100)):
        with server.connect() as raw:
            raw.sendall(garbage)
    with contextlib.ExitStack() as stack:
        for _ in range(DEFAULT_CONNECTIONS):
            stack.enter_context(tls_connection(server))
        stack.enter_context(server.connect())
        time.sleep(0.1)
    server.settle()


def preloadable(folder, name, text):
    """A library for LD_PRELOAD."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.fail("needs a C compiler")
    source, made = folder / f"{name}.c", folder / f"{name}.so"
    source.write_text(text)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-fno-builtin", "-o", made, source], check=True)
    return made


@pytest.fixture(scope="module")
def heap_counter(open_folder):
    """The counting library."""
    return preloadable(open_folder, "heap-counter", COUNTER_SOURCE)


@contextlib.contextmanager
def counted(server_factory, heap_counter, path):
    """A server under the counting library, and a function that tells its (allocations, frees) so far."""
    path.write_bytes(bytes(mmap.PAGESIZE))
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), mmap.PAGESIZE) as mapped:
        server = server_factory(
            environment={"LD_PRELOAD": str(heap_counter), "POSTERN_HEAP_COUNTERS": str(path)})
        yield server, lambda: struct.unpack_from("LL", mapped, 0)


@pytest.mark.native
def test_heap_counter_counts(heap_counter, tmp_path):
    """The measure itself: a program that is known to use the heap is seen to use it."""
    path = tmp_path / "counters"
    path.write_bytes(bytes(mmap.PAGESIZE))
    subprocess.run(["ls", "-l", "/"], check=True, capture_output=True,
                   env={**os.environ, "LD_PRELOAD": str(heap_counter), "POSTERN_HEAP_COUNTERS": str(path)})
    assert struct.unpack_from("LL", path.read_bytes(), 0)[0] > 10


@pytest.mark.native
@pytest.mark.applies(not BINARY or is_dynamic(BINARY))    # a static binary takes no LD_PRELOAD
def test_heap_is_never_used_after_start(launch, heap_counter, tmp_path):
    with counted(launch, heap_counter, tmp_path / "counters") as (server, calls):
        at_start = calls()
        load(server)
        assert calls() == at_start, "(allocations, frees) at start and after load"


@pytest.mark.native
@only_root      # who may lock so much
@pytest.mark.applies(not BINARY or is_dynamic(BINARY))
def test_memory_that_is_locked_can_be_served_from(launch, open_folder):
    """The kernel takes none of it back: what is freed is cleared, and clients get what they sent."""
    locking = preloadable(open_folder, "lock", """
        #include <sys/mman.h>
        __attribute__((constructor)) static void lock(void)
        {
            if (mlockall(MCL_CURRENT | MCL_FUTURE)) __builtin_trap();
        }""")
    server = launch(environment={"LD_PRELOAD": str(locking)})
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        locked = int(re.search(r"VmLck:\s+(\d+) kB", status.read())[1])
    assert locked > 4_000, "the whole block"
    load(server, connections=4)


@pytest.mark.native
def test_no_memory_is_asked_of_the_kernel_under_load(launch, tmp_path):
    """What holds for a static binary too: after the start line there is no brk, mmap, mremap or munmap."""
    trace = tmp_path / "trace"
    if not shutil.which("strace"):
        pytest.fail("needs strace")
    # -D: the tracer is the child, so that the process we signal is the server itself.
    server = launch(prefix=["strace", "-D", "-f", "-q", "-ttt", "-o", str(trace),
                            "-e", "trace=brk,mmap,mremap,munmap,listen"])
    begin = time.time()
    echo_once(server)
    load(server, connections=10)
    calls = re.findall(r"(?m)^\d+ +(\d+\.\d+) (\w+)\(.*$", trace.read_text())
    assert any(name == "listen" for _, name in calls), "strace saw nothing of the server"
    late = [name for moment, name in calls if float(moment) >= begin and name != "listen"]
    assert late == []


@pytest.mark.native
@pytest.mark.slow
@only_root      # looks into the process
def test_2000_connections_grow_nothing(launch):
    """Short ones one after the other, full and resumed in turn, both versions."""
    server = launch("--log-level", "notice")
    contexts = {version: client_context(version) for version in VERSIONS}
    sessions = {}

    def connect_often(count):
        for number in range(count):
            version = VERSIONS[number // 2 % len(VERSIONS)]
            # One in four is a full handshake; it also renews the session.
            session = sessions.get(version) if number % 4 else None
            with tls_connection(server, contexts[version], session=session) as tls:
                tls.sendall(b"hello")
                assert receive_exactly(tls, 5) == b"hello"
                if session is None or version == "1.3":
                    sessions[version] = tls.session

    connect_often(200)
    server.settle()
    descriptors, resident = server.descriptors(), server.resident_kibibytes()
    connect_often(2000)
    numbers = server.settle()
    assert server.descriptors() == descriptors
    assert server.resident_kibibytes() - resident < 64
    assert numbers["accepted"] == numbers["handshakes"] == 2200
    assert numbers["resumed"] > 1000
    assert numbers["bytesIn"] == numbers["bytesOut"] == 2200 * 5


@pytest.mark.native
def test_closed_slots_give_their_memory_back(launch):
    """All slots used with full records, then closed: the process is about as small as after one client."""
    server = launch()
    echo_once(server)
    server.settle()
    one_client = server.resident_kibibytes()
    with contextlib.ExitStack() as stack:
        for _ in range(DEFAULT_CONNECTIONS):
            tls = stack.enter_context(tls_connection(server))
            tls.sendall(bytes(50_000))
            receive_exactly(tls, 50_000)
        in_use = server.resident_kibibytes()
    server.settle()
    closed = server.resident_kibibytes()
    assert in_use - one_client > 64, "the measure shows nothing"
    assert closed - one_client < (in_use - one_client) / 4, (one_client, in_use, closed)


@pytest.mark.native
@pytest.mark.parametrize("version", VERSIONS)
@only_root      # looks into the process
def test_idle_connection_needs_little(launch, version):
    """After a handshake and one small echo: the figure of the README, below 13 KB of PSS a connection."""
    server = launch()
    echo_once(server, context=client_context(version))
    server.settle()
    before = server.proportional_kibibytes()
    with contextlib.ExitStack() as stack:
        for _ in range(DEFAULT_CONNECTIONS):
            tls = stack.enter_context(tls_connection(server, client_context(version)))
            tls.sendall(b"hello")
            receive_exactly(tls, 5)
        grown = server.proportional_kibibytes() - before
    assert grown / DEFAULT_CONNECTIONS < 13, f"{grown / DEFAULT_CONNECTIONS:.1f} KiB a connection"


@pytest.mark.native
@only_root      # looks into the process
def test_start_line_tells_the_memory(launch):
    """The RAM of the start line is the sum of --print-config, and the process stays below it."""
    server = launch()
    with contextlib.ExitStack() as stack:
        for _ in range(DEFAULT_CONNECTIONS):
            tls = stack.enter_context(tls_connection(server))
            tls.sendall(bytes(20_000))
            receive_exactly(tls, 20_000)
        assert private_kibibytes(server) < int(server.start_line["kibibytes"])


def private_kibibytes(server):
    """Written pages of the process itself: what is not in a file on the flash."""
    with open(f"/proc/{server.process.pid}/smaps_rollup", encoding="ascii") as rollup:
        return int(re.search(r"Private_Dirty:\s+(\d+) kB", rollup.read())[1])
