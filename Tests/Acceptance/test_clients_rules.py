"""What the rules for clients say where there is a choice: revocation lists that are missing or old, a clock that is not
set, chains of other shapes, and options that do not fit together.
"""
import datetime
import re
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from postern_client import client_context, receive_exactly, tls_connection
from postern_clients import DAY, DER, PEM, Party, make, make_authority, make_client, make_list, usage, write
from postern_dates import now
from postern_identity import Identity
from postern_target import VERSIONS, run

CLOSED = r"postern: info: closed .* reason=(?P<reason>\w+).*"
UNCHECKED = r"postern: warning: a client was accepted without a revocation check: no current CRL from its issuer"


def context_of(files, version=None):
    context = client_context(version)
    if files:
        context.load_cert_chain(files.certificate, files.key)
    return context


def outcome(server, files, version=None):
    """The reason in the log, peerClosed for a client that was served."""
    since = server.mark()
    try:
        with tls_connection(server, context_of(files, version)) as tls:
            tls.sendall(b"hello")
            receive_exactly(tls, 5)
            tls.unwrap()
    except OSError:
        pass
    return server.wait_for_line(CLOSED, since)["reason"]


# Names of clients in the log

@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\u2028", "\u0085", "\x1b[2J"],
                         ids=lambda sign: f"U+{ord(sign[0]):04X}")
def test_signs_that_turn_text_around_are_not_logged(launch, rules, clients, tmp_path, sign):
    files = write(tmp_path, "client", make_client(f"gpj{sign}exe", clients.ca))
    server = launch(*rules.options("required"))
    since = server.mark()
    assert outcome(server, files) == "peerClosed"
    line = server.wait_for_line(r"postern: info: closed .* client=CN=gpj.*", since)[0]
    assert "exe" in line and sign[0] not in line, line


# Revocation lists

def old_list(rules, clients):
    rules.write(rules.crl, make_list(clients.ca, start=now() - 3 * DAY, end=now() - DAY))


def early_list(rules, clients):
    rules.write(rules.crl, make_list(clients.ca, start=now() - 3 * DAY, end=now() - 2 * DAY)
                + make_list(clients.middle))


def other_list(rules, clients):
    rules.write(rules.crl, make_list(make_authority("Nobody")))


@pytest.mark.parametrize("damage", [old_list, early_list, other_list], ids=lambda damage: damage.__name__)
def test_lists_that_do_not_speak_refuse_or_warn(launch, rules, clients, damage):
    damage(rules, clients)
    strict = launch(*rules.options("required"))
    strict.wait_for_line(r"postern: warning: revocation list file '.*' holds a list .*")
    assert outcome(strict, clients.files["good"]) == "clientRevocationUnknown"
    assert outcome(strict, clients.files["pinned"]) == "peerClosed"
    lax = launch(*rules.options("required"), "--crl-policy", "warn")
    since = lax.mark()
    assert outcome(lax, clients.files["good"]) == "peerClosed"
    lax.wait_for_line(UNCHECKED, since)


def test_an_old_list_still_revokes(launch, rules, clients):
    rules.write(rules.crl, make_list(clients.ca, [clients.parties["revoked"]], start=now() - 3 * DAY, end=now() - DAY))
    server = launch(*rules.options("required"), "--crl-policy", "warn")
    assert outcome(server, clients.files["revoked"]) == "clientCertificateRevoked"


def test_a_missing_list(launch, identity, rules, clients):
    rules.crl.unlink()
    options = [*identity.options, *rules.options("required")]
    refused = run("--test-config", *options)
    assert refused.returncode == 1
    assert re.fullmatch(rb"postern: error: revocation list file '.*' cannot be read: .*\n", refused.stderr)
    server = launch(*rules.options("required"), "--crl-policy", "warn")
    server.wait_for_line(r"postern: warning: revocation list file '.*' cannot be taken; no client's revocation is .*")
    assert outcome(server, clients.files["revoked"]) == "peerClosed"
    server.wait_for_line(UNCHECKED)


