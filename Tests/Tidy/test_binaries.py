"""What the built binaries must not contain, and what they may weigh. BUILD names the folder that holds them."""
import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
PORTS = sorted(path.parent.name for path in TOP.glob("ports/*/port.mk"))
PROCESSORS = sorted(path.parent.name for path in TOP.glob("ports/*/toolset.json"))     # boards have their code

# Bytes of the stripped binary, from the figures that the project sets itself. The host's Mbed TLS may be 3.6 too.
BUDGETS = {"host": 1_400_000, "amd64": 1_400_000, "arm64": 1_350_000, "armhf": 950_000}
ALLOCATORS = {"malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc", "swift_slowAlloc"}


def undefined_symbols(path):
    output = subprocess.run(["nm", "-u", path], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in output.splitlines() if line.strip() and not line.endswith(":")}


def swift_objects(port):
    modules = ("PosternCore", "PosternX509", "PosternAuthorization", "PosternTLS", "PosternLinux",
               "PosternIssuing", "PosternCertificates", "PosternProbe", "PosternServer", "PosternCommandLine",
               "PosternCommand", "Port")
    found = [path for module in modules for path in BUILD.glob(f"{port}/swift/*/release/{module}.build/*.o")]
    assert found, f"no objects below {BUILD / port}; build the port first"
    return found


@pytest.mark.parametrize("port", PROCESSORS)
def test_swift_objects_call_no_allocator_and_no_runtime(port):
    for path in swift_objects(port):
        symbols = undefined_symbols(path)
        assert not symbols & ALLOCATORS, f"{path}: {symbols & ALLOCATORS}"
        runtime = {symbol for symbol in symbols if symbol.startswith(("swift_retain", "swift_release", "swift_alloc"))}
        assert not runtime, f"{path}: {runtime}"


def test_a_library_that_keeps_no_certificate_of_peers_is_refused(tmp_path):
    """Without it nothing tells whose key has proven who a client is."""
    configuration = tmp_path / "configuration.h"
    configuration.write_text("#undef MBEDTLS_SSL_KEEP_PEER_CERTIFICATE\n")
    ended = subprocess.run(
        ["clang", "-fsyntax-only", "-x", "c", f'-DMBEDTLS_USER_CONFIG_FILE="{configuration}"',
         TOP / "Sources/CMbedTLS/compat.h"], capture_output=True, text=True)
    assert ended.returncode != 0 and "Postern needs an Mbed TLS with MBEDTLS_SSL_KEEP_PEER_CERTIFICATE" in ended.stderr


def test_host_needs_libc_and_nothing_else():
    needed = subprocess.run(["readelf", "-d", BUILD / "host" / "postern"], capture_output=True, text=True, check=True)
    libraries = set(re.findall(r"NEEDED.*\[(.*?)\]", needed.stdout))
    assert libraries <= {"libc.so.6", "ld-linux-x86-64.so.2"}, libraries


@pytest.mark.parametrize("port", [port for port in PORTS if port != "host"])
def test_boards_need_nothing(port):
    elf = subprocess.run(["readelf", "-d", "-l", BUILD / port / "postern"],
                         capture_output=True, text=True, check=True).stdout
    assert "NEEDED" not in elf and "INTERP" not in elf


def test_hardening_of_the_host():
    """Those of the boards are looked at more closely, by test_elf.py."""
    elf = subprocess.run(["readelf", "-W", "-h", "-l", "-d", BUILD / "host" / "postern"],
                         capture_output=True, text=True, check=True).stdout
    assert re.search(r"Type:\s+DYN", elf), "not position independent"
    assert "GNU_RELRO" in elf and re.search(r"BIND_NOW|FLAGS_1.*NOW", elf)
    stack = re.search(r"GNU_STACK.*", elf)[0]
    assert "RWE" not in stack and " E " not in stack
    assert not re.search(r"LOAD.*RWE", elf), "a segment that can be written and executed"


@pytest.mark.parametrize("port", [port for port in PORTS if port in BUDGETS])
def test_size(port):
    assert (BUILD / port / "postern").stat().st_size <= BUDGETS[port]


@pytest.mark.parametrize("port", PORTS)
def test_no_path_of_the_building_machine_is_inside(port):
    assert str(TOP).encode() not in (BUILD / port / "postern").read_bytes()
