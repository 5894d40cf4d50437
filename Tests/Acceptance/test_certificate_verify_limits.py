"""postern certificate verify: name constraints however names are written, common names, lists that clear nobody, and
steps back in the search for a path.

Each is one change to a path that is right; the helpers are those of test_certificate_verify_strict.py.
"""
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from postern_path import (
    PUBLIC_KEY, SUBJECT, Maker, Path, address, alternative, check, content, dns, element, elements, name)
from test_certificate_verify_strict import (
    BAD_EXTENSION, COMMON_NAME, EMAIL, FALSE, FOREIGN, NULL, ORGANIZATION, TRUE, UNKNOWN, UNSUPPORTED, constraints,
    extension, integer, sequence, subject)

REVOKED = "certificate 0 (CN=leaf) is revoked"


def under(constraint, whole=None, *names):
    """A leaf, with a subject and names of its own, below an authority with these constraints."""
    def make_path(make):
        authority = make.forged_extensions(lambda all: all.append(constraint), make.issuing, "R")
        leaf = make.leaf(*names) if names else make.certificate("leaf", "I")
        if whole:
            leaf = make.forged(lambda fields: fields.__setitem__(SUBJECT, whole), leaf)
        return Path(leaf, (authority,))

    return make_path


def organization(text, tag=0x0C, encoding="utf-8"):
    return subject((ORGANIZATION, tag, text.encode(encoding)))



SPELLINGS = {
    "other case": organization("eVIL CORP"),
    "more blanks": organization("  Evil \t Corp "),
    "PrintableString": organization("Evil Corp", 0x13),
    "BMPString": organization("EVIL Corp", 0x1E, "utf-16-be"),
    "UniversalString": organization("evil  corp", 0x1C, "utf-32-be"),
    "TeletexString": organization("Evil Corp", 0x14, "latin-1"),
    "more below": subject((ORGANIZATION, 0x0C, b"Evil Corp"), (COMMON_NAME, 0x0C, b"x")),
}
DIRECTORY = constraints((0xA4, organization("Evil Corp")))
NOT_DIRECTORY = constraints(excluded=[(0xA4, organization("Evil Corp"))])
NAMES = {
    **{f"excluded directory name, {how}": (under(NOT_DIRECTORY, whole), FOREIGN) for how, whole in SPELLINGS.items()},
    **{f"permitted directory name, {how}": (under(DIRECTORY, whole),) for how, whole in SPELLINGS.items()},
    "excluded directory name beside other letters": (under(NOT_DIRECTORY, organization("\u00c9vil Corp")), FOREIGN),
    "excluded directory name with other letters": (
        under(constraints(excluded=[(0xA4, organization("\u00e9"))]), organization("\u00c9")), FOREIGN),
    "permitted directory name with other letters": (
        under(constraints((0xA4, organization("\u00e9"))), organization("\u00c9")), FOREIGN),
    "permitted directory name with the same letters": (
        under(constraints((0xA4, organization("\u00e9"))), organization("\u00e9", 0x14, "latin-1")),),
    "excluded directory name, another one": (under(NOT_DIRECTORY, organization("Good Corp")),),
    "excluded e-mail in the subject": (
        under(constraints(excluded=[(0x81, b"evil.org")]), subject((EMAIL, 0x16, b"a@EVIL.org"))), FOREIGN),
    "excluded e-mail in the subject beside another one": (
        under(constraints(excluded=[(0x81, b"evil.org")]), subject((EMAIL, 0x16, b"a@evil.org")),
              alternative(x509.RFC822Name("a@good.org"))), FOREIGN),
    "excluded e-mail in the subject in BMPString": (
        under(constraints(excluded=[(0x81, b"evil.org")]), subject((EMAIL, 0x1E, "a@evil.org".encode("utf-16-be")))),
        FOREIGN),
    "permitted e-mail in the subject": (
        under(constraints((0x81, b"good.org")), subject((EMAIL, 0x16, b"a@good.org"))),),
    "e-mail in the subject that is none": (
        under(constraints(excluded=[(0x81, b"evil.org")]), subject((EMAIL, 0x16, b"evil.org"))), FOREIGN),
    "common name that is no permitted name": (
        under(constraints((0x82, b"example.org")), subject((COMMON_NAME, 0x0C, b"b.example.net"))), FOREIGN),
    "common name in BMPString that is no permitted name": (
        under(constraints((0x82, b"example.org")), subject((COMMON_NAME, 0x1E, "b.net".encode("utf-16-be")))), FOREIGN),
    "common name that is an excluded address": (
        under(constraints(excluded=[(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0]))]),
              subject((COMMON_NAME, 0x0C, b"10.1.2.3"))), FOREIGN),
    "common name that is a permitted name": (
        under(constraints((0x82, b"example.org")), subject((COMMON_NAME, 0x0C, b"b.example.org"))),),
    "common name beside a permitted name": (
        under(constraints((0x82, b"example.org")), subject((COMMON_NAME, 0x0C, b"b.example.net")),
              dns("a.example.org")),),
    "common name beside an address": (
        under(constraints((0x82, b"example.org")), subject((COMMON_NAME, 0x0C, b"b.example.net")),
              alternative(address("192.0.2.7"))), FOREIGN),
    "common name of a person": (
        under(constraints((0x82, b"example.org")), subject((COMMON_NAME, 0x0C, b"Alice M. Smith"))),),
    "common name without a dot": (under(constraints((0x82, b"example.org"))),),
}


