"""What compilers put into our own objects against those who find a fault in them. Each option is looked for in the
code: one that a compiler ignores, or that a toolset has lost, shows nowhere else. What Debian's archives have is
theirs: not all of musl's objects carry such code.
"""
import functools
import re
import struct

import pytest

from test_elf import VALUES, objects, readelf

VALUES = {**VALUES, "host": VALUES["amd64"]}       # for this machine, as for a board of its kind
X86, ARM64, RISCV = "Advanced Micro Devices X86-64", "AArch64", "RISC-V"
BRANCH_TARGETS = {
    X86: {bytes.fromhex("f30f1efa")},                                           # endbr64
    ARM64: {bytes.fromhex("3f2303d5"), bytes.fromhex("5f2403d5")}}              # paciasp, bti c
# A page of the stack, and a write to it before the next one is taken.
PROBES = {
    X86: bytes.fromhex("4881ec00100000" "48c7042400000000"),                    # sub $4096, %rsp; movq $0, (%rsp)
    ARM64: bytes.fromhex("ff0740d1" "ff0300f9"),                                # sub sp, sp, #4096; str xzr, [sp]
    RISCV: bytes.fromhex("02e0")}                                               # sd zero, 0(sp)


def builds(table):
    found = [build for build, values in VALUES.items() if values["MACHINE"] in table]
    return pytest.mark.parametrize("build", found)


@functools.lru_cache(maxsize=None)
def sections(path):
    """{number: (type, bytes)} of an object, 32 or 64 bits."""
    content = path.read_bytes()
    wide = content[4] == 2
    table, = struct.unpack_from("<Q" if wide else "<I", content, 40 if wide else 32)
    size, count = struct.unpack_from("<HH", content, 58 if wide else 46)
    found = {}
    for number in range(count):
        head = struct.unpack_from("<IIQQQQ" if wide else "<IIIIII", content, table + number * size)
        found[number] = content[head[4]:head[4] + head[5]]
    return found


def functions(path):
    """(name, first bytes) of every function that other objects can call."""
    for line in readelf(path, "-s").splitlines():
        words = line.split()
        if len(words) == 8 and words[3:5] == ["FUNC", "GLOBAL"] and words[6].isdigit():
            start = int(words[1], 16)
            yield words[7], sections(path)[int(words[6])][start:start + 4]


def undefined_symbols(path):
    return {line.split()[-1] for line in readelf(path, "-s").splitlines() if " UND " in line}


def object_of(build, name):
    return next(path for path in objects(build) if path.name == name)


@builds(BRANCH_TARGETS)
def test_every_function_says_that_it_can_be_called(build):
    """What jumps elsewhere is ended by processors that know of it; on arm64 return addresses are signed too."""
    seen = 0
    for path in objects(build):
        for name, start in functions(path):
            seen += 1
            assert start in BRANCH_TARGETS[VALUES[build]["MACHINE"]], f"{path.name}: {name} begins with {start.hex()}"
    assert seen > 300


@builds([ARM64])
def test_return_addresses_are_signed(build):
    signed = [name for path in objects(build) for name, start in functions(path) if start.hex() == "3f2303d5"]
    assert len(signed) > 100 and "clinux_files_drain" in signed


@builds(PROBES)
def test_a_large_frame_touches_every_page_of_the_stack(build):
    """The frame of clinux_files_drain is larger than a page: it must not jump over the guard page."""
    code = b"".join(sections(object_of(build, "watch.c.o")).values())
    assert PROBES[VALUES[build]["MACHINE"]] in code


def called_by(path, function):
    """The names that a function of an object refers to, whether it has a section of its own or not."""
    symbol = next(words for line in readelf(path, "-s").splitlines()
                  if (words := line.split()) and words[-1] == function and words[3] == "FUNC")
    start, end = int(symbol[1], 16) & ~1, (int(symbol[1], 16) & ~1) + int(symbol[2])      # bit 0 says Thumb
    found = set()
    for part in readelf(path, "-r").split("Relocation section '")[1:]:
        if part.partition("'")[0].partition(".text")[2] in ("", f".{function}"):
            found |= {words[4] for line in part.splitlines()
                      if len(words := line.split()) >= 5 and re.fullmatch("[0-9a-f]{8,}", words[0])
                      and start <= int(words[0], 16) < end}
    return found


@pytest.mark.parametrize("build", VALUES)
def test_local_variables_begin_as_zero(build):
    """The buffer of clinux_files_drain, which its source does not clear."""
    called = called_by(object_of(build, "watch.c.o"), "clinux_files_drain")
    assert called & {"memset", "__aeabi_memclr", "__aeabi_memclr4", "__aeabi_memclr8"}, called


@pytest.mark.parametrize("build", VALUES)
def test_stacks_are_guarded(build):
    undefined = undefined_symbols(object_of(build, "watch.c.o"))
    assert "__stack_chk_fail" in undefined
