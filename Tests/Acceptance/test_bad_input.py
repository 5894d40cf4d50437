"""What an operator can get wrong: each is exit code 2, or 1 where it may pass by itself, one sentence on stderr that
names the file, option or field, nothing on stdout, and nothing opened.
"""
import errno
import os
import shutil
import socket

import pytest

from postern_identity import Identity, encrypt_key
from postern_target import LISTENER_LIMIT, first_free_port, run


def assert_refused(ended, *mentions, code=2):
    """One line, of the right form, with every mention in it (a tuple of words means any of them)."""
    text = ended.stderr.decode()
    assert ended.returncode == code, (ended.returncode, text)
    assert ended.stdout == b""
    assert text.startswith("postern: error: ") and text.endswith("\n") and text.count("\n") == 1, text
    for mention in mentions:
        words = mention if isinstance(mention, tuple) else (mention,)
        assert any(str(word).lower() in text.lower() for word in words), (mention, text)


def start(*options, identity=None, listen="127.0.0.1:0", **keywords):
    chosen = identity.options if identity else []
    return run("--listen", listen, *chosen, *options, **keywords)


# Files

def certificate_and_key(identity, which, path):
    """The identity with one of its files replaced."""
    if which == "certificate":
        return Identity(path, identity.key, None)
    return Identity(identity.certificate, path, None)


@pytest.fixture(params=["certificate", "key"])
def which(request):
    return request.param


def test_missing_file(identity, tmp_path, which):
    path = tmp_path / "missing.pem"
    ended = start(identity=certificate_and_key(identity, which, path))
    assert_refused(ended, path, ("no such file", "does not exist", "not found"), code=1)


CONTENTS = {
    "empty": b"",
    "newline": b"\n",
    "text": b"this is not a certificate\n" * 20,
    "binary": bytes(range(256)) * 8,
    "zeros": bytes(2000),
    "begin without end": b"-----BEGIN CERTIFICATE-----\nAAAA\n",
    "empty blocks": b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
                    b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
    "bad base64": b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"
                  b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
    "bad DER": b"-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n"
               b"-----BEGIN PRIVATE KEY-----\nMIIBAAAA\n-----END PRIVATE KEY-----\n",
    "a megabyte": b"x" * (1 << 20),
}


@pytest.mark.parametrize("content", CONTENTS)
def test_garbage_in_a_file(identity, tmp_path, which, content):
    path = tmp_path / "garbage.pem"
    path.write_bytes(CONTENTS[content])
    path.chmod(0o600)
    assert_refused(start(identity=certificate_and_key(identity, which, path)), path)


def test_spoilt_second_certificate_of_a_chain(identity, tmp_path):
    path = tmp_path / "chain.pem"
    path.write_bytes(identity.certificate.read_bytes() + CONTENTS["bad DER"].split(b"-----BEGIN PRIVATE")[0])
    assert_refused(start(identity=certificate_and_key(identity, "certificate", path)), path)


def test_directory_instead_of_a_file(identity, tmp_path, which):
    assert_refused(start(identity=certificate_and_key(identity, which, tmp_path)), tmp_path, "directory")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/full"])
def test_endless_file(identity, which, path):
    assert_refused(start(identity=certificate_and_key(identity, which, path)), path)


def test_fifo_does_not_hang(identity, tmp_path, which):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    assert_refused(start(identity=certificate_and_key(identity, which, path)), path, "nobody writes", code=1)


def as_nobody():
    """The command prefix that makes root a user without rights; nothing for other users."""
    if os.getuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.fail("needs setpriv (util-linux) when run as root")
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all"]


@pytest.fixture
def nobodys(identity, open_folder):
    """The good identity, owned by the user of as_nobody()."""
    copy = Identity(open_folder / "nobody.crt", open_folder / "nobody.key", None)
    shutil.copy(identity.certificate, copy.certificate)
    shutil.copy(identity.key, copy.key)
    copy.key.chmod(0o600)
    if os.getuid() == 0:
        os.chown(copy.key, 65534, 65534)
    return copy


def test_unreadable_file(nobodys, open_folder, which):
    path = open_folder / f"unreadable-{which}.pem"
    shutil.copy(getattr(nobodys, which), path)
    path.chmod(0o600 if os.getuid() == 0 else 0)
    ended = start(identity=certificate_and_key(nobodys, which, path), prefix=as_nobody())
    assert_refused(ended, path, ("permission denied", "not be read", "not permitted"))


def test_certificate_and_key_swapped(identity):
    assert_refused(start(identity=Identity(identity.key, identity.certificate, None)), identity.key)


def test_key_that_does_not_match(identities):
    mixed = Identity(identities.good.certificate, identities.other.key, None)
    ended = start(identity=mixed)
    assert_refused(ended, identities.other.key, ("match", "belong"))


def test_key_of_another_kind_that_does_not_match(identities):
    assert_refused(start(identity=Identity(identities.good.certificate, identities.rsa.key, None)),
                   identities.rsa.key, ("match", "belong"))


