"""postern certificate verify: who stands above a certificate, what that allows, for which names, and revocation.

How certificates are written, signed and dated is in test_certificate_verify_forms.py.
"""
import json

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from postern_path import Maker, Path, address, alternative, check, der, dns, name, write
from postern_target import refused, run

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
FOR_CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False
MAIL = x509.RFC822Name
PLACE = x509.UniformResourceIdentifier

# A name, a constraint it is within, and one it is not.
CONSTRAINTS = {
    "dns": (x509.DNSName("a.example.org"), x509.DNSName("example.org"), x509.DNSName("other.org")),
    "ipv4": (address("10.1.2.3"), address("10.0.0.0/8"), address("192.0.2.0/24")),
    "ipv6": (address("fd00::1"), address("fd00::/8"), address("2001:db8::/32")),
    "email": (MAIL("a@example.org"), MAIL("example.org"), MAIL("b@example.org")),
    "uri": (PLACE("https://h.example.org/x"), PLACE(".example.org"), PLACE("example.org")),
    "subject": (x509.DNSName("q.org"), x509.DirectoryName(name("leaf")), x509.DirectoryName(name("else"))),
}


def usage(*, signs=False, enciphers=False, issues=False):
    return x509.KeyUsage(signs, False, enciphers, False, False, issues, False, False, False), True


def simple(*extensions, options=(), **others):
    """A leaf under the one intermediate."""
    return lambda make: Path(make.leaf(*extensions, **others), (make.issuing,), options=options)


def under(intermediate):
    return lambda make: Path(make.leaf(), (intermediate(make),))


def below_two(length):
    return lambda make: Path(make.leaf(issuer="J"), (make.authority("J", "I"), make.authority(length=length)))


def named(wanted, *extensions):
    return simple(*extensions, options=("--name", wanted))


def listed(lists):
    """A leaf with the lists that a function of maker and leaf returns."""
    def make_path(make):
        leaf = make.leaf()
        return Path(leaf, (make.issuing,), lists=tuple(lists(make, leaf)))

    return make_path


def self_signed(is_trusted):
    def make_path(make):
        made = make.certificate("leaf", "leaf", dns("s.example.org"))
        return Path(made, ca=made if is_trusted else None)

    return make_path


def same_serial(make):
    return Path(make.leaf(issuer="R", serial=77), ca=make.authority("R", "R", serial=77))


def constrained(kind, permitted, index):
    presented, *bases = CONSTRAINTS[kind]
    base = bases[index]
    return lambda make: Path(make.leaf(alternative(presented)),
                             (make.constrained(base if permitted else None, None if permitted else base),))


FOREIGN = "may not issue"
LIST_BAD = "has a revocation list that its issuer did not sign"

