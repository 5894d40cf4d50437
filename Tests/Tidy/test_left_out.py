"""In an unprivileged container nobody may make a namespace: the tests that need one are left out by name, all others
stay. Nothing is run here, only collected, with an unshare that fails as it does there."""
import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
MOUNTS, USERS, NETWORK, NAME = (f"nobody may make a {what} here" for what in (
    "mount namespace", "user namespace", "network namespace", "namespace for the host name"))
ACCEPTANCE = {
    "test_certificate_files.py::test_a_full_file_system_leaves_nothing_behind": MOUNTS,
    "test_inetd.py::test_faults_go_to_the_system_log": MOUNTS,
    "test_inetd.py::test_log_goes_to_the_system": MOUNTS,
    "test_missing_addresses.py::test_a_port_that_is_not_allowed_stays_refused": NETWORK,
    "test_missing_addresses.py::test_a_port_that_is_taken_stays_refused": NETWORK,
    "test_missing_addresses.py::test_an_address_that_is_there_is_not_warned_of": NETWORK,
    "test_missing_addresses.py::test_an_interface_that_comes_later": NETWORK,
    "test_missing_addresses.py::test_config_says_it_too": NETWORK,
    "test_missing_addresses.py::test_others_are_served_meanwhile": NETWORK,
    "test_missing_addresses.py::test_served_once_the_address_is_there": NETWORK,
    "test_own_identity.py::test_a_file_system_that_is_full_or_read_only": MOUNTS,
    "test_own_identity.py::test_renewed_when_the_host_name_changes": NAME,
    "test_probe.py::test_gnutls": USERS,
    "test_probe.py::test_gnutls_with_a_client_certificate": USERS,
    "test_probe.py::test_gnutls_with_an_untrusted_certificate": USERS,
    "test_probe_trust.py::test_the_dot_of_the_root_is_no_part_of_the_name": USERS,
    "test_system_log.py::test_detached_server": MOUNTS,
    "test_system_log.py::test_detached_start_that_fails": MOUNTS,
    "test_system_log.py::test_log_from_inside_of_a_chroot": MOUNTS,
    "test_system_log.py::test_start_that_fails_where_nobody_reads": MOUNTS,
}
# Of Tests/Init what needs no root folder with mounts of its own.
INIT_FILES_THAT_STAY = {"test_buildroot.py", "test_deb.py", "test_install.py", "test_ipk.py"}


def collect(folder, suite, **environment):
    """The tests that are collected, and {test: reason} of those left out because of the machine."""
    for name in ("unshare", "sudo"):
        (folder / name).write_text("#!/bin/sh\necho Operation not permitted >&2\nexit 1\n")
        (folder / name).chmod(0o755)
    ended = subprocess.run(
        ["/usr/bin/python3", "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider",
         f"--junitxml={folder}/report.xml", f"Tests/{suite}"], cwd=TOP, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1", **environment})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    kept = set(re.findall(r"(?m)^(?:Tests/\w+/)?(test_\w+\.py::\w+)", ended.stdout.partition("left out: ")[0]))
    lines = (folder / "report.left-out").read_text().splitlines()
    return kept, {line.split("\t")[0].rpartition("/")[2]: line.split("\t")[1] for line in lines}


def test_acceptance(tmp_path):
    kept, left_out = collect(tmp_path, "Acceptance", POSTERN_RUNNER="")
    expected = dict(ACCEPTANCE)
    if os.geteuid() != 0:
        left_out = {name: reason for name, reason in left_out.items() if reason != "only root can do it"}
        expected = {name: reason for name, reason in expected.items() if name in left_out}
    assert left_out == expected
    assert len(kept) > 300 and not kept & set(left_out)
    assert "test_inetd.py::test_another_user_in_a_chroot" in kept or os.geteuid() != 0


def test_init(tmp_path):
    kept, left_out = collect(tmp_path, "Init")
    assert {name.partition("::")[0] for name in kept} == INIT_FILES_THAT_STAY
    assert "test_deb.py::test_it_installs_and_goes_away_again_on_arm64" in left_out
    assert set(left_out.values()) == {MOUNTS} and len(left_out) > 40


@pytest.mark.parametrize("suite", ["Acceptance", "Init"])
def test_no_other_test_calls_unshare(suite):
    """Whoever adds one says what it needs, and where it is named here."""
    users = {path.name for path in (TOP / "Tests" / suite).glob("*.py") if '"unshare"' in path.read_text()}
    assert users <= {"postern_machine.py", "postern_peer.py", "postern_services.py", "test_missing_addresses.py",
                     "test_own_identity.py", "test_probe_trust.py", "private_root.py", "test_deb.py"}
