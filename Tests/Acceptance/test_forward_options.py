"""The options about plain services behind the server: what they take and refuse, and what --print-config says of them.
What a server then does is tested elsewhere."""
import time

import pytest

from postern_client import client_context, tls_connection
from postern_target import PATIENCE, SMALL_BINARY
from test_bad_input import assert_refused, start


def fields(identity, *options):
    """The lines of --print-config by name, in their order."""
    ended = start("--print-config", *options, identity=identity)
    assert (ended.returncode, ended.stderr) == (0, b"")
    found = {}
    for line in ended.stdout.decode().splitlines():
        name, _, value = line.partition(": ")
        found.setdefault(name, []).append(value)
    return found


def refuse(identity, *options):
    return start("--test-config", *options, identity=identity)


TARGETS = ["127.0.0.1:8080", "[::1]:8080", "app.home:80", "unix:/run/app.sock"]


def test_services_for_all_clients(identity):
    options = [word for target in TARGETS for word in ("--connect", target)]
    found = fields(identity, *options)
    assert found["forward.routes"] == TARGETS
    assert "service" not in found
    assert found["forward.sendProxy"] == ["never"] and found["forward.missingCloseNotify"] == ["reset"]
    assert found["forward.connectMilliseconds"] == ["5000"]
    assert found["deadlines.idleMilliseconds"] == ["3600000"]
    assert_refused(refuse(identity, *options, "--connect", "127.0.0.1:1"), "--connect", "127.0.0.1:1", "at most 4")


def test_services_by_server_name(identity):
    routes = [f"{name}{number}.home=127.0.0.1:{number + 1}" for number in range(4) for name in ("a", "*.b")]
    options = [word for route in routes for word in ("--route", route)]
    assert fields(identity, *options)["forward.routes"] == routes
    found = fields(identity, "--connect", TARGETS[0], *options, "--connect", TARGETS[3])["forward.routes"]
    assert sorted(found) == sorted([TARGETS[0], TARGETS[3], *routes])
    assert_refused(refuse(identity, *options, "--route", "x=127.0.0.1:1"), "--route", "x=127.0.0.1:1", "at most 8")


def test_a_server_that_forwards_to_nothing_has_its_service(identity):
    found = fields(identity)
    assert found["service"] == ["echo"] and found["deadlines.idleMilliseconds"] == ["60000"]
    assert not [name for name in found if name.startswith("forward.")]


def test_what_a_service_is_told(identity):
    found = fields(identity, "--connect", TARGETS[0], "--send-proxy", "2", "--missing-close-notify", "close",
                   "--proxy-from", "10.0.0.0/8", "--proxy-from", "fd00::/8", "--proxy-from", "::1")
    assert found["forward.sendProxy"] == ["2"] and found["forward.missingCloseNotify"] == ["close"]
    assert found["forward.proxyFrom"] == ["10.0.0.0/8", "fd00::/8", "::1"]
    assert fields(identity, "--route", "a=[::1]:1", "--send-proxy", "1")["forward.sendProxy"] == ["1"]
    assert fields(identity, "--proxy-from", "192.0.2.1")["forward.proxyFrom"] == ["192.0.2.1"]


@pytest.mark.parametrize("duration, milliseconds", [
    ("500ms", 500), ("90s", 90_000), ("10min", 600_000), ("2h", 7_200_000), ("24h", 86_400_000), ("0", 0)])
def test_idle_timeout(identity, duration, milliseconds):
    for options in ([], ["--connect", TARGETS[0]]):
        found = fields(identity, "--idle-timeout", duration, *options)
        assert found["deadlines.idleMilliseconds"] == [str(milliseconds)]


@pytest.mark.parametrize("duration, mentions", [
    ("90", "has no unit; write 90s"), ("", "duration"), ("10m", "10min"), ("25h", "at most 24h"), ("-1s", "duration"),
    ("1.5h", "duration"), ("99999999999999999999s", "duration")])
def test_a_duration_that_is_none(identity, duration, mentions):
    assert_refused(refuse(identity, "--idle-timeout", duration), "--idle-timeout", f"'{duration}'", mentions)