# What is judged, and the faults that are named.
CASES = {
    "good": (simple(),),
    "by the root itself": (lambda make: Path(make.leaf(issuer="R")),),
    "intermediates in any order": (lambda make: Path(
        make.leaf(issuer="J"), (make.authority("Z", "R"), make.authority("J", "I"), make.issuing)),),
    "same intermediate twice": (lambda make: Path(make.leaf(), (make.issuing, make.issuing)),),
    "issuer not given": (lambda make: Path(make.leaf()), "is issued by somebody who is not known here: CN=I"),
    "self-signed": (self_signed(False), "is signed by itself and not among the trusted"),
    "self-signed and trusted": (self_signed(True),),

    "intermediate is not an authority": (under(lambda make: make.certificate("I", "R", usage(issues=True))),
                                     "not an authority"),
    "intermediate is a plain one": (under(lambda make: make.certificate("I", "R")), "not an authority", "key usage"),
    "intermediate may not sign": (under(lambda make: make.authority(signs=False)), "key usage"),
    "path length exceeded": (below_two(0), "path length"),
    "path length kept": (below_two(1),),
    "path length of the root exceeded": (
        lambda make: Path(make.leaf(), (make.issuing,), make.authority("R", "R", length=0)), "path length"),
    "same serial number": (same_serial, "serial number of another"),
    "50 deep": (lambda make: make.deep(50), "more authorities above it than are allowed"),
    "9 intermediates": (lambda make: make.deep(9), "more authorities above it than are allowed"),
    "8 intermediates": (lambda make: make.deep(8),),
    "depth 0": (simple(options=("--max-depth", "0")), "more authorities above it than are allowed"),
    "depth 1": (simple(options=("--max-depth", "1")),),

    **{f"permitted {kind} kept": (constrained(kind, True, 0),) for kind in CONSTRAINTS},
    **{f"permitted {kind} violated": (constrained(kind, True, 1), FOREIGN) for kind in CONSTRAINTS},
    **{f"excluded {kind} violated": (constrained(kind, False, 0), FOREIGN) for kind in CONSTRAINTS},
    **{f"excluded {kind} kept": (constrained(kind, False, 1),) for kind in CONSTRAINTS},

    "client for a server": (simple(dns("a.b"), FOR_CLIENTS, options=("--purpose", "server")),
                            "not for this purpose"),
    "client for a client": (simple(dns("a.b"), FOR_CLIENTS, options=("--purpose", "client")),),
    "client for either": (simple(dns("a.b"), FOR_CLIENTS),),
    "any purpose for a server": (simple(dns("a.b"), options=("--purpose", "server")),),
    "authority for clients": (
        lambda make: Path(make.leaf(), (make.authority("I", "R", FOR_CLIENTS),), options=("--purpose", "server")),
        "not for this purpose"),
    "key that only enciphers, client": (
        simple(dns("a.b"), usage(enciphers=True), options=("--purpose", "client")), "key usage"),
    "key that signs, client": (simple(dns("a.b"), usage(signs=True), options=("--purpose", "client")),),
    "plain one that issues": (simple(dns("a.b"), usage(issues=True)), "key usage"),

    "name": (named("A.Example.org", dns("b.org", "a.example.org")),),
    "other name": (named("b.example.org", dns("a.example.org")), "is not for the name 'b.example.org'"),
    "wildcard": (named("x.example.org", dns("*.example.org")),),
    "wildcard for two labels": (named("x.y.example.org", dns("*.example.org")), "is not for the name"),
    "wildcard for none": (named("example.org", dns("*.example.org")), "is not for the name"),
    "common name is no name": (named("leaf", dns("z.org")), "is not for the name"),
    "IPv4": (named("10.1.2.3", alternative(address("10.1.2.3"))),),
    "other IPv4": (named("10.1.2.4", alternative(address("10.1.2.3"))), "is not for the name '10.1.2.4'"),
    "IPv4 as DNS name": (named("10.1.2.3", dns("10.1.2.3")), "is not for the name"),
    "IPv6": (named("fd00:0::1", alternative(address("fd00::1"))),),
    "other IPv6": (named("fd00::2", alternative(address("fd00::1"))), "is not for the name 'fd00::2'"),
    "e-mail": (named("a@example.org", alternative(MAIL("a@example.org"))),),
    "other e-mail": (named("b@example.org", alternative(MAIL("a@example.org"))), "is not for the name"),
    "two names, one missing": (simple(dns("a.org"), options=("--name", "a.org", "--name", "b.org")),
                               "is not for the name 'b.org'"),

    "cleared by lists": (listed(lambda make, leaf: (make.crl("R"), make.crl("I"))),),
    "revoked": (listed(lambda make, leaf: (make.crl("R"), make.crl("I", leaf))), "certificate 0 (CN=leaf) is revoked"),
    "intermediate revoked": (listed(lambda make, leaf: (make.crl("R", make.issuing), make.crl("I"))),
                             "certificate 1 (CN=I) is revoked"),
    "list missing": (listed(lambda make, leaf: (make.crl("R"),)), "certificate 0 (CN=leaf) has no revocation list"),
    "list of the root missing": (listed(lambda make, leaf: (make.crl("I"),)),
                                 "certificate 1 (CN=I) has no revocation list"),
    "list expired": (listed(lambda make, leaf: (make.crl("R"), make.crl("I", days=(-9, -1)))), "out of date"),
    "list from the future": (listed(lambda make, leaf: (make.crl("R"), make.crl("I", days=(2, 9)))), "out of date"),
    "list of another signer": (listed(lambda make, leaf: (make.crl("R"), make.crl("I", signer="J"))), LIST_BAD),
    "revoked by another signer": (listed(lambda make, leaf: (make.crl("R"), make.crl("I", leaf, signer="J"))),
                                  LIST_BAD),
}


