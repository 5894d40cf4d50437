"""postern probe judges certificates: the verdict, the exit code and the words, against Python's verdict on the same
server as the counterpart of CERT_REQUIRED, CERT_NONE and check_hostname."""
import datetime
import socket
import ssl

import pytest

from postern_authority import Authority
from postern_dates import now
from postern_peer import probe, python_server, serve, server_context
from postern_target import VERSIONS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("probe-trust")


@pytest.fixture(scope="module")
def root(folder):
    return Authority(folder, "Test Root")


@pytest.fixture(scope="module")
def servers(folder, root):
    """What a server may show: the identity, the exit code, and the faults."""
    middle = Authority(folder, "Test Middle", root)
    stranger = Authority(folder, "Other Root")
    false_middle = Authority(folder, "Leaf as issuer", root)
    return {
        "good": (root.issue("good"), 0, []),
        "rsa": (root.issue("rsa", kind="rsa:2048"), 0, []),
        "curve384": (root.issue("curve384", kind="P-384"), 0, []),
        "wildcard": (root.issue("wildcard", ["*.test", "localhost", "127.0.0.1"]), 0, []),
        "chained": (middle.issue("chained"), 0, []),
        "without its intermediate": (middle.issue("headless", chain=False), 3, ["untrusted"]),
        "expired": (root.issue("expired", days=(-30, -1)), 3, ["expired"]),
        "not yet valid": (root.issue("future", days=(1, 30)), 3, ["notYetValid"]),
        "for clients": (root.issue("purpose", purpose="client"), 3, ["wrongPurpose"]),
        "other authority": (stranger.issue("stranger"), 3, ["untrusted"]),
        "wrong name": (root.issue("name", ["other.test"]), 4, ["wrongName"]),
        "no name": (root.issue("nameless", []), 4, ["wrongName"]),
        "expired and wrong name": (root.issue("both", ["other.test"], days=(-30, -1)), 3, ["expired", "wrongName"]),
        "leaf of " + false_middle.name: (false_middle.issue("deep"), 0, []),
    }


CASES = ["good", "rsa", "curve384", "wildcard", "chained", "without its intermediate", "expired", "not yet valid",
         "for clients", "other authority", "wrong name", "no name", "expired and wrong name"]


def python_accepts(address, root, hostname="localhost"):
    context = ssl.create_default_context(cafile=root.certificate)
    context.hostname_checks_common_name = False     # RFC 9525 has done away with it
    try:
        with socket.create_connection(address) as raw, context.wrap_socket(raw, server_hostname=hostname) as tls:
            tls.unwrap()
        return True
    except ssl.SSLCertVerificationError:
        return False


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_verdicts(servers, root, case, version):
    identity, code, faults = servers[case]
    with python_server(identity, version=version, connections=3) as (host, port):
        probed = probe(f"localhost:{port}", "--ca", root.certificate, data=b"x")
        told = probe(f"localhost:{port}", "--ca", root.certificate, "--json")
        assert python_accepts((host, port), root) == (code == 0)
    assert (probed.code, probed.output) == (code, b"x" if code == 0 else b"")
    assert told.code == code and told.json["faults"] == faults and told.json["exit"] == code
    assert told.json["verified"] == (code == 0)
    assert told.json["result"] == {0: "ok", 3: "untrusted", 4: "nameMismatch"}[code]


WORDS = {
    "without its intermediate": "is issued by somebody who is not known here",
    "expired": "has expired",
    "not yet valid": "is not valid yet",
    "for clients": "is not for this purpose",
    "other authority": "is issued by somebody who is not known here",
    "wrong name": "is for other names",
}


@pytest.mark.parametrize("case", WORDS)
def test_every_fault_is_named_in_words(servers, root, case):
    with python_server(servers[case][0]) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", root.certificate)
    assert WORDS[case] in probed.error


def test_two_faults_are_both_named(servers, root):
    with python_server(servers["expired and wrong name"][0]) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", root.certificate)
    assert "has expired" in probed.error and "is for other names" in probed.error


# Counterparts of Python's settings

@pytest.mark.parametrize("case", CASES)
def test_no_verify_is_cert_none(servers, case):
    with python_server(servers[case][0]) as (_, port):
        probed = probe(f"localhost:{port}", "--no-verify", data=b"x")
    assert (probed.code, probed.output) == (0, b"x")
    assert probed.report["verified"].startswith("no")


@pytest.mark.parametrize("case", CASES)
def test_no_hostname_check_is_check_hostname_false(servers, root, case):
    identity, code, faults = servers[case]
    with python_server(identity) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", root.certificate, "--no-hostname-check", data=b"x")
    assert probed.code == (3 if set(faults) - {"wrongName"} else 0)


def test_the_system_s_authorities_do_not_know_the_root(servers):
    with python_server(servers["good"][0]) as (_, port):
        probed = probe(f"localhost:{port}", data=b"x")
    assert probed.code == 3 and "not known here" in probed.error


# Names

