"""Files as other programs write them: every form of PEM that openssl reads, and for what is not read here its name and
the command that makes something of it that is. And where files come from: pipes and standard input."""
import os
import re
import shlex
import subprocess
import threading

import pytest

from postern_certificate import Authority
from postern_client import client_context, echo_once, is_served, tls_connection
from postern_identity import Identity, openssl
from postern_target import BINARY, PATIENCE, command, refused, run

MARK = b"\xef\xbb\xbf"


def read(path):
    return path.read_bytes()


def label(text):
    return lambda pem: pem.replace(b"BEGIN CERTIFICATE", b"BEGIN " + text).replace(b"END CERTIFICATE", b"END " + text)


def check(certificate, key, **keywords):
    return run("--listen", "127.0.0.1:0", "-c", certificate, "-k", key, "--test-config", **keywords)


# What is read

FORMS = {
    "byte order mark": lambda pem: MARK + pem,
    "carriage returns": lambda pem: pem.replace(b"\n", b"\r\n"),
    "both": lambda pem: MARK + pem.replace(b"\n", b"\r\n"),
    "blanks behind lines": lambda pem: pem.replace(b"\n", b"  \t\n"),
    "text around": lambda pem: b"Bag Attributes\n  friendlyName: x\n\n" + pem + b"\nthe end: really\n",
    "no line feed at the end": lambda pem: pem.rstrip(b"\n"),
    "one line of base64": lambda pem: re.sub(rb"(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])", b"", pem),
    "empty lines": lambda pem: pem.replace(b"\n", b"\n\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_pem(identity, tmp_path, form):
    for path in (identity.certificate, identity.key):
        (tmp_path / path.name).write_bytes(FORMS[form](read(path)))
    certificate, key = tmp_path / identity.certificate.name, tmp_path / identity.key.name
    assert check(certificate, key).stdout == b"configuration ok\n"
    for words in (["show", certificate], ["verify", certificate, "--ca", certificate, "--name", "localhost"]):
        ended = run("certificate", *words)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_label_of_old_files(identity, tmp_path):
    (tmp_path / "x.crt").write_bytes(label(b"X509 CERTIFICATE")(read(identity.certificate)))
    assert check(tmp_path / "x.crt", identity.key).stdout == b"configuration ok\n"
    assert run("certificate", "show", tmp_path / "x.crt").returncode == 0


def test_files_that_were_put_together_without_a_line_feed(identities, tmp_path):
    chain = read(identities.good.certificate).rstrip(b"\n") + read(identities.other.certificate).rstrip(b"\n")
    (tmp_path / "x.crt").write_bytes(chain)
    assert check(tmp_path / "x.crt", identities.good.key).stdout == b"configuration ok\n"
    assert run("certificate", "show", tmp_path / "x.crt").stdout.count(b"subject") == 2


def test_one_file_with_key_and_chain(identity, tmp_path, launch):
    both = tmp_path / "both.pem"
    both.write_bytes(MARK + read(identity.key) + read(identity.certificate))
    both.chmod(0o600)
    echo_once(launch(identity=Identity(both, both, identity.trust)))


def test_the_parameters_of_a_curve_come_before_its_key(identity, tmp_path):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", tmp_path / "x.key")
    assert b"EC PARAMETERS" in read(tmp_path / "x.key")
    openssl("req", "-x509", "-new", "-key", tmp_path / "x.key", "-subj", "/CN=x", "-days", "2",
            "-addext", "subjectAltName=DNS:x", "-out", tmp_path / "x.crt")
    (tmp_path / "x.key").chmod(0o600)
    assert check(tmp_path / "x.crt", tmp_path / "x.key").stdout == b"configuration ok\n"


def test_a_chain_in_der_is_read_whole(identities, tmp_path):
    der = b""
    for one in (identities.good, identities.other):
        openssl("x509", "-in", one.certificate, "-outform", "DER", "-out", tmp_path / "one")
        der += read(tmp_path / "one")
    (tmp_path / "x.der").write_bytes(der)
    assert check(tmp_path / "x.der", identities.good.key).stdout == b"configuration ok\n"
    (tmp_path / "x.der").write_bytes(der[:-5])
    refused(check(tmp_path / "x.der", identities.good.key), "x.der")


def client(clients, name):
    context = client_context()
    context.load_cert_chain(clients.files[name].certificate, clients.files[name].key)
    return context


LINES = ["byte order mark", "carriage returns", "both"]


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize("file", ["ca", "crl", "allow", "pins"])
def test_files_of_clients_as_other_systems_write_them(launch, rules, clients, file, form):
    """The first entry and the last one count as they do without the mark."""
    path = getattr(rules, file)
    if file in ("allow", "pins"):   # no comment in front: the mark stands before the entry
        rules.write(path, read(path).splitlines()[-1] + b"\n")
    rules.write(path, FORMS[form](read(path)))
    server = launch(*rules.options("required"))
    for name in ("good", "pinned"):
        with tls_connection(server, client(clients, name)) as tls:
            is_served(tls)
    for name, reason in (("revoked", "clientCertificateRevoked"), ("wrong-name", "clientNotAllowed")):
        since = server.mark()
        with pytest.raises(OSError), tls_connection(server, client(clients, name)) as tls:
            is_served(tls)
        server.wait_for_line(rf"postern: info: closed .* reason={reason}.*", since)


@pytest.mark.parametrize("form", LINES)
def test_an_index_as_other_systems_write_it(tmp_path, form):
    """Read whole or refused whole: a certificate that is revoked in it stays revoked."""
    work = Authority(tmp_path)
    work.ca()
    work.issue("old")
    work.revoke("old")
    index = work.path("ca.crt.index")
    index.write_bytes(FORMS[form](read(index)))
    code, said, fault = work.try_run("crl", "--issuer", "ca.crt", "--issuer-key", "ca.key", "--crl", "ca.crl")
    if code == 0:
        assert ", 1 revoked," in said, said
    else:
        assert code == 2 and fault.count("\n") == 1 and "ca.crt.index" in fault, fault
        assert not work.path("ca.crl").exists()


# What is not read, by its name

@pytest.fixture(scope="module")
def foreign(open_folder, identities):
    """Files by what they hold, each made of the good identity where it can be."""
    crt, key, made = identities.good.certificate, identities.good.key, {}

    def path(name):
        made[name] = open_folder / f"foreign-{name}"
        return made[name]
    openssl("pkcs12", "-export", "-in", crt, "-inkey", key, "-passout", "pass:", "-out", path("pkcs12"))
    openssl("crl2pkcs7", "-nocrl", "-certfile", crt, "-out", path("pkcs7"))
    openssl("crl2pkcs7", "-nocrl", "-certfile", crt, "-outform", "DER", "-out", path("pkcs7-der"))
    openssl("x509", "-in", crt, "-addreject", "serverAuth", "-trustout", "-out", path("trusted"))
    path("utf16").write_bytes(read(crt).decode().encode("utf-16"))
    path("utf16-without-mark").write_bytes(read(crt).decode().encode("utf-16-le"))
    path("utf16-big").write_bytes(read(crt).decode().encode("utf-16-be"))
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit",
            "-out", path("explicit-key"))
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", made["explicit-key"], "-out", path("explicit-pkcs8"))
    openssl("req", "-x509", "-new", "-key", made["explicit-key"], "-subj", "/CN=x", "-days", "2",
            "-out", path("explicit-certificate"))
    openssl("req", "-new", "-key", key, "-subj", "/CN=x", "-out", path("request"))
    openssl("pkey", "-in", key, "-pubout", "-out", path("public"))
    openssl("pkey", "-in", key, "-outform", "DER", "-out", path("key-der"))
    openssl("x509", "-in", crt, "-outform", "DER", "-out", path("certificate-der"))
    openssl("pkcs8", "-topk8", "-in", key, "-outform", "DER", "-passout", "pass:x", "-out", path("encrypted-der"))
    path("openssh").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n"
                               "-----END OPENSSH PRIVATE KEY-----\n")
    for file in made.values():
        file.chmod(0o600)
    return made


