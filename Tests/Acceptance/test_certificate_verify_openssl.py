"""postern certificate verify and `openssl verify -x509_strict` agree on every path, but for differences with a reason.

Postern's verdicts are the ones that the other two files expect.
"""
import pytest

import test_certificate_verify as paths
import test_certificate_verify_forms as forms
from postern_path import Maker, openssl_trusts

CASES = paths.CASES | forms.CASES

# Where the verdicts differ, and why ours is what it is.
DIFFERENCES = {}


@pytest.fixture(scope="module")
def make():
    return Maker()


@pytest.mark.parametrize("case", CASES)
def test_verdict(make, tmp_path, case):
    make_path, *faults = CASES[case]
    agrees = openssl_trusts(tmp_path, make_path(make), make.root) == (not faults)
    assert agrees != (case in DIFFERENCES)
