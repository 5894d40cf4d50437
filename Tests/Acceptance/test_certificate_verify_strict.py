"""postern certificate verify: what must not be passed over in keys, names, extensions, anchors, constraints, lists.

Each is one change to a path that is right. What a library would not write is written here by hand.
"""
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from postern_path import ALGORITHM, PUBLIC_KEY, SUBJECT, Maker, Path, check, content, dns, element, elements

BAD_EXTENSION = "has an extension that is not as RFC 5280 asks"
BAD_KEY = "has a damaged key, or an RSA exponent that is even, below 65537 or over 32 bits"
BAD_NAME = "has a name that is not written as names of its kind are"
BAD_SIGNATURE = "has a signature that its issuer did not make"
BADLY_ENCODED = "is not encoded as RFC 5280 and DER ask"
FOREIGN = "has a name that an authority above it may not issue"
UNSUPPORTED = "has a revocation list of a kind that is not supported"
WEAK_KEY = "has a key other than P-256, P-384 or RSA of 2048 to 4096 bits"
WEAK_SIGNATURE = "is not signed with SHA-256, SHA-384 or SHA-512"

TRUE, FALSE, NULL = b"\x01\x01\xff", b"\x01\x01\x00", b"\x05\x00"
COMMON_NAME, ORGANIZATION = b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x0a"
EMAIL = bytes.fromhex("06092a864886f70d010901")
RSA_KEY = bytes.fromhex("300d06092a864886f70d0101010500")
P256 = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
UNKNOWN = bytes.fromhex("06032a0304")   # 1.2.3.4


def sequence(*parts):
    return element(0x30, b"".join(parts))


