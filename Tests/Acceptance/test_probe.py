"""postern probe against servers not written here and against our own: what the handshake settles, and resumption."""
import time

import pytest

from postern_authority import Authority
from postern_peer import gnutls_server, openssl_server, probe, python_server
from postern_target import SMALL_PROTOCOL, VERSIONS, mbedtls_version


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("probe"), "root")


@pytest.fixture(scope="module")
def good(authority):
    return authority.issue("good")


SUITES = {"1.2": "TLS-ECDHE-ECDSA-WITH-", "1.3": "TLS1-3-"}


def check(told, version, resumed=()):
    assert told["error"] is None, told
    assert told["version"] == f"TLSv{version}" and told["suite"].startswith(SUITES[version])
    assert told["verified"] and told["faults"] == [] and told["result"] == "ok" and told["error"] is None
    assert told["resumed"] == [False, *resumed]


# openssl s_server

@pytest.mark.parametrize("version", VERSIONS)
def test_openssl(good, version):
    option = {"1.2": "-tls1_2", "1.3": "-tls1_3"}[version]
    with openssl_server(good, option, "-rev") as (_, address):
        check(probe(address, "--ca", good.trust, "--json", "--resume", 3).json, version, [True] * 3)
        probed = probe(address, "--ca", good.trust, "--resume", 1, data=b"abc\n")
    assert (probed.code, probed.output) == (0, b"cba\n")
    assert "resumed      no, connection 1 of 2\n" in probed.errors
    assert "resumed      yes, connection 2 of 2\n" in probed.errors


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("theirs, ours", [("X25519", "x25519"), ("P-256", "secp256r1"), ("P-384", "secp384r1")])
def test_the_group_is_named(good, version, theirs, ours):
    """In TLS 1.3 the probe offers a key for one group; for the others the server has to ask again."""
    option = {"1.2": "-tls1_2", "1.3": "-tls1_3"}[version]
    with openssl_server(good, option, "-groups", theirs) as (_, address):
        told = probe(address, "--ca", good.trust, "--json", "--resume", 1).json
    check(told, version, [True])
    assert told["group"] == ours


def test_the_suite_is_named(good):
    with openssl_server(good, "-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305") as (_, address):
        told = probe(address, "--ca", good.trust, "--json").json
    assert told["suite"] == "TLS-ECDHE-ECDSA-WITH-CHACHA20-POLY1305-SHA256"


def test_without_tickets_nothing_is_resumed(good):
    for version in VERSIONS:
        option = {"1.2": ["-tls1_2", "-no_cache", "-no_ticket"], "1.3": ["-tls1_3", "-num_tickets", "0"]}[version]
        with openssl_server(good, *option) as (_, address):
            told = probe(address, "--ca", good.trust, "--json", "--resume", 1).json
        check(told, version, [False])


# gnutls-serv

@pytest.mark.needs("user network")
@pytest.mark.parametrize("version", VERSIONS)
def test_gnutls(good, version):
    with gnutls_server(good, "--echo", "--disable-client-cert", "--priority",
                       f"NORMAL:-VERS-ALL:+VERS-TLS{version}") as (prefix, address):
        check(probe(address, "--ca", good.trust, "--json", "--resume", 2, prefix=prefix).json, version, [True] * 2)
        probed = probe(address, "--ca", good.trust, data=b"hello\n", prefix=prefix)
    assert probed.output == b"hello\n" and probed.code == 0, probed


@pytest.mark.needs("user network")
def test_gnutls_with_a_client_certificate(authority, good):
    client = authority.issue("client", purpose="client")
    with gnutls_server(good, "--echo", "--require-client-cert", "--x509cafile", good.trust) as (prefix, address):
        refused = probe(address, "--ca", good.trust, data=b"x\n", prefix=prefix)
        assert refused.code == 5, refused
        probed = probe(address, "--ca", good.trust, *client.options, data=b"x\n", prefix=prefix)
    assert (probed.code, probed.output) == (0, b"x\n"), probed


