"""The example of the README, built in both modes: it must serve, have the command line of a server under its own name,
and be the code that the README shows."""
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ["BUILD"])


@pytest.fixture(params=["embedded", "ordinary"])
def reverse(request):
    return BUILD / "example" / request.param / "reverse"


@pytest.fixture
def folder(tmp_path):
    """A directory with an identity under the names that the example's configuration has."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "90", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", "server.key", "-out", "server.crt"], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def run(folder, *words):
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=30)


def assert_serves(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as tls:
        tls.sendall(b"nret")
        tls.sendall(b"sop\nsen")
        assert tls.recv(100) == b"postern\n"
        tls.sendall(b"il\n")
        assert tls.recv(100) == b"lines\n", "the half line of before, with its end"


def test_example_serves(reverse, folder):
    process = subprocess.Popen([reverse, "--listen", "127.0.0.1:0"], cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stderr.readline()
        assert line.startswith("reverse: notice: ")
        assert_serves(int(re.search(r"127\.0\.0\.1:(\d+)", line)[1]))
        process.send_signal(signal.SIGUSR1)
        assert any("accepted=1" in process.stderr.readline() for _ in range(2)), "behind the connection's line"
    finally:
        process.terminate()
        assert process.wait(10) == 0


def test_example_detaches(reverse, folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = run(folder, reverse, "--detach", "--pidfile", "reverse.pid", "--listen", f"127.0.0.1:{port}")
    assert (done.returncode, done.stderr) == (0, "")
    number = int((folder / "reverse.pid").read_text())
    try:
        assert_serves(port)
    finally:
        os.kill(number, signal.SIGTERM)


def test_help_is_that_of_the_program(reverse, tmp_path):
    done = run(tmp_path, reverse, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: reverse [options]\n")
    assert "--listen ADDRESS:PORT" in done.stdout and "--test-config" in done.stdout
    assert "--service" not in done.stdout, "the built-in services are not here"


def test_configuration_is_checked(reverse, folder):
    done = run(folder, reverse, "--test-config")
    assert (done.returncode, done.stdout, done.stderr) == (0, "configuration ok\n", "")
    done = run(folder, reverse, "--test-config", "--certificate", "missing.crt")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("reverse: error: certificate file 'missing.crt' cannot be read")


def test_configuration_is_printed(reverse, folder):
    done = run(folder, reverse, "--print-config", "--log-level", "debug")
    assert done.returncode == 0
    fields = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert (fields["port"], fields["listeners"], fields["log.level"]) == ("reverse", "127.0.0.1:4433", "debug")
    assert int(fields["memory.totalBytes"]) > 200 * 4096 and "service" not in fields


@pytest.mark.parametrize("words, sentence", [
    (["--lisen", "127.0.0.1:0"], "option '--lisen' is unknown; did you mean --listen?"),
    (["--service", "echo"], "reverse does not take the option --service; see reverse --help"),
    (["--detach=yes"], "option '--detach=yes' takes no argument; see reverse --help"),
    (["serve"], "argument 'serve' is not an option; see reverse --help"),
])
def test_bad_options_are_refused_in_the_name_of_the_program(reverse, tmp_path, words, sentence):
    done = run(tmp_path, reverse, *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"reverse: error: {sentence}\n")


def test_readme_shows_the_service_and_its_program():
    readme = (HERE.parents[1] / "README.md").read_text()
    for name, start in (("Reverse", "struct Reverse"), ("Program", "import Postern")):
        text = (HERE / f"Sources/reverse/{name}.swift").read_text()
        assert text[text.index(start):].strip() in readme, name
