"""ports/copyright, which all packages contain: it names everything that is linked statically, with the licences' own
words. BUILD names the folder that holds the sysroots."""
import json
import os
import pathlib
import re
import shutil

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
COPYRIGHT = (TOP / "ports/copyright").read_text()
BOARDS = sorted(path.parent.name for path in TOP.glob("ports/*/toolset.json") if path.parent.name != "host")
SYSROOT = BUILD / "sysroot/trixie-armhf/usr/share/doc"


def plain(text):
    """Its words, without what the format of Debian's copyright files adds."""
    return " ".join(re.sub(r"(?m)^ \.$", "", text).split())


def paragraph(path, start, end="\n\n"):
    text = path.read_text()
    begin = text.index(start) + len(start)
    return text[begin:text.index(end, begin)]


def linked(port):
    """The archives and objects that the options of the linker name, and those of the manifest."""
    toolset = json.loads((TOP / "ports" / port / "toolset.json").read_text())
    options = toolset["linker"]["extraCLIOptions"] + toolset["swiftCompiler"]["extraCLIOptions"]
    found = {option.rpartition("/")[2] for option in options if option.endswith((".a", ".o"))}
    found |= {f"lib{option[2:]}.a" for option in options if re.fullmatch(r"-l\w+", option)}
    return found | set(re.findall(r'linkedLibrary\(":(.*?)"\)', (TOP / "Package.swift").read_text()))


@pytest.mark.parametrize("port", BOARDS)
def test_everything_that_is_linked_is_named(port):
    files = set(re.findall(r"[\w.]+\.[ao]\b", "".join(re.findall(r"(?m)^Files:.*", COPYRIGHT))))
    assert {"libmbedtls.a", "libc.a", "libgcc.a"} <= linked(port) <= files


def test_every_paragraph_has_a_licence_whose_text_is_there():
    licences = re.findall(r"(?m)^License: (.*)\n(?= \S)", COPYRIGHT)
    used = re.findall(r"(?m)^Copyright: .*\n(?: +.*\n)*License: (.*)$", COPYRIGHT)
    assert len(used) == COPYRIGHT.count("\nFiles: ") and set(used) == set(licences)


def test_the_texts_are_those_of_what_is_linked():
    musl = SYSROOT / "musl-dev/copyright"
    swift = pathlib.Path(shutil.which("swiftc")).resolve().parents[1] / "share/swift/LICENSE.txt"
    words = plain(COPYRIGHT)
    assert plain(paragraph(musl, "\nLicense: MIT\n ")) in words
    assert plain(paragraph(musl, "\nLicense: BSD-2-clause\n ")) in words
    gcc = paragraph(SYSROOT / "gcc-14-base/copyright", "\nGCC RUNTIME LIBRARY EXCEPTION\n", "\nlibquadmath/")
    assert plain(gcc) in words
    assert plain(swift.read_text().rpartition("##")[2]) in words
