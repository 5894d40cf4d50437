"""postern certificate show: every field as Python's cryptography reads it, for people and as JSON."""
import datetime
import hashlib
import ipaddress
import json
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

import postern_authority
from postern_certificate import Authority
from postern_clients import make, usage
from postern_dates import next_update, not_after, not_before, now, revoked_at, this_update
from postern_target import BINARY, command, run

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
REASONS = ["keyCompromise", "superseded", "cessationOfOperation"]


@pytest.fixture
def work(tmp_path):
    return Authority(tmp_path)


def shown(work, *words):
    """The documents of --json, and the lines for people as (field, value)."""
    documents = json.loads(work.run("show", *words, "--json"))["documents"]
    lines = [tuple(line.split(None, 1)) for line in work.run("show", *words).splitlines() if line]
    return documents, lines


def pin(key):
    return hashlib.sha256(key.public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def name_of(key):
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    return {"secp256r1": "P-256", "secp384r1": "P-384"}[key.curve.name]


def time(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def words_of(name):
    return ", ".join(f"{part.rfc4514_attribute_name}={part.value}" for part in name)


def names_of(extensions):
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    kinds = {x509.DNSName: "DNS", x509.IPAddress: "IP", x509.RFC822Name: "email",
             x509.UniformResourceIdentifier: "URI"}
    return [f"{kinds[type(name)]}:{name.value}" for name in names]


def signature_of(one):
    return one.signature_algorithm_oid._name


def number_in_hexadecimal(number):
    text = f"{number:x}"
    return "0" * (len(text) % 2) + text


class DaysLeft:
    """Equals the days that are left, or were up to ten seconds ago, when the command ran."""

    def __init__(self, certificate):
        left = not_after(certificate) - now()
        self.days = {left.days, (left + datetime.timedelta(seconds=10)).days}

    def __eq__(self, other):
        return other in self.days


USAGES = {"digital_signature": "digitalSignature", "content_commitment": "contentCommitment",
          "key_encipherment": "keyEncipherment", "data_encipherment": "dataEncipherment",
          "key_agreement": "keyAgreement", "key_cert_sign": "keyCertSign", "crl_sign": "cRLSign"}


def subtree(base):
    if isinstance(base, x509.DirectoryName):
        return f"directory:{words_of(base.value)}"
    kinds = {x509.DNSName: "DNS", x509.IPAddress: "IP", x509.RFC822Name: "email",
             x509.UniformResourceIdentifier: "URI"}
    return f"{kinds[type(base)]}:{base.value}"


def binding(extensions):
    """What binds a certificate, each only where it is written."""
    found = {}
    for one in extensions:
        if isinstance(one.value, x509.BasicConstraints) and one.value.ca:
            found["authority"] = True
            if one.value.path_length is not None:
                found["pathLength"] = one.value.path_length
        elif isinstance(one.value, x509.KeyUsage):
            found["keyUsage"] = [name for field, name in USAGES.items() if getattr(one.value, field)]
        elif isinstance(one.value, x509.ExtendedKeyUsage):
            known = {"serverAuth": ExtendedKeyUsageOID.SERVER_AUTH, "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
                     "anyExtendedKeyUsage": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
            found["purposes"] = [name for name, oid in known.items() if oid in one.value]
            if set(one.value) - set(known.values()):
                found["purposes"].append("other")
        elif isinstance(one.value, x509.NameConstraints):
            found["permitted"] = [subtree(base) for base in one.value.permitted_subtrees or []]
            found["excluded"] = [subtree(base) for base in one.value.excluded_subtrees or []]
    order = ["authority", "pathLength", "keyUsage", "purposes", "permitted", "excluded"]
    return {name: found[name] for name in order if name in found}


def expected(certificate):
    return {
        "kind": "certificate", "subject": words_of(certificate.subject), "issuer": words_of(certificate.issuer),
        "serial": number_in_hexadecimal(certificate.serial_number), "names": names_of(certificate.extensions),
        "damagedExtensions": False, **binding(certificate.extensions), "notBefore": time(not_before(certificate)),
        "notAfter": time(not_after(certificate)), "daysLeft": DaysLeft(certificate),
        "key": name_of(certificate.public_key()), "signature": signature_of(certificate),
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(), "pin": pin(certificate.public_key())}


def assert_lines(lines, document):
    """The lines for people say the same, names and revoked certificates one a line."""
    listed = {"names": "name", "revoked": "revoked"}
    listed |= {name: name for name in ("keyUsage", "purposes", "permitted", "excluded")}
    wanted = []
    for field, value in document.items():
        if field in listed:
            wanted += [(listed[field], ", ".join(item.values()) if isinstance(item, dict) else item)
                       for item in value]
        elif field == "daysLeft":       # a day may have ended between the two runs of the command
            days = dict(lines)[field]
            assert int(days) in (value, value - 1)
            wanted.append((field, days))
        elif field != "damagedExtensions":
            wanted.append((field, "-" if value is None else "yes" if value is True else str(value)))
    assert lines == wanted


@pytest.mark.parametrize("kind", ["P-256", "P-384", "rsa:2048", "rsa:3072"])
def test_a_certificate_field_by_field(work, kind):
    root = postern_authority.Authority(work.folder, "root")
    names = ("board.local", "*.example.org", "192.0.2.1", "2001:db8::1")
    identity = root.issue("board", names, kind=kind, subject="Board, the first",
                          days=(-1, 90.5))
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    documents, lines = shown(work, "--certificate", "board.crt")
    wanted = expected(certificate)
    wanted["subject"] = "CN=Board\\, the first"
    assert documents == [wanted]
    assert re.fullmatch("[0-9a-f]{64}", documents[0]["pin"])
    assert_lines(lines, documents[0])
    work.path("board.der").write_bytes(certificate.public_bytes(DER))
    assert shown(work, "board.der") == (documents, lines)


@pytest.mark.parametrize("key_type", ["p256", "p384", "rsa2048"])
def test_what_postern_made_itself(work, key_type):
    work.run("self-signed", "--certificate", "a.crt", "--key", "a.key", "--key-type", key_type, "--name", "a.local",
             "--name", "me@example.org", "--name", "https://a.local/x")
    documents, _ = shown(work, "a.crt")
    certificate = x509.load_pem_x509_certificate(work.path("a.crt").read_bytes())
    wanted = expected(certificate)
    assert documents == [wanted] and len(wanted["names"]) == 3
    identity = json.loads(work.run("show", "a.crt", "--json"))["documents"][0]
    assert identity["pin"] == pin(certificate.public_key())


def test_what_binds_an_authority(work):
    """Every kind of subtree, addresses with their prefixes, and purposes that are not known here."""
    directory = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Home")]))
    network = ipaddress.ip_network
    extensions = [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        usage(key_cert_sign=True, crl_sign=True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ObjectIdentifier("1.2.3.4")]), False),
        (x509.NameConstraints(
            [x509.DNSName("home"), x509.IPAddress(network("192.168.0.0/16")), x509.IPAddress(network("fd00::/8")),
             x509.RFC822Name("example.org"), x509.UniformResourceIdentifier(".example.org"), directory],
            [x509.DNSName("guest.home"), x509.IPAddress(network("0.0.0.0/0")),
             x509.IPAddress(network("192.168.66.6/32"))]), True)]
    certificate = make("Home CA", extensions=extensions).certificate
    work.path("ca.crt").write_bytes(certificate.public_bytes(PEM))
    documents, lines = shown(work, "ca.crt")
    assert documents == [expected(certificate)]
    assert documents[0]["permitted"] == ["DNS:home", "IP:192.168.0.0/16", "IP:fd00::/8", "email:example.org",
                                         "URI:.example.org", "directory:O=Home"]
    assert documents[0]["purposes"] == ["serverAuth", "other"] and documents[0]["pathLength"] == 0
    assert_lines(lines, documents[0])


def test_a_mask_that_is_no_prefix_is_shown_as_it_is(work):
    whole = make("Home CA", extensions=[
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.NameConstraints(None, [x509.IPAddress(ipaddress.ip_network("10.1.2.0/24"))]), True)])
    der = whole.certificate.public_bytes(DER)
    assert der.count(bytes([10, 1, 2, 0, 255, 255, 255, 0])) == 1
    work.path("ca.der").write_bytes(der.replace(bytes([10, 1, 2, 0, 255, 255, 255, 0]),
                                                bytes([10, 1, 2, 0, 255, 0, 255, 0])))
    assert shown(work, "ca.der")[0][0]["excluded"] == ["IP:10.1.2.0/255.0.255.0"]


