"""The article's server and its client, as a reader would write it with Python's ssl: connect, send, receive.

Server: --service respond. It receives up to 1024 bytes, answers the prefix and those bytes, and closes.
"""
import socket
import ssl

import pytest

from postern_client import (PREFIX, MemoryClient, client_context, echo_once, receive_exactly,
                            receive_to_end, tls_connection)
from postern_target import PATIENCE, VERSIONS

# A client that refuses the certificate sends an alert and closes; with bytes of ours unread its close is a
# reset, which may overtake the alert.
REFUSED_BY_CLIENT = ("peerAlert", "peerReset")


@pytest.fixture(scope="module")
def respond(launch_shared):
    return launch_shared("--service", "respond")


def test_client_of_the_article(respond, identity):
    context = ssl.create_default_context(cafile=identity.certificate)
    with socket.create_connection(respond.address, timeout=10 * PATIENCE) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as tls:
            address = tls.getsockname()
            tls.sendall("안녕하세요".encode())
            answer = tls.recv(4096)
            while part := tls.recv(4096):
                answer += part
    assert answer.decode() == "서버로부터의 응답: 안녕하세요"
    closed = respond.closed(address)
    assert closed["reason"] == "serviceClosed"
    assert int(closed["incoming"]) == len("안녕하세요".encode())
    assert int(closed["outgoing"]) == len(answer)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
@pytest.mark.parametrize("verify_mode", [ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED])
@pytest.mark.parametrize("check_hostname", [True, False])
def test_right_name_is_accepted(respond, identity, name, verify_mode, check_hostname):
    context = client_context(trust=identity.certificate)
    context.check_hostname = check_hostname
    context.verify_mode = verify_mode
    with tls_connection(respond, context, name=name) as tls:
        assert ("DNS", "localhost") in tls.getpeercert()["subjectAltName"]
        tls.sendall(b"x")
        assert receive_to_end(tls) == PREFIX + b"x"


@pytest.mark.parametrize("verify_mode", [ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED])
def test_wrong_name_is_rejected_by_a_client_that_checks(respond, identity, verify_mode):
    context = client_context(trust=identity.certificate)
    context.verify_mode = verify_mode
    with respond.connect() as raw:
        address = raw.getsockname()
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            context.wrap_socket(raw, server_hostname="example.org")
    assert respond.closed(address)["reason"] in REFUSED_BY_CLIENT


@pytest.mark.parametrize("verify_mode", [ssl.CERT_NONE, ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED])
def test_wrong_name_does_not_matter_to_a_client_that_does_not_check(respond, identity, verify_mode):
    context = client_context(trust=identity.certificate)
    context.check_hostname = False
    context.verify_mode = verify_mode
    with tls_connection(respond, context, name="example.org") as tls:
        tls.sendall(b"x")
        assert receive_to_end(tls) == PREFIX + b"x"


@pytest.mark.parametrize("verify_mode", [ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED])
def test_untrusted_certificate_is_rejected_by_the_client(respond, identities, verify_mode):
    context = client_context(trust=identities.other.certificate)
    context.check_hostname = False
    context.verify_mode = verify_mode
    with respond.connect() as raw:
        address = raw.getsockname()
        with pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(raw, server_hostname="localhost")
    assert respond.closed(address)["reason"] in REFUSED_BY_CLIENT


@pytest.mark.parametrize("version", VERSIONS)
def test_the_alert_of_a_client_that_refuses_is_told(respond, identities, version):
    """As above, by a client that keeps its socket open: the log says that it was the client who refused."""
    context = client_context(version, trust=identities.other.certificate)
    with MemoryClient(respond, context=context) as client:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.handshake()
        client.socket.sendall(client.outgoing.read())
        closed = respond.closed(client.socket)
    assert closed["reason"] == "peerAlert"
    assert closed["code"] and closed["version"] == "-"


def test_client_without_verification_needs_no_trust(respond):
    with tls_connection(respond, client_context(), name=None) as tls:
        tls.sendall(b"x")
        assert receive_to_end(tls) == PREFIX + b"x"


@pytest.mark.parametrize("count", [1, 2, 1023, 1024])
def test_respond_answers_every_size_up_to_its_maximum(respond, count):
    data = bytes(index % 251 for index in range(count))
    with tls_connection(respond) as tls:
        address = tls.getsockname()
        tls.sendall(data)
        assert receive_to_end(tls) == PREFIX + data  # receive_to_end asserts the close_notify
        tls.unwrap().close()
    closed = respond.closed(address)
    assert (closed["reason"], int(closed["incoming"])) == ("serviceClosed", count)
    assert int(closed["outgoing"]) == len(PREFIX) + count


@pytest.mark.parametrize("count", [1025, 1500, 16384, 100_000])
def test_respond_answers_the_first_1024_bytes_of_more(respond, count):
    """What comes after the maximum is not answered, and must not turn the answer into a reset."""
    data = bytes(index % 251 for index in range(count))
    with tls_connection(respond) as tls:
        address = tls.getsockname()
        tls.sendall(data)
        assert receive_to_end(tls) == PREFIX + data[:1024]
    assert int(respond.closed(address)["outgoing"]) == len(PREFIX) + 1024


def test_respond_closes_the_socket_after_its_close_notify(respond):
    """A client that does not answer the close_notify sees the end of the stream all the same."""
    with respond.connect() as raw:
        tls = client_context().wrap_socket(raw, server_hostname="localhost")
        tls.sendall(b"x")
        assert receive_to_end(tls) == PREFIX + b"x"
        with tls.unwrap() as plain:
            assert plain.recv(1) == b""


def test_respond_to_a_client_that_says_nothing_and_ends(respond):
    with tls_connection(respond) as tls:
        address = tls.getsockname()
        tls.unwrap().close()
    closed = respond.closed(address)
    assert closed["reason"] == "peerClosed"
    assert (int(closed["incoming"]), int(closed["outgoing"])) == (0, 0)


def test_echo_is_the_default_service(echo):
    address = echo_once(echo, b"hello")
    closed = echo.closed(address)
    assert (closed["reason"], closed["incoming"], closed["outgoing"]) == ("peerClosed", "5", "5")


def test_echo_goes_on_until_the_client_ends(echo):
    with tls_connection(echo) as tls:
        for number in range(100):
            message = b"message %d\n" % number
            tls.sendall(message)
            assert receive_exactly(tls, len(message)) == message


def test_serve_may_be_said(launch):
    echo_once(launch("--service", "echo", words=["serve"]))


def test_discard_answers_nothing(launch):
    server = launch("-s", "discard")
    with tls_connection(server) as tls:
        address = tls.getsockname()
        for _ in range(64):
            tls.sendall(bytes(16384))
        tls.unwrap().close()
    closed = server.closed(address)
    assert (closed["reason"], closed["incoming"], closed["outgoing"]) == ("peerClosed", str(64 * 16384), "0")
