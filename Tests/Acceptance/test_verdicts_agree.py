"""One set of certificates, three who verify it: `certificate verify`, a server with --ca, and the probe with --ca. They
give the same verdict. And what a hostile client's chain may cost, through a server."""
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from postern_clients import DAY, PEM, make, make_authority, make_list, now, spoil_signature, usage, write
from postern_peer import probe, python_server
from postern_reload import connection, reason_of_refusal
from postern_target import run

CA = (x509.BasicConstraints(ca=True, path_length=None), True)
SIGNS = usage(key_cert_sign=True, crl_sign=True)
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


def leaf(issuer, *more, purposes=BOTH, bits=usage(digital_signature=True), names=("localhost",), **rest):
    return make("leaf", issuer, extensions=[
        (x509.BasicConstraints(ca=False, path_length=None), True), bits, (x509.ExtendedKeyUsage(purposes), False),
        (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False), *more], **rest)


def root(*more, authority=CA, **rest):
    return make("Root", extensions=[authority, SIGNS, *more], **rest)


def limited(length):
    return x509.BasicConstraints(ca=True, path_length=length), True


def only(name):
    return x509.NameConstraints([x509.DNSName(name)], None), True


def below(authority, *extensions, subject="Middle"):
    return make(subject, authority, extensions=extensions or [CA, SIGNS])


def spoiled(party):
    return type(party)(spoil_signature(party).certificate, party.key, party.chain)


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True
# Each gives the authority and the leaf, and says whether that is a good path.
CASES = {
    "good": (lambda ca: leaf(ca), True),
    "rsa": (lambda ca: leaf(ca, key=rsa.generate_private_key(65537, 2048)), True),
    "p384": (lambda ca: leaf(ca, key=ec.generate_private_key(ec.SECP384R1())), True),
    "one below": (lambda ca: leaf(below(ca)), True),
    "permitted name": (lambda ca: leaf(below(ca, CA, SIGNS, only("localhost"))), True),
    "key for too small a curve": (lambda ca: leaf(ca, key=ec.generate_private_key(ec.SECP521R1())), False),
    "expired": (lambda ca: leaf(ca, start=now() - 9 * DAY, end=now() - 2 * DAY), False),
    "not yet valid": (lambda ca: leaf(ca, start=now() + 2 * DAY), False),
    "another authority": (lambda ca: leaf(make_authority("Other")), False),
    "another authority of that name": (lambda ca: leaf(root()), False),
    "bad signature": (lambda ca: spoiled(leaf(ca)), False),
    "bad signature above": (lambda ca: leaf(spoiled(below(ca))), False),
    "no authority above": (lambda ca: leaf(below(ca, usage(digital_signature=True))), False),
    "no key usage above": (lambda ca: leaf(below(ca, CA)), False),
    "constraints that are not critical above": (lambda ca: leaf(below(ca, (CA[0], False), SIGNS)), False),
    "path length": (lambda ca: leaf(below(below(ca, limited(0), SIGNS), subject="Second")), False),
    "forbidden name": (lambda ca: leaf(below(ca, CA, SIGNS, only("example.org"))), False),
    "wrong purpose": (lambda ca: leaf(ca, purposes=[ExtendedKeyUsageOID.CODE_SIGNING]), False),
    "wrong key usage": (lambda ca: leaf(ca, bits=usage(key_cert_sign=True)), False),
    "unknown critical extension": (lambda ca: leaf(ca, UNKNOWN), False),
    "unknown critical extension above": (lambda ca: leaf(below(ca, CA, SIGNS, UNKNOWN)), False),
}
ROOTS = {
    "path length of the root": (lambda: root(authority=limited(0)), lambda ca: leaf(below(ca)), False),
    "root of another purpose": (
        lambda: root((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)), lambda ca: leaf(ca), False),
    "root with a name constraint": (lambda: root(only("example.org")), lambda ca: leaf(ca), False),
    "root with a name constraint that holds": (lambda: root(only("localhost")), lambda ca: leaf(ca), True),
}


@pytest.fixture(scope="module")
def good_root():
    return root()


class Shown:
    """What `connection` of postern_reload wants to know of clients."""

    def __init__(self, files):
        self.files = {"leaf": files}


def verdicts(launch, folder, authority, party):
    """(trusted, first fault) of verify and the probe, and whether a server lets it in."""
    files, ca = write(folder, "leaf", party), folder / "ca.crt"
    ca.write_bytes(authority.certificate.public_bytes(PEM))
    found = {}
    for purpose in ("client", "server"):
        ended = run("certificate", "verify", files.certificate, "--ca", ca, "--purpose", purpose, "--json")
        told = json.loads(ended.stdout)
        found[f"verify {purpose}"] = ended.returncode == 0
    with python_server(files) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", ca, "--json").json
    found["probe"] = bool(probed["verified"])
    names = {fault["fault"] for one in told["certificates"] for fault in one["faults"]}
    # Some certificates the library itself refuses, before anybody verifies them.
    assert probed["result"] not in ("ok", "untrusted") or names == set(probed["faults"]), (told, probed)
    shown = Shown(files)
    try:
        server = launch("--clients", "required", "--ca", ca, "--client-depth", "8")
    except AssertionError as refused:       # an anchor that vouches for nobody is no anchor
        assert "no certificate that clients can be verified with" in str(refused), refused
        return found | {"server": False}
    if all(found.values()):
        with connection(server, shown, "leaf"):
            found["server"] = True
    else:
        found["server"] = not reason_of_refusal(server, shown, "leaf").startswith("client")
    return found


@pytest.mark.native
@pytest.mark.parametrize("case", CASES)
def test_verdicts_agree(launch, tmp_path, good_root, case):
    make_leaf, expected = CASES[case]
    found = verdicts(launch, tmp_path, good_root, make_leaf(good_root))
    assert set(found.values()) == {expected}, found


@pytest.mark.native
@pytest.mark.parametrize("case", ROOTS)
def test_verdicts_agree_on_anchors(launch, tmp_path, case):
    make_root, make_leaf, expected = ROOTS[case]
    authority = make_root()
    found = verdicts(launch, tmp_path, authority, make_leaf(authority))
    assert set(found.values()) == {expected}, found


# What a chain may cost

def costly(lists):
    """A root, a client below seven authorities with P-384, and lists of so many of them. Each costs 30 of 320."""
    def key():
        return ec.generate_private_key(ec.SECP384R1())

    top = root(key=key())
    party, made = top, []
    for number in range(7):
        party = make(f"A{number}", party, extensions=[CA, SIGNS], key=key())
        made.append(make_list(party))
    return top, leaf(party), make_list(top) + b"".join(made[:lists])


@pytest.mark.parametrize("lists, is_taken", [(2, True), (3, False)])
def test_a_chain_costs_no_more_than_it_may(launch, tmp_path, lists, is_taken):
    """Eight signatures and those of the lists. Without a bound the client would come in as one without a list does."""
    authority, party, text = costly(lists)
    shown = Shown(write(tmp_path, "leaf", party))
    ca, crl = tmp_path / "ca.crt", tmp_path / "ca.crl"
    ca.write_bytes(authority.certificate.public_bytes(PEM))
    crl.write_bytes(text)
    server = launch("--clients", "required", "--ca", ca, "--crl", crl, "--crl-policy", "warn", "--client-depth", "8")
    if is_taken:
        with connection(server, shown, "leaf"):
            pass
    else:
        assert reason_of_refusal(server, shown, "leaf") == "clientChainTooLong"
