"""SIGHUP: certificate and key are loaded anew as one set; any fault keeps the old set and says why."""
import contextlib
import shutil
import signal
import ssl
import threading
import time

import pytest

from postern_client import MemoryClient, client_context, echo_once, receive_exactly, tls_connection
from postern_identity import Identity, encrypt_key
from postern_machine import only_root
from postern_target import PATIENCE, RELOAD_FAILED, VERSIONS

RELOADED = r"postern: notice: files reloaded: certificate .+"
KEPT = rf"postern: error: {RELOAD_FAILED}: (?P<reason>.+)"


@pytest.fixture
def files(tmp_path):
    """The files the server is started with; tests write others in their place."""
    return Identity(tmp_path / "live.crt", tmp_path / "live.key", tmp_path / "live.crt")


def install(source, files):
    """Puts another identity in the place of the live one, whole files at a time."""
    for origin, target in ((source.certificate, files.certificate), (source.key, files.key)):
        fresh = target.with_suffix(target.suffix + ".new")
        shutil.copy(origin, fresh)
        fresh.chmod(0o600)
        fresh.rename(target)


def reload(server):
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    return server.wait_for_line(f"{RELOADED}|{KEPT}", since)


def served_certificate(server):
    with tls_connection(server) as tls:
        return tls.getpeercert(binary_form=True)


def der(identity):
    return ssl.PEM_cert_to_DER_cert(identity.certificate.read_text())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["other", "rsa", "curve384"])
def test_new_clients_get_the_new_certificate(launch, identities, files, version, kind):
    install(identities.good, files)
    server = launch(identity=files)
    with tls_connection(server, client_context(version, trust=identities.good.certificate)) as old:
        install(getattr(identities, kind), files)
        assert "files reloaded: certificate CN=localhost" in reload(server)[0]
        trust = getattr(identities, kind).certificate
        with tls_connection(server, client_context(version, trust=trust)) as new:
            for tls in (old, new, old):
                tls.sendall(b"hello")
                assert receive_exactly(tls, 5) == b"hello"
    assert served_certificate(server) == der(getattr(identities, kind))


def break_missing_key(files, identities):
    files.key.unlink()


def break_missing_certificate(files, identities):
    files.certificate.unlink()


def break_mismatch(files, identities):
    shutil.copy(identities.other.key, files.key)


def break_garbage_certificate(files, identities):
    files.certificate.write_bytes(b"\0garbage\xff" * 50)


def break_garbage_key(files, identities):
    files.key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")


def break_empty_key(files, identities):
    files.key.write_bytes(b"")


