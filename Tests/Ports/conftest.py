"""A copy of the project in another directory, with the sysroots and the host's program that are there already, for all
tests that build in it."""
import pathlib
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project") / "a-longer-name-than-that-of-the-original" / "postern"
    folder.mkdir(parents=True)
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP,
                            capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name and (TOP / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, folder / name)
    (folder / "build/host").mkdir(parents=True)
    shutil.copy2(TOP / "build/host/postern", folder / "build/host/postern")     # all that `make certs` wants
    (folder / "build/sysroot").symlink_to((TOP / "build/sysroot").resolve())
    return folder
