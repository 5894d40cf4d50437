"""What is not right and no reason to end: a start says it, and --test-config says the same; and what a start says of a
certificate that clients will refuse. Then bounds of revocation lists, and lists that have become empty."""
import os
import re
import shutil
import signal
import subprocess

import pytest

from postern_certificate import Authority
from postern_identity import Identity, make_key, openssl
from postern_machine import only_root
from postern_target import RELOAD_FAILED, refused, run

WARNING = re.compile(r"postern: warning: (.*)")


def told(text):
    return sorted(line for line in WARNING.findall(text) if "in use" not in line)


def both(launch, identity, *options):
    """What --test-config warns of, which must be what a start warns of."""
    ended = run("-l", "127.0.0.1:0", *identity.options, *options, "--test-config")
    assert (ended.returncode, ended.stdout) == (0, b"configuration ok\n"), ended.stderr
    server = launch(*options, identity=identity)
    server.counters()
    assert told("\n".join(server.lines)) == told(ended.stderr.decode())
    return told(ended.stderr.decode())


@pytest.fixture
def work(tmp_path):
    made = Authority(tmp_path)
    made.ca()
    return made


def identity_of(work, name):
    return Identity(work.path(f"{name}.crt"), work.path(f"{name}.key"), work.path("ca.crt"))


def by_openssl(work, name, *extensions, subject="/CN=board.local"):
    make_key(work.path(f"{name}.key"), "P-256")
    added = [word for one in ("basicConstraints=critical,CA:FALSE", *extensions) for word in ("-addext", one)]
    openssl("req", "-x509", "-new", "-key", work.path(f"{name}.key"), "-subj", subject, "-days", "300", *added,
            "-out", work.path(f"{name}.crt"))
    return identity_of(work, name)


def test_nothing_to_warn_of(work, launch):
    work.issue("board", names=["board.local"])
    assert both(launch, identity_of(work, "board")) == []


def test_dates_and_modes(work, launch):
    for name, dates in (("old", ["--not-before", "2020-01-01", "--days", "10"]), ("soon", ["--days", "5"]),
                        ("later", ["--not-before", "2090-01-01"])):
        work.run("self-signed", "--name", "x", "--certificate", f"{name}.crt", "--key", f"{name}.key", *dates)
    work.path("old.key").chmod(0o644)
    old = identity_of(work, "old")
    old_options = both(launch, old)
    assert [re.sub(r"'.*'", "X", line) for line in old_options] == [
        "certificate file X has expired; renew it and send SIGHUP",
        "key file X can be read by others; set its mode to 0600"]
    assert "expires soon" in both(launch, identity_of(work, "soon"))[0]
    assert "is not valid yet" in both(launch, identity_of(work, "later"))[0]


@pytest.mark.parametrize("extensions, said", [
    (["extendedKeyUsage=clientAuth"], "is for clients alone (extended key usage)"),
    (["extendedKeyUsage=codeSigning"], "is not for servers (extended key usage)"),
    (["keyUsage=critical,keyEncipherment"], "does not let its key sign (key usage)"),
    (["extendedKeyUsage=clientAuth,serverAuth", "keyUsage=digitalSignature"], None),
    (["extendedKeyUsage=anyExtendedKeyUsage"], None)])
def test_certificates_that_clients_refuse(work, launch, extensions, said):
    warned = both(launch, by_openssl(work, "board", "subjectAltName=DNS:board.local", *extensions))
    assert [said in line for line in warned] == [True] if said else warned == []


def test_a_common_name_alone(work, launch):
    assert "has no alternative names, and its common name does not count" in both(launch, by_openssl(work, "board"))[0]


def test_a_certificate_for_clients_of_our_own(work, launch):
    work.issue("client", profile="client", names=["a.home"])
    assert "is for clients alone" in both(launch, identity_of(work, "client"))[0]