NOT_CERTIFICATES = {
    "pkcs12": ("PKCS#12", "openssl pkcs12"), "pkcs7": ("PKCS#7", "openssl pkcs7 -in"),
    "pkcs7-der": ("PKCS#7", "openssl pkcs7 -inform DER"), "trusted": ("TRUSTED CERTIFICATE", "openssl x509"),
    "utf16": ("UTF-16", "iconv"), "utf16-without-mark": ("UTF-16", "iconv"), "utf16-big": ("UTF-16", "iconv"),
    "request": ("a request for a certificate", "sign"), "key-der": ("a private key", "name a file with a certificate"),
    "public": ("a public key", "name a file with a certificate"),
}
NOT_KEYS = {
    "pkcs12": ("PKCS#12", "openssl pkcs12"), "explicit-key": ("explicit curve", "openssl ec"),
    "explicit-pkcs8": ("explicit curve", "openssl ec"), "openssh": ("OpenSSH", "ssh-keygen"),
    "utf16": ("UTF-16", "iconv"), "public": ("a public key", "--key"), "certificate-der": ("a certificate", "--key"),
    "encrypted-der": ("encrypted", "openssl pkey"), "request": ("a request", "sign"),
}


@pytest.mark.parametrize("kind", [*NOT_CERTIFICATES, "explicit-certificate"])
def test_certificates_that_are_none_are_named(foreign, identity, kind):
    parts = NOT_CERTIFICATES.get(kind, ("explicit curve", "openssl ec"))
    refused(check(foreign[kind], identity.key), f"certificate file '{foreign[kind]}'", *parts)
    if kind in NOT_CERTIFICATES:
        refused(run("certificate", "verify", foreign[kind], "--ca", identity.certificate), str(foreign[kind]), *parts)
        ended = run(*identity.options, "--test-config", "--clients", "required", "--ca", foreign[kind])
        refused(ended, f"CA file '{foreign[kind]}'", *parts)


