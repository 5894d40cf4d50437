"""What field devices and people are called, in one syntax from the request to the check: names with underscores, names
that are too long for a common name, and common names that are no alternative names."""
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from postern_certificate import Authority, judge, names_of
from postern_client import client_context, tls_connection
from postern_identity import Identity, make_key, openssl
from postern_target import run

LONG = ".".join(["a" * 30] * 3) + ".example"
DEVICES = ["my_board.local", "_gate.local", "gate_.local", "x_1", "_http._tcp.board.local", LONG, "a_" * 30 + ".local"]
PERSONS = ["Alice Smith", "Bärbel Müller", "보드 7", "O'Brien, Jr.", "sensor #4", "ACME/device+1",
           "00:1b:44:11:3a:b7", "aa:bb:cc:dd:ee:ff", "356938035643809", "board-", "(7)", "x@y z", "dev: 1", "é" * 64]
# No name of any kind: what may be meant, is written wrong.
SLIPS = ["", "a..b", "-x", "a.*", "*", "f*.local", "1.2.3.4.5", "300.1.1.1", "x@", "@y", "DNS:a", "board.local:443",
         "http://", "*.", " a", "a ", "x" * 65 + " y", "a\tb", "a\x1fb", "ü" * 65]


@pytest.fixture
def work(tmp_path):
    made = Authority(tmp_path)
    made.ca()
    return made


def common_name(certificate):
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return found[0].value if found else None


def has_names(certificate):
    return any(one.oid.dotted_string == "2.5.29.17" for one in certificate.extensions)


def verify(work, certificate, ca, name):
    return work.try_run("verify", certificate, "--ca", ca, "--name", name)


@pytest.mark.parametrize("name", DEVICES)
def test_names_of_devices_are_taken_everywhere(work, name, launch):
    work.issue("board", names=[name])
    made = work.certificate("board.crt")
    assert names_of(made) == [name]
    assert common_name(made) == (name if len(name) <= 64 else None)
    judge("openssl", "verify", "-x509_strict", "-CAfile", work.path("ca.crt"), "-verify_hostname", name,
          work.path("board.crt"))
    assert verify(work, "board.crt", "ca.crt", name)[0] == 0
    assert verify(work, "board.crt", "ca.crt", "x" + name)[0] == 3
    assert work.index()[0].endswith(f" valid {name}")
    server = launch(identity=Identity(work.path("board.crt"), work.path("board.key"), None))
    host, port = server.address
    ended = run("probe", f"{host}:{port}", "--name", name, "--ca", work.path("ca.crt"))
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", DEVICES)
def test_they_sign_themselves_too(work, name):
    """An issuer's name must not be empty, a subject may."""
    said = work.run("self-signed", "--name", name, "--certificate", "x.crt", "--key", "x.key")
    made = work.certificate("x.crt")
    assert names_of(made) == [name] and made.issuer == made.subject and common_name(made)
    assert "x.crt: " in said
    judge("openssl", "verify", "-CAfile", work.path("x.crt"), "-verify_hostname", name, work.path("x.crt"))
    assert verify(work, "x.crt", "x.crt", name)[0] == 0


def test_names_that_alone_say_whose_it_is_are_critical(work):
    work.issue("board", names=[LONG])
    made = work.certificate("board.crt")
    assert made.subject.rfc4514_string() == ""
    assert made.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical
    judge("certtool", "--verify", "--load-ca-certificate", work.path("ca.crt"), "--infile", work.path("board.crt"))
    work.run("renew", "--certificate", "board.crt", "--key", "board.key", "--issuer", "ca.crt",
             "--issuer-key", "ca.key", "--force")
    assert names_of(work.certificate("board.crt")) == [LONG] and work.index()[1].endswith(f" valid {LONG}")
    work.revoke("board")
    assert any(f" revoked " in line and line.endswith(LONG) for line in work.index())


def test_such_a_server_finds_its_certificate_by_name(work, launch):
    work.issue("board", names=[LONG])
    server = launch(identity=Identity(work.path("board.crt"), work.path("board.key"), None))
    with tls_connection(server, client_context(), name=LONG) as tls:
        assert tls.getpeercert(binary_form=True)


