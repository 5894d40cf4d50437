"""The example of the README, built in both modes: it must serve, and it must be the code that the README shows."""
import os
import pathlib
import re
import socket
import ssl
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ["BUILD"])


@pytest.mark.parametrize("mode", ["embedded", "ordinary"])
def test_example_serves(mode, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.crt"],
                   cwd=tmp_path, check=True, capture_output=True)
    process = subprocess.Popen([BUILD / "example" / mode / "reverse"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r"127\.0\.0\.1:(\d+)", process.stderr.readline())[1])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as tls:
            tls.sendall(b"nretsop")
            assert tls.recv(100) == b"postern"
    finally:
        process.terminate()
        assert process.wait(10) == 0


def test_readme_shows_the_service():
    service = (HERE / "Sources/reverse/Reverse.swift").read_text()
    shown = service[service.index("struct Reverse"):].strip()
    assert shown in (HERE.parents[1] / "README.md").read_text()
