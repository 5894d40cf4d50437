"""The bill of materials: what CycloneDX requires, what is really linked, the same bytes for the same input."""
import hashlib
import json
import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
INPUTS = """libmbedtls-dev 3.6.6-0.1~deb13u1 mbedtls
musl-dev 1.2.5-3.1~deb13u1 musl
libgcc-14-dev 14.2.0-19+deb13u1 gcc-14
"""


def run(folder, inputs, port="armhf", binary=b"binary"):
    (folder / "postern").write_bytes(binary)
    (folder / "inputs").write_text(inputs)
    return subprocess.run([TOP / "ports/sbom.sh", folder / "postern", port, folder / "inputs"], capture_output=True,
                          text=True, check=False)


def check(document):
    """What the schema of CycloneDX 1.6 requires of these members."""
    assert document["bomFormat"] == "CycloneDX" and document["specVersion"] == "1.6" and document["version"] >= 1
    assert re.fullmatch("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", document["serialNumber"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["metadata"]["timestamp"])
    components = [document["metadata"]["component"], *document["components"]]
    for component in components:
        assert component["type"] in ("application", "library") and component["name"] and component["version"]
        assert re.fullmatch(r"pkg:[a-z]+/[A-Za-z0-9.%_~/-]+@[A-Za-z0-9.%_~-]+(\?[a-z]+=[A-Za-z0-9.-]+)?",
                            component["purl"])
        assert all(set(licence) == {"expression"} and licence["expression"] for licence in component["licenses"])
    references = [component["bom-ref"] for component in components]
    assert len(set(references)) == len(references)
    assert document["dependencies"] == [{"ref": references[0], "dependsOn": references[1:]}]


@pytest.mark.parametrize("port", ["host", "armhf"])
def test_of_a_build(port):
    """The one that every build leaves beside the binary."""
    document = json.loads((BUILD / port / "postern.cdx.json").read_text())
    check(document)
    binary = (BUILD / port / "postern").read_bytes()
    assert document["metadata"]["component"]["hashes"] == [
        {"alg": "SHA-256", "content": hashlib.sha256(binary).hexdigest()}]
    names = {component["name"]: component["version"] for component in document["components"]}
    libc = [] if port == "host" else ["musl", "libgcc"]
    assert list(names) == ["mbedtls", *libc, "swift-embedded-stdlib"]
    lines = (BUILD / port / "inputs").read_text().splitlines()
    assert names["mbedtls"] in lines[0].split()


def test_what_it_says(tmp_path):
    document = json.loads(run(tmp_path, INPUTS).stdout)
    check(document)
    mbedtls, musl, gcc, swift = document["components"]
    assert mbedtls["purl"] == "pkg:deb/debian/libmbedtls-dev@3.6.6-0.1~deb13u1?upstream=mbedtls"
    assert mbedtls["cpe"] == "cpe:2.3:a:arm:mbed_tls:3.6.6:*:*:*:*:*:*:*"
    assert musl["cpe"] == "cpe:2.3:a:musl-libc:musl:1.2.5:*:*:*:*:*:*:*"
    assert gcc["purl"].endswith("@14.2.0-19%2Bdeb13u1?upstream=gcc-14") and re.match(r"\d+\.\d+", swift["version"])
    assert document["metadata"]["properties"] == [{"name": "postern:port", "value": "armhf"}]
    assert document["metadata"]["component"]["hashes"] == [
        {"alg": "SHA-256", "content": hashlib.sha256(b"binary").hexdigest()}]


def test_a_warning_of_the_build_is_in_it(tmp_path):
    document = json.loads(run(tmp_path, INPUTS + "! made without the security updates of Debian\n").stdout)
    check(document)
    assert document["metadata"]["properties"][1] == {
        "name": "postern:warning", "value": "made without the security updates of Debian"}


def test_the_same_input_gives_the_same_bytes_and_another_another_number(tmp_path):
    first = run(tmp_path, INPUTS).stdout
    assert first == run(tmp_path, INPUTS).stdout
    others = [run(tmp_path, INPUTS.replace("deb13u1", "deb13u2")), run(tmp_path, INPUTS, binary=b"another")]
    numbers = [json.loads(text)["serialNumber"] for text in (first, *(other.stdout for other in others))]
    assert len(set(numbers)) == 3


def test_a_package_whose_licence_is_not_known_is_refused(tmp_path):
    ended = run(tmp_path, INPUTS + "libfoo-dev 1.0-1 foo\n")
    assert ended.returncode != 0 and "the licence of foo-1.0-1 is not known" in ended.stderr