def intermediate(made):
    return under(made, None, dns("a.example.org"))


BAD_CONSTRAINTS = f"certificate 1 (CN=I) {BAD_EXTENSION}: nameConstraints"
CONSTRAINTS = {f"constraints: {what}": (intermediate(made), BAD_CONSTRAINTS) for what, made in {
    "none permitted": extension(30, sequence(element(0xA0, b""))),
    "none excluded": extension(30, sequence(element(0xA1, b""))),
    "none at all": extension(30, sequence()),
    "base of no kind": constraints((0x89, b"a")),
    "base with a dot at its end": constraints((0x82, b"example.org.")),
    "base with a wildcard": constraints((0x82, b"*.example.org")),
    "base that is no host": constraints((0x82, b"exa mple.org")),
    "address without a mask": constraints((0x87, bytes(4))),
    "directory name that is none": constraints((0xA4, integer(1))),
    "e-mail that is none": constraints((0x81, b"a@")),
    "minimum": extension(30, sequence(element(0xA0, sequence(element(0x82, b"org"), element(0x80, b"\1"))))),
}.items()} | {
    "constraints: base with a dot at its start": (intermediate(constraints((0x82, b".example.org"))),),
    "constraints: a kind that is not compared": (intermediate(constraints((0x88, b"\x2a\3"))),),
}


# Lists

def listed(change, revokes=False, *more):
    """A list of the leaf's issuer, changed by a function that gets its fields."""
    def make_path(make):
        leaf = make.leaf()
        made = make.forged_list(change, *([leaf] if revokes else []))
        return Path(leaf, (make.issuing,), lists=(make.crl("R"), made, *(one(make) for one in more)))

    return make_path


def list_with(*extensions, **others):
    return listed(lambda fields: fields.append(element(0xA0, sequence(*extensions))), **others)


def entry(serial, *extensions):
    return sequence(integer(serial), element(0x17, b"200101000000Z"), *([sequence(*extensions)] if extensions else []))


def entries(*made):
    """A list with these entries, none of them the leaf's."""
    return listed(lambda fields: fields.insert(5, sequence(*made)))


def replaced(index, value):
    return listed(lambda fields: fields.__setitem__(index, value))


def scope(*parts, critical=b""):
    return extension(28, sequence(*parts), critical)