# A subject that would turn the text around it: right-to-left override and isolate, a zero width space, a line
# separator, a control character of C1, a tag, and an escape sequence.
TURNING = ["\u202e", "\u2066", "\u200f", "\u200b", "\u2028", "\u0085", "\U000e0041", "\x1b[2J", "\ufeff"]


@pytest.mark.parametrize("sign", TURNING, ids=lambda sign: f"U+{ord(sign[0]):04X}")
def test_signs_that_turn_text_around_are_not_printed(work, sign):
    work.path("a.crt").write_bytes(make(f"gpj{sign}exe").certificate.public_bytes(PEM))
    for words in (["show", "a.crt"], ["show", "a.crt", "--json"], ["verify", "a.crt", "--ca", "a.crt"],
                  ["verify", "a.crt", "--ca", "a.crt", "--json"]):
        ended = run("certificate", *words, cwd=work.folder)
        printed = (ended.stdout + ended.stderr).decode()
        assert "gpj" in printed and sign[0] not in printed, printed


@pytest.mark.parametrize("days, left", [(-1.5, -2), (-0.5, -1), (0.5, 0), (1.5, 1)])
def test_days_left_are_rounded_down(work, days, left):
    postern_authority.Authority(work.folder, "root").issue("old", days=(-10, days))
    assert shown(work, "old.crt")[0][0]["daysLeft"] == left