@pytest.mark.parametrize("kind", NOT_KEYS)
def test_keys_that_are_none_are_named(foreign, identity, kind):
    refused(check(identity.certificate, foreign[kind]), f"key file '{foreign[kind]}'", *NOT_KEYS[kind])


def test_exchanged_files_are_named(identity):
    refused(check(identity.key, identity.certificate), f"certificate file '{identity.key}' holds a private key",
            "--certificate")


@pytest.mark.parametrize("kind, option", [("utf16", "--allow"), ("utf16-big", "--pins"), ("pkcs12", "--pins"),
                                          ("certificate-der", "--allow"), ("key-der", "--pins")])
def test_lists_that_are_none_are_named(foreign, identity, kind, option):
    given = ["-c", identity.certificate, "-k", identity.key, "--clients", "required", "--ca", identity.certificate]
    name = {"pkcs12": "PKCS#12", "certificate-der": "a certificate", "key-der": "a private key"}.get(kind, "UTF-16")
    refused(run(*given, option, foreign[kind], "--test-config"), str(foreign[kind]), "holds ", name)


# What does what was advised: the command's words, with the file's name in place of FILE
CONVERTED = ["pkcs12", "pkcs7", "pkcs7-der", "trusted", "utf16", "utf16-without-mark", "explicit-key", "explicit-pkcs8"]


@pytest.mark.parametrize("kind", CONVERTED)
def test_the_advice_works(foreign, identity, tmp_path, kind):
    is_key = kind.startswith("explicit")
    ended = check(identity.certificate, foreign[kind]) if is_key else check(foreign[kind], identity.key)
    advice = re.search(r"convert it: (.*)\n", ended.stderr.decode())[1]
    advice = advice.replace("UTF-16", "UTF-16LE") if kind == "utf16-without-mark" else advice
    words = advice.replace("FILE", shlex.quote(str(foreign[kind]))).replace("NEW", shlex.quote(str(tmp_path / "new")))
    if kind == "pkcs12":
        words += " -passin pass:"
    subprocess.run(words, shell=True, check=True, stderr=subprocess.DEVNULL)
    (tmp_path / "new").chmod(0o600)
    if is_key:
        assert "does not belong" in check(identity.certificate, tmp_path / "new").stderr.decode(), "it is read"
        openssl("req", "-x509", "-new", "-key", tmp_path / "new", "-subj", "/CN=x", "-days", "2",
                "-addext", "subjectAltName=DNS:x", "-out", tmp_path / "crt")
        assert check(tmp_path / "crt", tmp_path / "new").stdout == b"configuration ok\n"
    else:
        assert check(tmp_path / "new", identity.key).stdout == b"configuration ok\n"


# Pipes and standard input

def piped(content, *words):
    ended = subprocess.run(command(BINARY, *words), input=content, capture_output=True, timeout=20 * PATIENCE)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input(identity, name):
    crt, key = identity.certificate, identity.key
    both = read(crt) + read(key)
    options = ["-l", "127.0.0.1:0", "--test-config"]
    assert piped(read(crt), *options, "-c", name, "-k", key) == (0, b"configuration ok\n")
    assert piped(read(key), *options, "-c", crt, "-k", name) == (0, b"configuration ok\n")
    assert piped(both, *options, "-c", name, "-k", name) == (0, b"configuration ok\n")
    assert piped(read(crt), *options, "-c", crt, "-k", key, "--clients", "required", "--ca", name)[0] == 0
    for words in (["show", name], ["verify", name, "--ca", crt], ["verify", crt, "--ca", name]):
        code, said = piped(read(crt), "certificate", *words)
        assert code == 0, said
    code, said = piped(b"", *options, "-c", name, "-k", key)
    assert code == 2 and b"certificate file '%s' holds no certificate" % name.encode() in said


