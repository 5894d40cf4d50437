"""Dates past 2038, where seconds since 1970 no longer fit into 32 signed bits: in certificates and on the clock.

Debian 12's Mbed TLS for 32-bit Arm has a time_t of 32 bits inside; Sources/CMbedTLS/fortify.c says what is done about
that.
"""
import datetime
import os
import pathlib
import re
import shutil
import struct
import subprocess

import pytest
from cryptography import x509

from postern_certificate import Authority
from postern_client import client_context, echo_once, take_session, use_session
from postern_clients import PEM, make, make_client, usage, write
from postern_dates import not_after, not_before, revoked_at, this_update
from postern_identity import make_dated
from postern_target import BINARY, EMULATED, RUNNER, VERSIONS, is_dynamic, mbedtls_version, run

UTC = datetime.timezone.utc
LATER = datetime.datetime(2050, 6, 1, tzinfo=UTC)
# The clock of the binary can be moved where it, or its emulator, asks libc for the time: Debian 13's asks the kernel.
clock_can_be_moved = pytest.mark.applies(not BINARY or is_dynamic(shutil.which(RUNNER[0]) if EMULATED else BINARY))


@pytest.fixture(scope="session")
def dated(open_folder):
    """Identities by the years in which they begin and end."""
    return {years: make_dated(open_folder, f"dated-{years[0]}-{years[1]}", *years)
            for years in [(2020, 2040), (2020, 2080), (2040, 2080), (2060, 2080)]}


class Clock:
    """The calendar of the servers that are started with its environment."""

    def __init__(self, library, path):
        self.path = path
        self.environment = {"LD_PRELOAD": str(library), "POSTERN_CLOCK": str(path)}
        self.set(LATER)

    def set(self, moment):
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:
            file.write(struct.pack("<q", int((moment - datetime.datetime.now(UTC)).total_seconds())))


