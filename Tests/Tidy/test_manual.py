"""The manual page: no warning of mandoc, and every option that a help text shows, no other."""
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
MANUAL = TOP / "Sources/postern/postern.8"


def options_of_help_texts():
    """Long options at the start of a line of help, wherever it stands in the sources, with their short names."""
    found = {}
    for path in TOP.glob("Sources/**/*.swift"):
        for short, long in re.findall(r'" {2,6}(?:-(\w), )? *--([a-z][a-z0-9-]*)[ "=]', path.read_text()):
            found.setdefault(long, set()).update(short)
    return found


def options_of_the_manual():
    """Long options of the list items, with their short names."""
    found = {}
    for item in re.findall(r"^\.It Fl (.*)", MANUAL.read_text(), re.MULTILINE):
        long = re.search(r"\\-([a-z][a-z0-9-]*)", item)[1]
        found.setdefault(long, set()).update(re.findall(r"^(\w) ,", item))
    return found


def test_the_manual_has_the_options_of_help():
    assert options_of_the_manual() == options_of_help_texts()


def test_options_are_found_at_all():
    assert options_of_help_texts()["listen"] == {"l"}
    assert len(options_of_help_texts()) > 8


def test_mandoc_has_nothing_to_say():
    checked = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MANUAL], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
