"""postern probe against servers that are not there, silent, or hostile: the exit code and the sentence."""
import contextlib
import random
import socket
import struct
import threading
import time

import pytest

from postern_authority import Authority
from postern_peer import MEMBERS, listen, openssl_server, probe, python_server, serve
from postern_target import PATIENCE, VERSIONS


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("probe"), "root")


@pytest.fixture(scope="module")
def good(authority):
    return authority.issue("good")


# No connection

def test_nobody_listens():
    with listen() as listener:
        address = listener.getsockname()
    probed = probe(address, "--no-verify")
    assert probed.code == 1
    assert probed.error == f"no connection to 127.0.0.1:{address[1]}: Connection refused"


def test_every_address_of_a_name_is_tried(good, has_ipv6):
    """The server listens on each address of localhost in turn, and on no other."""
    hosts = {entry[4][0] for entry in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)}
    for host in hosts:
        with python_server(good, host=host) as (_, port):
            assert probe(f"localhost:{port}", "--ca", good.trust, data=b"x").output == b"x"


def test_a_name_that_does_not_exist():
    probed = probe("nowhere.invalid:443", "--no-verify", "--timeout", 5)
    assert probed.code == 1 and probed.error.startswith("host 'nowhere.invalid' cannot be resolved: ")


def test_a_connection_that_is_never_accepted_times_out():
    """The backlog is full: the kernel answers no more SYN."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        start = time.monotonic()
        probed = probe(listener.getsockname(), "--no-verify", "--timeout", 1)
        for filler in fillers:
            filler.close()
    assert probed.code == 1 and probed.error.endswith("no answer in time")
    assert 0.9 < time.monotonic() - start < 3 * PATIENCE


# Silence

def test_a_silent_handshake_times_out():
    start = time.monotonic()
    with serve(lambda client: client.recv(10) and time.sleep(2)) as address:
        probed = probe(address, "--no-verify", "--timeout", 1)
    assert probed.code == 1
    assert probed.error == f"127.0.0.1:{address[1]} did not finish the handshake within 1 seconds; " \
        "give more with --timeout"
    assert time.monotonic() - start < 5 * PATIENCE


def test_a_silent_answer_times_out(good):
    with python_server(good, lambda connection: time.sleep(2.5)) as address:
        probed = probe(address, "--ca", good.trust, "--timeout", 1, data=b"x")
    assert probed.code == 1 and "did not finish within 1 seconds" in probed.error


def test_a_trickle_does_not_stretch_the_timeout(good):
    def trickle(connection):
        for _ in range(40):
            connection.sendall(b".")
            time.sleep(0.1)

    start = time.monotonic()
    with python_server(good, trickle) as address:
        probed = probe(address, "--ca", good.trust, "--timeout", 1, data=b"x")
        assert time.monotonic() - start < 3.5 * PATIENCE
    assert probed.code == 1 and probed.output.startswith(b"....")


# Not TLS

@pytest.mark.parametrize("answer", [
    b"HTTP/1.0 400 Bad Request\r\n\r\n", b"\0" * 100, b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x03\xff\xff",
    b"\x16\x03\x03\x00\x05hello", b"\x15\x03\x01\x00\x02\x02\x28", bytes(range(256)) * 80])
def test_garbage(answer):
    def send(client):
        client.recv(4096)
        with contextlib.suppress(ConnectionError):
            client.sendall(answer)
            client.recv(4096)

    with serve(send) as address:
        probed = probe(address, "--no-verify", "--timeout", 3, data=b"x")
    assert probed.code in (1, 5), probed
    assert probed.error and probed.output == b""


@pytest.mark.parametrize("greets", [False, True])
@pytest.mark.parametrize("answer, words", [
    (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "answers in plain HTTP, not in TLS"),
    (b"<!DOCTYPE HTML><html><title>Bad request syntax", "answers in plain HTTP, not in TLS"),
    (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "is an SSH server and does not speak TLS"),
    (b"220 mail.example ESMTP\r\n", "greets in plain SMTP or FTP; name the port where it speaks TLS at once"),
    (b"+OK POP3 ready\r\n", "greets in plain POP3"),
    (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", "greets in plain IMAP"),
    (b"login: ", "answers in plain text, not in TLS"),
    (b"J\0\0\0\n8.0.36\0\x1c\0\0\0", "answers in another protocol than TLS"),
    (b"Hi", "answers in plain text, not in TLS")])
def test_a_server_that_speaks_something_else_is_named(answer, words, greets):
    """Whether it greets at once or answers our first message; whatever part of it has come."""
    def speak(client):
        if not greets:
            client.recv(4096)
        with contextlib.suppress(ConnectionError):
            client.sendall(answer)
            client.shutdown(socket.SHUT_WR)
            client.recv(4096)

    with serve(speak) as address:
        probed = probe(address, "--no-verify", data=b"x")
    assert probed.code == 5 and words in probed.error


def test_an_alert_is_not_taken_for_something_else():
    def refuse(client):
        client.recv(4096)
        client.sendall(b"\x15\x03\x01\x00\x02\x02\x28")

    with serve(refuse) as address:
        assert "gave up with the alert handshake_failure (40)" in probe(address, "--no-verify").error


@pytest.mark.parametrize("seed", range(12))
def test_bits_flipped_in_the_handshake(good, seed):
    """A good server behind somebody who changes one byte of what it says."""
    place = random.Random(seed).randrange(5, 1500)

    def meddle(client):
        with python_server(good) as address, socket.create_connection(address) as server:
            def forward():
                passed = 0
                try:
                    while part := bytearray(server.recv(4096)):
                        if passed <= place < passed + len(part):
                            part[place - passed] ^= 0x40
                        passed += len(part)
                        client.sendall(part)
                    client.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
            thread = threading.Thread(target=forward)
            thread.start()
            try:
                while part := client.recv(4096):
                    server.sendall(part)
                server.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            thread.join()

    with serve(meddle) as address:
        probed = probe(address, "--ca", good.trust, "--timeout", 5, data=b"hello")
    assert probed.code in (0, 1, 3, 5) and probed.output in (b"", b"hello"), probed
    assert (probed.code == 0) == (probed.error == "") and (probed.code != 3 or probed.output == b"")


def test_warnings_without_end():
    """Mbed TLS reads on over them; the probe gives up, long before its time is over."""
    def flood(client):
        client.recv(65536)
        with contextlib.suppress(ConnectionError):
            for _ in range(100_000):
                client.sendall(b"\x15\x03\x03\x00\x02\x01\x5a" * 10)

    with serve(flood) as address:
        probed = probe(address)
    assert (probed.code, probed.output) == (5, b"")
    assert "nothing but records that bring nothing" in probed.error


def test_an_end_or_a_reset_in_the_handshake():
    def leave(client):
        client.recv(10)

    def reset(client):
        client.recv(4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with serve(lambda client: client.recv(4096)) as address:
        probed = probe(address, "--no-verify")
    assert probed.code == 5 and "ended the connection in the middle of the handshake" in probed.error
    for rude in (leave, reset):
        with serve(rude) as address:
            probed = probe(address, "--no-verify")
        assert probed.code == 1 and probed.error.endswith("reset the connection")


def test_a_huge_chain_is_refused_within_the_memory(authority):
    """Sixteen kilobytes of certificates: the message is too large to be taken, or the chain is too long."""
    middle = authority
    for number in range(40):
        middle = Authority(authority.folder, f"middle-{number}", middle)
    huge = middle.issue("huge")
    with python_server(huge) as address:
        probed = probe(address, "--ca", authority.certificate, "--timeout", 10)
    assert probed.code in (3, 5) and probed.error and "memory" not in probed.error


# Nothing in common, and alerts

def test_no_version_in_common(good):
    with openssl_server(good, "-tls1_2", "-cipher", "DEFAULT@SECLEVEL=0") as (_, address):
        if "1.3" in VERSIONS:
            probed = probe(address, "--ca", good.trust, "--tls", "1.3")
            assert probed.code == 5 and "alert protocol_version (70); try without --tls" in probed.error
    with python_server(good, version="1.3") as address:
        probed = probe(address, "--ca", good.trust, "--tls", "1.2")
        assert probed.code == 5 and "alert protocol_version (70); try without --tls" in probed.error


def test_no_suite_in_common(good):
    with openssl_server(good, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA") as (_, address):
        probed = probe(address, "--ca", good.trust)
    assert probed.code == 5 and "gave up with the alert handshake_failure (40)" in probed.error


@pytest.mark.applies("1.3" in VERSIONS)
def test_a_signature_of_tls_1_3_in_tls_1_2_is_named(authority):
    rsa = authority.issue("rsa", kind="rsa:2048")
    with openssl_server(rsa, "-tls1_2", "-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256", "-serverpref") as (_, address):
        probed = probe(address, "--ca", rsa.trust)
        assert probed.code == 5 and "chose a parameter that Mbed TLS cannot take; try --tls 1.2" in probed.error
        assert probe(address, "--ca", rsa.trust, "--json", "--tls", "1.2").json["verified"]


def test_no_protocol_in_common(good):
    with openssl_server(good, "-alpn", "h2") as (_, address):
        probed = probe(address, "--ca", good.trust, "--alpn", "postern/1")
    assert probed.code == 5
    assert "alert no_application_protocol (120); it has none of the protocols of --alpn" in probed.error


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_wants_a_certificate(authority, good, version):
    """Without one it gives up, in TLS 1.3 only after the handshake; with one that it trusts it answers."""
    with python_server(good, version=version, clients=good.trust) as address:
        probed = probe(address, "--ca", good.trust, data=b"x")
    assert probed.code == 5
    assert probed.error.endswith("it asks for a client certificate: give --certificate and --key")
    with python_server(good, version=version, clients=good.trust) as address:
        probed = probe(address, "--ca", good.trust, "--json")
    assert probed.code == 5 and probed.json["result"] == "protocol" and probed.json["error"] == probed.error
    assert probed.json["certificateWanted"] and probed.json["verified"]

    client = authority.issue("client", purpose="client")
    with python_server(good, version=version, clients=good.trust) as address:
        probed = probe(address, "--ca", good.trust, *client.options, data=b"x")
    assert (probed.code, probed.output) == (0, b"x")
    assert probed.report["asks for"] == "a client certificate"

    stranger = authority.issue("not-for-clients", purpose="server")
    with python_server(good, version=version, clients=good.trust) as address:
        probed = probe(address, "--ca", good.trust, *stranger.options, data=b"x")
    assert probed.code == 5 and "it asked for a client certificate and was shown one" in probed.error


def test_files_of_the_client_are_checked_before_connecting(good, authority):
    other = authority.issue("other")
    probed = probe("127.0.0.1:1", "--no-verify", "--certificate", good.certificate, "--key", other.key)
    assert probed.code == 2 and "does not belong to" in probed.error
    probed = probe("127.0.0.1:1", "--no-verify", "--certificate", good.key, "--key", good.key)
    assert probed.code == 2 and "holds a private key; name a file with a certificate" in probed.error


def test_json_tells_a_failed_connection():
    with listen() as listener:
        address = listener.getsockname()
    probed = probe(address, "--no-verify", "--json", data=b"not read")
    assert probed.code == 1 and probed.json == {
        **dict.fromkeys(MEMBERS), "host": "127.0.0.1", "port": address[1], "name": "127.0.0.1", "names": [],
        "faults": [], "resumed": [], "result": "connection", "exit": 1, "error": probed.error}
