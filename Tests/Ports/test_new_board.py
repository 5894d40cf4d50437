"""`A new board in five steps`: what ports/README.md says is done word by word, in a copy of the project."""
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def test_the_steps_of_the_readme(project):
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
    assert not re.search(r"64|armhf|ARMv7|1208", made), made
