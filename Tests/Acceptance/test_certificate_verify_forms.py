"""postern certificate verify: how certificates are written, signed and dated, each in a path that is right."""
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from postern_path import ALGORITHM, ECDSA_SHA384, SERIAL, VALIDITY, Maker, Path, at, check, der, dns, element, write
from postern_target import refused, run

BADLY_ENCODED = "is not encoded as RFC 5280 and DER ask"
BAD_EXTENSION = "has an extension that is not as RFC 5280 asks"
BAD_NAME = "has a name that is not written as names of its kind are"
BAD_SERIAL = "serial number that is empty, zero, negative or longer"
WEAK_KEY = "has a key other than P-256, P-384 or RSA of 2048 to 4096 bits"
WEAK_SIGNATURE = "is not signed with SHA-256, SHA-384 or SHA-512"

ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")
BASIC_CONSTRAINTS = bytes.fromhex("0603551d13")
UNKNOWN = bytes.fromhex("06032a0304")  # 1.2.3.4
TRUE, ONE, FALSE = b"\x01\x01\xff", b"\x01\x01\x01", b"\x01\x01\x00"
NULL = b"\x05\x00"
SIGNS_DATA = x509.KeyUsage(True, False, False, False, False, False, False, False, False)


def forged(change):
    return lambda make: Path(make.forged(change), (make.issuing,))


def field(index, value):
    """A leaf with another value in one of its fields."""
    return forged(lambda fields: fields.__setitem__(index, value))


def more(*extension):
    """A leaf with one more extension, of these parts and a value."""
    made = element(0x30, b"".join(extension) + element(0x04, NULL))
    return lambda make: Path(make.forged_extensions(lambda all: all.append(made)), (make.issuing,))


def names(value):
    """A leaf with this as its alternative names, which are its last extension."""
    made = element(0x30, ALTERNATIVE_NAMES + element(0x04, value))
    return lambda make: Path(make.forged_extensions(lambda all: all.__setitem__(-1, made)), (make.issuing,))


def limits(value):
    """A leaf with these basic constraints."""
    made = element(0x30, BASIC_CONSTRAINTS + TRUE + element(0x04, value))
    return lambda make: Path(make.forged_extensions(lambda all: all.append(made)), (make.issuing,))


def dates(begin, end):
    return field(VALIDITY, element(0x30, begin + end))


def generalized(text):
    return element(0x18, text)


def short(text):
    return element(0x17, text)


def flipped(make):
    changed = bytearray(der(make.leaf()))
    changed[-3] ^= 1
    return Path(bytes(changed), (make.issuing,))


def flipped_intermediate(make):
    changed = bytearray(der(make.issuing))
    changed[-3] ^= 1
    return Path(make.leaf(), (bytes(changed),))


def by(kind, digest=hashes.SHA256()):
    """Root and leaf with keys that a function makes."""
    def make_path(make):
        make.keys[kind] = KEYS[kind]()
        root = make.authority(kind, kind, digest=digest)
        return Path(make.leaf(issuer=kind, digest=digest), ca=root)

    return make_path


def of(kind):
    """A leaf with such a key."""
    def make_path(make):
        make.keys[kind] = KEYS[kind]()
        return Path(make.certificate(kind, "I", dns("a.example.org")), (make.issuing,))

    return make_path


def dated(days, options=()):
    return lambda make: Path(make.leaf(days=days), (make.issuing,), options=tuple(options))


def long_lived(time):
    """A path that ends in 2080 or so, at a time."""
    def make_path(make):
        return Path(make.leaf(days=(-1, 19000)), (make.authority(days=(-1, 19500)),),
                    make.authority("R", "R", days=(-1, 20000)), ("--at", time))

    return make_path


def huge(make):
    leaf = make.leaf(dns(*(f"n{number}.example.org" for number in range(4000))))
    return Path(leaf, (make.issuing,), options=("--name", "n3999.example.org"))


KEYS = {
    "RSA-1024": lambda: rsa.generate_private_key(65537, 1024),
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-4096": lambda: rsa.generate_private_key(65537, 4096),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
}

