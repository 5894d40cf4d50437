"""`make docs` over the build of `swift test`: every link leads somewhere, and what the landing page leads to has a
documentation comment."""
import json
import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
PAGE = TOP / "Documentation/Postern.docc/Postern.md"
LINKS = re.findall(r"(?m)^- ``/(\w+)/(\w+)``$", PAGE.read_text())


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documentation") / "docs"
    ended = subprocess.run([TOP / "Documentation/make.sh", BUILD / "swift-test", folder], capture_output=True,
                           text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder / "data/documentation"


def test_the_landing_page_leads_to_all_that_it_names(rendered):
    page = json.loads((rendered / "postern.json").read_text())
    found = {identifier.partition("/documentation/")[2].lower() for section in page["topicSections"]
             for identifier in section["identifiers"]}
    assert len(LINKS) > 15 and found == {f"{module}/{name}".lower() for module, name in LINKS}


@pytest.mark.parametrize("module, name", LINKS)
def test_it_says_what_it_is(rendered, module, name):
    page = json.loads((rendered / module.lower() / f"{name.lower()}.json").read_text())
    assert "".join(part.get("text", "") for part in page.get("abstract", [])), "it needs a documentation comment"