@pytest.mark.parametrize("name", PERSONS)
def test_persons_are_clients(work, name):
    """Three ways to one certificate, and one that signs itself."""
    make_key(work.path("own.key"), "P-256")
    openssl("req", "-new", "-key", work.path("own.key"), "-utf8", "-multivalue-rdn", "-subj",
            "/CN=" + name.replace("\\", "\\\\").replace("/", "\\/").replace("+", "\\+"), "-out", work.path("own.csr"))
    work.request("ours", names=[name])
    for request, options in (("own", []), ("ours", []), ("own", ["--allow", name]), ("own", ["--name", name])):
        work.run(*work.signing(request, "--force", *options, profile="client"))
        made = work.certificate(f"{request}.crt")
        assert common_name(made) == name and not has_names(made)
        assert verify(work, f"{request}.crt", "ca.crt", name)[0] == 0
        assert verify(work, f"{request}.crt", "ca.crt", "Some Body")[0] == 3
    assert f" valid {name}" in work.index()[0]
    work.run("self-signed", "--profile", "client", "--name", name, "--certificate", "x.crt", "--key", "x.key")
    assert common_name(work.certificate("x.crt")) == name


def test_a_person_with_other_names(work):
    work.request("alice", names=["alice@home.example", "Alice Smith"])
    work.run(*work.signing("alice", profile="client"))
    made = work.certificate("alice.crt")
    assert common_name(made) == "Alice Smith" and names_of(made) == ["alice@home.example"]
    said = work.run(*work.signing("alice", "--allow", "alice@home.example", "--force", profile="client"))
    assert "left out: CN=Alice Smith, which no --allow permits" in said
    assert common_name(work.certificate("alice.crt")) == "alice@home.example"
    fault = work.refuse("request", "--name", "Alice Smith", "--name", "Bob Smith", "--request", "x.csr",
                        "--key", "x.key")
    assert "'Bob Smith' is a second common name" in fault


@pytest.mark.parametrize("profile", ["server", "peer"])
def test_persons_are_no_servers(work, profile):
    work.request("alice", names=["Alice Smith"])
    fault = work.refuse(*work.signing("alice", profile=profile))
    assert "the common name 'Alice Smith' alone" in fault and "--profile client" in fault
    for option in ("--name", "--allow"):
        fault = work.refuse(*work.signing("alice", option, "Alice Smith", profile=profile))
        assert f"option {option}: 'Alice Smith' is not a name of a server" in fault and "--profile client" in fault
    fault = work.refuse("self-signed", "--profile", profile, "--name", "Alice Smith", "--certificate", "x.crt",
                        "--key", "x.key")
    assert "--profile client" in fault
    work.request("board", names=["board.local", "Alice Smith"])
    work.run(*work.signing("board", profile=profile))
    assert common_name(work.certificate("board.crt")) == "board.local", "nobody looks for a server by the other one"


@pytest.mark.parametrize("name", SLIPS)
def test_slips_are_no_names(work, name):
    for words in (["request", "--request", "x.csr", "--key", "x.key"],
                  ["self-signed", "--profile", "client", "--certificate", "x.crt", "--key", "x.key"]):
        assert "is not a name" in work.refuse(*words, "--name", name)
    assert "is not a name" in work.refuse("verify", "ca.crt", "--ca", "ca.crt", "--name", name)


def test_a_common_name_alone_is_said_to_be_the_cause(work, launch):
    make_key(work.path("old.key"), "P-256")
    openssl("req", "-x509", "-new", "-key", work.path("old.key"), "-subj", "/CN=board.local", "-days", "9",
            "-addext", "basicConstraints=critical,CA:FALSE", "-out", work.path("old.crt"))
    code, said, _ = verify(work, "old.crt", "old.crt", "board.local")
    assert code == 3 and "it has a common name alone, which does not count" in said
    server = launch(identity=Identity(work.path("old.crt"), work.path("old.key"), None))
    host, port = server.address
    ended = run("probe", f"{host}:{port}", "--name", "board.local", "--ca", work.path("old.crt"))
    assert ended.returncode != 0 and b"it has a common name alone, which does not count" in ended.stderr
    work.issue("new", names=["new.local"])
    assert "common name alone" not in verify(work, "new.crt", "ca.crt", "board.local")[1]
