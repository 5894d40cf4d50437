"""postern.procd: what it tells procd. In place of procd there is an rc.common of our own that writes it down."""
import json
import pathlib
import subprocess

import pytest

import systems
from installed_postern import wait_until

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "ports/init"
USER_OPTIONS = ["--user", "postern"]

pytestmark = pytest.mark.parametrize("system", [systems.Procd], ids=["procd"], indirect=True)


@pytest.fixture
def router(system, identities):
    """The root with an identity; the settings are as installed, with the addresses of a test added."""
    for path, name in ((identities[0].certificate, "server.crt"), (identities[0].key, "server.key")):
        system.root.write(f"/etc/postern/{name}", path.read_text(), mode=0o600)
    return system


def parameters(calls):
    """What one instance was given: {parameter: words}."""
    return {words[1]: words[2:] for words in calls if words[0] == "procd_set_param"}


def test_the_settings_as_installed_start_one_supervised_instance(router):
    ended, calls = router.command("start")
    assert ended.returncode == 0, ended.stderr
    assert calls[0][0] == "procd_open_service" and calls[-1] == ["procd_close_service", "set"]
    assert [words for words in calls if words[0] == "procd_open_instance"] == [["procd_open_instance", "main"]]
    given = parameters(calls)
    assert given["command"] == [
        "/usr/sbin/postern", "--listen", "0.0.0.0:4433", "--listen", "[::]:4433",
        "--certificate", "/etc/postern/server.crt", "--key", "/etc/postern/server.key", "--service",
        "echo", "--log-level", "notice", "--create-identity", "--watch", *USER_OPTIONS]
    assert given["respawn"] == ["3600", "5", "0"] and given["no_new_privs"] == ["1"]
    assert given["term_timeout"] == ["15"] and given["stderr"] == ["1"]
    assert ["procd_add_reload_trigger", "postern"] in calls


def test_the_folder_of_the_identity_belongs_to_the_server(router):
    router.command("start")
    assert router.root.check("stat", "-c", "%U:%G %a", "/etc/postern") == "postern:postern 750\n"


def test_lists_and_sections_become_options_and_instances(router):
    router.root.write("/etc/config/postern", """
        config postern 'first'
            list listen '127.0.0.1:4433'
            list listen '[::1]:4433'
            option unknown_names 'refuse'
        config postern 'off'
            option enabled '0'
        config postern 'second'
            option listen '127.0.0.1:4434'
            option user 'root'
    """)
    ended, calls = router.command("start")
    assert ended.returncode == 0, ended.stderr
    commands = [words[2:] for words in calls if words[:2] == ["procd_set_param", "command"]]
    assert commands == [
        ["/usr/sbin/postern", "--listen", "127.0.0.1:4433", "--listen", "[::1]:4433", "--unknown-names", "refuse",
         *USER_OPTIONS],
        ["/usr/sbin/postern", "--listen", "127.0.0.1:4434", "--user", "root"]]


def test_with_ujail_the_server_is_in_a_jail_with_one_capability(router):
    router.root.write("/sbin/ujail", "#!/bin/sh\n", mode=0o755)
    router.root.write("/etc/config/postern", """
        config postern 'main'
            list certificate '/etc/postern/server.crt'
            list certificate '/etc/other/server.crt'
            list key '/etc/postern/server.key'
            list key '/etc/other/server.key'
    """)
    router.root.check("cp", "-r", "/etc/postern", "/etc/other")
    ended, calls = router.command("start")
    assert ended.returncode == 0, ended.stderr
    given = parameters(calls)
    assert ["procd_add_jail", "postern-main"] in calls
    assert ["procd_add_jail_mount_rw", "/etc/postern"] in calls and ["procd_add_jail_mount", "/etc/other"] in calls
    assert given["user"] == given["group"] == ["postern"] and "--user" not in given["command"]
    assert given["capabilities"] == ["/etc/capabilities/postern.json"]


def test_the_capability_file_has_the_sets_that_ujail_reads(router):
    sets = json.loads(router.root.read("/etc/capabilities/postern.json"))
    assert sets == {name: ["CAP_NET_BIND_SERVICE"] for name in (
        "bounding", "effective", "ambient", "permitted", "inheritable")}


def test_a_bad_setting_is_said_and_procd_is_told_nothing_that_would_end_a_server(router):
    router.root.write("/etc/config/postern", "config postern 'main'\n\toption service 'nonsense'\n")
    for word in ("start", "reload"):
        ended, calls = router.command(word)
        assert ended.returncode == 1 and "nonsense" in ended.stderr
        assert [words[0] for words in calls] == ["procd_open_service"]


def test_a_file_that_is_not_there_yet_keeps_procd_from_nothing_but_a_reload(router):
    """procd starts the server again until the file is there; a server that runs is not ended for it."""
    router.root.write("/etc/config/postern", "config postern 'main'\n\toption certificate '/etc/postern/none.crt'\n")
    ended, calls = router.command("start")
    assert ended.returncode == 0 and "none.crt" in ended.stderr
    assert parameters(calls)["command"][:3] == ["/usr/sbin/postern", "--certificate", "/etc/postern/none.crt"]
    for word in ("reload", "check"):
        ended, calls = router.command(word)
        assert ended.returncode == 1 and "none.crt" in ended.stderr and not parameters(calls)


def test_check_says_whether_the_settings_are_good(router):
    assert router.command("check")[0].returncode == 0
    router.root.write("/etc/config/postern", "config postern 'main'\n\toption service 'nonsense'\n")
    ended, calls = router.command("check")
    assert ended.returncode == 2 and "nonsense" in ended.stderr and calls == []


def test_reload_lets_procd_compare_the_options_and_the_server_load_its_files(router):
    ended, calls = router.command("reload")
    assert ended.returncode == 0, ended.stderr
    assert "command" in parameters(calls) and not {"reload_signal", "file"} & parameters(calls).keys()
    assert calls[-2:] == [["procd_close_service", "set"], ["procd_send_signal", "postern", "*", "HUP"]]


def test_the_command_serves(router, postern):
    router.root.write("/etc/config/postern", f"config postern 'main'\n\tlist listen '127.0.0.1:{postern.port}'\n")
    server = router.root.start(*parameters(router.command("start")[1])["command"])
    assert wait_until(postern.listens) and postern.shown() == 0 and postern.user() == "postern"
    server.terminate()
    server.wait(10)


def test_shellcheck(system):
    checked = subprocess.run(["shellcheck", SCRIPTS / "postern.procd"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