def test_an_unsigned_list(launch, identity, rules, clients):
    rules.write(rules.crl, make_list(clients.ca, [clients.parties["good"]], key=clients.parties["good"].key))
    refused = run("--test-config", *identity.options, *rules.options("required"))
    assert refused.returncode == 2 and b"did not sign" in refused.stderr
    server = launch(*rules.options("required"), "--crl-policy", "warn")
    assert outcome(server, clients.files["good"]) == "peerClosed", "what nobody signed revokes nobody"
    server.wait_for_line(UNCHECKED)


def test_a_list_whose_ca_may_sign_none_is_told_of_at_the_start(identity, rules):
    """As every client would be told later."""
    ca = make("Other CA", extensions=[(x509.BasicConstraints(ca=True, path_length=None), True),
                                      usage(key_cert_sign=True)])
    rules.write(rules.ca, ca.certificate.public_bytes(PEM))
    rules.write(rules.crl, make_list(ca))
    refused = run("--test-config", *identity.options, *rules.options("required"))
    assert refused.returncode == 2 and b"whose CA may not sign lists" in refused.stderr


# Chains

@pytest.mark.parametrize("version", VERSIONS)
def test_depth(launch, rules, clients, version):
    server = launch(*rules.options("required"), "--client-depth", "0")
    assert outcome(server, clients.files["good"], version) == "peerClosed"
    assert outcome(server, clients.files["below"], version) == "clientChainTooLong"
    server = launch(*rules.options("required", ("ca", "allow")), "--client-depth", "3")
    assert outcome(server, clients.files["chain-too-long"], version) == "peerClosed"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("count, expected", [(8, "peerClosed"), (9, "clientChainTooLong")])
def test_as_many_intermediates_as_the_largest_depth(launch, rules, tmp_path, count, expected, version):
    """Small ones: all certificates of a client together have at most 4,096 bytes."""
    bits = [(x509.BasicConstraints(ca=True, path_length=None), True), usage(key_cert_sign=True)]
    root = issuer = make("0", extensions=bits)
    for depth in range(count):
        issuer = make(str(depth + 1), issuer, extensions=bits)
    rules.write(rules.ca, root.certificate.public_bytes(PEM))
    server = launch(*rules.options("required", ("ca",)), "--client-depth", "8")
    assert outcome(server, write(tmp_path, "deep", make("c", issuer)), version) == expected


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("count, expected", [(100, "peerClosed"), (600, "clientChainTooLong")])
def test_bytes_of_a_chain_are_bounded(launch, rules, clients, tmp_path, count, expected, version):
    names = ["board.home"] + [f"{number}.example" for number in range(count)]
    huge = write(tmp_path, "huge", make_client("huge", clients.ca, names=names))
    server = launch(*rules.options("required"))
    assert outcome(server, huge, version) == expected


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("count, expected", [(9, "peerClosed"), (10, "clientChainTooLong")])
def test_certificates_of_a_chain_are_bounded(launch, rules, clients, tmp_path, count, expected, version):
    """However small they are, and whether the path needs them or not."""
    good = clients.parties["good"]
    long = write(tmp_path, "long", Party(good.certificate, good.key, (make("x"),) * (count - 1)))
    assert sum(len(one.public_bytes(DER)) for one in (good.certificate, *[make("x").certificate] * 9)) < 4096
    server = launch(*rules.options("required"))
    assert outcome(server, long, version) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_memory_of_a_chain_is_bounded(launch, rules, clients, tmp_path, version):
    """Short names take many times their bytes once they are parsed. The arena must not care."""
    greedy = write(tmp_path, "greedy", make_client("greedy", names=["a"] * 1200))
    server = launch(*rules.options("required"))
    assert outcome(server, greedy, version) != "peerClosed"
    assert server.settle()["outOfMemory"] == 0
    assert outcome(server, clients.files["good"], version) == "peerClosed"


