"""Every kind of client certificate x none, optional, required x TLS version x full and resumed handshakes, with
Python's ssl, `openssl s_client` and `gnutls-cli`: who is served, and which reason and which alert the others get.

How does a client that is refused come to a ticket? The server starts with rules under which every key is pinned, each
client gets a ticket, and then the real rules are loaded. gnutls-cli resumes only within one run, so it is asked to
resume where the client is served.
"""
import functools
import re
import signal
import ssl

import pytest

import postern_target
from postern_client import client_context, receive_exactly, tls_connection
from postern_clients import Rules
from postern_command import gnutls_client, gnutls_priority, s_client
from postern_target import VERSIONS

MODES = ["none", "optional", "required"]
KINDS = ["no", "good", "expired", "not-yet-valid", "wrong-ca", "wrong-purpose", "revoked", "wrong-name", "pinned",
         "unpinned", "self-signed", "chain-too-long", "garbage"]
if postern_target.EMULATED:
    KINDS = ["no", "good", "expired", "revoked", "pinned", "chain-too-long"]
EXPECTED = {
    "expired": "clientCertificateExpired", "not-yet-valid": "clientCertificateNotYetValid",
    "wrong-ca": "clientCertificateUntrusted", "wrong-purpose": "clientCertificateWrongPurpose",
    "revoked": "clientCertificateRevoked", "wrong-name": "clientNotAllowed", "unpinned": "clientNotAllowed",
    "self-signed": "clientCertificateUntrusted", "chain-too-long": "clientChainTooLong",
    "garbage": "clientCertificateInvalid"}
# Words of OpenSSL for the alert; it calls those that SSL 3 had by that name.
ALERTS = {
    "clientCertificateExpired": "certificate expired", "clientCertificateNotYetValid": "certificate expired",
    "clientCertificateUntrusted": "unknown ca", "clientCertificateWrongPurpose": "unsupported certificate",
    "clientCertificateRevoked": "certificate revoked", "clientNotAllowed": "access denied",
    "clientChainTooLong": "bad certificate", "clientCertificateInvalid": "bad certificate"}
CLOSED = r"postern: info: closed .* reason=(?P<reason>\w+)( code=\S+)?( client=(?P<client>.*))?"


def expected_reason(kind, mode):
    if mode == "none" or kind in ("good", "pinned") or (kind == "no" and mode == "optional"):
        return "peerClosed"
    return "clientCertificateMissing" if kind == "no" else EXPECTED[kind]


def expected_alert(kind, mode, version):
    reason = expected_reason(kind, mode)
    if reason == "clientCertificateMissing":
        return "certificate required" if version == "1.3" else "handshake failure"
    return ALERTS.get(reason)


@pytest.fixture(scope="module")
def servers(launch_shared, clients, tmp_path_factory):
    """One server for each combination, with every key pinned at first; `unpinned` has one that knows no CA."""
    @functools.lru_cache(maxsize=None)
    def server_for(mode, version, client, pins_only):
        rules = Rules(tmp_path_factory.mktemp("rules"), clients)
        strict = rules.pins.read_text()
        rules.write(rules.pins, clients.lenient)
        server = launch_shared(*rules.options(mode, ("pins",) if pins_only else ("ca", "crl", "allow", "pins")))
        kinds = ["unpinned"] if pins_only else [kind for kind in KINDS if kind != "unpinned"]
        server.tickets = {kind: client.take_ticket(server, version, clients.files.get(kind))
                          for kind in kinds if client.keeps_tickets}
        rules.write(rules.pins, strict)
        since = server.mark()
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_line(r"postern: notice: files reloaded: .*", since)
        return server
    return server_for


class Python:
    keeps_tickets = True

    @staticmethod
    def context(version, files):
        context = client_context(version)
        if files:
            context.load_cert_chain(files.certificate, files.key)
        return context

    def take_ticket(self, server, version, files):
        """None where the server gives a client none, because it refuses it whatever the pins are."""
        context = self.context(version, files)
        try:
            with tls_connection(server, context) as tls:
                tls.sendall(b"hello")
                receive_exactly(tls, 5)
                return context, tls.session
        except (ssl.SSLError, OSError):
            return None

    def talk(self, server, version, files, ticket):
        """(served, resumed, alert)"""
        context, session = ticket or (self.context(version, files), None)
        try:
            with tls_connection(server, context, session=session) as tls:
                tls.sendall(b"hello")
                receive_exactly(tls, 5)
                resumed = tls.session_reused
                tls.unwrap()
                return True, resumed, None
        except ssl.SSLError as fault:
            return False, False, fault.reason.lower().replace("_", " ")


