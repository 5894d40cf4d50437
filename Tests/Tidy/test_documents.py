"""What the documents say about the project is there: files, steps, and the form that CHANGELOG.md claims."""
import pathlib
import re
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "Tests"))

import run      # noqa: E402

DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "ports/README.md"]
CHANGELOG = (TOP / "CHANGELOG.md").read_text()
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_are_there(document):
    text = (TOP / document).read_text()
    named = set(re.findall(r"`((?:Sources|Tests|ports|certs)/[\w./+-]+)`", text)) - {"ports/my-board"}
    assert [name for name in sorted(named) if not (TOP / name).exists() and "my-board" not in name
            and not name.startswith("certs/")] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_steps_that_are_named_are_there(document):
    steps = {*run.DEFAULTS, *(step.name for step in run.table()), "acceptance-my-board"}
    named = re.findall(r"Tests/run ([a-z][\w.-]*)", (TOP / document).read_text())
    assert not set(named) - steps


def test_the_changelog_is_in_the_form_that_it_claims():
    """Keep a Changelog: what is not released first, then versions with their days, the kinds of changes below."""
    headings = re.findall(r"(?m)^## (.*)$", CHANGELOG)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings[1:]), headings
    for section in re.split(r"(?m)^## .*$", CHANGELOG)[1:]:
        kinds = re.findall(r"(?m)^### (.*)$", section)
        assert kinds and set(kinds) <= set(KINDS) and len(kinds) == len(set(kinds)), kinds
        assert kinds == sorted(kinds, key=KINDS.index)
        bodies = re.split(r"(?m)^### .*$", section)[1:]
        assert all(re.match(r"\n\n- ", body) for body in bodies), "each kind has its changes as a list"


def test_the_changelog_links_nowhere_but_to_what_it_follows():
    """A comparison of releases would need an address of the project that exists."""
    assert {link.partition("//")[2].partition("/")[0] for link in re.findall(r"https?://[^\s)]+", CHANGELOG)} <= {
        "keepachangelog.com", "semver.org"}
    assert not re.search(r"(?m)^\[[^]]+\]: ", CHANGELOG)
