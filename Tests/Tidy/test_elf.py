"""What the files of the boards say about themselves: processor, floats, alignment, protection.

A linker accepts much that a processor does not: these tests look at the linked binary and at every object that it was
made of, ours and the archives'. BUILD names the folder that holds the builds.
"""
import functools
import os
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "Tests"))
import port_values  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
# Every build for a board: each port, and the one that is also built with another release of Debian.
BOARDS = {port: port for port in port_values.PORTS if port != "host"} | {"armhf-bookworm": "armhf"}
VALUES = {build: port_values.of(port) for build, port in BOARDS.items()}
ARM = [build for build in BOARDS if VALUES[build]["MACHINE"] == "ARM"]
boards = pytest.mark.parametrize("build", BOARDS)
arm_boards = pytest.mark.parametrize("build", ARM)

# What `readelf -A` must say about a 32-bit Arm binary; None: the line must not be there. A board without NEON stops
# with an illegal instruction at the first one, and compilers take it for granted on ARMv7 unless told otherwise.
ATTRIBUTES = {
    "hard": {"CPU_arch": "v7", "CPU_arch_profile": "Application", "FP_arch": "VFPv3-D16", "Advanced_SIMD_arch": None,
             "ABI_VFP_args": "VFP registers"},
    "soft": {"CPU_arch": "v5TE", "FP_arch": None, "Advanced_SIMD_arch": None, "ABI_VFP_args": None,
             "CPU_unaligned_access": "None"},
}
# The same for all: 8-byte alignment of the stack, enums and wide characters as C for Linux has them.
ATTRIBUTES_OF_ALL = {"ABI_align_needed": "8-byte", "ABI_enum_size": "int", "ABI_PCS_wchar_t": "4"}
# Kernels for this processor may have pages of 64 KiB: what is protected must end on such a page.
LARGE_PAGES = {"AArch64": 65_536}


@functools.lru_cache(maxsize=None)
def readelf(path, *options):
    return subprocess.run(["readelf", "-W", *options, str(path)], capture_output=True, text=True, errors="replace",
                          check=True).stdout      # names of Swift strings may be cut within a character


def binary(build):
    return BUILD / build / "postern"


def attributes(text):
    return dict(re.findall(r"^  Tag_(\w+): \"?(.*?)\"?$", text, re.MULTILINE))


def objects(build):
    """Every object of our own in a build; a board's lie with those of the port it is built as."""
    folder = BUILD / VALUES.get(build, {}).get("BASE", build)
    found = sorted((folder / "swift").glob("*/release/*.build/**/*.o"))
    kinds = {path.name.split(".", 1)[1] for path in found}
    assert {"c.o", "swift.o"} <= kinds, f"no objects below {folder}; build it first"
    return found


def archives(build):
    values = VALUES[build]
    suite = "bookworm" if build.endswith("-bookworm") else values["DEFAULT_SUITE"]
    library = BUILD / "sysroot" / f"{suite}-{values['ARCHITECTURE']}" / "usr/lib"
    found = [path for name in ("libmbedtls.a", "libmbedx509.a", "libmbedcrypto.a", "libc.a")
             for path in library.glob(f"*/{name}")]
    assert len(found) == 4, f"archives below {library}: {found}"
    return found


@boards
def test_machine(build):
    header, values = readelf(binary(build), "-h"), VALUES[build]
    assert re.search(r"Machine:\s+(.*)", header)[1] == values["MACHINE"]
    assert "little endian" in header
    bits = 32 if values["MACHINE"] == "ARM" else 64
    assert f"ELF{bits}" in header
    flags = re.search(r"Flags:\s+0x\w+,?(.*)", header)
    said = {"hard": "hard-float ABI", "soft": "soft-float ABI"}.get(values.get("FLOAT"), "")
    assert said in flags[1]


@arm_boards
def test_processor_and_floats(build):
    said = attributes(readelf(binary(build), "-A"))
    expected = {**ATTRIBUTES_OF_ALL, **ATTRIBUTES[VALUES[build]["FLOAT"]]}
    assert {name: said.get(name) for name in expected} == expected