@pytest.fixture(scope="session")
def clock_library(open_folder):
    library, source = open_folder / "shifted_clock.so", pathlib.Path(__file__).with_name("shifted_clock.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source], check=True)
    return library


@pytest.fixture
def clock(clock_library, tmp_path):
    """It stands at June of 2050."""
    return Clock(clock_library, tmp_path / "clock")


@pytest.mark.parametrize("years, moment, fault", [
    ((2020, 2040), "2038-01-19T03:14:08Z", None),
    ((2020, 2040), "2040-01-01T00:00:01Z", "has expired on 2040-01-01T00:00:00Z"),
    ((2020, 2080), "2049-12-31T23:59:59Z", None),
    ((2020, 2080), "2050-01-01T00:00:00Z", None),
    ((2020, 2080), "2080-01-01T00:00:01Z", "has expired on 2080-01-01T00:00:00Z"),
    ((2020, 2080), "2106-02-07T06:28:16Z", "has expired on 2080-01-01T00:00:00Z"),
    ((2020, 2080), "9999-12-31T23:59:59Z", "has expired on 2080-01-01T00:00:00Z"),
    ((2020, 2080), "1969-12-31T23:59:59Z", "is not valid yet until 2020-01-01T00:00:00Z"),
    ((2020, 2080), "1901-12-13T20:45:51Z", "is not valid yet until 2020-01-01T00:00:00Z"),
    ((2040, 2080), "2038-01-19T03:14:08Z", "is not valid yet until 2040-01-01T00:00:00Z"),
    ((2060, 2080), "2059-12-31T23:59:59Z", "is not valid yet until 2060-01-01T00:00:00Z"),
    ((2060, 2080), "2060-01-01T00:00:00Z", None),
])
def test_verify_at_a_time_of_any_century(dated, years, moment, fault):
    file = dated[years].certificate
    ended = run("certificate", "verify", file, "--ca", file, "--at", moment)
    assert (ended.returncode, ended.stderr) == (3 if fault else 0, b"")
    assert (fault or "trusted: ") in ended.stdout.decode()


def warnings(server):
    return [line for line in server.lines if " warning: " in line]


def days_left(server):
    return int(re.search(r"(\d+) days left", server.start_line["certificate"])[1])


@pytest.mark.parametrize("end", [2040, 2080])
def test_a_certificate_that_ends_past_2038_is_loaded_without_a_warning(launch, dated, end):
    server = launch(identity=dated[2020, end])
    left = datetime.datetime(end, 1, 1, tzinfo=UTC) - datetime.datetime.now(UTC)
    assert abs(days_left(server) - left.days) <= 1
    echo_once(server)
    assert warnings(server) == []


def test_a_certificate_that_begins_past_2038_is_not_valid_yet(launch, dated):
    server = launch(identity=dated[2040, 2080])
    server.wait_for_line("postern: warning: .*is not valid yet.*")
    echo_once(server)


@clock_can_be_moved
@pytest.mark.parametrize("begin", [2020, 2040])
def test_in_2050_a_certificate_until_2080_is_good(launch, dated, clock, begin):
    server = launch(identity=dated[begin, 2080], environment=clock.environment)
    left = datetime.datetime(2080, 1, 1, tzinfo=UTC) - LATER
    assert abs(days_left(server) - left.days) <= 1
    echo_once(server)
    assert warnings(server) == []


@clock_can_be_moved
@pytest.mark.parametrize("years, said", [((2020, 2040), "has expired"), ((2060, 2080), "is not valid yet")])
def test_in_2050_a_certificate_outside_its_years_is_warned_of(launch, dated, clock, years, said):
    server = launch(identity=dated[years], environment=clock.environment)
    server.wait_for_line(f"postern: warning: .*{said}.*")


@clock_can_be_moved
@pytest.mark.parametrize("after, said", [
    (-86_500, "1 day left"), (-300, "0 days left"), (300, "expired less than a day ago"), (86_500, "expired 1 day ago"),
    (86_400 * 2492 + 300, "expired 2492 days ago")])
def test_what_has_ended_is_told_so(launch, dated, clock, after, said):
    clock.set(datetime.datetime(2040, 1, 1, tzinfo=UTC) + datetime.timedelta(seconds=after))
    server = launch(identity=dated[2020, 2040], environment=clock.environment)
    assert server.start_line["certificate"].endswith(", " + said)
    server.wait_for_line(f"postern: warning: .*{'has expired' if after > 0 else 'expires soon'}.*")


@clock_can_be_moved
@pytest.mark.parametrize("version", VERSIONS)
def test_in_2050_sessions_resume(launch, identity, clock, version):
    """Tickets carry the time at which they were made, through Mbed TLS's own clock."""
    server, context = launch(environment=clock.environment), client_context(version)
    assert use_session(server, context, take_session(server, context))
    assert server.settle()["resumed"] == 1


@clock_can_be_moved
@pytest.mark.applies(mbedtls_version() < (3, 0))
@pytest.mark.parametrize("begin", [datetime.datetime.now(UTC), LATER], ids=["now", "2050"])
def test_a_ticket_ends_with_its_lifetime(launch, identity, clock, begin):
    """By the calendar, as Mbed TLS 2.28 measures it; later ones ask a clock that only counts."""
    clock.set(begin)
    server, context = launch(environment=clock.environment), client_context("1.2")
    session = take_session(server, context)
    clock.set(begin + datetime.timedelta(hours=23))
    assert use_session(server, context, session)
    clock.set(begin + datetime.timedelta(hours=25))
    assert not use_session(server, context, session)


# Clients that come before the clock has been set

@clock_can_be_moved
@pytest.mark.parametrize("late", ["leaf", "authority below the root"])
@pytest.mark.parametrize("policy, is_served", [("accept", True), ("pins-only", False), ("refuse", False)])
def test_no_certificate_of_a_path_begins_after_an_unset_clock(launch, clock, tmp_path, late, policy, is_served):
    clock.set(datetime.datetime(1980, 1, 1, tzinfo=UTC))
    early, of_today = datetime.datetime(1975, 1, 1), datetime.datetime(2026, 1, 1)
    ca_bits = [(x509.BasicConstraints(ca=True, path_length=None), True), usage(key_cert_sign=True)]
    root = make("Root", start=early, extensions=ca_bits)
    middle = make("Middle", root, start=early if late == "leaf" else of_today, extensions=ca_bits)
    client = write(tmp_path, "client", make_client("client", middle, start=of_today if late == "leaf" else early))
    (tmp_path / "ca.crt").write_bytes(root.certificate.public_bytes(PEM))
    server = launch("--clients", "required", "--ca", tmp_path / "ca.crt", "--clock", policy,
                    environment=clock.environment)
    context = client_context()
    context.load_cert_chain(client.certificate, client.key)
    if is_served:
        echo_once(server, context=context)
    else:
        with pytest.raises(OSError):
            echo_once(server, context=context)
        server.wait_for_line(r"postern: info: closed .* reason=clientCertificateNotYetValid.*")


# Dates of what is issued while the clock has not been set

RELEASE = datetime.datetime(2026, 1, 1)
WARNING = r"postern: warning: the clock of this machine shows 1970-01-01T\S+Z and has not been set; dates count from " \
          r"(\S+)Z instead\n"


@pytest.fixture
def unset(clock_library, tmp_path):
    """Commands of an authority on a board that has just been switched on, in 1970."""
    moved = Clock(clock_library, tmp_path / "clock")
    moved.set(datetime.datetime(1970, 1, 1, 0, 1, tzinfo=UTC))
    (tmp_path / "work").mkdir()
    work = Authority(tmp_path / "work")
    environment = {**os.environ, **moved.environment}

    def issue(*words):
        """Returns from when on dates count, as the warning says."""
        code, said, warned = work.try_run(*words, env=environment)
        assert code == 0, warned
        return datetime.datetime.fromisoformat(re.fullmatch(WARNING, warned)[1])
    work.issue_in_1970 = issue
    work.moved = moved
    return work


@clock_can_be_moved
def test_in_1970_dates_count_from_the_release(unset):
    """Every command that issues: nothing of it is from before the release, and all of it is good today."""
    issue, signing = unset.issue_in_1970, ["--issuer", "ca.crt", "--issuer-key", "ca.key"]
    assert issue("ca", "--name", "CA", "--certificate", "ca.crt", "--key", "ca.key") == RELEASE
    assert issue("self-signed", "--name", "x", "--certificate", "x.crt", "--key", "x.key") == RELEASE
    unset.request("board")
    for words in (unset.signing("board"),
                  ["renew", "--certificate", "board.crt", "--key", "board.key", *signing, "--force"],
                  ["renew", "--certificate", "x.crt", "--key", "x.key", "--force"]):
        assert issue(*words) == RELEASE
    for name in ("ca", "x", "board"):
        made = unset.certificate(f"{name}.crt")
        assert RELEASE - datetime.timedelta(days=1) <= not_before(made) <= RELEASE
    issue("revoke", "--certificate", "board.crt", *signing)
    issue("crl", "--crl", "ca.crl", "--days", "3000", *signing)
    listed = x509.load_pem_x509_crl(unset.path("ca.crl").read_bytes())
    assert this_update(listed) == RELEASE and [revoked_at(entry) for entry in listed] == [RELEASE]
    assert unset.try_run("verify", "board.crt", "--ca", "ca.crt", "--crl", "ca.crl")[0] == 3
    assert unset.try_run("verify", "x.crt", "--ca", "x.crt")[0] == 0


@clock_can_be_moved
def test_in_1970_an_authority_is_younger_than_the_release(unset):
    """No clock that is right shows less than its beginning."""
    unset.ca()
    unset.request("board")
    began = not_before(unset.certificate("ca.crt"))
    assert unset.issue_in_1970(*unset.signing("board", "--days", "5")) == began
    made = unset.certificate("board.crt")
    assert not_before(made) == began and not_after(made) - began < datetime.timedelta(days=6)


@clock_can_be_moved
def test_dates_that_are_given_need_no_clock(unset):
    words = ["self-signed", "--name", "x", "--certificate", "x.crt", "--key", "x.key", "--not-before", "2026-03-01"]
    code, _, warned = unset.try_run(*words, env={**os.environ, **unset.moved.environment})
    assert (code, warned) == (0, "")
    assert not_before(unset.certificate("x.crt")) == datetime.datetime(2026, 3, 1)