def test_a_chain_is_shown_in_its_order(work):
    root = postern_authority.Authority(work.folder, "root")
    middle = postern_authority.Authority(work.folder, "middle", root)
    identity = middle.issue("end")
    pieces = identity.certificate.read_bytes().split(b"-----BEGIN")[1:]
    chain = [x509.load_pem_x509_certificate(b"-----BEGIN" + piece) for piece in pieces]
    documents, lines = shown(work, "end.crt")
    assert documents == [expected(certificate) for certificate in chain] and len(documents) == 2
    second = lines.index(("kind", "certificate"), 1)
    assert ("subject", "CN=localhost") in lines[:second] and ("subject", "CN=middle") in lines[second:]
    work.path("end.der").write_bytes(b"".join(certificate.public_bytes(DER) for certificate in chain))
    # Not what was shown before: a day may have ended between the two.
    assert shown(work, "end.der")[0] == [expected(certificate) for certificate in chain]


@pytest.mark.parametrize("form", [PEM, DER])
def test_a_request(work, form):
    work.request("board", "--key-type", "p384", names=["board.local", "192.0.2.7"])
    request = x509.load_pem_x509_csr(work.path("board.csr").read_bytes())
    work.path("board.csr").write_bytes(request.public_bytes(form))
    documents, lines = shown(work, "--request", "board.csr")
    assert documents == [{
        "kind": "request", "subject": words_of(request.subject), "names": ["DNS:board.local", "IP:192.0.2.7"],
        "damagedExtensions": False, "key": "P-384", "signature": signature_of(request),
        "pin": pin(request.public_key())}]
    assert_lines(lines, documents[0])


def test_a_revocation_list_of_postern(work):
    work.ca()
    for reason in REASONS:
        work.issue(reason)
        work.revoke(reason, "--reason", reason)
    work.crl("ca.crl")
    made = x509.load_pem_x509_crl(work.path("ca.crl").read_bytes())
    documents, lines = shown(work, "--crl", "ca.crl")
    number = made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert documents == [{
        "kind": "crl", "issuer": words_of(made.issuer), "number": str(number), "thisUpdate": time(this_update(made)),
        "nextUpdate": time(next_update(made)), "signature": signature_of(made), "revokedCount": 3,
        "revoked": [{
            "serial": number_in_hexadecimal(one.serial_number), "time": time(revoked_at(one)),
            "reason": one.extensions.get_extension_for_class(x509.CRLReason).value.reason.value}
            for one in made]}]
    assert [one["reason"] for one in documents[0]["revoked"]] == REASONS
    assert_lines(lines, documents[0])


def revocation_list(number, revoked=()):
    now = datetime.datetime(2026, 1, 2, 3, 4, 5)
    builder = x509.CertificateRevocationListBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Other CA")]), now, now + datetime.timedelta(days=9))
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), False)
    for serial in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder(serial, now).build())
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA384()).public_bytes(DER)


@pytest.mark.parametrize("number, wanted", [
    (None, None), (0, "0"), (255, "255"), (2 ** 63 - 1, str(2 ** 63 - 1)), (2 ** 64 + 10, "0x01000000000000000a")])
def test_numbers_of_lists(work, number, wanted):
    work.path("o.crl").write_bytes(revocation_list(number, [7]))
    (one,), lines = shown(work, "o.crl")
    assert one["number"] == wanted and one["signature"] == "ecdsa-with-SHA384"
    assert one["revoked"] == [{"serial": "07", "time": "2026-01-02T03:04:05Z", "reason": "unspecified"}]
    assert_lines(lines, one)


