"""The Debian package as a service on this machine's processor: installing starts it, an upgrade starts the new one,
removing ends it, under systemd and under SysV init, by dpkg and the tools that Debian's packages use for this.
"""
import os
import pathlib
import subprocess

import pytest

import systems
from conftest import BINARY, make_root
from installed_postern import InstalledPostern, wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    subprocess.run([TOP / "ports/debian/build.sh", BINARY, architecture.stdout.strip(), folder], check=True,
                   capture_output=True)
    return next(folder.glob("*.deb"))


@pytest.fixture(params=[systems.SysV, systems.Systemd], ids=lambda system: system.name)
def machine(request, tmp_path, identities, package):
    """A root without Postern, but with user, identity and settings: those in the package would serve the network."""
    root = make_root(tmp_path, request.param.base)
    try:
        # Where the machine is a container, services are kept from starting, for want of an init as well; and its
        # runlevel is systemd's to say.
        root.check("rm", "-f", "/usr/sbin/policy-rc.d")
        if not request.param.supervises:
            for program in ("runlevel", "init"):
                root.check("rm", "-f", f"/usr/sbin/{program}")
                root.write(f"/usr/sbin/{program}", "#!/bin/sh\necho N 2\n", mode=0o755)
        systems.SysV.prepare(root)
        system = request.param(root)
        postern = InstalledPostern(root, request.param.defaults, identities)
        postern.show(0)
        postern.configure()
        root.check_outside("cp", package, root.mount_point / "tmp/postern.deb")
        yield system, postern
    finally:
        root.close()


def dpkg(root, *words):
    # The settings that are there are kept without a question; the machine's own packages may lack what ours wants.
    return root.check("dpkg", "--force-confold", "--force-depends", *words, seconds=120,
                      env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def test_installing_makes_an_identity_that_outlives_an_upgrade(machine):
    system, postern = machine
    postern.root.check("rm", "-r", "/etc/postern")
    postern.configure("--create-identity")
    dpkg(system.root, "--install", "/tmp/postern.deb")
    assert wait_until(postern.listens)
    first, made = postern.process(), postern.certificate()
    assert postern.owners() == ["postern 600", "postern 644"]
    dpkg(system.root, "--install", "/tmp/postern.deb")
    assert wait_until(lambda: postern.has_come_back_after(first)) and postern.certificate() == made


def test_installing_starts_it_upgrading_restarts_it_removing_ends_it(machine):
    system, postern = machine
    dpkg(system.root, "--install", "/tmp/postern.deb")
    assert wait_until(postern.listens) and postern.user() == "postern"
    first = postern.process()

    dpkg(system.root, "--install", "/tmp/postern.deb")
    assert wait_until(lambda: postern.has_come_back_after(first))

    dpkg(system.root, "--remove", "postern")
    assert postern.processes() == [] and not postern.listens()
    assert system.root.exists("/etc/postern/server.key"), "the identity went before the package was purged"

    dpkg(system.root, "--install", "/tmp/postern.deb")
    assert wait_until(postern.listens), "it does not start after it was removed and installed again"

    dpkg(system.root, "--purge", "postern")
    assert postern.processes() == [] and not system.root.exists("/etc/postern")
