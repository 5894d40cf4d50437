"""What this machine lets tests do, tried once. A test that needs more is marked `needs(name)`, left out, and named at
the end of the run with the reason: never skipped, so that `0 skipped` stays true and nothing is missed silently.

The acceptance tests and those of Tests/Init use it. In an unprivileged container, for instance, nobody mounts anything.
"""
import functools
import os
import pathlib
import subprocess

import pytest

IS_ROOT = os.geteuid() == 0
AS_ROOT = [] if IS_ROOT else ["sudo", "-n"]
USERS = ["--user", "--map-root-user"]
MOUNT = ["mount", "-t", "tmpfs", "none", "/mnt"]

# By name: a command that succeeds where it is possible, and what is said where it is not.
NEEDS = {
    "root": (["sh", "-c", "exit $(($(id -u) != 0))"], "only root can do it"),
    "mounts": (["unshare", *([] if IS_ROOT else USERS), "--mount", *MOUNT], "nobody may make a mount namespace here"),
    "user mounts": (["unshare", *USERS, "--mount", *MOUNT], "nobody may make a user namespace here"),
    "user network": (["unshare", *USERS, "--net", "true"], "nobody may make a user namespace here"),
    "network": (["unshare", "--net", "true"], "nobody may make a network namespace here"),
    "host name": (["unshare", "--uts", "true"], "nobody may make a namespace for the host name here"),
    "private root": ([*AS_ROOT, "unshare", "--mount", "--pid", "--cgroup", "--fork", *MOUNT],
                     "nobody may make a mount namespace here"),
}
LEFT_OUT = pytest.StashKey()

only_root = pytest.mark.needs("root")


@functools.lru_cache(maxsize=None)
def allows(need):
    try:
        return subprocess.run(NEEDS[need][0], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def missing(item, of_fixtures):
    """Why this machine cannot run a test, or nothing. `of_fixtures` says what the users of a fixture need."""
    needs = [need for mark in item.iter_markers("needs") for need in mark.args]
    needs += [need for fixture, need in of_fixtures.items() if fixture in item.fixturenames]
    return next((NEEDS[need][1] for need in needs if not allows(need)), None)


def leave_out(config, items, reason):
    """Takes out of `items` those for which `reason(item)` gives one, and keeps their names for the end."""
    left_out = [(item, why) for item in items if (why := reason(item))]
    config.hook.pytest_deselected(items=[item for item, _ in left_out])
    items[:] = [item for item in items if not any(item is other for other, _ in left_out)]
    config.stash[LEFT_OUT] = sorted({(item.nodeid.partition("[")[0], why) for item, why in left_out})


def name_left_out(terminalreporter, config):
    """Prints them, and leaves those that this machine cannot run beside the report, for the end of Tests/run."""
    found = config.stash.get(LEFT_OUT, [])
    for why in sorted({why for _, why in found}):
        terminalreporter.write_line(f"left out: {why}")
        for name in (name for name, its_reason in found if its_reason == why):
            terminalreporter.write_line(f"  {name}")
    if config.option.xmlpath:
        of_machine = {why for _, why in NEEDS.values()}
        pathlib.Path(config.option.xmlpath).with_suffix(".left-out").write_text(
            "".join(f"{name}\t{why}\n" for name, why in found if why in of_machine))
