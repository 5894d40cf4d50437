"""--help, --version, --test-config, --print-config, exit codes, and what the command line accepts."""
import re
import socket
import subprocess
import time

import pytest

from postern_client import client_context, echo_once
from postern_identity import Identity
from postern_server import START_LINE
from postern_target import (BINARY, DEFAULT_CONNECTIONS, SMALL_BINARY, SMALL_CONNECTIONS, SMALL_PROTOCOL,
                            VERSION_LINE, command, mbedtls_version, run)

OPTIONS = ["--listen", "--certificate", "--key", "--service", "--log-level", "--test-config",
           "--print-config", "--version", "--help"]


def settings(text):
    """The output of --print-config as a dictionary: one "name: value" a line, no name twice."""
    pairs = [re.fullmatch(r"([^:]+): (.*)", line) for line in text.splitlines()]
    assert all(pairs), text
    names = [pair[1] for pair in pairs]
    return {pair[1]: pair[2] for pair in pairs}, names


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["serve", "--help"]])
def test_help(words):
    ended = run(*words)
    text = ended.stdout.decode()
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert [option for option in OPTIONS if option not in text] == []
    for short in ("-l", "-c", "-k", "-s", "-h"):
        assert re.search(rf"(?m)^ *{short}\b", text), short
    assert all(name in text for name in ("echo", "respond", "discard"))
    assert max(map(len, text.splitlines())) <= 80, "a terminal has 80 columns"


def test_version():
    ended = run("--version")
    assert (ended.returncode, ended.stderr) == (0, b"")
    first, *warnings = ended.stdout.decode().splitlines()
    found = VERSION_LINE.fullmatch(first)
    assert found and found["package"].startswith(found["mbedtls"]), ended.stdout
    assert warnings in ([], ["warning: made without the security updates of Debian"])
    assert tuple(map(int, found["mbedtls"].split(".")[:2])) == mbedtls_version()


def test_start_line_agrees_with_version(echo):
    """Release, port and library are said the same way everywhere."""
    found = VERSION_LINE.search(run("--version").stdout.decode())
    for part in ("release", "port", "mbedtls"):
        assert echo.start_line[part] == found[part]


def test_test_config(identity):
    ended = run(*identity.options, "--test-config")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"configuration ok\n", b"")


def test_test_config_opens_nothing(echo, identity):
    """The address is in use by a running server, and that is no fault of the configuration."""
    host, port = echo.address
    ended = run("--listen", f"{host}:{port}", *identity.options, "--test-config")
    assert (ended.returncode, ended.stdout) == (0, b"configuration ok\n")
    echo_once(echo)


def test_test_config_finds_faults(identities):
    mixed = Identity(identities.good.certificate, identities.other.key, None)
    ended = run(*mixed.options, "--test-config")
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith(b"postern: error: ") and ended.stderr.count(b"\n") == 1


def test_print_config_shows_the_effective_values(identities):
    chosen = identities.rsa
    ended = run("--listen", "127.0.0.1:4431", "-l", "[::1]:4432", *chosen.options, "--service", "respond",
                "--log-level", "debug", "--print-config")
    assert (ended.returncode, ended.stderr) == (0, b"")
    values, names = settings(ended.stdout.decode())
    text = ended.stdout.decode()
    files = [str(chosen.certificate), str(chosen.key)]
    for part in ("127.0.0.1:4431", "[::1]:4432", *files, "respond", "debug"):
        assert part in text, part
    assert "4433" not in text, "options replace the addresses of the static configuration"
    listening = [name for name in names if name.startswith("listen")]
    assert len(listening) in (1, 2)
    assert len(values) == len(names) or set(names) - set(listening)


def test_print_config_of_both_configurations(identity):
    """The values are those that the port's Config.swift says; the pool stands there with its number."""
    default = run(*identity.options, "--print-config").stdout.decode()
    assert re.search(rf"(?m)^.*connections.*: {DEFAULT_CONNECTIONS}\b", default, re.IGNORECASE), default
    if SMALL_BINARY:
        small = run(*identity.options, "--print-config", binary=SMALL_BINARY).stdout.decode()
        assert re.search(rf"(?m)^.*connections.*: {SMALL_CONNECTIONS}\b", small, re.IGNORECASE), small
        assert SMALL_PROTOCOL in small


