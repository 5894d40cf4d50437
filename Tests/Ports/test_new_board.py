"""`A new board in five steps`: what ports/README.md says is done word by word, in a copy of the project."""
import pathlib
import re
import shutil
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def copy_of_the_project(folder):
    """What belongs to the project, with the sysroots that are there already."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP,
                            capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name and (TOP / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, folder / name)
    (folder / "build").mkdir()
    (folder / "build/sysroot").symlink_to((TOP / "build/sysroot").resolve())
    return folder


def test_the_steps_of_the_readme(tmp_path):
    project = copy_of_the_project(tmp_path / "project")
    text = (TOP / "ports/README.md").read_text()
    section = text[text.index("## A new board in five steps"):text.index("## A new processor")]
    assert re.findall(r"(?m)^(\d)\. ", section) == ["1", "2", "3", "4", "5"]
    blocks = re.findall(r"(?s)```sh\n(.*?)```", section)
    assert len(blocks) == 3, "steps two, three and four"
    ended = subprocess.run(["bash", "-euc", "".join(blocks)], cwd=project, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert "port: my-board\n" in ended.stdout and "connections: 8\n" in ended.stdout
    assert re.search(r"(?m)^[1-9]\d* passed, 0 failed, 0 skipped$", ended.stdout), ended.stdout[-2000:]
    # The comments of the configuration must be true as well.
    made = (project / "ports/my-board/Config.swift").read_text()
    assert not re.search(r"64|armhf|ARMv7|1136", made), made