def break_half_certificate(files, identities):
    text = identities.other.certificate.read_text()
    files.certificate.write_text(text[:len(text) // 2])


def break_encrypted_key(files, identities):
    encrypt_key(identities.good.key, files.key, "pkcs8")


def break_weak(files, identities):
    install(identities.weak_rsa, files)


def break_directory(files, identities):
    files.key.unlink()
    files.key.mkdir()


BREAKS = [break_missing_key, break_missing_certificate, break_mismatch, break_garbage_certificate,
          break_garbage_key, break_empty_key, break_half_certificate, break_encrypted_key, break_weak,
          break_directory]


DAMAGED_KEY = {break_missing_key, break_garbage_key, break_empty_key, break_encrypted_key, break_directory}
DAMAGED_CERTIFICATE = {break_missing_certificate, break_garbage_certificate, break_half_certificate}


@pytest.mark.parametrize("damage", BREAKS, ids=lambda damage: damage.__name__)
def test_bad_files_keep_the_old_identity(launch, identities, files, damage):
    install(identities.good, files)
    server = launch(identity=files)
    with tls_connection(server, client_context(trust=identities.good.certificate)) as open_before:
        damage(files, identities)
        kept = reload(server)
        assert RELOAD_FAILED in kept[0], kept[0]
        assert str(files.key) in kept[0] or str(files.certificate) in kept[0], kept[0]
        if damage in DAMAGED_KEY:
            assert str(files.key) in kept[0], kept[0]
        if damage in DAMAGED_CERTIFICATE:
            assert str(files.certificate) in kept[0], kept[0]
        open_before.sendall(b"hello")
        assert receive_exactly(open_before, 5) == b"hello"
    assert served_certificate(server) == der(identities.good)
    if files.key.is_dir():
        files.key.rmdir()
    install(identities.other, files)
    assert "files reloaded" in reload(server)[0]
    assert served_certificate(server) == der(identities.other)


def test_expired_certificate_is_loaded_with_a_warning(launch, identities, files):
    install(identities.good, files)
    server = launch(identity=files)
    install(identities.expired, files)
    since = server.mark()
    assert "files reloaded" in reload(server)[0]
    server.wait_for_line(r"postern: warning: .*expired.*", since)
    assert served_certificate(server) == der(identities.expired)


@pytest.mark.parametrize("version", VERSIONS)
def test_session_from_before_a_reload_does_no_harm(launch, identities, files, version):
    install(identities.good, files)
    server = launch(identity=files)
    context = client_context(version)
    with tls_connection(server, context) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"
        session = tls.session
    install(identities.other, files)
    reload(server)
    with tls_connection(server, context, session=session) as tls:
        tls.sendall(b"hello")
        assert receive_exactly(tls, 5) == b"hello"


def test_reload_in_the_middle_of_handshakes(launch, identities, files):
    """A handshake that began with the old identity ends with it, though the new one is in force by then."""
    install(identities.good, files)
    server = launch(identity=files)
    with contextlib.ExitStack() as clients:
        begun = clients.enter_context(MemoryClient(server))
        begun.socket.sendall(begun.step()[1])
        begun.fetch()
        install(identities.rsa, files)
        assert "files reloaded" in reload(server)[0]
        assert "files reloaded" in reload(server)[0]
        fresh = clients.enter_context(MemoryClient(server))
        for client, identity in ((begun, identities.good), (fresh, identities.rsa)):
            client.handshake()
            assert client.tls.getpeercert(binary_form=True) == der(identity)
            client.socket.sendall(client.records(b"hello"))
            assert client.read_exactly(5) == b"hello"


def test_reload_under_load(launch, identities, files):
    """Clients come without a pause while the identity changes 20 times: not one connection fails."""
    install(identities.good, files)
    server = launch(identity=files)
    faults, served, stop = [], [0], threading.Event()

    def come_again_and_again():
        while not stop.is_set():
            try:
                echo_once(server)
                served[0] += 1
            except Exception as fault:  # reported by the test's own thread
                faults.append(repr(fault))
                return

    client = threading.Thread(target=come_again_and_again)
    client.start()
    try:
        with tls_connection(server) as tls:
            for number in range(20):
                install((identities.other, identities.rsa, identities.good)[number % 3], files)
                assert "files reloaded" in reload(server)[0]
                tls.sendall(b"still open")
                assert receive_exactly(tls, 10) == b"still open"
                time.sleep(0.01)
    finally:
        stop.set()
        client.join(30 * PATIENCE)
    assert not faults and served[0] > 0, (faults, served)


@pytest.mark.native
@only_root      # looks into the process
def test_many_reloads_grow_nothing(launch, identities, files):
    """Good and bad ones in turn, some with a connection open: descriptors and memory stay what they were."""
    install(identities.good, files)
    server = launch(identity=files)

    def reload_some(count):
        for number in range(count):
            install((identities.other, identities.chained, identities.rsa)[number % 3], files)
            if number % 10 == 7:
                install(identities.rsa, files)
                break_mismatch(files, identities)
            expected = RELOAD_FAILED if number % 10 == 7 else "files reloaded"
            assert expected in reload(server)[0]
            if number % 10 == 0:
                echo_once(server)

    reload_some(20)
    server.settle()
    descriptors, resident = server.descriptors(), server.resident_kibibytes()
    reload_some(100)
    server.settle()
    assert server.descriptors() == descriptors
    assert server.resident_kibibytes() - resident < 32
