"""Several identities: which one a client is shown depends on the name that it asks for (RFC 6066, section 3)."""
import re
import shutil
import signal
import ssl
import subprocess

import pytest

from postern_client import client_context, echo_once, tls_connection, tls_over
from postern_identity import Identity, make_identity
from postern_target import PATIENCE, RELOAD_FAILED, VERSIONS

both_versions = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def named(open_folder, identities):
    """The default for localhost, one with an RSA key for the same names, one exact name, one wildcard."""
    return {
        "default": identities.good, "rsa": identities.rsa,
        "exact": make_identity(open_folder, "exact", names="DNS:meter.example,DNS:Gateway.Example"),
        "wildcard": make_identity(open_folder, "wildcard", names="DNS:*.dev.example")}


class Several:
    """The options of several identities, in order."""

    def __init__(self, *identities):
        self.options = [option for identity in identities for option in identity.options]


@pytest.fixture(scope="module")
def several(launch_shared, named):
    return launch_shared(identity=Several(*named.values()))


def der(identity):
    return ssl.PEM_cert_to_DER_cert(identity.certificate.read_text())


def shown(server, name, version, **keywords):
    """Which certificate a client gets that asks for `name`."""
    context = client_context(version)
    for setting, value in keywords.items():
        getattr(context, setting)(value)
    with tls_connection(server, context, name=name) as tls:
        return tls.getpeercert(binary_form=True)


@both_versions
@pytest.mark.parametrize("name, expected", [
    ("localhost", "default"), (None, "default"),
    ("meter.example", "exact"), ("METER.example", "exact"), ("gateway.example", "exact"),
    # The dot of the root, which some clients send as their user has typed it.
    ("meter.example.", "exact"), ("board.dev.example.", "wildcard"),
    ("board.dev.example", "wildcard"), ("BOARD.DEV.EXAMPLE", "wildcard"),
    # A wildcard is one label, and a whole one.
    ("a.b.dev.example", "default"), ("dev.example", "default"), ("xdev.example", "default"),
    ("meter.example.net", "default"), ("xmeter.example", "default"), ("elsewhere.example", "default"),
])
def test_clients_are_shown_what_covers_the_name(several, named, version, name, expected):
    assert shown(several, name, version) == der(named[expected])


@both_versions
@pytest.mark.parametrize("name", ["localhost", None])
def test_a_client_that_can_do_only_rsa_gets_the_rsa_key(several, named, version, name):
    host, port = several.address
    command = ["openssl", "s_client", "-connect", f"{host}:{port}", f"-tls{version.replace('.', '_')}",
               "-sigalgs", "RSA+SHA256:rsa_pss_rsae_sha256"]
    command += ["-servername", name] if name else ["-noservername"]
    output = subprocess.run(command, input=b"", capture_output=True, timeout=PATIENCE).stdout.decode()
    pem = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", output, re.DOTALL)
    assert pem and ssl.PEM_cert_to_DER_cert(pem[0]) == der(named["rsa"]), output


@both_versions
def test_unknown_names_can_be_refused(launch, named, version):
    server = launch("--unknown-names", "refuse", identity=Several(named["default"], named["exact"]))
    assert shown(server, "meter.example", version) == der(named["exact"])
    assert shown(server, None, version) == der(named["default"])
    with server.connect() as raw, pytest.raises(ssl.SSLError, match="(?i)unrecognized.name"):
        address = raw.getsockname()
        tls_over(raw, client_context(version), "elsewhere.example")
    assert server.closed(address)["reason"] == "unknownName"
    echo_once(server)


def test_one_bad_identity_keeps_them_all(launch, named, tmp_path):
    live = Identity(tmp_path / "live.crt", tmp_path / "live.key", tmp_path / "live.crt")
    shutil.copy(named["exact"].certificate, live.certificate)
    shutil.copy(named["exact"].key, live.key)
    server = launch(identity=Several(named["default"], live))
    shutil.copy(named["wildcard"].certificate, live.certificate)
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    assert "live.key" in server.wait_for_line(f"postern: error: {RELOAD_FAILED}: (?P<reason>.+)", since)["reason"]
    assert shown(server, "meter.example", VERSIONS[-1]) == der(named["exact"])
    shutil.copy(named["wildcard"].key, live.key)
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_line(r"postern: notice: files reloaded: .+", since)
    assert shown(server, "board.dev.example", VERSIONS[-1]) == der(named["wildcard"])
    assert shown(server, "meter.example", VERSIONS[-1]) == der(named["default"])


def test_all_are_named_at_the_start_and_in_the_configuration(several, named):
    assert several.start_line["certificate"].count("certificate ") == len(named) - 1