def test_an_empty_list_and_a_long_one(work):
    work.path("empty.crl").write_bytes(revocation_list(1))
    assert shown(work, "empty.crl")[0][0]["revoked"] == []
    serials = list(range(1, 1001))
    work.path("long.crl").write_bytes(revocation_list(1, serials))
    one = shown(work, "long.crl")[0][0]
    assert one["revokedCount"] == 1000 and [int(item["serial"], 16) for item in one["revoked"]] == serials


def self_signed(subject, key, extensions=()):
    now = datetime.datetime(2026, 1, 2)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, False)
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def test_other_keys_are_shown_by_their_identifiers(work):
    made = self_signed(x509.Name([]), ed25519.Ed25519PrivateKey.generate())
    work.path("e.crt").write_bytes(made.public_bytes(PEM))
    one = shown(work, "e.crt")[0][0]
    assert (one["key"], one["signature"]) == ("other, algorithm 1.3.101.112", "1.3.101.112")
    assert (one["subject"], one["names"], one["pin"]) == ("(no name)", [], pin(made.public_key()))


def test_names_do_not_steer_a_terminal(work):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\x1b[2J\r\nkind  crl\x9b\u202e\"\\ü")])
    names = x509.SubjectAlternativeName([x509.DNSName("b\x1b]0;x\x07\x7f")])
    made = self_signed(subject, ec.generate_private_key(ec.SECP256R1()), [names])
    work.path("evil.crt").write_bytes(made.public_bytes(PEM))
    for words in ([], ["--json"]):
        said = run("certificate", "show", "evil.crt", *words, cwd=work.folder).stdout
        assert not [byte for byte in said.replace(b"\n", b"") if byte < 0x20 or byte == 0x7F], said
        assert "\x9b" not in said.decode() and "ü" in said.decode()
    documents, lines = shown(work, "evil.crt")
    assert len(documents) == 1 and [line for line in lines if line[0] == "kind"] == [("kind", "certificate")]


def test_a_damaged_extension_is_named(work):
    broken = x509.UnrecognizedExtension(x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x05\x82")
    made = self_signed(x509.Name([]), ec.generate_private_key(ec.SECP256R1()), [broken])
    work.path("d.crt").write_bytes(made.public_bytes(PEM))
    (one,), lines = shown(work, "d.crt")
    assert one["damagedExtensions"] is True and one["names"] == []
    assert ("damaged", "an extension cannot be read; names or constraints may be missing") in lines


def test_files_that_cannot_be_read(work):
    work.run("self-signed", "--certificate", "a.crt", "--key", "a.key", "--name", "a.local")
    der = x509.load_pem_x509_certificate(work.path("a.crt").read_bytes()).public_bytes(DER)
    bad = {"cut.der": der[:-1], "behind.der": der + b"\0", "empty.crt": b"", "text.crt": b"no PEM\n",
           "sequence.der": b"\x30\x00", "second.der": der + b"\x30\x00", "null.pem": b"-----BEGIN\0",
           "cut.pem": work.path("a.crt").read_bytes()[:300], "huge.der": b"\x30" * 400_000}
    for name, data in bad.items():
        work.path(name).write_bytes(data)
    for name in [*bad, "a.key", "missing.crt", "."]:
        for option in ([], ["--json"]):
            assert f"'{name}'" in work.refuse("show", name, *option, code=1 if "missing" in name else 2), name


def test_wrong_words(work):
    assert "show needs a file" in work.refuse("show")
    assert "'--jsn'" in work.refuse("show", "--jsn")
    assert "--crl" in work.refuse("show", "--crl")
    assert "second file" in work.refuse("show", "a.crt", "--request", "b.csr")


def test_help(work):
    said = work.run("show", "--help")
    for option in ("--certificate FILE", "--request FILE", "--crl FILE", "--json", "--help"):
        assert option in said


def test_an_output_that_cannot_be_written_is_an_error(work):
    work.run("self-signed", "--certificate", "a.crt", "--key", "a.key", "--name", "a.local")
    for words in ([], ["--json"]):
        with open("/dev/full", "wb") as full:
            ended = subprocess.run(command(BINARY, "certificate", "show", "a.crt", *words), cwd=work.folder,
                                   stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE)
        assert ended.returncode == 1, ended