@pytest.mark.parametrize("binary", [BINARY, SMALL_BINARY], ids=["default", "small"])
def test_the_memory_of_print_config_adds_up(identity, binary):
    """The parts make the total, and what all handshakes at once need fits into the arena."""
    assert binary, "POSTERN_SMALL_BINARY must name the small binary"
    values, _ = settings(run(*identity.options, "--print-config", binary=binary).stdout.decode())
    memory = {name[7:]: int(value) for name, value in values.items() if name.startswith("memory.")}
    parts = ["imageBytes", "slotBytes", "bufferBytes", "arenaBytes"]
    assert memory["totalBytes"] == sum(memory[part] for part in parts)
    assert all(memory[part] > 0 for part in parts)
    connections = int(values["connections"]) * memory["connectionBytes"]
    needed = connections - memory["slotBytes"] + memory["stepBytes"]
    assert needed <= memory["arenaNeededBytes"] <= memory["arenaBytes"]


def test_the_start_line_tells_the_same_memory(echo, identity):
    values, _ = settings(run(*identity.options, "--print-config").stdout.decode())
    assert abs(int(echo.start_line["kibibytes"]) - int(values["memory.totalBytes"]) / 1024) <= 1


def test_print_config_opens_nothing(echo, identity):
    host, port = echo.address
    assert run("--listen", f"{host}:{port}", *identity.options, "--print-config").returncode == 0


def test_short_options(launch, identity):
    server = launch("-s", "echo", listen=())
    echo_once(server)


@pytest.mark.parametrize("form", [["--service=echo"], ["--service", "echo"], ["-secho"], ["-s", "echo"]])
def test_forms_of_an_option(identity, form):
    assert run(*identity.options, *form, "--test-config").returncode == 0


@pytest.mark.parametrize("service", ["echo", "respond", "discard"])
def test_every_service(identity, service):
    assert run(*identity.options, "--service", service, "--test-config").returncode == 0


@pytest.mark.parametrize("level", ["error", "warning", "notice", "info", "debug"])
def test_every_log_level(identity, level):
    assert run(*identity.options, "--log-level", level, "--test-config").returncode == 0


def test_relative_file_names(launch, identity, monkeypatch):
    monkeypatch.chdir(identity.key.parent)
    near = Identity(identity.certificate.name, identity.key.name, None)
    echo_once(launch(identity=near))


def test_expired_certificate_starts_with_a_warning(launch, identities):
    server = launch(identity=identities.expired)
    server.wait_for_line(rf"postern: warning: .*{re.escape(str(identities.expired.certificate))}.*expired.*"
                         r"|postern: warning: .*expired.*")
    echo_once(server)


def test_good_identity_starts_without_a_warning(echo):
    assert [line for line in echo.lines if " warning: " in line and "in use" not in line] == []
    assert re.search(r"CN=localhost, 36[45] days left", echo.start_line["certificate"])


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_key_that_others_can_read_is_warned_about(launch, identity, tmp_path, mode):
    key = tmp_path / "readable.key"
    key.write_bytes(identity.key.read_bytes())
    key.chmod(mode)
    server = launch(identity=Identity(identity.certificate, key, None))
    server.wait_for_line(rf"postern: warning: .*{re.escape(str(key))}.*")
    echo_once(server)


def test_key_of_the_owner_alone_is_not_warned_about(launch, identity):
    assert identity.key.stat().st_mode & 0o077 == 0
    server = launch()
    assert not server.matches(r"postern: warning: .*")


def test_start_line_comes_before_anything_else(launch):
    server = launch()
    assert START_LINE.fullmatch(server.lines[0])


def test_closed_standard_streams(identity):
    """Started without descriptors 0, 1 and 2: no socket may take the place of a stream and get the log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = command(BINARY, "--listen", f"127.0.0.1:{port}", *identity.options)
    process = subprocess.Popen(["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", *words])
    try:
        address = ("127.0.0.1", port)
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(address).close()
                break
            except ConnectionRefusedError:
                assert time.monotonic() < until and process.poll() is None
                time.sleep(0.02)
        for _ in range(3):
            with socket.create_connection(address, timeout=10) as raw:
                with client_context().wrap_socket(raw, server_hostname="localhost") as tls:
                    tls.sendall(b"hello")
                    assert tls.recv(100) == b"hello"
        process.terminate()
        assert process.wait(10) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_output_that_cannot_be_written_is_a_failure(option):
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(command(BINARY, option), stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 1