ONLY_CA, ONLY_USERS, INDIRECT = (element(tag, b"\xff") for tag in (0x82, 0x81, 0x84))
NUMBER, POINT = extension(20, integer(1), b""), element(0xA0, element(0xA0, element(0x86, b"http://a/b")))
LISTS = {f"list {what}": (made, UNSUPPORTED) for what, made in {
    "for authorities": list_with(scope(ONLY_CA)),
    "for users, critical": list_with(scope(ONLY_USERS, critical=TRUE)),
    "of one distribution point": list_with(scope(POINT)),
    "of several issuers": list_with(scope(INDIRECT)),
    "of several issuers that names the leaf": list_with(scope(INDIRECT), revokes=True),
    "of changes": list_with(extension(27, integer(1), b"")),
    "of changes, critical": list_with(extension(27, integer(1))),
    "with an unknown extension, critical": list_with(sequence(UNKNOWN, TRUE, element(0x04, NULL))),
    "with an extension twice": list_with(NUMBER, NUMBER),
    "with an explicit false": list_with(NUMBER, sequence(UNKNOWN, FALSE, element(0x04, NULL))),
    "with no extension at all": list_with(),
    "with an unknown extension of an entry, critical": entries(entry(5, sequence(UNKNOWN, TRUE, element(4, NULL)))),
    "with an entry of another issuer": entries(entry(5, extension(29, sequence(element(0xA4, sequence())), b""))),
    "with an extension of an entry twice": entries(entry(5, *[extension(21, b"\x0a\1\1", b"")] * 2)),
    "with an entry that is dated in the long form": entries(
        sequence(integer(5), element(0x18, b"20200101000000Z"))),
    "with an empty list of entries": entries(),
    "without an end": listed(lambda fields: fields.pop(4)),
    "with an end in the long form": replaced(4, element(0x18, b"20400101000000Z")),
    "with a beginning in the long form": replaced(3, element(0x18, b"20200101000000Z")),
    "of version 1 with extensions": listed(lambda fields: (fields.pop(0), fields.append(element(0xA0, sequence(
        NUMBER))))),
}.items()} | {
    "list for authorities that names the leaf": (list_with(scope(ONLY_CA), revokes=True), REVOKED, UNSUPPORTED),
    "list without an end that names the leaf": (listed(lambda fields: fields.pop(4), True), REVOKED, UNSUPPORTED),
    "list beside a complete one": (listed(lambda fields: fields.append(element(0xA0, sequence(scope(ONLY_CA)))), False,
                                          lambda make: make.crl("I")),),
    "list of version 1": (listed(lambda fields: fields.pop(0)),),
    "list with a number": (list_with(NUMBER),),
    "list with an unknown extension": (list_with(sequence(UNKNOWN, element(0x04, NULL))),),
    "list with reasons": (entries(entry(5, extension(21, b"\x0a\1\1", b""), extension(
        24, element(0x18, b"20200101000000Z"), b""))),),
}


# Steps back

def several(*intermediates, leaf=lambda make: make.leaf()):
    """A leaf and what a function of the maker each makes, in this order."""
    return lambda make: Path(leaf(make), tuple(one(make) for one in intermediates))


def good(make):
    return make.issuing


def other_key(make):
    """I by R, with a key of its own."""
    return make.forged(lambda fields: fields.__setitem__(PUBLIC_KEY, elements(content(
        make.certificate("else", "R").tbs_certificate_bytes))[PUBLIC_KEY]), make.issuing, "R")


ALTERNATIVES = {
    "unknown issuer": lambda make: make.authority("I", "nobody"),
    "expired": lambda make: make.authority(days=(-9, -2)),
    "constrained": lambda make: make.constrained(x509.DNSName("example.net")),
    "no authority": lambda make: make.certificate("I", "R"),
    "other key": other_key,
    "signed by itself": lambda make: make.authority("I", "I"),
    "signed by the one below": lambda make: make.authority("I", "J"),
}
LOOP = (lambda make: make.authority("J", "I"), lambda make: make.authority("I", "J"))
PATHS = {
    **{f"{what} first": (several(made, good),) for what, made in ALTERNATIVES.items()},
    **{f"{what} last": (several(good, made),) for what, made in ALTERNATIVES.items()},
    "loop alone": (several(*LOOP, leaf=lambda make: make.leaf(issuer="J")), "is issued by somebody who is not known"),
    "loop with a way out": (several(*LOOP, good, leaf=lambda make: make.leaf(issuer="J")),),
    "other key alone": (several(other_key), "has a signature that its issuer did not make: CN=I"),
    "expired and forged": (several(other_key, ALTERNATIVES["expired"]), "certificate 1 (CN=I) has expired"),
}

CASES = NAMES | CONSTRAINTS | LISTS | PATHS


@pytest.fixture(scope="module")
def make():
    made = Maker()
    made.keys["nobody"] = ec.generate_private_key(ec.SECP256R1())
    return made


@pytest.mark.parametrize("case", CASES)
def test_limits(make, tmp_path, case):
    make_path, *faults = CASES[case]
    check(tmp_path, make_path(make), make.root, *faults)