@pytest.mark.needs("user network")
def test_gnutls_with_an_untrusted_certificate(good, tmp_path):
    stranger = Authority(tmp_path, "stranger").issue("stranger")
    with gnutls_server(stranger, "--echo", "--disable-client-cert") as (prefix, address):
        assert probe(address, "--ca", good.trust, prefix=prefix).code == 3


# Python

@pytest.mark.parametrize("version", VERSIONS)
def test_python(good, version):
    with python_server(good, version=version, connections=3) as address:
        check(probe(address, "--ca", good.trust, "--json", "--resume", 2).json, version, [True] * 2)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("offered, chosen", [
    (["h2"], "h2"), (["postern/1", "h2"], "h2"), (["http/1.1", "h2"], "h2"), ([], None)])
def test_alpn(good, version, offered, chosen):
    with python_server(good, version=version, alpn=["h2", "http/1.1"]) as address:
        options = [word for name in offered for word in ("--alpn", name)]
        assert probe(address, "--ca", good.trust, "--json", *options).json["alpn"] == chosen


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_are_offered_as_told(good, version):
    with python_server(good, connections=2) as address:
        assert probe(address, "--ca", good.trust, "--json", "--tls", version).json["version"] == f"TLSv{version}"
        best = VERSIONS[-1]
        assert probe(address, "--ca", good.trust, "--json").json["version"] == f"TLSv{best}"


def test_json_reads_nothing_and_is_quick(good):
    start = time.monotonic()
    with python_server(good) as address:
        probed = probe(address, "--ca", good.trust, "--json", data=b"this stays")
    assert probed.code == 0 and probed.errors == "" and time.monotonic() - start < 10


# Our own server

@pytest.fixture(scope="module")
def own(launch_shared, good):
    return launch_shared(identity=good)


@pytest.mark.parametrize("version", VERSIONS)
def test_our_own_server(own, good, version):
    told = probe(own.address, "--ca", good.trust, "--json", "--tls", version, "--resume", 3).json
    check(told, version, [True] * 3)
    probed = probe(own.address, "--ca", good.trust, "--tls", version, data=b"echo" * 10_000)
    assert (probed.code, probed.output) == (0, b"echo" * 10_000)
    own.settle()


def test_our_own_server_sees_orderly_ends(launch, good):
    server = launch(identity=good)
    probe(server.address, "--ca", good.trust, "--json", "--resume", 2)
    probe(server.address, "--ca", good.trust, data=b"x")
    counters = server.settle(accepted=4)
    assert counters["peerClosed"] == 4, counters


def test_our_own_server_learns_why_it_is_refused(launch, good, tmp_path):
    server = launch(identity=Authority(tmp_path, "stranger").issue("stranger"))
    assert probe(server.address, "--ca", good.trust, data=b"x").code == 3
    counters = server.settle(accepted=1)
    assert counters["peerAlert"] == 1, counters


def test_our_own_server_over_ipv6_with_a_protocol(launch, good, has_ipv6):
    server = launch(identity=good, listen=["[::1]:0"], small=True)
    told = probe(server.address, "--ca", good.trust, "--json", "--alpn", SMALL_PROTOCOL).json
    assert told["alpn"] == SMALL_PROTOCOL and told["address"] == f"[::1]:{server.address[1]}"


def test_our_own_server_chooses_by_name(launch, authority, good):
    other = authority.issue("other", ["other.test"])
    server = launch(*other.options, identity=good)
    assert probe(server.address, "--ca", good.trust, "--name", "other.test", data=b"x").output == b"x"
    assert probe(server.address, "--ca", good.trust, data=b"x").output == b"x"
    told = probe(server.address, "--ca", good.trust, "--name", "third.test", "--json").json
    assert told["faults"] == ["wrongName"] and told["names"][0] == "DNS:localhost"


def test_both_sides_agree_on_the_library(own):
    assert (mbedtls_version() >= (3, 6)) == ("1.3" in VERSIONS)
