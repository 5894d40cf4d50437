"""Addresses that no interface has yet: the server listens there at once, says so, and serves when they come. Each test
has a network of its own, in which there is only the loopback interface."""
import subprocess

import pytest

from postern_identity import Identity
from postern_peer import probe
from postern_target import refused, run

pytestmark = pytest.mark.needs("root", "network")
NETWORK = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
NOT_YET = "is not an address of this machine yet; clients are served there as soon as it is"
ADDRESSES = ["192.0.2.99", "2001:db8::99", "fe80::99%lo"]


def inside(server):
    return ["nsenter", "--target", str(server.process.pid), "--net"]


def add_address(server, address):
    subprocess.run([*inside(server), "ip", "address", "add", address.partition("%")[0], "dev", "lo"], check=True)


def with_port(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def warnings(server):
    """All of the start: they follow its first line, and the counters follow them."""
    server.counters()
    return [found[1] for found in server.matches(r"postern: warning: (.*)")]


@pytest.mark.parametrize("options", [[], ["--user", "nobody"]], ids=["root", "user"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_served_once_the_address_is_there(launch, address, options):
    server = launch(*options, listen=[with_port(address, 443)], prefix=NETWORK)
    place = with_port(address, 443)
    assert server.start_line["addresses"] == place
    assert f"{place} {NOT_YET}" in warnings(server)
    refused_at_first = probe(place, "--no-verify", prefix=inside(server))
    assert refused_at_first.code == 1, refused_at_first
    add_address(server, address)
    probed = probe(place, "--no-verify", data=b"hello\n", prefix=inside(server))
    assert (probed.code, probed.output) == (0, b"hello\n"), probed
    assert server.settle()["peerClosed"] == 1


def test_others_are_served_meanwhile(launch):
    """Only of the one that is missing there is a warning."""
    server = launch(listen=["127.0.0.1:443", "192.0.2.99:443"], prefix=NETWORK)
    assert warnings(server) == [f"192.0.2.99:443 {NOT_YET}"]
    assert probe("127.0.0.1:443", "--no-verify", data=b"x", prefix=inside(server)).output == b"x"


@pytest.mark.parametrize("address", ADDRESSES)
def test_config_says_it_too(identity, address):
    """And listens nowhere for that: somebody else's server may be there."""
    ended = run("--listen", with_port(address, 443), *identity.options, "--test-config", prefix=NETWORK)
    assert (ended.returncode, ended.stdout) == (0, b"configuration ok\n")
    assert ended.stderr.decode() == f"postern: warning: {with_port(address, 443)} {NOT_YET}\n"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.7.7.7", "0.0.0.0", "::1", "::"])
def test_an_address_that_is_there_is_not_warned_of(identity, launch, address):
    assert warnings(launch(listen=[with_port(address, 443)], prefix=NETWORK)) == []
    ended = run("--listen", with_port(address, 443), *identity.options, "--test-config", prefix=NETWORK)
    assert ended.stderr == b""


def test_a_port_that_is_not_allowed_stays_refused(identity, open_folder):
    """What is missing is the address, not the right to its port."""
    own = Identity(open_folder / "missing-address.crt", open_folder / "missing-address.key", None)
    for source, copy in (identity.certificate, own.certificate), (identity.key, own.key):
        copy.write_bytes(source.read_bytes())
        copy.chmod(0o644)
    script = 'sysctl -q net.ipv4.ip_unprivileged_port_start=1024 && exec setpriv --reuid 65534 --clear-groups ' \
             '--inh-caps=-all --bounding-set=-all "$@"'
    ended = run("--listen", "192.0.2.99:443", *own.options, prefix=[*NETWORK, "sh", "-c", script, "sh"])
    refused(ended, "192.0.2.99:443", "ports below 1024 need root", code=2)


def test_a_port_that_is_taken_stays_refused(launch, identity):
    server = launch(listen=["192.0.2.99:443"], prefix=NETWORK)
    ended = run("--listen", "192.0.2.99:443", *identity.options, prefix=inside(server))
    refused(ended, "192.0.2.99:443", "in use", "stop what holds it", code=1)


def test_an_interface_that_comes_later(launch, identity):
    """A start without it may succeed at the next try."""
    server = launch(listen=["127.0.0.1:443"], prefix=NETWORK)
    words = ["--listen", "[fe80::99%later0]:4433", *identity.options]
    refused(run(*words, prefix=inside(server)), "'fe80::99%later0'", "names an interface", code=1)
    subprocess.run([*inside(server), "ip", "link", "add", "later0", "type", "veth", "peer", "name", "later1"],
                   check=True)
    late = launch(listen=["[fe80::99%later0]:4433"], prefix=inside(server))
    assert late.start_line["addresses"] == "[fe80::99%later0]:4433"
    assert warnings(late) == [f"[fe80::99%later0]:4433 {NOT_YET}"]
