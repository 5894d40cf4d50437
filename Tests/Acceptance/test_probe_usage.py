"""The command line of postern probe: what is refused, before anything is opened."""
import re

import pytest

from postern_target import VERSIONS, run


def refused(*words):
    ended = run("probe", *words)
    assert ended.returncode == 2 and ended.stdout == b"", ended
    found = re.fullmatch(r"postern: error: (\S.*[^.])\n", ended.stderr.decode())
    assert found, ended.stderr
    return found[1]


def test_help_has_every_option_and_exit_code():
    ended = run("probe", "--help")
    text = ended.stdout.decode()
    assert ended.returncode == 0 and ended.stderr == b""
    for option in ("ca", "no-verify", "no-hostname-check", "name", "certificate", "key", "tls", "alpn", "resume",
                   "timeout", "json", "help"):
        assert f"--{option}" in text
    assert [int(code) for code in re.findall(r"^  (\d)  ", text, re.MULTILINE)] == [0, 1, 2, 3, 4, 5]
    assert max(map(len, text.splitlines())) <= 80


def test_help_is_known_to_the_server_s_help():
    assert b"probe" in run("--help").stdout


@pytest.mark.parametrize("words, said", [
    ([], "needs HOST:PORT"),
    (["localhost"], "'localhost' is not a host and port"),
    (["localhost:"], "is not a host and port"),
    ([":443"], "is not a host and port"),
    (["localhost:0"], "is not a host and port"),
    (["localhost:65536"], "is not a host and port"),
    (["localhost:https"], "is not a host and port"),
    (["::1:443"], "is not a host and port"),
    (["a" * 255 + ":443"], "is not a host and port"),
    (["localhost:443", "localhost:444"], "'localhost:444' is one too many"),
    (["--frob", "localhost:443"], "'--frob' is unknown"),
    (["localhost:443", "--ca"], "'--ca' needs an argument"),
    (["localhost:443", "--name", ""], "--name: '' is not a server's name"),
    (["localhost:443", "--name", "*.local"], "is not a server's name"),
    (["localhost:443", "--name", "me@local"], "is not a server's name"),
    (["localhost:443", "--name", "grüße.de"], "is not a server's name"),
    (["grüße.de:443"], "cannot be in a certificate"),
    (["localhost:443", "--tls", "1.1"], "use 1.2 or 1.3"),
    (["localhost:443", "--resume", "0"], "whole number from 1 to 100"),
    (["localhost:443", "--resume", "-1"], "whole number from 1 to 100"),
    (["localhost:443", "--resume", "101"], "whole number from 1 to 100"),
    (["localhost:443", "--resume", "99999999999999999999"], "whole number from 1 to 100"),
    (["localhost:443", "--timeout", "0"], "whole number from 1 to 86400"),
    (["localhost:443", "--timeout", "1.5"], "whole number from 1 to 86400"),
    (["localhost:443", "--alpn", ""], "give 1 to 255 bytes"),
    (["localhost:443", "--alpn", "x" * 256], "give 1 to 255 bytes"),
    (["localhost:443", *["--alpn", "a"] * 5], "at most 4"),
    (["localhost:443", "--certificate", "c.pem"], "come in pairs"),
    (["localhost:443", "--key", "k.pem"], "come in pairs"),
    (["localhost:443", "--no-verify", "--ca", "x"], "contradict each other"),
    (["localhost:443", "--ca", "/nowhere.pem"], "'/nowhere.pem' cannot be read: No such file or directory"),
    (["localhost:443", "--ca", "/"], "Is a directory"),
    (["localhost:443", "--ca", "/proc/version"], "'/proc/version' holds no certificate"),
    (["localhost:443", "--no-verify", "--certificate", "/nowhere", "--key", "/nowhere"],
     "certificate file '/nowhere' cannot be read"),
])
def test_what_is_refused(words, said):
    assert said in refused(*words)


def test_words_of_the_operator_cannot_steer_the_terminal():
    assert "\x1b" not in refused("local\x1b[31mhost")
    assert "\x1b" not in refused("localhost:1", "--name", "\x1b[31m")


@pytest.mark.applies("1.3" not in VERSIONS)
def test_a_library_without_tls_1_3_says_so():
    assert "needs Mbed TLS 3.6 and this program has Mbed TLS 2.28" in refused("localhost:1", "--tls", "1.3")


def test_options_may_follow_the_operand():
    before = run("probe", "--timeout", "5", "127.0.0.1:1", "--no-verify")
    assert before.returncode == 1 and b"Connection refused" in before.stderr