def test_lists_from_standard_input(identity):
    options = ["-l", "127.0.0.1:0", "--test-config", *identity.options, "--clients", "required", "--ca",
               identity.certificate]
    assert piped(b"board.local\n", *options, "--allow", "-")[0] == 0
    assert piped(b"00" * 32, *options, "--pins", "-")[0] == 0
    assert b"allow list file '-' line 1 is not a name" in piped(b"a.*\n", *options, "--allow", "-")[1]


def test_commands_read_their_input_too(tmp_path):
    work = Authority(tmp_path)
    work.ca()
    work.request("board")
    words = [str(work.path(word)) if work.path(word).exists() or word == "board.crt" else word
             for word in work.signing("board")]
    request, key = words.index(str(work.path("board.csr"))), words.index(str(work.path("ca.key")))
    for place, content in ((request, read(work.path("board.csr"))), (key, read(work.path("ca.key")))):
        given = [*words[:place], "-", *words[place + 1:]]
        code, said = piped(content, "certificate", *given, "--force")
        assert code == 0, said


@pytest.mark.parametrize("words", [
    ["self-signed", "--name", "x", "--certificate", "-", "--key", "x.key"],
    ["self-signed", "--name", "x", "--certificate", "x.crt", "--key", "-"],
    ["request", "--name", "x", "--request", "-", "--key", "x.key"],
    ["renew", "--certificate", "-", "--key", "ca.key", "--force"]])
def test_nothing_is_written_to_a_file_of_that_name(tmp_path, words):
    work = Authority(tmp_path)
    work.ca()
    assert "standard input" in work.refuse(*words)


def test_a_fifo_is_read_when_somebody_writes(identity, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    writer = threading.Thread(target=lambda: fifo.write_bytes(read(identity.key)), daemon=True)
    writer.start()
    try:
        assert check(identity.certificate, fifo).stdout == b"configuration ok\n"
    finally:
        writer.join(5 * PATIENCE)


def test_what_a_slow_program_writes_is_waited_for(identity):
    program = shlex.join(command(BINARY))
    script = f"(sleep 1; cat {identity.key}) | {program} -l 127.0.0.1:0 -c {identity.certificate} " \
             "-k /dev/fd/0 --test-config"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, timeout=30 * PATIENCE)
    assert ended.stdout == b"configuration ok\n", ended.stderr


def test_a_server_of_a_pipe_reloads_nothing_and_waits_for_nobody(identity, tmp_path, launch):
    """What came through it is gone; the server goes on with it."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    writer = threading.Thread(target=lambda: fifo.write_bytes(read(identity.key)), daemon=True)
    writer.start()
    server = launch(identity=Identity(identity.certificate, fifo, identity.trust))
    writer.join(5 * PATIENCE)
    since = server.mark()
    server.process.send_signal(1)
    server.wait_for_line(
        r"postern: error: .*key file '.*fifo' cannot be read: a pipe can be read once, at the start.*", since)
    echo_once(server)


def test_inetd_has_another_use_for_standard_input(identity):
    ended = run("--inetd", "-c", identity.certificate, "-k", "-", "--test-config")
    refused(ended, "--inetd serves the client on standard input")


# Sizes

@pytest.mark.parametrize("option", ["-c", "-k", "--ca", "--allow", "--pins"])
def test_what_is_too_large_is_told_with_both_numbers(identity, tmp_path, option):
    large = tmp_path / "large"
    large.write_bytes(b"#" * 1_000_003)
    given = dict([("-c", identity.certificate), ("-k", identity.key), ("--ca", identity.certificate), (option, large)])
    words = [str(word) for pair in given.items() for word in pair]
    ended = run("--test-config", "--clients", "required", *words)
    refused(ended, f"file '{large}' has 1000003 bytes, more than the ")
    assert re.search(r"more than the [0-9]{5,6} that are taken; name a smaller one with --", ended.stderr.decode())
    code, said = piped(b"#" * 1_000_003, "--test-config", "--clients", "required",
                       *[word if word != str(large) else "-" for word in words])
    assert code == 2 and re.search(rb"has more than the [0-9]{5,6} bytes that are taken", said), said
