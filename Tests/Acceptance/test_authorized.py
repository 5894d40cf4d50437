"""Who is let in is who has proven to have the key. Mbed TLS passes over certificates with a signature algorithm that it
does not know, wherever they stand, and a client may put one with somebody else's public key before its own.
"""
import base64
import re

import pytest

from postern_attacker import SERVED, outcome
from postern_clients import DER, PEM, make_authority, make_client, make_list
from postern_target import VERSIONS

ECDSA_SHA256 = bytes.fromhex("2a8648ce3d040302")
BAD_CERTIFICATE = 42
CLOSED = r"postern: info: closed .* reason=(?P<reason>\w+).*"


def der(party):
    return party.certificate.public_bytes(DER)


def unknown(party):
    """The same certificate with a signature algorithm that nobody knows."""
    changed = der(party).replace(ECDSA_SHA256, ECDSA_SHA256[:-1] + b"\x7f")
    assert changed.count(ECDSA_SHA256[:-1] + b"\x7f") == 2
    return changed


@pytest.fixture(scope="module")
def foreign():
    """An authority whose own signature nobody can check. It is trusted, and its certificate is no secret."""
    return make_authority("Foreign")


@pytest.fixture(scope="module")
def victim():
    """Pinned, and its public key is known."""
    return make_client("victim")


@pytest.fixture(scope="module")
def own():
    return make_client("own")


@pytest.fixture(scope="module")
def third():
    return make_client("third")


@pytest.fixture(scope="module")
def server(launch_shared, tmp_path_factory, foreign, victim, own):
    """Lets in whom the foreign authority vouches for, the victim, and the attacker by its own key where it says so."""
    folder = tmp_path_factory.mktemp("authorized")
    ca, pins = folder / "ca.crt", folder / "pins"
    ca.write_text("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(unknown(foreign)).decode()
                  + "-----END CERTIFICATE-----\n")
    pins.write_text(f"{victim.pin}\n{own.pin}\n")
    return launch_shared("--clients", "required", "--ca", ca, "--pins", pins)


def attack(server, version, entries, party):
    since = server.mark()
    with server.connect() as raw:
        answered = outcome(raw, version, entries, party.key)
    return answered, server.wait_for_line(CLOSED, since)


@pytest.mark.parametrize("version", VERSIONS)
def test_nobody_is_let_in_for_a_key_that_he_has_not(server, version, victim, third, foreign):
    for entry in (unknown(victim), unknown(foreign)):
        for entries in ([entry, der(third)], [entry, entry, der(third)], [entry, unknown(third), der(third)], [entry],
                        [entry + der(third)]):
            answered, closed = attack(server, version, entries, third)
            assert (answered, closed["reason"]) == (BAD_CERTIFICATE, "clientCertificateInvalid")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_that_the_library_knows_needs_its_own_key(server, version, victim, third):
    answered, closed = attack(server, version, [der(victim), der(third)], third)
    assert answered != SERVED and closed["reason"] == "clientCertificateInvalid"


@pytest.mark.parametrize("version", VERSIONS)
def test_only_who_has_proven_the_key_makes_the_log_warn(launch, tmp_path, version):
    """Of clients who were accepted without a revocation check: a certificate is no secret, its key is."""
    authority = make_authority("Home CA")
    client, stranger = make_client("client", authority), make_client("stranger")
    ca, crl = tmp_path / "ca.crt", tmp_path / "ca.crl"
    ca.write_bytes(authority.certificate.public_bytes(PEM))
    crl.write_bytes(make_list(make_authority("Nobody")))
    server = launch("--clients", "required", "--ca", ca, "--crl", crl, "--crl-policy", "warn")
    warning = r"postern: warning: a client was accepted without a revocation check.*"
    answered, closed = attack(server, version, [der(client)], stranger)
    assert answered != SERVED and closed["reason"] != "peerClosed"
    assert attack(server, version, [der(client)], client)[0] == SERVED
    assert server.wait_for_line(warning)
    assert len([line for line in server.lines if re.fullmatch(warning, line)]) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_passed_over_behind_ones_own_does_no_harm(server, version, own, third, foreign):
    below = make_client("below", foreign)
    for party, entries in ((own, [der(own)]), (own, [der(own), unknown(third)]),
                           (own, [der(own), unknown(third), der(third)]),
                           (below, [der(below)]), (below, [der(below), unknown(foreign)])):
        answered, closed = attack(server, version, entries, party)
        name = "own" if party is own else "below"
        assert answered == SERVED and f"client=CN={name}" in closed[0], closed[0]