@pytest.fixture(scope="module")
def make():
    return Maker()


@pytest.mark.parametrize("case", CASES)
def test_path(make, tmp_path, case):
    make_path, *faults = CASES[case]
    check(tmp_path, make_path(make), make.root, *faults)


def test_json(make, tmp_path):
    leaf = make.leaf(days=(-9, -2))
    path = Path(leaf, (make.issuing,), options=("--json", "--name", "b.org"),
                lists=(make.crl("R"), make.crl("I", leaf)))
    ended = run(*write(tmp_path, path, make.root), cwd=tmp_path)
    said = json.loads(ended.stdout)
    assert (ended.returncode, said["trusted"]) == (3, False)
    assert [item["subject"] for item in said["certificates"]] == ["CN=leaf", "CN=I", "CN=R"]
    assert [[fault["fault"] for fault in item["faults"]] for item in said["certificates"]] == [
        ["expired", "revoked", "wrongName"], [], []]
    path = Path(make.leaf(), (make.issuing,), options=("--json",))
    ended = run(*write(tmp_path, path, make.root), cwd=tmp_path)
    assert (ended.returncode, json.loads(ended.stdout)["trusted"]) == (0, True)


def test_a_chain_in_one_file(make, tmp_path):
    write(tmp_path, Path(make.leaf()), make.root)
    (tmp_path / "chain.der").write_bytes(der(make.leaf()) + der(make.issuing))
    ended = run("cert", "verify", "--certificate", "chain.der", "--ca", "ca.der", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_the_bundle_of_the_system_is_readable(make, tmp_path):
    (tmp_path / "leaf.der").write_bytes(der(make.leaf(issuer="R")))
    ended = run("certificate", "verify", "leaf.der", "--ca", BUNDLE, cwd=tmp_path, seconds=30)
    assert (ended.returncode, ended.stderr) == (3, b"") and b"is not known here: CN=R" in ended.stdout


@pytest.mark.parametrize("words, parts", [
    (["--ca", "ca.der"], ["--certificate FILE"]), (["leaf.der"], ["--ca FILE"]),
    (["leaf.der", "ca.der", "--ca", "ca.der"], ["'ca.der'", "second certificate"]),
    (["none.der", "--ca", "ca.der"], ["none.der"]), (["leaf.der", "--ca", "none.der"], ["none.der"]),
    (["noise", "--ca", "ca.der"], ["noise", "--certificate"]), (["leaf.der", "--ca", "noise"], ["noise", "--ca"]),
    (["leaf.der", "--ca", "ca.der", "--intermediates", "noise"], ["noise"]),
    (["leaf.der", "--ca", "ca.der", "--crl", "ca.der"], ["ca.der", "--crl"]),
    (["leaf.der", "--ca", "ca.der", "--at", "yesterday"], ["--at", "'yesterday'", "2024-01-01T00:00:00Z"]),
    (["leaf.der", "--ca", "ca.der", "--at", "2024-02-30T00:00:00Z"], ["--at", "2024-02-30"]),
    (["leaf.der", "--ca", "ca.der", "--max-depth", "9"], ["--max-depth", "'9'"]),
    (["leaf.der", "--ca", "ca.der", "--purpose", "mail"], ["--purpose", "'mail'"]),
    (["leaf.der", "--ca", "ca.der", "--name", "a..b"], ["--name", "'a..b'"]),
    (["leaf.der", "--ca", "ca.der", "--what"], ["--what"])])
def test_what_cannot_be_judged(make, tmp_path, words, parts):
    write(tmp_path, Path(make.leaf(issuer="R")), make.root)
    (tmp_path / "noise").write_bytes(b"no certificate\n")
    refused(run("certificate", "verify", *words, cwd=tmp_path), *parts, code=1 if parts == ["none.der"] else 2)