@arm_boards
def test_all_objects_pass_floats_alike(build):
    """A function that expects its argument in a VFP register and gets it elsewhere computes with what lies there."""
    expected = ATTRIBUTES[VALUES[build]["FLOAT"]]["ABI_VFP_args"]
    own = {path.name: attributes(readelf(path, "-A")).get("ABI_VFP_args") for path in objects(build)}
    assert set(own.values()) == {expected}, {name: said for name, said in own.items() if said != expected}
    for archive in archives(build):
        said = set(re.findall(r"Tag_ABI_VFP_args: (.*)", readelf(archive, "-A"))) or {None}
        assert said == {expected}, f"{archive}: {said}"


@arm_boards
def test_no_object_needs_a_later_processor(build):
    """The linked binary shows the highest of all; this names the object."""
    expected = ATTRIBUTES[VALUES[build]["FLOAT"]]
    for path in objects(build):
        said = attributes(readelf(path, "-A"))
        assert said.get("Advanced_SIMD_arch") is None, f"{path} has NEON instructions"
        assert said.get("FP_arch") in (expected["FP_arch"], None), path
        assert said["CPU_arch"] in (expected["CPU_arch"], "v4T", "v5TE"), path


def test_no_float_crosses_between_swift_and_c():
    """Neither in a header that Swift sees nor in a Swift source: then it does not matter where either passes them."""
    headers = sorted(TOP.glob("Sources/C*/include/*.h"))
    sources = [*TOP.glob("Sources/[!C]*/**/*.swift"), *TOP.glob("ports/*/Config.swift")]
    assert headers and sources
    for path in headers:
        assert not re.search(r"\b(float|double)\b", re.sub(r"//.*|/\*.*?\*/", "", path.read_text())), path
    for path in sources:
        assert not re.search(r"\b(Float\w*|Double|CDouble|CFloat)\b", re.sub(r"//.*", "", path.read_text())), path


def test_riscv_needs_nothing_but_gc():
    said = attributes(readelf(binary("riscv64"), "-A"))
    assert said["RISCV_stack_align"] == "16-bytes"
    extensions = re.sub(r"\d+p\d+", "", said["RISCV_arch"]).split("_")
    # What I, M, A, F, D and C consist of, as later editions of the specification divide them.
    allowed = {"rv64i", "m", "a", "f", "d", "c", "zicsr", "zifencei", "zmmul", "zaamo", "zalrsc", "zca", "zcd"}
    assert set(extensions) <= allowed, set(extensions) - allowed


@boards
def test_position_independent_and_without_text_relocations(build):
    assert VALUES[build]["PIE"] == "yes"
    assert re.search(r"Type:\s+DYN", readelf(binary(build), "-h"))
    assert "TEXTREL" not in readelf(binary(build), "-d")


@boards
def test_relocated_data_is_protected_afterwards(build):
    text = readelf(binary(build), "-l", "-d", "-S")
    start, size = (int(number, 16) for number in re.search(
        r"GNU_RELRO\s+\S+\s+0x(\w+)\s+\S+\s+\S+\s+0x(\w+)", text).groups())
    page = LARGE_PAGES.get(VALUES[build]["MACHINE"], 4_096)
    assert re.search(r"BIND_NOW|FLAGS_1.*NOW", text)
    for name in (".got", ".data.rel.ro"):
        section = re.search(rf" {re.escape(name)}\s+\w+\s+(\w+)\s+\w+\s+(\w+)", text)
        assert section, f"no section {name}"
        first, last = int(section[1], 16), int(section[1], 16) + int(section[2], 16)
        assert start <= first and last <= start + size, f"{name} can be written"
    # What cannot be written must not share a page with what can.
    writable = [int(address, 16) for address in re.findall(
        r"LOAD\s+\S+\s+0x(\w+)\s+\S+\s+\S+\s+\S+\s+RW ", text) if int(address, 16) != start]
    assert writable and all(address // page > (start + size - 1) // page for address in writable)


@boards
def test_segments_fit_the_pages_of_every_kernel(build):
    page = LARGE_PAGES.get(VALUES[build]["MACHINE"], 4_096)
    alignments = [int(text, 16) for text in re.findall(r"LOAD.*0x(\w+)$", readelf(binary(build), "-l"), re.MULTILINE)]
    assert alignments and all(alignment >= page for alignment in alignments), alignments


@boards
def test_nothing_is_written_and_executed(build):
    segments = readelf(binary(build), "-l")
    stack = re.search(r"GNU_STACK.* (\S+)\s+\w+$", segments, re.MULTILINE)
    assert stack and stack[1] == "RW"
    assert not re.search(r"LOAD.*RWE", segments)