@pytest.mark.parametrize("name, code", [
    ("localhost", 0), ("LocalHost", 0), ("www.test", 0), ("WWW.Test", 0), ("test", 4), ("a.b.test", 4),
    ("127.0.0.1", 0), ("127.0.0.2", 4), ("::1", 4), ("localhost.test", 0), ("xlocalhost", 4)])
def test_names(servers, root, name, code):
    with python_server(servers["wildcard"][0]) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", root.certificate, "--name", name, data=b"x")
    assert probed.code == code, probed


def test_an_address_as_host_is_looked_for_as_an_address(servers, root, has_ipv6):
    for host in ("127.0.0.1", "::1"):
        with python_server(servers["good"][0], host=host) as address:
            assert probe(address, "--ca", root.certificate).code == 0
    with python_server(servers["wrong name"][0]) as address:
        assert probe(address, "--ca", root.certificate).code == 4


@pytest.mark.needs("user mounts")
def test_the_dot_of_the_root_is_no_part_of_the_name(servers, root, tmp_path):
    """Neither of the one that is asked for, where RFC 6066 forbids it, nor of the one that is checked."""
    (tmp_path / "hosts").write_text("127.0.0.1 localhost localhost.\n")       # not every resolver knows it otherwise
    prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
              f"mount --bind {tmp_path / 'hosts'} /etc/hosts && exec \"$@\"", "sh"]
    seen, look = names_seen(servers["good"][0])
    with serve(look) as (_, port):
        probed = probe(f"localhost.:{port}", "--ca", root.certificate, data=b"x", prefix=prefix)
    assert probed.code == 0 and seen == ["localhost"], probed


def names_seen(identity):
    """The names that clients ask for, and a handler that notes them."""
    seen = []

    def look(client):
        context = server_context(identity)
        context.sni_callback = lambda _, server_name, __: seen.append(server_name)
        with context.wrap_socket(client, server_side=True) as connection:
            connection.recv(10)
            connection.unwrap()

    return seen, look


@pytest.mark.parametrize("name, asked", [
    ("localhost", "localhost"), ("board.test", "board.test"), ("127.0.0.1", None), ("::1", None)])
def test_the_name_is_asked_for_and_addresses_are_not(servers, root, name, asked):
    seen, look = names_seen(servers["wildcard"][0])
    with serve(look) as (_, port):
        probe(f"localhost:{port}", "--ca", root.certificate, "--no-hostname-check", "--name", name, data=b"x")
    assert seen == [asked]


# What the report says

def test_the_report_names_the_certificate(servers, root):
    identity = servers["good"][0]
    with open(identity.certificate, encoding="ascii") as file:
        der = ssl.PEM_cert_to_DER_cert(file.read())
    import hashlib
    fingerprint = hashlib.sha256(der).hexdigest()
    with python_server(identity, connections=2) as (_, port):
        told = probe(f"localhost:{port}", "--ca", root.certificate, "--json").json
        said = probe(f"localhost:{port}", "--ca", root.certificate, data=b"").report
    assert told["subject"] == said["subject"] == "CN=localhost"
    assert told["issuer"] == said["issuer"] == "CN=Test Root"
    assert told["names"] == said["name"] == ["DNS:localhost", "IP:127.0.0.1", "IP:::1"]
    assert told["sha256"].replace(":", "").lower() == said["sha256"].replace(":", "").lower() == fingerprint
    assert told["daysLeft"] in (364, 365)
    assert said["valid until"].split(", ")[0] == told["notAfter"] and "days left" in said["valid until"]
    end = datetime.datetime.strptime(told["notAfter"], "%Y-%m-%dT%H:%M:%SZ")
    assert 364 <= (end - now()).days <= 365
    assert said["verified"] == "yes, for localhost"


def test_days_of_an_expired_certificate_are_negative(servers, root):
    with python_server(servers["expired"][0]) as (_, port):
        told = probe(f"localhost:{port}", "--ca", root.certificate, "--json").json
    assert told["daysLeft"] == -2 or told["daysLeft"] == -1


def test_words_of_a_certificate_cannot_steer_the_terminal(root):
    evil = root.issue("evil", ["localhost"], subject="\x1b[2J\x07\x9b31m\u202eCN")
    with python_server(evil, connections=2) as (_, port):
        probed = probe(f"localhost:{port}", "--ca", root.certificate, data=b"x")
        told = probe(f"localhost:{port}", "--ca", root.certificate, "--json")
    for byte in (*range(10), *range(11, 32), 127):
        assert bytes([byte]) not in probed.errors.encode() + told.output, byte
    assert "\x9b" not in probed.errors + told.output.decode()


def test_many_names_are_all_told(root):
    names = [f"{'n' * 40}-{number}.test" for number in range(90)] + ["localhost"]
    many = root.issue("many", names)
    with python_server(many, connections=2) as (_, port):
        told = probe(f"localhost:{port}", "--ca", root.certificate, "--json").json
        said = probe(f"localhost:{port}", "--ca", root.certificate, data=b"x")
    assert told["names"] == said.report["name"] == [f"DNS:{name}" for name in names]
