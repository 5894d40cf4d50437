"""What a conversation is: a name, what the client does after a connection is there, and the alert that it has to end
with. CLOSED is an end without alert, SERVED none at all: data comes back. GOES_ON is a ServerHello, IGNORED a good
handshake after it."""
import dataclasses
import typing

import pytest

import postern_target

CLOSED, SERVED, GOES_ON, IGNORED = "closed", "served", "goes on", "ignored"
LIBRARY = "3.6" if postern_target.mbedtls_version() >= (3, 6) else "2.28"


@dataclasses.dataclass(frozen=True)
class Deviation:
    """Where the library does something else than the RFC says: what, on which of the two, and why we let it."""
    outcome: typing.Any
    why: str
    library: str = ""


def run(server, client_class, act, expected, deviations):
    """Has a conversation and compares how it ended."""
    allowed = next((one for one in deviations if one.library in ("", LIBRARY)), None)
    wanted = allowed.outcome if allowed else expected
    with server.connect(seconds=5) as raw:
        client = client_class(raw)
        act(client)
        if wanted == GOES_ON:
            assert client.receive()[1][0] == 2
            return
        if wanted == IGNORED:
            client.handshake()
        if wanted in (SERVED, IGNORED):
            assert client.is_served()
            return
        ended = client.outcome()
        address = raw.getsockname()
    said = [alert for alert in ended if alert > 0]
    assert said == ([] if wanted == CLOSED else [wanted]), (ended, server.closed(address)[0])
    assert server.closed(address)["reason"] not in ("internalFault", "handshakeTimeout", "idleTimeout")


def parameters(conversations):
    return [pytest.param(name, id=name) for name in conversations]
