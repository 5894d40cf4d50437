"""postern probe --resume where the connections do not all reach one server: each server that does not resume what a
verified one gave is verified like the first, before it learns anything of the client."""
import contextlib
import hashlib
import os
import re
import ssl

import pytest

from postern_authority import Authority
from postern_peer import openssl_server, probe, serve, server_context
from postern_target import VERSIONS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("probe-resume")


@pytest.fixture(scope="module")
def root(folder):
    return Authority(folder, "Test Root")


@pytest.fixture(scope="module")
def good(root):
    return root.issue("good")


@pytest.fixture(scope="module")
def servers(folder, root, good):
    """What the last connection reaches: the identity, and the exit code and faults that it leads to."""
    return {
        "the same": (good, 0, []),
        "another that is good": (root.issue("another"), 0, []),
        "of another authority": (Authority(folder, "Other Root").issue("stranger"), 3, ["untrusted"]),
        "expired": (root.issue("expired", days=(-30, -1)), 3, ["expired"]),
        "with another name": (root.issue("elsewhere", ["other.test"]), 4, ["wrongName"]),
    }


CASES = ["the same", "another that is good", "of another authority", "expired", "with another name"]


class InTurn:
    """One address, a server of Python's for each connection. Servers with one context resume each other's sessions."""

    def __init__(self, *contexts):
        self.contexts = list(contexts)
        self.received = []      # by each server
        self.shown = []         # the certificate that the client showed it, and why the handshake ended

    def handle(self, client):
        number = len(self.received)
        self.received.append(b"")
        self.shown.append((None, None))
        try:
            connection = self.contexts[number].wrap_socket(client, server_side=True)
        except ssl.SSLError as fault:
            self.shown[number] = (None, fault.reason)
            return
        with connection, contextlib.suppress(ssl.SSLError, ConnectionError):
            self.shown[number] = (connection.getpeercert(True), None)
            while part := connection.recv(1000):
                self.received[number] += part
                connection.sendall(part)
            connection.unwrap()

    def run(self, *options, **keywords):
        with serve(self.handle, connections=len(self.contexts)) as (_, port):
            return probe(f"localhost:{port}", "--resume", len(self.contexts) - 1, *options, **keywords)


def fingerprint(identity):
    with open(identity.certificate, encoding="ascii") as file:
        first = re.search(r"-----BEGIN.*?-----END CERTIFICATE-----\n", file.read(), re.DOTALL)[0]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("resumed", [0, 1])
def test_a_server_that_does_not_resume_is_verified(servers, root, good, case, version, resumed):
    identity, code, faults = servers[case]
    first = server_context(good, version)
    contexts = [first] * (1 + resumed) + [server_context(identity, version)]

    turn = InTurn(*contexts)
    probed = turn.run("--ca", root.certificate, data=b"secret")
    assert probed.code == code and turn.received[-1] == probed.output == (b"" if code else b"secret")
    assert not any(turn.received[:-1])
    place = f"connection {len(contexts)} of {len(contexts)}"
    assert f"resumed      no, {place}\n" in probed.errors
    if code:
        assert f"is not trusted at {place}: " in probed.error
        assert turn.shown[-1][1] in ("TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE",
                                     "SSLV3_ALERT_CERTIFICATE_EXPIRED")
    # All is told of both servers, and nothing again of one that resumes.
    found = re.findall("sha256 +(.*)", probed.errors)
    assert [value.replace(":", "").lower() for value in found] == [fingerprint(good), fingerprint(identity)]
    assert re.findall("verified +(yes|no)", probed.errors) == ["yes", "no" if code else "yes"]

    told = InTurn(*contexts).run("--ca", root.certificate, "--json").json
    assert told["exit"] == code and told["verified"] == (code == 0) and told["faults"] == faults
    assert told["resumed"] == [False] + [True] * resumed + [False]
    assert told["sha256"].replace(":", "").lower() == fingerprint(identity)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_verify_is_for_every_connection(servers, good, version):
    other = servers["of another authority"][0]
    turn = InTurn(server_context(good, version), server_context(other, version))
    probed = turn.run("--no-verify", data=b"to anybody")
    assert (probed.code, probed.output, turn.received) == (0, b"to anybody", [b"", b"to anybody"])


@pytest.mark.parametrize("version", VERSIONS)
def test_no_hostname_check_is_for_every_connection(servers, root, good, version):
    other = servers["with another name"][0]
    turn = InTurn(server_context(good, version), server_context(other, version))
    probed = turn.run("--ca", root.certificate, "--no-hostname-check", data=b"x")
    assert (probed.code, probed.output) == (0, b"x")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", [0, 1])
def test_a_client_s_certificate_is_shown_to_verified_servers_only(servers, root, good, place, version):
    client = root.issue("client", purpose="client")
    other = servers["of another authority"][0]
    contexts = [server_context(identity, version, clients=root.certificate)
                for identity in [good] * place + [other]]
    turn = InTurn(*contexts)
    if place == 0:
        with serve(turn.handle) as (_, port):
            probed = probe(f"localhost:{port}", "--ca", root.certificate, *client.options, data=b"secret")
    else:
        probed = turn.run("--ca", root.certificate, *client.options, data=b"secret")
    assert probed.code == 3 and probed.output == b""
    # The handshake has ended at our alert, before OpenSSL could miss a certificate.
    assert turn.shown[-1] == (None, "TLSV1_ALERT_UNKNOWN_CA")
    if place:
        assert hashlib.sha256(turn.shown[0][0]).hexdigest() == fingerprint(client)


@pytest.mark.applies("1.3" in VERSIONS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_in_pieces_is_one(root, version):
    """Messages over several records: 3.6 puts them together, 2.28 does not. What the probe reads on the way must not
    take the handshake for one that was resumed because it has not seen the certificate."""
    rsa = root.issue("pieces", kind="rsa:4096")
    option = {"1.2": ["-tls1_2", "-no_cache", "-no_ticket"], "1.3": ["-tls1_3", "-num_tickets", "0"]}[version]
    with openssl_server(rsa, *option, "-max_send_frag", "512") as (_, address):
        told = probe(address, "--ca", root.certificate, "--json", "--resume", 1).json
    assert told["error"] is None and told["verified"] and told["resumed"] == [False, False]


@pytest.mark.applies("1.3" in VERSIONS)
@pytest.mark.parametrize("extensions", [b"", b"\x00\x2b\x00\x02\x03\x03"])
def test_a_hello_that_names_its_version_in_the_wrong_place_is_refused(good, extensions):
    """CVE-2026-115490: Mbed TLS before 3.6.8 goes on in TLS 1.3 without a key exchange."""
    alerts = []

    def answer(client):
        hello = client.recv(4096)
        session = hello[44:44 + hello[43]]
        version = b"\x03\x03" if extensions else b"\x03\x04"
        body = (version + os.urandom(32) + bytes([len(session)]) + session + b"\x13\x01\x00"
                + (len(extensions).to_bytes(2, "big") + extensions))
        message = b"\x02" + len(body).to_bytes(3, "big") + body
        client.sendall(b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message)
        client.settimeout(5)
        alerts.append(client.recv(4096))

    with serve(answer) as address:
        probed = probe(address, "--ca", good.trust, data=b"secret")
    assert probed.code == 5 and ("breaks its rules" in probed.error or "chose a parameter" in probed.error)
    assert alerts[0][:1] == b"\x15" and alerts[0][-2:] == b"\x02\x2f", alerts      # illegal_parameter