def test_revocation_lists(work, launch):
    work.issue("board", names=["board.local"])
    work.ca("other")
    work.crl("other.crl", ca="other")
    options = ["--clients", "required", "--ca", work.path("ca.crt"), "--crl", work.path("other.crl")]
    assert "whose issuer is not in the CA file" in both(launch, identity_of(work, "board"), *options)[0]
    options[-1] = work.path("missing.crl")
    warned = both(launch, identity_of(work, "board"), *options, "--crl-policy", "warn")
    assert "cannot be taken; no client's revocation is checked: " in warned[0] and "No such file" in warned[0]


@only_root
def test_what_the_server_could_not_load_again(work, launch, open_folder):
    """Root reads everything, the user that it becomes does not."""
    work.issue("board", names=["board.local"])
    folder = open_folder / "warnings"
    folder.mkdir()
    made = Identity(folder / "board.crt", folder / "board.key", None)
    for source, target in ((work.path("board.crt"), made.certificate), (work.path("board.key"), made.key)):
        shutil.copy(source, target)
    made.key.chmod(0o600)
    options = ["--user", "65534", "--group", "65534"]
    warned = both(launch, made, *options)
    assert [line for line in warned if "SIGHUP will not reload the files" in line and "board.key" in line], warned
    os.chown(made.key, 65534, 65534)
    assert both(launch, made, *options) == []
    shutil.rmtree(folder)


def test_a_missing_identity_that_would_be_made_warns_of_nothing(tmp_path):
    ended = run("-c", tmp_path / "a.crt", "-k", tmp_path / "a.key", "--create-identity", "--test-config")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"configuration ok\n", b"")


@pytest.mark.parametrize("kind, said", [
    ("ed25519", "has a certificate that is signed in another way than with ECDSA or RSA"),
    ("ed448", "has a certificate that is signed in another way than with ECDSA or RSA")])
def test_the_issuers_key_is_not_called_the_servers(work, kind, said):
    openssl("genpkey", "-algorithm", kind, "-out", work.path("root.key"))
    openssl("req", "-x509", "-new", "-key", work.path("root.key"), "-subj", "/CN=Root", "-out", work.path("root.crt"))
    work.request("board")
    openssl("x509", "-req", "-in", work.path("board.csr"), "-CA", work.path("root.crt"),
            "-CAkey", work.path("root.key"), "-CAcreateserial", "-out", work.path("board.crt"))
    ended = run("-c", work.path("board.crt"), "-k", work.path("board.key"), "--test-config")
    refused(ended, f"certificate file '{work.path('board.crt')}' {said}")
    assert b"key file" not in ended.stderr


# Revocation lists: how many entries there is room for

def index(work, count):
    lines = [f"4{number:031x} 2030-01-01T00:00:00Z revoked 2026-01-01T00:00:00Z keyCompromise dev-{number}\n"
             for number in range(count)]
    work.path("ca.crt.index").write_text("postern-index 1\ncrl-number 0\n" + "".join(lines))


def listed(work, count, *options):
    """Server options with a list of so many entries; and what `crl` warned of."""
    index(work, count)
    # A list never becomes shorter, unless it is another one.
    work.path("ca.crl").unlink(missing_ok=True)
    code, said, warned = work.try_run("crl", "--issuer", "ca.crt", "--issuer-key", "ca.key", "--crl", "ca.crl",
                                      "--force")
    assert code == 0 and f"{count} revoked" in said
    if not work.path("board.crt").exists():
        index_bytes = work.path("ca.crt.index").read_bytes()
        work.issue("board", names=["board.local"])
        work.path("ca.crt.index").write_bytes(index_bytes)
    return ["-c", work.path("board.crt"), "-k", work.path("board.key"), "--clients", "required", "--ca",
            work.path("ca.crt"), "--crl", work.path("ca.crl"), *options], warned


@pytest.mark.parametrize("count, options, is_taken, is_warned", [
    (800, [], True, False), (2_000, [], True, False), (2_001, [], False, True), (3_500, [], False, True),
    (20, ["--crl-entries", "20"], True, False), (21, ["--crl-entries", "20"], False, False)])