def integer(value, size=None):
    return element(0x02, value.to_bytes(size or value.bit_length() // 8 + 1, "big"))


def extension(number, value, critical=TRUE):
    """One of 2.5.29.x."""
    return sequence(b"\x06\x03\x55\x1d" + bytes([number]), critical, element(0x04, value))


# Keys of the leaf

def key(information):
    return lambda make: Path(make.forged(lambda fields: fields.__setitem__(PUBLIC_KEY, information)), (make.issuing,))


def point(change):
    """A leaf whose point is changed."""
    def make_path(make):
        right = make.key("leaf").public_key().public_bytes(serialization.Encoding.X962,
                                                          serialization.PublicFormat.UncompressedPoint)
        return key(sequence(P256, element(0x03, b"\0" + change(right))))(make)

    return make_path


def numbers(modulus=(1 << 2047) + 1, exponent=65537):
    return key(sequence(RSA_KEY, element(0x03, b"\0" + sequence(
        modulus if isinstance(modulus, bytes) else integer(modulus), integer(exponent)))))


def with_exponent_3(owner):
    """A root, or an intermediate, whose key has the exponent 3."""
    def make_path(make):
        make.keys[owner] = EXPONENT_3
        return (Path(make.leaf(issuer=owner), ca=make.authority(owner, owner)) if owner == "R3"
                else Path(make.leaf(issuer=owner), (make.authority(owner, "R"),)))

    return make_path


EXPONENT_3 = rsa.generate_private_key(3, 2048)
KEYS = {
    "point off the curve": (point(lambda right: right[:-1] + bytes([right[-1] ^ 1])), BAD_KEY),
    "point at infinity": (point(lambda right: b"\0"), BAD_KEY),
    "point that is short": (point(lambda right: right[:-1]), BAD_KEY),
    "point that is compressed": (point(lambda right: bytes([2 + right[-1] % 2]) + right[1:33]), BAD_KEY),
    "no point": (point(lambda right: b""), BAD_KEY),
    **{f"RSA exponent {exponent}": (numbers(exponent=exponent), BAD_KEY)
       for exponent in (0, 1, 2, 3, 5, 65535, 65536, 65538, (1 << 32) + 1, (1 << 2000) + 1)},
    "RSA exponent 65539": (numbers(exponent=65539),),
    "RSA exponent of 32 bits": (numbers(exponent=(1 << 32) - 1),),
    "RSA modulus even": (numbers(modulus=1 << 2047), BAD_KEY),
    "RSA modulus negative": (numbers(modulus=element(2, b"\x81" + b"\1" * 255)), BAD_KEY),
    "RSA modulus zero": (numbers(modulus=0), BAD_KEY),
    "exponent 3 of an anchor": (with_exponent_3("R3"),),
    "exponent 3 of an intermediate": (with_exponent_3("I3"), BAD_KEY),
    "curve written out": (key(sequence(sequence(bytes.fromhex("06072a8648ce3d0201"), sequence(integer(1))),
                                       element(0x03, b"\0\4" + b"\1" * 64))), WEAK_KEY),
}


# How it is signed

def pss(digest_last, salt, mask_last=None, *more):
    """An AlgorithmIdentifier of RSASSA-PSS; hashes by the last number of their identifiers."""
    def digest(last):
        return sequence(bytes.fromhex("06096086480165030402") + bytes([last]), NULL)

    mask = sequence(bytes.fromhex("06092a864886f70d010108"), digest(mask_last or digest_last))
    return sequence(bytes.fromhex("06092a864886f70d01010a"), sequence(
        element(0xA0, digest(digest_last)), element(0xA1, mask), element(0xA2, integer(salt)), *more))


def by_rsa(algorithm, pad, digest):
    """A leaf that an RSA key has signed in this way, and says so."""
    def make_path(make):
        make.keys["P"] = RSA
        fields = elements(content(make.leaf(issuer="P").tbs_certificate_bytes))
        fields[ALGORITHM] = algorithm
        body = sequence(*fields)
        signature = element(0x03, b"\0" + RSA.sign(body, pad, digest))
        return Path(sequence(body, algorithm, signature), ca=make.authority("P", "P"))

    return make_path


def by_pss(algorithm, digest, salt):
    return by_rsa(algorithm, padding.PSS(padding.MGF1(digest), salt), digest)


RSA = rsa.generate_private_key(65537, 2048)
SHA256, SHA384, SHA512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()
PKCS1 = padding.PKCS1v15()
SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
SIGNATURES = {
    "PSS with SHA-256": (by_pss(pss(1, 32), SHA256, 32),),
    "PSS with SHA-384": (by_pss(pss(2, 48), SHA384, 48),),
    "PSS with SHA-512": (by_pss(pss(3, 64), SHA512, 64),),
    "PSS with the longest salt": (by_pss(pss(1, 222), SHA256, 222),),
    "PSS with another salt than it says": (by_pss(pss(1, 32), SHA256, 33), BAD_SIGNATURE),
    "PSS with a short salt": (by_pss(pss(1, 8), SHA256, 8), WEAK_SIGNATURE),
    "PSS that is none": (by_rsa(pss(1, 32), PKCS1, SHA256), BAD_SIGNATURE),
    "PSS with two hashes": (by_pss(pss(1, 32, 2), SHA256, 32), WEAK_SIGNATURE),
    "PSS with defaults": (by_rsa(sequence(bytes.fromhex("06092a864886f70d01010a"), sequence()), PKCS1, SHA256),
                          WEAK_SIGNATURE),
    "PSS with another trailer": (by_pss(pss(1, 32, None, element(0xA3, integer(2))), SHA256, 32), WEAK_SIGNATURE),
    "RSA without parameters": (by_rsa(sequence(SHA256_WITH_RSA), PKCS1, SHA256),),
    "RSA with other parameters": (by_rsa(sequence(SHA256_WITH_RSA, integer(0)), PKCS1, SHA256), WEAK_SIGNATURE),
    "RSA that says ECDSA": (by_rsa(sequence(bytes.fromhex("06082a8648ce3d040302")), PKCS1, SHA256), BAD_SIGNATURE),
}


# Names

def subject(*attributes):
    """A Name: each attribute is identifier, tag, bytes."""
    return sequence(*(element(0x31, sequence(kind, element(tag, value))) for kind, tag, value in attributes))


def named(whole, *more):
    """A leaf with this subject."""
    return lambda make: Path(make.forged(lambda fields: fields.__setitem__(SUBJECT, whole)), (make.issuing,), *more)


def alternative(tag, value):
    """A leaf with this alternative name."""
    def make_path(make):
        made = extension(17, sequence(element(tag, value)), b"")
        return Path(make.forged_extensions(lambda all: all.__setitem__(-1, made)), (make.issuing,))

    return make_path


NAMES = {
    "subject that is no Name": (named(sequence(integer(1))), BAD_NAME),
    "subject with an empty set": (named(sequence(element(0x31, b""))), BAD_NAME),
    "subject with half an attribute": (named(sequence(element(0x31, sequence(COMMON_NAME)))), BAD_NAME),
    "subject with more than an attribute": (
        named(sequence(element(0x31, sequence(COMMON_NAME, element(0x0C, b"a"), NULL)))), BAD_NAME),
    "subject in bad UTF-8": (named(subject((COMMON_NAME, 0x0C, b"a\xff"))), BAD_NAME),
    "subject with half a character": (named(subject((COMMON_NAME, 0x1E, b"\0a\0"))), BAD_NAME),
    "subject with a surrogate": (named(subject((COMMON_NAME, 0x1E, b"\xd8\0"))), BAD_NAME),
    "subject beyond Unicode": (named(subject((COMMON_NAME, 0x1C, b"\0\x11\0\0"))), BAD_NAME),
    "subject beyond ASCII in IA5String": (named(subject((EMAIL, 0x16, b"a\xe9@b"))), BAD_NAME),
    "subject in BMPString": (named(subject((COMMON_NAME, 0x1E, b"\0a\x20\xac"))),),
    "subject in TeletexString": (named(subject((COMMON_NAME, 0x14, b"a\xe9"))),),
    **{f"DNS name {bytes(value)}": (alternative(0x82, value), BAD_NAME) for value in (
        b"", b" ", b"a.example.org.", b"a.example.org\0.b", b".example.org", b"a..b", b"*", b"f*.example.org",
        b"a.*.org", b"a b", b"\xe9.org", b"a" * 64 + b".org", b"a:b")},
    **{f"DNS name {bytes(value)}": (alternative(0x82, value),) for value in (
        b"a_b.example.org", b"*.example.org", b"a", b"-a.org", b"a" * 63 + b".org")},
    "e-mail without a host": (alternative(0x81, b"a"), BAD_NAME),
    "e-mail with a dot at its end": (alternative(0x81, b"a@example.org."), BAD_NAME),
    "URI without a scheme": (alternative(0x86, b"//a.example.org"), BAD_NAME),
    "URI with a line feed": (alternative(0x86, b"urn:a\n"), BAD_NAME),
    "name of no kind": (alternative(0x89, b"a"), BAD_NAME),
    "directory name that is none": (alternative(0xA4, integer(1)), BAD_NAME),
}


# Extensions of the leaf and of the intermediate

def leaf_with(*more):
    return lambda make: Path(make.forged_extensions(lambda all: all.extend(more)), (make.issuing,))


def not_critical(owner):
    """The basic constraints of a root or of an intermediate are not critical."""
    def make_path(make):
        def change(all):
            all[2] = all[2].replace(TRUE, b"", 1)
            all[2] = sequence(content(all[2]))
            assert b"\x55\x1d\x13" in all[2]
            all[2] = extension(19, sequence(TRUE), b"")

        made = make.forged_extensions(change, make.root if owner == "R" else make.issuing, "R")
        return Path(make.leaf(), (make.issuing,), made) if owner == "R" else Path(make.leaf(), (made,))

    return make_path


MANY = [sequence(UNKNOWN[:1] + bytes([4]) + UNKNOWN[2:] + bytes([number]), element(0x04, NULL))
        for number in range(1, 34)]
EXTENSIONS = {
    "purposes of none": (leaf_with(extension(37, sequence(), b"")), f"{BAD_EXTENSION}: extKeyUsage"),
    "purposes that are no purposes": (leaf_with(extension(37, sequence(NULL), b"")), f"{BAD_EXTENSION}: extKeyUsage"),
    "key usage without bits": (leaf_with(extension(15, b"\x03\x01\x00")), f"{BAD_EXTENSION}: keyUsage"),
    "key usage with no bit set": (leaf_with(extension(15, b"\x03\x02\x07\x00")), f"{BAD_EXTENSION}: keyUsage"),
    "key usage with bits to spare": (leaf_with(extension(15, b"\x03\x02\x00\x80")), BADLY_ENCODED),
    "33 extensions and more": (leaf_with(*MANY), BAD_EXTENSION),
    "basic constraints not critical": (not_critical("I"), f"{BAD_EXTENSION}: basicConstraints, which must be critical"),
}


# Trust anchors

def anchor(*more, first=()):
    """A root with more extensions, before or behind its own."""
    def make_path(make):
        def change(all):
            all[:0] = first
            all.extend(more)

        return Path(make.leaf(), (make.issuing,), make.forged_extensions(change, make.root, "R"))

    return make_path


def without_usage(value):
    """A root with this key usage."""
    def make_path(make):
        def change(all):
            assert b"\x55\x1d\x0f" in all[3]
            all[3] = extension(15, value)

        return Path(make.leaf(), (make.issuing,), make.forged_extensions(change, make.root, "R"))

    return make_path


def constraints(*permitted, excluded=(), critical=TRUE):
    """The extension; each base is a tag and its content."""
    return extension(30, sequence(*(element(tag, b"".join(sequence(element(*base)) for base in bases))
                                    for tag, bases in ((0xA0, permitted), (0xA1, excluded)) if bases)), critical)


ELSEWHERE = constraints((0x82, b"example.net"))
PLAIN_FALSE = sequence(UNKNOWN, FALSE, element(0x04, NULL))
ANCHORS = {
    "anchor with an explicit false": (anchor(first=[PLAIN_FALSE]),),
    "anchor's constraints behind an explicit false": (anchor(ELSEWHERE, first=[PLAIN_FALSE]), FOREIGN),
    "anchor's constraints that are explicitly not critical": (
        anchor(constraints((0x82, b"example.net"), critical=FALSE)), FOREIGN),
    "anchor's constraints behind 32 extensions": (anchor(*MANY, ELSEWHERE), BAD_EXTENSION),
    "anchor's constraints damaged": (anchor(extension(30, sequence(NULL))), f"{BAD_EXTENSION}: nameConstraints"),
    "anchor's key usage empty": (without_usage(b"\x03\x01\x00"), f"{BAD_EXTENSION}: keyUsage"),
    "anchor's key usage without a bit": (without_usage(b"\x03\x02\x00\x00"), f"{BAD_EXTENSION}: keyUsage"),
    "anchor's key usage with bits to spare": (without_usage(b"\x03\x02\x00\x06"),),
    "anchor's purposes damaged": (anchor(extension(37, sequence(NULL), b"")), f"{BAD_EXTENSION}: extKeyUsage"),
    "anchor's purposes of none": (anchor(extension(37, sequence(), b"")), f"{BAD_EXTENSION}: extKeyUsage"),
    "anchor's basic constraints not critical": (not_critical("R"),),
    "anchor with something unreadable among its extensions": (anchor(NULL), BAD_EXTENSION),
}

CASES = KEYS | SIGNATURES | NAMES | EXTENSIONS | ANCHORS


@pytest.fixture(scope="module")
def make():
    return Maker()


@pytest.mark.parametrize("case", CASES)
def test_strictness(make, tmp_path, case):
    make_path, *faults = CASES[case]
    check(tmp_path, make_path(make), make.root, *faults)
