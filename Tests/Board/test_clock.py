"""A board without a battery for its clock: it starts in 1970, and somebody sets it while clients are connected.

No other test sets a clock: here it is the board's own.
"""
import contextlib
import re
import time

import pytest

from postern_client import client_context, echo_once, is_served, tls_connection
from postern_clients import DAY, PEM, Clients, make_client, now, write

UNSET = "1970-01-02 00:00:00"
FOLDER = "/etc/postern"
LISTENING = "postern: notice: listening on .*"
SET = "postern: notice: the clock was set.*"
AUTHORIZED_AGAIN = "postern: notice: the clock was set; clients are authorized again"
RENEWED = "postern: notice: certificate renewed: .*"
CLOSED = r"postern: info: closed .* reason=(?P<reason>\w+) .*client=CN=(?P<client>\S+)"


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """One that is valid now, one that is not valid yet, one of which only the key is known."""
    folder = tmp_path_factory.mktemp("clients")
    made = Clients(folder)
    made.parties["early"] = make_client("early", made.ca, start=now() + 10 * DAY)
    made.files["early"] = write(folder, "early", made.parties["early"])
    return made


def set_clock(board, moment):
    """To so many seconds since 1970, or to a time in words."""
    board.run(f"date -s '{moment}'")


@contextlib.contextmanager
def clock_at_start(board, server, *options):
    """The server, started with these options more while the clock shows 1970; afterwards all is as before."""
    board.run("cp /etc/default/postern /tmp/default")
    try:
        words = " ".join(options)
        board.run(f"echo 'POSTERN_OPTIONS=\"$POSTERN_OPTIONS {words}\"' >>/etc/default/postern")
        server.init_script("stop")
        set_clock(board, UNSET)
        since = server.mark()
        server.init_script("start")
        server.wait_for_line(LISTENING, since)
        yield server
    finally:
        set_clock(board, f"@{int(time.time())}")
        board.run("mv /tmp/default /etc/default/postern")
        server.init_script("restart")


@contextlib.contextmanager
def client(server, clients, kind):
    context = client_context()
    context.load_cert_chain(clients.files[kind].certificate, clients.files[kind].key)
    with tls_connection(server, context) as tls:
        is_served(tls)
        yield tls


def rules(board, clients, policy):
    for name, text in (("clients.crt", clients.ca.certificate.public_bytes(PEM).decode()),
                       ("pins.txt", clients.pin_of("pinned") + "\n")):
        board.run(f"cat >{FOLDER}/{name} <<END\n{text}END")
    return ["--clients", "required", "--ca", f"{FOLDER}/clients.crt", "--pins", f"{FOLDER}/pins.txt",
            "--clock", policy]


def test_clients_are_authorized_again_when_the_clock_is_set(board, echo, clients):
    with clock_at_start(board, echo, *rules(board, clients, "accept")) as server, \
            client(server, clients, "good") as good, client(server, clients, "early") as early, \
            client(server, clients, "pinned") as pinned:
        for days, ends, stays, reason in ((0, early, good, "clientCertificateNotYetValid"),
                                          (40, good, pinned, "clientCertificateExpired")):
            since = server.mark()
            set_clock(board, f"@{int(time.time() + days * DAY.total_seconds())}")
            server.wait_for_line(AUTHORIZED_AGAIN, since)
            assert ends.recv(1) == b"", "close_notify"
            ends.close()
            assert server.wait_for_line(CLOSED, since)["reason"] == reason
            is_served(stays)


@pytest.mark.parametrize("policy, kept", [("pins-only", ["pinned"]), ("refuse", [])])
def test_who_comes_in_before_the_clock_is_set(board, echo, clients, policy, kept):
    with clock_at_start(board, echo, *rules(board, clients, policy)) as server:
        for kind in ("good", "pinned"):
            since = server.mark()
            if kind in kept:
                with client(server, clients, kind):
                    pass
                continue
            with pytest.raises(OSError), client(server, clients, kind):
                pass
            assert server.wait_for_line(CLOSED, since)["reason"] == "clientCertificateNotYetValid"


def test_an_identity_made_before_the_clock_is_set(board, echo, tmp_path):
    """It is valid today, is not made anew when the clock is set to today, and is renewed at once when that shows that
    its end has come."""
    board.run(f"cp -p {FOLDER}/server.crt {FOLDER}/server.key /tmp && rm {FOLDER}/server.crt {FOLDER}/server.key")
    try:
        with clock_at_start(board, echo) as server:
            trust = tmp_path / "made.crt"
            trust.write_text(board.run(f"cat {FOLDER}/server.crt"))
            with tls_connection(server, client_context(trust=trust), name="board") as tls:
                is_served(tls)
            made, since = server.certificate(), server.mark()
            set_clock(board, f"@{int(time.time())}")
            server.wait_for_line(SET, since)
            echo_once(server)
            assert server.certificate() == made and not server.matches(RENEWED, since)
            since = server.mark()
            set_clock(board, "2036-06-01 00:00:00")
            server.wait_for_line(RENEWED, since)
            echo_once(server)
            assert server.certificate() != made
            pin = re.search("pin ([0-9a-f]{64})", server.matches(RENEWED, since)[0][0])[1]
            assert pin in board.run("cat /var/log/messages").split("certificate renewed")[0], "over the same key"
    finally:
        board.run(f"mv /tmp/server.crt /tmp/server.key {FOLDER}")
        echo.init_script("restart")
