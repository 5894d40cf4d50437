"""The rules for clients change under a running server: all files as one set or not at all; who may not stay goes."""
import contextlib
import os
import shutil
import signal
import time

import pytest

from postern_client import is_served, tls_connection
from postern_clients import PEM, make_authority, make_list
from postern_machine import only_root
from postern_reload import KEPT, RELOADED, connection, context_of, reason_of_refusal, reload
from postern_target import PATIENCE, VERSIONS

# Long enough for what must not happen: files settle in one second, under an emulator as well.
NEVER_SECONDS = 2 / PATIENCE
REVOKED = r"postern: info: closed .* reason=revoked client=CN=(?P<client>.*)"


@pytest.mark.native
def test_reloads_without_pause_do_not_keep_a_revoked_client(launch, rules, clients):
    """Open connections are looked at one a turn. With each reload the walk goes on and does not begin again."""
    server = launch(*rules.options("required"))
    with contextlib.ExitStack() as opened:
        for _ in range(8):
            opened.enter_context(connection(server, clients, "good"))
        doubtful = opened.enter_context(connection(server, clients, "below"))
        rules.write(rules.crl, make_list(clients.ca) + make_list(clients.middle, [clients.parties["below"]]))
        doubtful.settimeout(0.001)
        start, has_ended = time.monotonic(), False
        while not has_ended and time.monotonic() - start < 3:
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.003)
            try:
                has_ended = doubtful.recv(1) == b""
            except TimeoutError:
                pass
            except OSError:
                has_ended = True
        assert has_ended and time.monotonic() - start < 1.5


# Who may not stay

def revoke_good(rules, clients):
    rules.write(rules.crl, clients.lists("good", "revoked"))


def replace_ca(rules, clients):
    other = make_authority("New CA")
    rules.write(rules.ca, other.certificate.public_bytes(PEM))
    rules.write(rules.crl, make_list(other))


def allow_others(rules, clients):
    rules.write(rules.allow, "*.lan\n")