@pytest.mark.parametrize("version", VERSIONS)
def test_names_of_the_list(launch, rules, clients, tmp_path, version):
    rules.write(rules.allow, "*.lan\nAlice Smith # by common name\n")
    server = launch(*rules.options("required"))
    for number, (subject, names, expected) in enumerate([
            ("x", ["a.lan"], "peerClosed"), ("x", ["a.b.lan"], "clientNotAllowed"), ("x", ["lan"], "clientNotAllowed"),
            ("x", ["z.home", "A.LAN"], "peerClosed"), ("Alice Smith", ["z.home"], "peerClosed"),
            ("Alice", ["z.home"], "clientNotAllowed"), ("a.lan", [], "peerClosed"),
            # A common name that looks like a DNS name counts only where there is no DNS name.
            ("a.lan", ["z.home"], "clientNotAllowed")]):
        files = write(tmp_path, f"client-{number}", make_client(subject, clients.ca, names=names))
        assert outcome(server, files, version) == expected, (subject, names)


LISTED_NAMES = 64        # Limits.listedNames
# As many short entries as a list may have bytes.
LONG_LIST = "".join(f"{number:x}.z\n" for number in range(7_000))


@pytest.mark.parametrize("position, expected", [(LISTED_NAMES, "peerClosed"), (LISTED_NAMES + 1, "clientNotAllowed")])
def test_so_many_names_of_a_client_are_looked_for(launch, rules, clients, tmp_path, position, expected):
    names = [f"{number}.example" for number in range(1, position)] + ["board.home"]
    files = write(tmp_path, "many", make_client("many", clients.ca, names=names))
    assert outcome(launch(*rules.options("required")), files) == expected


@pytest.mark.native
@pytest.mark.parametrize("is_known", [False, True], ids=["somebody", "of the CA"])
def test_names_cost_no_more_than_signatures(launch, rules, clients, tmp_path, is_known):
    """Everybody may write as many names into a certificate as it holds, and the list may be long."""
    rules.write(rules.allow, LONG_LIST)
    names = [f"{number:x}" for number in range(700)]
    files = write(tmp_path, "many", make_client("many", clients.ca if is_known else None, names=names))
    server = launch(*rules.options("required"))
    expected = "clientNotAllowed" if is_known else "clientCertificateUntrusted"
    assert outcome(server, files) == expected
    plain = server.processor_milliseconds_of(lambda: outcome(server, clients.files["wrong-ca"]))
    taken = sorted(server.processor_milliseconds_of(lambda: outcome(server, files)) for _ in range(5))
    print(f"{taken[2]:.1f} ms of the processor, {plain:.1f} ms without names")
    assert taken[2] < plain + 15, taken


@pytest.mark.parametrize("text, kind", [("\u726f\u6f74", _ASN1Type.BMPString), ("root", _ASN1Type.BMPString),
                                        ("root", _ASN1Type.UniversalString)])
def test_a_common_name_is_text_and_not_its_bytes(launch, rules, clients, tmp_path, text, kind):
    """The bytes of the first one in BMPString read "root". No name in such a string is taken for a listed one."""
    rules.write(rules.allow, "root\n")
    party = make_client("x", clients.ca, names=(), name=x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, text, _type=kind)]))
    server = launch(*rules.options("required"))
    assert outcome(server, write(tmp_path, "client", party)) == "clientNotAllowed"
    for kind in (_ASN1Type.UTF8String, _ASN1Type.PrintableString, _ASN1Type.T61String):
        party = make_client("x", clients.ca, names=(), name=x509.Name([
            x509.NameAttribute(NameOID.COMMON_NAME, "root", _type=kind)]))
        assert outcome(server, write(tmp_path, "root", party)) == "peerClosed"