@pytest.mark.parametrize("target, mentions", [
    ("8080", "write 127.0.0.1:8080"), ("", "write 127.0.0.1:8080"), ("::1:8080", "write 127.0.0.1:8080"),
    ("127.0.0.1:http", "write 127.0.0.1:8080"), ("http://127.0.0.1:8080", "write 127.0.0.1:8080"),
    ("127.0.0.1:0", "port 0"), ("127.0.0:8080", "neither an address nor a DNS name"), ("a b:80", "neither an address"),
    ("unix:run/app.sock", "not an absolute path"), ("unix:", "not an absolute path"),
    ("unix:/" + 107 * "x", "more than 107 bytes"), ("x" * 300 + ":80", "neither an address nor a DNS name"),
    ("x" * 3000 + ":80", "give shorter ones"),
], ids=lambda value: value[:20])
def test_a_target_that_is_none(identity, target, mentions):
    assert_refused(refuse(identity, "--connect", target), "--connect", mentions)
    assert_refused(refuse(identity, "--route", f"a={target}"), "--route",
                   "write www.home=" if mentions.startswith("write") else mentions)


@pytest.mark.parametrize("route", ["127.0.0.1:80", "=127.0.0.1:80", "*=[::1]:1", "a.*=[::1]:1", "1.2.3.4=[::1]:1",
                                   "a b=127.0.0.1:80", "*.*.a=127.0.0.1:80", "unix:/a=b"])
def test_a_route_that_is_none(identity, route):
    assert_refused(refuse(identity, "--route", route), "--route", route, "write www.home=127.0.0.1:80")


@pytest.mark.parametrize("network, mentions", [
    ("10.0.0.0/33", "write 192.168.0.0/16"), ("home", "write 192.168.0.0/16"), ("", "write 192.168.0.0/16"),
    ("10.0.0.1/8", "write 10.0.0.0/8"), ("fd12:3456::1/64", "write fd12:3456::/64")])
def test_a_network_that_is_none(identity, network, mentions):
    assert_refused(refuse(identity, "--proxy-from", network), "--proxy-from", f"'{network}'", mentions)


def test_too_many_networks_and_protocols(identity):
    options = [word for number in range(5) for word in ("--proxy-from", f"10.{number}.0.0/16")]
    assert_refused(refuse(identity, *options), "--proxy-from", "10.4.0.0/16", "at most 4")
    options = [word for number in range(5) for word in ("--alpn", f"name/{number}")]
    assert_refused(refuse(identity, *options), "--alpn", "name/4", "at most 4")


@pytest.mark.parametrize("options, mentions", [
    (["--send-proxy", "3"], "1 or 2"), (["--send-proxy", "never"], "1 or 2"),
    (["--missing-close-notify", "ignore"], "reset or close"),
    (["--alpn", ""], "1 to 255 bytes"), (["--alpn", "x" * 256], "1 to 255 bytes"),
    (["--send-proxy", "1"], "forward.sendProxy has no effect"),
    (["--send-proxy", "1", "--service", "echo"], "forward.sendProxy has no effect"),
    (["--missing-close-notify", "close"], "forward.missingCloseNotify has no effect"),
    (["--connect", TARGETS[0], "--service", "echo"], "--service and --connect exclude each other"),
    (["--service", "discard", "--route", "a=127.0.0.1:80"], "--service and --route exclude each other"),
], ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None)
def test_options_that_do_not_fit(identity, options, mentions):
    assert_refused(refuse(identity, *options), mentions)


def test_the_longest_names_find_room(identity):
    """Four names of 253 bytes to connect to, and some to ask for."""
    name = ".".join(["x" * 63] * 3 + ["y" * 61])
    options = [word for _ in range(4) for word in ("--connect", f"{name}:80")]
    routes = [word for number in range(8) for word in ("--route", f"a{number}.home=app{number}.home:80")]
    found = fields(identity, *options, *routes)["forward.routes"]
    assert found == [f"{name}:80"] * 4 + routes[1::2]


def test_alpn_on_offer(launch):
    server = launch("--alpn", "mqtt", "--alpn", "http/1.1")
    with tls_connection(server, client_context(protocols=["http/1.1", "mqtt"])) as tls:
        assert tls.selected_alpn_protocol() == "mqtt"
    with tls_connection(server, client_context(protocols=["http/1.1"])) as tls:
        assert tls.selected_alpn_protocol() == "http/1.1"


def test_names_of_the_command_line_replace_those_of_the_configuration(identity):
    ended = start("--alpn", "mqtt", "--print-config", identity=identity, binary=SMALL_BINARY)
    lines = [line for line in ended.stdout.decode().splitlines() if line.startswith("tls.protocols: ")]
    assert lines == ["tls.protocols: mqtt"]


def test_the_idle_timeout_counts(launch):
    server = launch("--idle-timeout", "700ms")
    began = time.monotonic()
    with tls_connection(server, client_context()) as tls:
        address = tls.getsockname()
        assert tls.recv(1) == b""
    assert 0.6 < time.monotonic() - began < 5 * PATIENCE
    assert server.closed(address)["reason"] == "idleTimeout"
