"""Revocation lists that are in force: a reload never takes lists that would let in whom the present ones refuse, under
--crl-policy warn neither, unless their authority goes too."""
import pytest

from postern_clients import DAY, PEM, make, make_authority, make_list
from postern_dates import now
from postern_reload import KEPT, connection, reason_of_refusal, reload


def missing(rules, clients):
    rules.crl.unlink()


def damaged(rules, clients):
    rules.write(rules.crl, b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")


def empty(rules, clients):
    rules.write(rules.crl, b"")


def unsigned(rules, clients):
    rules.write(rules.crl, make_list(clients.ca, key=clients.parties["good"].key))


def of_another(rules, clients):
    rules.write(rules.crl, make_list(make_authority("Other CA")))


def of_the_one_below(rules, clients):
    rules.write(rules.crl, make_list(clients.middle))


def without_the_one_below(rules, clients):
    rules.write(rules.crl, make_list(clients.ca, [clients.parties["revoked"]]))


def by_another_of_that_name(rules, clients):
    rules.write(rules.crl, make_list(make_authority("Home CA")))


def older(rules, clients):
    rules.write(rules.crl, make_list(clients.ca, number=0) + make_list(clients.middle))


SAID = {of_another: "' holds no list of CN=Home CA, and one is in force; ",
        of_the_one_below: "' holds no list of CN=Home CA, and one is in force; ",
        without_the_one_below: "' holds no list of CN=Middle, and one is in force; ",
        by_another_of_that_name: "' holds a list of CN=Home CA that its CA did not sign; ",
        older: "' holds a list of CN=Home CA that is older than the one in force; "}


@pytest.mark.parametrize("change", [missing, damaged, empty, unsigned, *SAID], ids=lambda change: change.__name__)
def test_lists_in_force_stay_when_others_cannot_be_taken(launch, rules, clients, change):
    """With --crl-policy warn too: whom they revoke does not come in because a download has failed."""
    server = launch(*rules.options("required"), "--crl-policy", "warn")
    assert reason_of_refusal(server, clients, "revoked") == "clientCertificateRevoked"
    change(rules, clients)
    kept = reload(server, KEPT)["reason"]
    assert kept.startswith(f"revocation list file '{rules.crl}") and SAID.get(change, "") in kept, kept
    assert reason_of_refusal(server, clients, "revoked") == "clientCertificateRevoked"
    rules.write(rules.crl, clients.lists("good"))
    reload(server)
    assert reason_of_refusal(server, clients, "good") == "clientCertificateRevoked"


def test_an_older_list_does_not_replace_one_in_force(launch, rules, clients):
    """Neither where no list means no client: whom the newer one has revoked would come in again."""
    server = launch(*rules.options("required"))
    older(rules, clients)
    assert SAID[older] in reload(server, KEPT)["reason"]
    assert reason_of_refusal(server, clients, "revoked") == "clientCertificateRevoked"


def test_without_numbers_times_say_which_list_is_older(launch, rules, clients):
    rules.write(rules.crl, make_list(clients.ca, [clients.parties["revoked"]], number=None) + make_list(clients.middle))
    server = launch(*rules.options("required"))
    older_list = make_list(clients.ca, number=None, start=now() - 2 * DAY)
    rules.write(rules.crl, older_list + make_list(clients.middle))
    assert SAID[older] in reload(server, KEPT)["reason"]
    rules.write(rules.crl, older_list + make_list(clients.ca, number=None) + make_list(clients.middle))
    reload(server)


def test_lists_go_with_their_authority(launch, rules, clients):
    """Under --crl-policy warn too: of whom nobody trusts no list is needed, nor of those below."""
    server = launch(*rules.options("required"), "--crl-policy", "warn")
    other = make_authority("New CA")
    rules.write(rules.ca, other.certificate.public_bytes(PEM))
    rules.write(rules.crl, make_list(other))
    reload(server)


def test_an_authority_may_have_a_new_certificate(launch, rules, clients):
    """The same key under the same name: its lists are still its lists."""
    server = launch(*rules.options("required"), "--crl-policy", "warn")
    renewed = make("Home CA", key=clients.ca.key, extensions=[
        (one.value, one.critical) for one in clients.ca.certificate.extensions])
    rules.write(rules.ca, renewed.certificate.public_bytes(PEM))
    rules.write(rules.crl, make_list(clients.middle))
    assert SAID[of_the_one_below] in reload(server, KEPT)["reason"]
    rules.write(rules.crl, clients.lists("good"))
    reload(server)


def test_where_no_list_is_in_force_a_reload_goes_on_without(launch, rules, clients):
    rules.crl.unlink()
    server = launch(*rules.options("required"), "--crl-policy", "warn")
    reload(server)
    with connection(server, clients, "revoked"):
        pass
    rules.write(rules.crl, clients.lists("revoked"))
    reload(server)
    assert reason_of_refusal(server, clients, "revoked") == "clientCertificateRevoked"


def damaged_behind_a_good_one(rules, clients):
    damaged = b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
    return make_list(clients.ca, [clients.parties["revoked"]]) + damaged


def with_too_many_entries(rules, clients):
    return clients.lists("revoked", "good", "below")


@pytest.mark.parametrize("content", [damaged_behind_a_good_one, with_too_many_entries], ids=lambda made: made.__name__)
def test_of_a_file_that_cannot_be_taken_at_the_start_nothing_is_in_force(launch, rules, clients, content):
    """Under --crl-policy warn, as the warning says; and the next file is taken whatever it has."""
    good = rules.crl.read_bytes()
    rules.write(rules.crl, content(rules, clients))
    server = launch(*rules.options("required"), "--crl-policy", "warn", "--crl-entries", "2")
    server.wait_for_line(r"postern: warning: .* cannot be taken; no client's revocation is checked: .*")
    with connection(server, clients, "revoked"):
        server.wait_for_line(r"postern: warning: a client was accepted without a revocation check: .*")
    rules.write(rules.crl, good)
    reload(server)
    assert reason_of_refusal(server, clients, "revoked") == "clientCertificateRevoked"


def test_older_lists_do_not_come_by_way_of_others(launch, rules, clients):
    """With the policy that refuses: in between nobody's list would be in force, and the older one no longer older."""
    first = make_list(clients.ca, number=0) + make_list(clients.middle)
    server = launch(*rules.options("required"))
    for content in (first, make_list(make_authority("Nobody")), first):
        rules.write(rules.crl, content)
        reload(server, KEPT)
    assert reason_of_refusal(server, clients, "revoked") == "clientCertificateRevoked"


def test_a_list_that_no_authority_signed_does_not_set_the_clock(launch, rules, clients):
    later = make_list(make_authority("Nobody"), start=now() + 3650 * DAY, end=now() + 3660 * DAY)
    rules.write(rules.crl, rules.crl.read_bytes() + later)
    server = launch(*rules.options("required"))
    with connection(server, clients, "good"):
        assert not server.matches("postern: warning: the clock has not been set.*")


def test_an_authority_for_later_does_not_set_the_clock(launch, rules, clients):
    later = make("Later CA", start=now() + 3650 * DAY, end=now() + 3660 * DAY)
    rules.write(rules.ca, rules.ca.read_bytes() + later.certificate.public_bytes(PEM))
    server = launch(*rules.options("required"))
    with connection(server, clients, "good"):
        assert not server.matches("postern: warning: the clock has not been set.*")


@pytest.mark.parametrize("policy, said", [("refuse", "their clients are refused"),
                                          ("warn", "their clients are not checked")])
def test_a_file_without_a_list_of_any_ca_is_warned_of(launch, rules, clients, policy, said):
    rules.write(rules.crl, make_list(make_authority("Nobody")))
    server = launch(*rules.options("required"), "--crl-policy", policy)
    server.wait_for_line(rf"postern: warning: .*' holds no list that is signed by a CA of the CA file; {said}, .*")