# What is judged, and the faults that are named.
CASES = {
    "forged as it was": (forged(lambda fields: None),),
    "serial number negative": (field(SERIAL, b"\x02\x02\x80\x01"), BAD_SERIAL),
    "serial number zero": (field(SERIAL, b"\x02\x01\x00"), BAD_SERIAL),
    "serial number of 21 bytes": (field(SERIAL, element(2, b"\x01" * 21)), BAD_SERIAL),
    "serial number of 20 bytes": (field(SERIAL, element(2, b"\x01" * 20)),),
    "serial number empty": (field(SERIAL, b"\x02\x00"), BADLY_ENCODED, BAD_SERIAL),
    "serial number with a zero before it": (field(SERIAL, b"\x02\x02\x00\x01"), BADLY_ENCODED),
    "length in the long form": (field(SERIAL, b"\x02\x81\x01\x05"), BADLY_ENCODED),
    "another algorithm inside": (field(ALGORITHM, ECDSA_SHA384), BADLY_ENCODED),
    "version 1 with extensions": (forged(lambda fields: fields.pop(0)), BADLY_ENCODED),
    "same extension twice": (
        lambda make: Path(make.forged_extensions(lambda all: all.append(all[0])), (make.issuing,)),
        "same extension twice"),
    "unknown extension, critical": (more(UNKNOWN, TRUE), "critical extension that is not known here: 1.2.3.4"),
    "unknown extension": (more(UNKNOWN),),
    "true that is 1": (more(UNKNOWN, ONE), BADLY_ENCODED, "critical extension that is not known here: 1.2.3.4"),
    "default written out": (more(UNKNOWN, FALSE), BADLY_ENCODED),
    "path length of no authority": (limits(b"\x30\x03\x02\x01\x00"), f"{BAD_EXTENSION}: basicConstraints"),
    "path length of an authority without keyCertSign": (
        lambda make: Path(make.leaf((x509.BasicConstraints(True, 0), True), (SIGNS_DATA, True)), (make.issuing,)),
        "key usage that does not go with"),
    "authority without keyCertSign": (
        lambda make: Path(make.leaf((x509.BasicConstraints(True, None), True), (SIGNS_DATA, True)), (make.issuing,)),),
    "alternative names empty": (names(b"\x30\x00"), BADLY_ENCODED),
    "address of three bytes": (names(b"\x30\x05\x87\x03\x0a\x00\x01"), BAD_NAME),
    "2030 in the long form": (dates(short(b"200101000000Z"), generalized(b"20300101000000Z")), BADLY_ENCODED),
    "2080 in the long form": (dates(short(b"200101000000Z"), generalized(b"20800101000000Z")),),
    "date without seconds": (dates(short(b"2001010000Z"), generalized(b"20800101000000Z")), BADLY_ENCODED),

    "bit flipped in the signature": (flipped, "has a signature that its issuer did not make: CN=I"),
    "bit flipped in the intermediate's": (flipped_intermediate, "has a signature that its issuer did not make: CN=R"),
    "SHA-1": (lambda make: Path(make.leaf(digest=hashes.SHA1()), (make.issuing,)), WEAK_SIGNATURE),
    "SHA-1 above": (lambda make: Path(make.leaf(), (make.authority(digest=hashes.SHA1()),)), WEAK_SIGNATURE),
    "SHA-224": (lambda make: Path(make.leaf(digest=hashes.SHA224()), (make.issuing,)), WEAK_SIGNATURE),
    "SHA-512": (lambda make: Path(make.leaf(digest=hashes.SHA512()), (make.issuing,)),),
    "by P-384": (by("P-384", hashes.SHA384()),),
    "by RSA-2048": (by("RSA-2048"),),
    "by RSA-4096": (by("RSA-4096"),),
    "by RSA-1024": (by("RSA-1024"), WEAK_KEY),
    "by P-521": (by("P-521"), WEAK_KEY),
    "of RSA-1024": (of("RSA-1024"), WEAK_KEY),

    "expired": (dated((-9, -2)), "has expired"),
    "not yet valid": (dated((5, 9)), "is not valid yet"),
    "expired now, at its time": (dated((-9, -2), at(-4)),),
    "expired now, before its time": (dated((-9, -2), at(-12)), "is not valid yet"),
    "good now, at another time": (dated((-9, 2), at(4)), "has expired"),
    "intermediate expired": (
        lambda make: Path(make.leaf(), (make.authority(days=(-9, -2)),)), "certificate 1 (CN=I) has expired"),
    "root expired": (lambda make: Path(make.leaf(issuer="R"), ca=make.authority("R", "R", days=(-9, -2))),
                     "certificate 1 (CN=R) has expired"),
    "2040": (long_lived("2040-01-01T00:00:00Z"),),
    "2077": (long_lived("2077-01-01T00:00:00Z"),),
    "2090": (long_lived("2090-01-01T00:00:00Z"), "has expired", "has expired", "has expired"),
    "huge": (huge,),
}


@pytest.fixture(scope="module")
def make():
    return Maker()


@pytest.mark.parametrize("case", CASES)
def test_form(make, tmp_path, case):
    make_path, *faults = CASES[case]
    check(tmp_path, make_path(make), make.root, *faults)


def test_more_than_fits(make, tmp_path):
    path = Path(make.leaf(dns(*(f"n{number}.example.org" for number in range(16_000)))))
    refused(run(*write(tmp_path, path, make.root), cwd=tmp_path), "leaf.der")