@pytest.mark.parametrize("style", ["pkcs8", "traditional"])
def test_encrypted_key(identity, tmp_path, style):
    path = tmp_path / "encrypted.key"
    encrypt_key(identity.key, path, style)
    ended = start(identity=certificate_and_key(identity, "key", path))
    assert_refused(ended, path, ("encrypted", "password", "passphrase"))


@pytest.mark.parametrize("kind, mentions", [
    ("weak_rsa", ("1024", "2048", "weak")), ("weak_curve", ("weak", "curve", "224", "P-256")),
    ("ed25519", ("key",)), ("curve521", ("key",))])
def test_key_that_is_not_served(identities, kind, mentions):
    identity = getattr(identities, kind)
    ended = start(identity=identity)
    assert_refused(ended, mentions)
    text = ended.stderr.decode()
    assert str(identity.key) in text or str(identity.certificate) in text


def test_bad_identity_opens_no_socket(identities):
    """The listener's address is taken: if the server opened it first, it would complain of that instead."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        mixed = Identity(identities.good.certificate, identities.other.key, None)
        ended = start(identity=mixed, listen=f"127.0.0.1:{taken.getsockname()[1]}")
        assert_refused(ended, identities.other.key)


# Addresses

def test_address_in_use(identity):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert_refused(start(identity=identity, listen=address), address, ("in use", "already"), "stop what holds it",
                       code=1)


def test_second_address_in_use_leaves_the_first_closed(identity):
    with socket.socket() as taken, socket.socket() as probe:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
        probe.close()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run("-l", f"127.0.0.1:{free}", "-l", address, *identity.options)
        assert_refused(ended, address, code=1)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", free))


@pytest.mark.parametrize("one, other", [
    ("127.0.0.1:4433", "127.0.0.1:4433"), ("0.0.0.0:4433", "127.0.0.1:4433"), ("127.0.0.2:4433", "0.0.0.0:4433"),
    ("[::1]:4433", "[0:0::1]:4433"), ("[::]:4433", "[::1]:4433"), ("[::1]:4433", "localhost:4433")])
@pytest.mark.parametrize("action", [[], ["--test-config"]], ids=["start", "test-config"])
def test_addresses_that_overlap(identity, one, other, action):
    """The second one is in use at every start, by the server itself, so this never passes."""
    ended = run("-l", one, "-l", other, *identity.options, *action)
    assert_refused(ended, f"beside {one}", "take one of them out")
    assert b"in use" not in ended.stderr


@pytest.mark.parametrize("one, other", [
    ("127.0.0.1:4433", "127.0.0.1:4434"), ("0.0.0.0:4433", "[::]:4433"), ("127.0.0.1:4433", "127.0.0.2:4433"),
    ("127.0.0.1:0", "127.0.0.1:0")])
def test_addresses_that_do_not_overlap(identity, one, other):
    ended = run("-l", one, "-l", other, *identity.options, "--test-config")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("address, code", [
    ("[fe80::1%nosuch0]:4433", 1), ("[fe80::1%]:4433", 2), ("[fe80::1%longer-than-any-name]:4433", 2)])
def test_interface_that_is_not_there(identity, address, code):
    """It may still come, unless no interface can have such a name."""
    parts = ["names an interface that this machine does not have"] if code == 1 else ["is not an address"]
    for action in [], ["--test-config"]:
        assert_refused(start(*action, identity=identity, listen=address), address[1:-6], *parts, code=code)


def test_link_local_address_without_its_interface(identity, has_ipv6):
    ended = start(identity=identity, listen="[fe80::1]:4433")
    assert_refused(ended, "[fe80::1]:4433", "needs its interface, as in [fe80::1%eth0]:4433")


@pytest.mark.applies(first_free_port() > 1)
def test_privileged_port(nobodys):
    address = f"127.0.0.1:{min(443, first_free_port() - 1)}"
    ended = start(identity=nobodys, listen=address, prefix=as_nobody())
    assert_refused(ended, address, ("permission", "privilege", "root"))


@pytest.mark.parametrize("address", [
    "127.0.0.1:65536", "127.0.0.1:70000", "127.0.0.1:-1", "127.0.0.1:99999999999999999999", "127.0.0.1:abc",
    "127.0.0.1:", "127.0.0.1:44 33", "127.0.0.1:4433x", "127.0.0.1:0x50", "127.0.0.1:+80", "127.0.0.1",
    "4433", ":", "", "[::1]", "[::1]:", "[::1:4433", "::1]:4433", "[]:4433", "[127.0.0.1]:4433", "[::1]4433",
    "[::1]:65536", "[::g]:4433", "256.0.0.1:4433", "1.2.3:4433", "1.2.3.4.5:4433",
    "no.such.host.invalid:4433", "local host:4433", "127.0.0.1:4433\n", "127.0.0.1:4433,127.0.0.1:4434",
    "x" * 5000, "x" * 300 + ":4433",
], ids=lambda address: repr(address)[:40])
def test_address_that_is_none(identity, address):
    ended = start(identity=identity, listen=address)
    assert_refused(ended)
    text = ended.stderr.decode()
    shown = address.strip()
    assert (shown and shown in text) or "listen" in text.lower(), text


def test_unbracketed_ipv6_is_not_guessed_at(identity):
    assert_refused(start(identity=identity, listen="::1:4433"), "::1:4433")


def test_too_many_listeners(identity):
    listening = ["--listen", "127.0.0.1:0"] * (LISTENER_LIMIT + 1)
    assert_refused(run(*listening, *identity.options), ("listen", "address"), str(LISTENER_LIMIT))


def test_too_many_listeners_by_localhost(identity):
    listening = ["--listen", "localhost:0"] * (LISTENER_LIMIT // 2 + 1)
    assert_refused(run(*listening, *identity.options), ("listen", "address"), str(LISTENER_LIMIT))


# Options

@pytest.mark.parametrize("service", ["", "Echo", "ech", "echoo", "proxy", "echo ", "x" * 3000])
def test_unknown_service(identity, service):
    assert_refused(start("--service", service, identity=identity), "service")


@pytest.mark.parametrize("level", ["", "loud", "INFO", "3", "infos"])
def test_unknown_log_level(identity, level):
    assert_refused(start("--log-level", level, identity=identity), "log-level")


@pytest.mark.parametrize("option", ["--port", "--verbose", "--connections=5", "-x", "--listenn"])
def test_unknown_option(identity, option):
    assert_refused(start(option, identity=identity), option.split("=")[0].lstrip("-"))


@pytest.mark.parametrize("option", [
    "--listen", "-l", "--certificate", "-c", "--key", "-k", "--service", "-s", "--log-level"])
def test_missing_argument(identity, option):
    assert_refused(run(*identity.options, option), option.lstrip("-"))


def test_argument_where_none_belongs(identity):
    assert_refused(start("--test-config=yes", identity=identity), "--test-config=yes", "takes no argument")


@pytest.mark.parametrize("words, meant", [
    (["--lisen"], "--listen"), (["--certifcate=x"], "--certificate"), (["--cleints"], "--clients"),
    (["--log-lvel", "info"], "--log-level"), (["--cl"], "--clients"), (["probe", "--tmeout"], "--timeout"),
    (["certificate", "sign", "--isuer"], "--issuer"), (["certificate", "verify", "--puprose"], "--purpose")])
def test_a_mistyped_option_is_answered_with_the_nearest(words, meant):
    assert_refused(run(*words), f"did you mean {meant}?")


@pytest.mark.parametrize("words", [["--frobnicate"], ["--x"], ["certificate", "crl", "--pathlength"]])
def test_an_option_like_no_other_of_its_command_is_answered_with_help(words):
    ended = run(*words)
    assert_refused(ended, "--help")
    assert b"did you mean" not in ended.stderr


@pytest.mark.parametrize("words", [["extra"], ["serve", "extra"], ["serve", "serve"], ["frobnicate"], [""]])
def test_extra_operand(identity, words):
    ended = run(*words, "--listen", "127.0.0.1:0", *identity.options)
    assert_refused(ended, words[-1])


def test_operand_after_the_options(identity):
    assert_refused(start("extra", identity=identity), "extra")


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "\x1b[31mred", "a\tb", "\x7f", "\u202eabc"],
                         ids=lambda value: repr(value))
def test_control_characters_do_not_reach_the_terminal(identity, value):
    """What was typed is shown in the sentence, but never as a second line or as commands for a terminal."""
    for options in (["--service", value], ["--listen", value], ["--key", value]):
        ended = run(*identity.options, *options)
        assert_refused(ended)
        assert not any(byte < 32 or byte == 127 for byte in ended.stderr[:-1]), ended.stderr


def test_file_name_as_long_as_can_be(identity, which):
    path = "/" + "x" * 4000
    assert_refused(start(identity=certificate_and_key(identity, which, path)))


# What the system refuses

# Where musl says an error in other words than glibc.
MUSL = {"EMFILE": "No file descriptors available", "EADDRINUSE": "Address in use", "ENOMEM": "Out of memory"}


@pytest.mark.native
@pytest.mark.parametrize("call, error, code", [
    ("socket", "EMFILE", 1), ("socket", "ENOBUFS", 1), ("socket", "EAFNOSUPPORT", 2), ("bind", "EACCES", 2),
    ("listen", "EADDRINUSE", 1), ("epoll_create1", "ENOMEM", 1), ("epoll_create1", "ENOSYS", 2),
    ("epoll_ctl", "ENOSPC", 1), ("signalfd4", "ENFILE", 1)])
def test_kind_of_a_refusal(identity, call, error, code):
    """What has been used up may be given back; what is not there for this program, or not allowed, stays so."""
    ended = start(identity=identity, prefix=["strace", "-qq", "-o", os.devnull, "-e", f"inject={call}:error={error}"])
    words = os.strerror(getattr(errno, error))
    assert_refused(ended, (words, MUSL.get(error, words)), code=code)