def test_as_many_entries_as_there_is_room_for(work, count, options, is_taken, is_warned):
    words, warned = listed(work, count, *options)
    assert (f"has {count} revoked certificates; a server" in warned) == is_warned
    ended = run(*words, "--test-config")
    if is_taken:
        assert (ended.returncode, ended.stderr) == (0, b""), ended.stderr
    else:
        room = options[-1] if options else "2000"
        refused(ended, "ca.crl' has ", f" for {room} revoked certificates; raise that with --crl-entries")
        assert re.search(rf"has {count} revoked certificates, more|has \d+ bytes, more than the \d+ that",
                         ended.stderr.decode())


def test_the_room_is_counted(work):
    words, _ = listed(work, 3)
    plans = [int(re.search(r"memory.arenaNeededBytes: (\d+)",
                           run(*words, "--print-config", "--crl-entries", str(entries)).stdout.decode())[1])
             for entries in (10, 1_000, 2_000)]
    assert plans[0] + 2 * 990 * 64 <= plans[1] < plans[2] - 2 * 1_000 * 64
    refused(run(*words, "--test-config", "--crl-entries", "200000"), "needs an arena of",
            "or clients.crlEntries a smaller value")
    refused(run(*words, "--test-config", "--crl-entries", "0"), "--crl-entries", "from 1 to 200000")


def test_a_list_that_outgrows_its_room_is_told_at_the_reload(work, launch):
    words, _ = listed(work, 10, "--crl-entries", "50")
    server = launch(*words[4:], identity=identity_of(work, "board"))
    for count, said in ((51, "has 51 revoked certificates, more than there is room for 50"),
                        (3_000, "bytes, more than the")):
        listed(work, count)
        since = server.mark()
        server.process.send_signal(signal.SIGHUP)
        line = server.wait_for_line(f"postern: error: {RELOAD_FAILED}: (?P<why>.*)", since)["why"]
        assert said in line and line.endswith("; revocations since the last successful reload are not in force")
    listed(work, 50)
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_line(r"postern: notice: files reloaded: .*", since)


def test_two_thousand_entries_are_reloaded_while_all_are_in_memory(work, launch):
    """The plan has room for the lists in force, for those that take their place, and for the file."""
    words, _ = listed(work, 2_000)
    server = launch(*words[4:], identity=identity_of(work, "board"))
    for _ in range(3):
        since = server.mark()
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_line(r"postern: notice: files reloaded: .*", since)
    assert server.counters()["arenaFailures"] == 0


# Lists that have become empty

def test_the_last_pin_can_be_taken_out(work, launch):
    work.issue("board", names=["board.local"])
    pins = work.path("pins")
    pins.write_text("00" * 32 + "\n")
    options = ["--clients", "required", "--ca", work.path("ca.crt"), "--pins", pins]
    server = launch(*options, identity=identity_of(work, "board"))
    pins.write_text("# nobody\n")
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_line(r"postern: notice: files reloaded: .*, pins 0", since)
    ended = run(*identity_of(work, "board").options, *options, "--test-config")
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("content", ["", "# nobody\n", "\ufeff\n"])
def test_without_an_authority_nobody_would_be_left(work, content):
    work.issue("board", names=["board.local"])
    work.path("pins").write_text(content)
    ended = run(*identity_of(work, "board").options, "--clients", "required", "--pins", work.path("pins"),
                "--test-config")
    refused(ended, "pin list file", "has no entry; nobody would be let in")


def test_a_byte_order_mark_is_no_part_of_a_name(work, launch):
    """The client named in the first line is let in."""
    work.issue("board", profile="peer", names=["board.home"])
    work.path("allow").write_bytes(b"\xef\xbb\xbfboard.home\r\n")
    server = launch("--clients", "required", "--ca", work.path("ca.crt"), "--allow", work.path("allow"),
                    identity=identity_of(work, "board"))
    host, port = server.address
    ended = subprocess.run(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-cert", work.path("board.crt"), "-key",
         work.path("board.key"), "-brief"], input=b"", capture_output=True)
    assert b"alert" not in ended.stderr, ended.stderr
    server.wait_for_line(r"postern: info: closed .* reason=(peerClosed|truncated).*")