class OpenSSL:
    keeps_tickets = True

    def __init__(self, folder):
        self.folder = folder

    @staticmethod
    def options(version, files):
        option = [f"-tls{version.replace('.', '_')}"]
        if files:
            option += ["-cert", files.certificate, "-cert_chain", files.certificate, "-key", files.key]
        return option

    def take_ticket(self, server, version, files):
        session = self.folder / f"session-{server.address[1]}-{files.key.stem if files else 'no'}"
        with s_client(server, *self.options(version, files), "-sess_out", session) as client:
            client.send("hello\n")
            try:
                client.expect(r"(?m)hello$|alert")
            finally:
                client.finish()
        return session if session.exists() else None

    def talk(self, server, version, files, ticket):
        resuming = ["-sess_in", ticket] if ticket else []
        with s_client(server, *self.options(version, files), *resuming) as client:
            client.send("hello\n")
            client.expect(r"(?m)hello$|alert number \d+")
            client.finish()
            alert = re.search(r"alert ([a-z][a-z ]+):", client.text)
            return bool(re.search(r"(?m)hello$", client.text)), "Reused, TLS" in client.text, \
                alert and alert[1]


class GnuTLS:
    keeps_tickets = False

    @staticmethod
    def talk(server, version, files, ticket):
        options = ["--insecure"]
        if files:
            options += ["--x509certfile", files.certificate, "--x509keyfile", files.key]
        if ticket == "resume":
            options += ["--resume", "--waitresumption"]
        with gnutls_client(server, *options, priority=gnutls_priority(version)) as client:
            if ticket == "resume":
                client.expect("This is a resumed session")
            client.send("hello\n")
            client.expect(r"(?m)^hello$|[Aa]lert|rror")
            client.finish()
            return bool(re.search(r"(?m)^hello$", client.text)), ticket == "resume", None


@pytest.fixture(scope="module")
def python_client():
    return Python()


@pytest.fixture(scope="module")
def openssl_client(tmp_path_factory):
    return OpenSSL(tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="module")
def gnutls():
    return GnuTLS()


def check(servers, clients, client, kind, mode, version, handshake):
    server = servers(mode, version, client, kind == "unpinned")
    ticket = "resume" if not client.keeps_tickets else server.tickets[kind]
    resumes = handshake == "resumed"
    since, before = server.mark(), server.settle()
    served, resumed, alert = client.talk(
        server, version, clients.files.get(kind), ticket if resumes else None)
    found = server.wait_for_line(CLOSED, since)
    if resumes and not client.keeps_tickets:
        found = server.wait_for_line(CLOSED, server.lines.index(found[0]) + 1)
    reason = expected_reason(kind, mode)
    assert found["reason"] == reason, found[0]
    assert served == (reason == "peerClosed")
    assert found["client"] == (None if kind == "no" or mode == "none" else f"CN={kind}")
    assert resumed == (served and resumes)
    after = server.settle()
    assert after["resumed"] - before["resumed"] == (1 if resumed else 0)
    if not resumed or client.keeps_tickets:
        assert after[reason] - before[reason] == 1
    if client.keeps_tickets and not served:
        assert expected_alert(kind, mode, version) in alert


matrix = [pytest.mark.parametrize("handshake", ["full", "resumed"]), pytest.mark.parametrize("version", VERSIONS),
          pytest.mark.parametrize("mode", MODES), pytest.mark.parametrize("kind", KINDS)]


def over_the_matrix(test):
    for mark in matrix:
        test = mark(test)
    return test


@over_the_matrix
def test_python(servers, clients, python_client, kind, mode, version, handshake):
    check(servers, clients, python_client, kind, mode, version, handshake)


@pytest.mark.native
@over_the_matrix
def test_openssl(servers, clients, openssl_client, kind, mode, version, handshake):
    check(servers, clients, openssl_client, kind, mode, version, handshake)


@pytest.mark.native
@over_the_matrix
def test_gnutls(servers, clients, gnutls, kind, mode, version, handshake):
    if handshake == "resumed" and expected_reason(kind, mode) != "peerClosed":
        handshake = "full"      # see above
    check(servers, clients, gnutls, kind, mode, version, handshake)
