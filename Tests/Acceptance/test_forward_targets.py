"""What a start and --test-config say of the services behind the server: names are looked up, the server itself is
refused, and plain text that leaves the machine is warned of."""
import pytest

from postern_daemon import free_port
from postern_target import run
from test_bad_input import assert_refused
from test_warnings import both

PORT = free_port()


def check(identity, listen, *options, action="--test-config"):
    return run("--listen", f"{listen}:{PORT}", *identity.options, *options, action)


ITSELF = [
    ("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "localhost"), ("127.0.0.1", "0.0.0.0"), ("0.0.0.0", "127.0.0.1"),
    ("0.0.0.0", "127.1.2.3"), ("0.0.0.0", "0.0.0.0"), ("0.0.0.0", "[::ffff:127.0.0.1]"), ("[::1]", "[::1]"),
    ("[::1]", "[::]"), ("[::]", "[::1]"), ("[::]", "[::]"), ("127.0.0.1", "[::ffff:127.0.0.1]"),
    ("localhost", "127.0.0.1"),
]


@pytest.mark.parametrize("listen, target", ITSELF)
def test_the_server_itself_is_no_service(identity, listen, target):
    for options in (["--connect", f"{target}:{PORT}"], ["--route", f"a.home={target}:{PORT}"],
                    ["--connect", "127.0.0.1:1", "--connect", f"{target}:{PORT}"]):
        for action in ("--test-config", "--log-level=info"):
            ended = check(identity, listen, *options, action=action)
            assert_refused(ended, f"'{target}:{PORT}' is this server itself, which listens on", f":{PORT}; ")


OTHERS = [("127.0.0.1", "127.0.0.2"), ("127.0.0.1", "[::1]"), ("[::]", "127.0.0.1"), ("0.0.0.0", "[::1]"),
          ("0.0.0.0", "192.0.2.99")]


@pytest.mark.parametrize("listen, target", OTHERS)
def test_the_same_port_elsewhere_is_another_service(identity, listen, target):
    """Sockets for one family do not take clients of the other."""
    ended = check(identity, listen, "--connect", f"{target}:{PORT}")
    assert (ended.returncode, ended.stdout) == (0, b"configuration ok\n"), ended.stderr


def test_another_port_here_is_another_service(identity):
    for listen in ("127.0.0.1", "0.0.0.0"):
        ended = check(identity, listen, "--connect", f"127.0.0.1:{PORT % 60000 + 1}")
        assert (ended.returncode, ended.stderr) == (0, b"")
    ended = run("--listen", "127.0.0.1:0", *identity.options, "--connect", "127.0.0.1:1", "--test-config")
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_connection_of_a_super_server_comes_from_elsewhere(identity):
    ended = check(identity, "127.0.0.1", "--connect", f"127.0.0.1:{PORT}", "--inetd")
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_plain_text_that_leaves_the_machine(identity, launch):
    here = ["--connect", "127.0.0.1:1", "--connect", "unix:/run/app.sock", "--connect", "[::1]:1",
            "--connect", "localhost:1"]
    assert both(launch, identity, *here) == []
    assert both(launch, identity, *here[:2], "--route", "a.home=192.0.2.99:80") == [
        "what is forwarded to '192.0.2.99:80' leaves this machine as plain text; forward to a service here, if there "
        "is one"]


def test_a_name_that_is_not_there(identity):
    for action in ("--test-config", "--log-level=info"):
        ended = run("--listen", "127.0.0.1:0", *identity.options, "--connect", "nowhere.invalid:80", action, seconds=40)
        assert_refused(ended, "the service to forward to 'nowhere.invalid:80' cannot be looked up: ", "; check",
                       code=1)
