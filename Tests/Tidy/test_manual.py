"""Manual page and README have the options that --help prints, with the same letters and arguments, and no others."""
import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
MANUAL = TOP / "Sources/PosternCommand/postern.8"
BINARY = pathlib.Path(os.environ.get("BUILD", TOP / "build")) / "host/postern"
ISSUING = ("self-signed", "ca", "request", "sign", "renew", "revoke", "crl")
# A section of the manual, and the commands whose options it has.
SECTIONS = {
    "OPTIONS": [()],
    "CERTIFICATES": [("certificate", command) for command in (*ISSUING, "show", "verify")],
    "PROBING A SERVER": [("probe",)],
}


def help_of(command):
    return subprocess.run([BINARY, *command, "--help"], capture_output=True, text=True, check=True).stdout


def options_of_help(commands):
    """(long option, letter, argument) of each."""
    return {(long, letter, argument.strip().lower()) for command in commands for letter, long, argument in
            re.findall(r"^  (?:-(\w), |    )--([a-z0-9-]+)((?: [A-Z:=]+)?)(?=  |$)", help_of(command), re.MULTILINE)}


def options_of_the_manual(section):
    text = re.search(rf"^\.Sh {section}\n(.*?)^\.Sh ", MANUAL.read_text(), re.MULTILINE | re.DOTALL)[1]
    return {(long, letter, argument.replace(" : Ns Ar ", ":")) for letter, long, argument in
            re.findall(r"^\.It Fl (?:(\w) , Fl )?\\-([a-z0-9-]+)(?: Ar (.*))?$", text, re.MULTILINE)}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_manual_has_the_options_of_help(section):
    found = options_of_help(SECTIONS[section])
    if section == "PROBING A SERVER":       # the manual says it once for both
        found.remove(("help", "h", ""))
    assert options_of_the_manual(section) == found


def test_the_readme_has_the_options_of_the_server():
    text = (TOP / "README.md").read_text()
    table = re.search(r"\| option \| meaning \|\n(.*?)\n\n", text, re.DOTALL)[1]
    named = {option for row in table.splitlines() for option in re.findall(r"--([a-z][a-z-]*)", row.split("|")[1])}
    assert {long for long, _, _ in options_of_help([()])} == named


def test_the_manual_has_the_fields_that_show_prints():
    output = "".join(path.read_text() for path in TOP.glob("Sources/PosternCertificates/Output/DocumentOutput*.swift"))
    calls = r"(?:member|flag|number|begin|time|digest|nothing|subtrees|beginArray)"
    printed = set(re.findall(rf'\b{calls}\("(\w+)"', output)) - {"damaged"}      # of people alone
    text = re.search(r"^\.Cm show\n(.*?)^\.Sh ", MANUAL.read_text(), re.MULTILINE | re.DOTALL)[1]
    named = {word for line in re.findall(r"^\.Li (.*)$", text, re.MULTILINE) for word in re.findall(r"\w+", line)}
    assert len(printed) > 20 and printed == named


@pytest.mark.parametrize("command", [command for commands in SECTIONS.values() for command in commands])
def test_help_fits_a_terminal(command):
    assert max(map(len, help_of(command).splitlines())) <= 80


def test_mandoc_has_nothing_to_say():
    checked = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MANUAL], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