@pytest.mark.parametrize("subject, names, expected", [
    ("admin.home", ["y.lab.home"], "clientNotAllowed"), ("admin.home", ["x.home"], "clientCertificateInvalid"),
    ("admin.home", [], "clientCertificateInvalid"), ("admin", [], "clientNotAllowed"), ("x.lab.home", [], "peerClosed"),
    ("Alice Smith", [], "peerClosed")])
def test_common_names_obey_name_constraints(launch, rules, tmp_path, subject, names, expected):
    limits = x509.NameConstraints([x509.DNSName("lab.home")], None)
    authority = make("Lab", extensions=[(x509.BasicConstraints(True, None), True), (limits, True),
                                        usage(key_cert_sign=True, crl_sign=True)])
    rules.write(rules.ca, authority.certificate.public_bytes(PEM).decode())
    rules.write(rules.allow, "admin.home\nadmin\nx.lab.home\nAlice Smith\n")
    server = launch("--clients", "required", "--ca", str(rules.ca), "--allow", str(rules.allow))
    files = write(tmp_path, "limited", make_client(subject, authority, names=names))
    assert outcome(server, files) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pin_does_not_make_a_key_acceptable(launch, rules, tmp_path, version):
    """The library goes on to use it: its kind and size are bounded whoever has it."""
    for number, (key, expected) in enumerate([
            (ec.generate_private_key(ec.SECP384R1()), "peerClosed"),
            (ec.generate_private_key(ec.SECP521R1()), "clientCertificateInvalid"),
            (rsa.generate_private_key(3, 2048), "clientCertificateInvalid")]):
        pinned = make("pinned", key=key)
        rules.write(rules.pins, pinned.pin)
        server = launch("--clients", "required", "--pins", str(rules.pins))
        assert outcome(server, write(tmp_path, f"pinned-{number}", pinned), version) == expected


def test_spoilt_messages_of_a_client_end_the_handshake(launch, rules, clients):
    """In TLS 1.2 certificate and proof travel in clear: garbage in their place is the client's fault, and named so."""
    server = launch(*rules.options("required"))
    for kind, byte in ((11, 60), (15, 30)):     # Certificate, CertificateVerify
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context_of(clients.files["good"], "1.2").wrap_bio(incoming, outgoing)
        since = server.mark()
        with server.connect() as raw:
            spoilt = False
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    sent = bytearray(outgoing.read())
                    at = 0
                    while at + 6 < len(sent) and not spoilt:
                        if sent[at] == 22 and sent[at + 5] == kind:
                            sent[at + byte:at + byte + 8] = b"\xff" * 8
                            spoilt = True
                        at += 5 + int.from_bytes(sent[at + 3:at + 5], "big")
                    raw.sendall(sent)
                    got = raw.recv(65536)
                    incoming.write(got)
                    if not got:
                        break
                except ssl.SSLError:
                    break
            assert spoilt
            assert server.wait_for_line(CLOSED, since)["reason"] == "clientCertificateInvalid"


# The clock

