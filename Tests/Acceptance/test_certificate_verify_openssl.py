"""postern certificate verify and `openssl verify -x509_strict` agree on every path, but for differences with a reason.

Postern's verdicts are the ones that the other two files expect.
"""
import pytest

import test_certificate_verify as paths
import test_certificate_verify_forms as forms
from postern_path import Maker, openssl_trusts

CASES = paths.CASES | forms.CASES

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


@pytest.fixture(scope="module")
def make():
    return Maker()


@pytest.mark.parametrize("case", CASES)
def test_verdict(make, tmp_path, case):
    make_path, *faults = CASES[case]
    agrees = openssl_trusts(tmp_path, make_path(make), make.root) == (not faults)
    assert agrees != (case in DIFFERENCES), DIFFERENCES.get(case, "no difference is known")