REASONS = {revoke_good: "clientCertificateRevoked", replace_ca: "clientCertificateUntrusted",
           allow_others: "clientNotAllowed"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("resumed", [False, True], ids=["full", "resumed"])
@pytest.mark.parametrize("change", REASONS, ids=lambda change: change.__name__)
def test_clients_that_may_not_stay_are_closed(launch, rules, clients, change, resumed, version):
    server = launch(*rules.options("optional"))
    context, session = context_of(clients, "good", version), None
    if resumed:
        with tls_connection(server, context) as tls:
            is_served(tls)
            session = tls.session
    with connection(server, clients, None, version) as nobody, connection(server, clients, "pinned") as pinned, \
            tls_connection(server, context, session=session) as tls:
        is_served(tls)
        assert tls.session_reused == resumed
        change(rules, clients)
        since = server.mark()
        reload(server)
        assert tls.recv(1) == b"", "the server sends close_notify"
        tls.close()
        assert server.wait_for_line(REVOKED, since)["client"] == "good"
        is_served(nobody)
        is_served(pinned)
    assert server.settle()["revoked"] == 1
    assert reason_of_refusal(server, clients, "good") == REASONS[change]


def test_a_pin_that_is_gone_closes(launch, rules, clients):
    server = launch(*rules.options("required", ("pins",)))
    with connection(server, clients, "pinned") as tls:
        rules.write(rules.pins, clients.pin_of("good"))
        reload(server)
        assert tls.recv(1) == b""
    assert server.settle()["revoked"] == 1
    assert reason_of_refusal(server, clients, "pinned") == "clientNotAllowed"


def test_all_connections_are_judged(launch, rules, clients):
    """More than are judged in one turn, and the good among them stay."""
    server = launch(*rules.options("required"))
    with contextlib.ExitStack() as stack:
        kinds = ["good", "below", "pinned"] * 8
        opened = [(kind, stack.enter_context(connection(server, clients, kind))) for kind in kinds]
        rules.write(rules.crl, make_list(clients.ca, [clients.parties["good"], clients.middle])
                    + make_list(clients.middle))
        reload(server)
        for kind, tls in opened:
            if kind == "pinned":
                is_served(tls)
            else:
                assert tls.recv(1) == b""
    assert server.settle()["revoked"] == 16


# Bad sets

def spoil_ca(rules, clients):
    rules.write(rules.ca, "nothing\n")
    return r"CA file '.*' holds no certificate; .*"


def miss_ca(rules, clients):
    rules.ca.unlink()
    return r"CA file '.*' cannot be read: No such file or directory; .*"


def spoil_crl(rules, clients):
    rules.write(rules.crl, rules.crl.read_bytes().replace(b"\nM", b"\nN", 1))
    return r"revocation list file '.*' holds something that is not a revocation list.*"


def miss_crl(rules, clients):
    rules.crl.unlink()
    return r"revocation list file '.*' cannot be read: .*"


def unsigned_crl(rules, clients):
    rules.write(rules.crl, make_list(clients.ca, key=clients.parties["good"].key))
    return r"revocation list file '.*' holds a list that its CA did not sign; .*"


def bad_name(rules, clients):
    rules.write(rules.allow, "board.home\n\n# comment\nboard.*\n")
    return r"allow list file '.*' line 4 is not a name; .*"


def no_name(rules, clients):
    rules.write(rules.allow, "# comment\n")
    return r"allow list file '.*' has no entry; .*"


def bad_pin(rules, clients):
    rules.write(rules.pins, clients.lenient + "0123\n")
    return rf"pin list file '.*' line {len(clients.parties) + 1} is not a pin; .*"


def miss_pins(rules, clients):
    rules.pins.unlink()
    return r"pin list file '.*' cannot be read: .*"


def spoil_key(rules, clients):
    (rules.folder / "live.key").write_text("nothing")
    return r"key file '.*' holds no private key that can be read; .*"


BAD = [spoil_ca, miss_ca, spoil_crl, miss_crl, unsigned_crl, bad_name, no_name, bad_pin, miss_pins, spoil_key]


@pytest.mark.parametrize("damage", BAD, ids=lambda damage: damage.__name__)
def test_a_fault_in_one_file_keeps_all_of_them(launch, identity, rules, clients, damage):
    live = type(identity)(rules.folder / "live.crt", rules.folder / "live.key", rules.folder / "live.crt")
    shutil.copy(identity.certificate, live.certificate)
    shutil.copy(identity.key, live.key)
    server = launch(*rules.options("required"), identity=live)
    with connection(server, clients, "good") as tls:
        # What would let others in, and this one out, if only this file counted.
        if damage not in (bad_pin, miss_pins):
            rules.write(rules.pins, clients.pin_of("self-signed"))
        if damage not in (bad_name, no_name):
            rules.write(rules.allow, "*.lan")
        expected = damage(rules, clients)
        assert reload(server, KEPT)["reason"]
        assert server.matches(KEPT.replace(".+", expected)), server.lines[-3:]
        is_served(tls)
        assert reason_of_refusal(server, clients, "self-signed") == "clientCertificateUntrusted"
        with connection(server, clients, "pinned"):
            pass
    assert server.settle()["revoked"] == 0


# --watch

def settled(server, since, expected=RELOADED):
    return server.wait_for_line(expected, since, seconds=5)


def test_watch_loads_files_that_are_replaced(launch, rules, clients):
    server = launch(*rules.options("required"), "--watch")
    with connection(server, clients, "good") as tls:
        since = server.mark()
        revoke_good(rules, clients)
        settled(server, since)
        assert tls.recv(1) == b""
    assert server.settle()["revoked"] == 1
    since = server.mark()
    rules.write(rules.crl, clients.lists())
    settled(server, since)
    with connection(server, clients, "good"):
        pass


def test_watch_loads_files_that_are_written_in_place(launch, rules, clients):
    server = launch(*rules.options("required"), "--watch")
    since = server.mark()
    rules.pins.write_text(clients.pin_of("self-signed"))
    settled(server, since)
    with connection(server, clients, "self-signed"):
        pass


def test_watch_follows_links(launch, rules, clients):
    """As orchestrators place files: a link to a folder that is replaced by another link."""
    (rules.folder / "v1").mkdir()
    (rules.folder / "v2").mkdir()
    for version, kind in (("v1", "pinned"), ("v2", "self-signed")):
        (rules.folder / version / "pins.txt").write_text(clients.pin_of(kind))
    rules.pins.unlink()
    (rules.folder / "now").symlink_to("v1")
    rules.pins.symlink_to("now/pins.txt")
    server = launch(*rules.options("required", ("pins",)), "--watch")
    since = server.mark()
    (rules.folder / "next").symlink_to("v2")
    (rules.folder / "next").rename(rules.folder / "now")
    settled(server, since)
    with connection(server, clients, "self-signed"):
        pass


def test_watch_waits_until_files_have_settled(launch, rules, clients):
    """Many changes, one load; and other files of the folder are none of its business."""
    server = launch(*rules.options("required"), "--watch")
    since = server.mark()
    for count in range(20):
        rules.write(rules.pins, f"# {count}\n{clients.pin_of('self-signed')}\n")
        rules.write(rules.folder / "other.txt", "x")
    settled(server, since)
    since = server.mark()
    rules.write(rules.folder / "other.txt", "y")
    os.utime(rules.folder)
    with pytest.raises(AssertionError):
        server.wait_for_line(RELOADED, since, seconds=NEVER_SECONDS)
    assert len(server.matches(RELOADED)) == 1


def test_watch_reports_a_bad_set_once(launch, rules, clients):
    server = launch(*rules.options("required"), "--watch")
    since = server.mark()
    rules.write(rules.allow, "*\n")
    settled(server, since, KEPT)
    since = server.mark()
    with pytest.raises(AssertionError):
        server.wait_for_line(KEPT, since, seconds=NEVER_SECONDS)
    rules.write(rules.allow, "board.home\n")
    settled(server, since)


# Under load

@pytest.mark.native
@only_root      # looks into the process
def test_a_thousand_reloads_under_load(launch, rules, clients):
    """Good and bad sets in turn, a thousand times, while clients talk and come: nobody is dropped, nothing grows."""
    server = launch(*rules.options("required"), "--log-level", "notice")
    good = [clients.lists(), clients.lists("revoked")]
    contexts = [context_of(clients, kind) for kind in ("good", "below", "pinned")]

    def one_round(count):
        if count % 4 == 3:
            rules.write(rules.allow, "*\n")
        else:
            rules.write(rules.allow, f"# {count}\nboard.home\n")
            rules.write(rules.crl, good[count % 2])
        server.process.send_signal(signal.SIGHUP)
        for tls in stay:
            is_served(tls)
        if count % 10 == 0:
            with tls_connection(server, contexts[count // 10 % 3]) as tls:
                is_served(tls)
        if count % 50 == 0:
            server.counters()

    def measure():
        numbers = server.counters()
        return server.resident_kibibytes(), server.descriptors(), numbers["arenaUsedBytes"], numbers["arenaFailures"]

    with contextlib.ExitStack() as stack:
        stay = [stack.enter_context(connection(server, clients, kind)) for kind in ("good", "below", "pinned")]
        for count in range(100):
            one_round(count)
        before = measure()
        for count in range(100, 1000):
            one_round(count)
        rules.write(rules.allow, "board.home\n")
        reload(server)
        after = measure()
        for tls in stay:
            is_served(tls)
    assert after[0] <= before[0] + 64, f"resident KiB grew from {before[0]} to {after[0]}"
    assert after[1] == before[1], "descriptors"
    assert abs(after[2] - before[2]) <= 4096, f"arena bytes in use went from {before[2]} to {after[2]}"
    assert after[3] == 0
    assert server.settle()["revoked"] == 0
    assert len(server.matches(RELOADED)) >= 500 and len(server.matches(KEPT)) >= 100