def future_identity(folder, seconds):
    """A server's identity that starts then: before that the clock cannot be right."""
    party = make_client("localhost", start=now() + datetime.timedelta(seconds=seconds),
                        purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    files = write(folder, "future", party)
    files.key.chmod(0o600)
    return Identity(files.certificate, files.key, files.certificate)


@pytest.mark.parametrize("policy, not_yet, pinned_not_yet", [
    ("accept", "peerClosed", "peerClosed"), ("pins-only", "clientCertificateNotYetValid", "peerClosed"),
    ("refuse", "clientCertificateNotYetValid", "clientCertificateNotYetValid")])
def test_a_clock_that_is_not_set(launch, rules, clients, tmp_path, policy, not_yet, pinned_not_yet):
    early = write(tmp_path, "early", pinned := make_client("early", start=now() + 10 * DAY))
    rules.write(rules.pins, pinned.pin)
    server = launch(*rules.options("required"), "--clock", policy, identity=future_identity(tmp_path, 86_400))
    server.wait_for_line(rf"postern: warning: the clock has not been set; .*: {policy}")
    assert outcome(server, clients.files["good"]) == "peerClosed"
    assert outcome(server, clients.files["not-yet-valid"]) == not_yet
    assert outcome(server, early) == pinned_not_yet
    assert outcome(server, clients.files["expired"]) == "clientCertificateExpired", "before the clock could be right"


@pytest.mark.native
def test_clients_are_judged_again_once_the_clock_is_right(launch, rules, clients, tmp_path):
    server = launch(*rules.options("required"), "--clock", "accept", identity=future_identity(tmp_path, 4))
    with tls_connection(server, context_of(clients.files["not-yet-valid"])) as tls, \
            tls_connection(server, context_of(clients.files["good"])) as other:
        tls.sendall(b"hello")
        receive_exactly(tls, 5)
        since = server.mark()
        server.wait_for_line(r"postern: notice: the clock is right by now; clients are authorized again", seconds=8)
        assert tls.recv(1) == b""
        assert server.wait_for_line(CLOSED, since)["reason"] == "clientCertificateNotYetValid"
        other.sendall(b"hello")
        receive_exactly(other, 5)


# Options

@pytest.mark.parametrize("options, sentence", [
    (["--clients", "required"], r"--clients 'required' needs to know whom to trust; .*--ca .*--pins .*"),
    (["--clients", "optional"], r"--clients 'optional' needs to know whom to trust; .*"),
    (["--clients", "some"], r"option --clients: 'some' is not valid; use none, optional or required"),
    (["--ca", "CA"], r"file 'CA' is about clients that are not asked .*; give --clients optional or required"),
    (["--pins", "P", "--clients", "none"], r"file 'P' is about clients that are not asked .*"),
    (["--clients", "required", "--pins", "P", "--crl", "L"], r"file 'L' is about clients that a CA vouches for; .*"),
    (["--clients", "required", "--pins", "P", "--allow", "L"], r"file 'L' is about clients that a CA vouches for; .*"),
    (["--crl-policy", "maybe"], r"option --crl-policy: 'maybe' is not valid; use refuse or warn"),
    (["--clock", "fast"], r"option --clock: 'fast' is not valid; use accept, pins-only or refuse"),
    (["--client-depth", "9x"], r"option --client-depth: '9x' is not a whole number from 0 to 8"),
    (["--clients", "required", "--ca", "CA", "--crl-policy", "refuse"],
     "option '--crl-policy' has no effect without a CRL; give --crl as well"),
    (["--crl-entries", "9"], "option '--crl-entries' has no effect without a CRL; .*"),
    (["--clock", "accept"],
     "option '--clock' has no effect where no client is asked for a certificate; give --clients as well"),
    (["--clients", "none", "--client-depth", "2"], "option '--client-depth' has no effect where no client .*"),
    (["--clients", "required", "--pins", "/nonexistent"], r"pin list file '/nonexistent' cannot be read: .*"),
])
def test_what_does_not_fit_together_is_refused(identity, options, sentence):
    ended = run("--test-config", *identity.options, *options)
    assert ended.returncode == (1 if "cannot be read" in sentence else 2) and ended.stdout == b""
    assert re.fullmatch(rf"postern: error: {sentence}\n", ended.stderr.decode()), ended.stderr


def test_print_config(identity, rules):
    options = [*identity.options, *rules.options("optional"), "--client-depth", "1"]
    printed = run("--print-config", *options).stdout.decode()
    for name in ("ca", "crl", "allow", "pins"):
        assert f"\nclients.{name}: {getattr(rules, name)}\n" in printed
    assert "\nclients: optional\n" in printed and "\nclients.depth: 1\n" in printed
    assert "\nclients.crlPolicy: refuse\n" in printed and "\nclients.clock: pins-only\n" in printed
