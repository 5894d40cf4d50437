"""postern certificate verify and `openssl verify -x509_strict` agree on every path, but for differences with a reason.

Postern's verdicts are the ones that the other two files expect.
"""
import pytest

import test_certificate_verify as paths
import test_certificate_verify_forms as forms
import test_certificate_verify_limits as limits
import test_certificate_verify_strict as strict
from postern_path import Maker, openssl_trusts

CASES = paths.CASES | forms.CASES | strict.CASES | limits.CASES

# Where the verdicts differ, and why ours is what it is.
MOST = "at most 8 intermediates, so that a stranger's chain costs a bounded number of signatures"
SERIALS = "RFC 5280, 4.1.2.2: a serial number is positive and has 20 bytes at most; openssl takes any"
STRICT = "X.690: DER has one way to write a thing; openssl reads others too"
PROFILE = "SHA-256 and up, P-256, P-384 and RSA of 2048 to 4096 bits; openssl decides that by its security level"
DIFFERENCES = {
    "50 deep": MOST, "9 intermediates": MOST,
    "same serial number": "RFC 5280, 4.1.2.2: an issuer gives a number once; a revocation list could not tell the two",
    "serial number negative": SERIALS, "serial number zero": SERIALS, "serial number of 21 bytes": SERIALS,
    "length in the long form": STRICT, "default written out": STRICT,
    "2030 in the long form": "RFC 5280, 4.1.2.5: dates before 2050 are UTCTime; openssl takes both",
    "address of three bytes": "RFC 5280, 4.2.1.6: 4 bytes or 16; openssl looks at names only when one is asked for",
    "SHA-1": PROFILE, "SHA-1 above": PROFILE, "SHA-224": PROFILE,
    "by RSA-1024": PROFILE, "of RSA-1024": PROFILE, "by P-521": PROFILE,
}
PEER_KEY = "no such key is sound, and large exponents cost time; points are written without compression"
NO_NAME = "RFC 5280, 4.2.1.6: names have a syntax; openssl looks at names only when one is asked for"
NO_FORM = "RFC 5280, 4.2 and 5: an extension is there once and says something; DER leaves defaults out"
NO_LIST = "only complete lists with an end, by the certificate's issuer, written as RFC 5280, 5 asks, clear anybody"
NO_LIMIT = "RFC 5280, 4.2.1.10: constraints that are empty or mean nothing were meant to limit"
LETTERS = "letters beyond ASCII are not folded here, so that they may be an excluded name"
STEPS = "RFC 4158: of several issuers of one name each is tried"
ALL = strict.CASES | limits.CASES


def refused(*beginnings):
    return [case for case in ALL if case.startswith(beginnings) and len(ALL[case]) > 1]


DIFFERENCES |= {case: reason for reason, cases in {
    PEER_KEY: [*refused("RSA exponent", "RSA modulus"), "exponent 3 of an intermediate", "point at infinity",
               "point that is compressed"],
    "RFC 4055, 3.1: the salt has the hash's length; what is shorter nobody makes": ["PSS with a short salt"],
    "RFC 4055, 5: parameters are NULL, or not there": ["RSA with other parameters"],
    NO_NAME: [*refused("DNS name", "e-mail without", "e-mail with a dot", "URI"), "subject beyond ASCII in IA5String"],
    NO_FORM: ["purposes of none", "anchor's purposes of none", "key usage with bits to spare"],
    "33 extensions are more than anybody has; what is behind them is not read": ["33 extensions and more"],
    "an anchor is forgiven how it is written": ["anchor's basic constraints not critical"],
    LETTERS: ["excluded directory name beside other letters", "excluded directory name with other letters"],
    "an address as common name is used as one by those who take common names": [
        "common name that is an excluded address"],
    NO_LIMIT: [f"constraints: {what}" for what in (
        "none permitted", "none excluded", "none at all", "address without a mask", "e-mail that is none")],
    NO_LIST: [f"list {what}" for what in (
        "for users, critical", "of changes", "of changes, critical", "of version 1 with extensions",
        "with an extension twice", "with an explicit false", "with no extension at all",
        "with an entry of another issuer", "with an extension of an entry twice",
        "with an entry that is dated in the long form", "with an empty list of entries", "without an end",
        "with an end in the long form", "with a beginning in the long form")],
    STEPS: ["loop with a way out", *(f"{what} first" for what in (
        "unknown issuer", "constrained", "no authority", "other key", "signed by itself", "signed by the one below"))],
}.items() for case in cases}


@pytest.fixture(scope="module")
def make():
    return Maker()


@pytest.mark.parametrize("case", CASES)
def test_verdict(make, tmp_path, case):
    make_path, *faults = CASES[case]
    agrees = openssl_trusts(tmp_path, make_path(make), make.root) == (not faults)
    assert agrees != (case in DIFFERENCES), DIFFERENCES.get(case, "no difference is known")
