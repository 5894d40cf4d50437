"""The sum that --print-config adds up before a start, against what handshakes really take out of the arena.

All connections of the pool are brought to the middle of their handshake at once, the worst that can happen: each has
sent its ClientHello and been answered, and stays silent. The arena's own counters tell what that took.
"""
import mmap
import re
import socket

import pytest

import postern_target
from postern_client import client_hello
from postern_machine import only_root

CONNECTIONS = 64


def printed_plan(identity):
    text = postern_target.run("--print-config", *identity.options).stdout.decode()
    return {name: int(value) for name, value in re.findall(r"memory\.(\w+): (\d+)", text)}


def arena(server):
    counters = server.counters()
    return {name: value for name, value in counters.items() if name.startswith("arena")}


def stall(server, version):
    """A client that is in the middle of its handshake."""
    raw = socket.create_connection(server.address)
    raw.sendall(client_hello(version))
    assert raw.recv(1), "the server answers the ClientHello"
    return raw


@pytest.mark.native
@pytest.mark.parametrize("version", postern_target.VERSIONS)
@pytest.mark.parametrize("kind", ["good", "rsa", "curve384"])
def test_plan_covers_all_handshakes_at_once(launch, identities, version, kind):
    identity = getattr(identities, kind)
    plan = printed_plan(identity)
    server = launch("--log-level", "notice", identity=identity)
    clients = [stall(server, version)]
    first = arena(server)
    clients += [stall(server, version) for _ in range(CONNECTIONS - 1)]
    full = arena(server)
    for raw in clients:
        raw.close()

    each = (full["arenaUsedBytes"] - first["arenaUsedBytes"]) / (CONNECTIONS - 1)
    step = full["arenaPeakBytes"] - full["arenaUsedBytes"]
    assert each <= plan["connectionBytes"], f"a connection takes {each} bytes of the arena, the plan has less"
    assert each >= 0.85 * plan["connectionBytes"], f"a connection takes {each} bytes, the plan has far more"
    assert step <= plan["stepBytes"], f"a step takes {step} bytes for a moment, the plan has less"
    assert full["arenaPeakBytes"] <= plan["arenaNeededBytes"]
    assert full["arenaFailures"] == 0


@pytest.mark.native
@only_root
def test_the_block_is_in_no_dump(launch, identity):
    """All of it, whatever starts and ends within a page: the kernel dumps it for nobody ("dd")."""
    with open(f"/proc/{launch().process.pid}/smaps", encoding="ascii") as smaps:
        areas = re.findall(r"^Size: +(\d+) kB(?:\n.*?)*?\nVmFlags:(.*)$", smaps.read(), re.MULTILINE)
    excluded = sum(int(size) for size, flags in areas if "dd" in flags.split())
    plan = printed_plan(identity)
    assert excluded * 1024 >= plan["slotBytes"] + plan["bufferBytes"] + plan["arenaBytes"]


@pytest.mark.native
def test_the_plan_knows_the_pages_of_the_kernel(identity):
    assert printed_plan(identity)["pageBytes"] == mmap.PAGESIZE
