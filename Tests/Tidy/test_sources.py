"""The rules of style that a program can check: who imports whom, how long things are, what may not be there."""
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
TRACKED = [TOP / name for name in subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=TOP, capture_output=True, text=True, check=True).stdout.splitlines()]
FILES = [path for path in TRACKED if path.is_file()]
SWIFT = [path for path in FILES if path.suffix == ".swift" and path.name != "Package.swift"]
C = [path for path in FILES if path.suffix in (".c", ".h")]
BOARD_CODE = [path for path in SWIFT + C if path.is_relative_to(TOP / "Sources")]
CODE = SWIFT + C + [path for path in FILES if path.suffix == ".py"]

# The table of ARCHITECTURE.md: what each module may import.
MAY_IMPORT = {
    "PosternCore": set(),
    "PosternX509": {"PosternCore"},
    "PosternAuthorization": {"PosternCore", "PosternX509"},
    "PosternTLS": {"PosternCore", "PosternX509", "PosternAuthorization", "CMbedTLS"},
    "PosternLinux": {"PosternCore", "CLinux"},
    "PosternIssuing": {"PosternCore", "PosternX509", "PosternTLS", "PosternLinux"},
    "PosternCertificates": {"PosternCore", "PosternX509", "PosternTLS", "PosternLinux", "PosternIssuing"},
    "PosternProbe": {"PosternCore", "PosternX509", "PosternTLS", "PosternLinux"},
    "PosternServer": {"PosternCore", "PosternX509", "PosternAuthorization", "PosternTLS", "PosternLinux",
                      "PosternIssuing"},
    "PosternCommandLine": {"PosternCore", "PosternLinux", "PosternServer"},
    "Postern": {"PosternCore", "PosternTLS", "PosternLinux", "PosternServer", "PosternCommandLine"},
    "PosternCommand": {"PosternCore", "PosternLinux", "PosternCommandLine", "PosternCertificates", "PosternProbe",
                       "Port"},
}
LINES_MOST, FUNCTION_LINES_MOST = 400, 70
COLUMNS_MOST, TEST_COLUMNS_MOST = 109, 120


def name(path):
    return str(path.relative_to(TOP))


def paths(files):
    return pytest.mark.parametrize("path", files, ids=name)


@pytest.mark.parametrize("module", MAY_IMPORT)
def test_imports_follow_the_table(module):
    for path in (TOP / "Sources" / module).rglob("*.swift"):
        found = set(re.findall(r"^\s*(?:@\w+ )*(?:public )?import (\w+)", path.read_text(), re.MULTILINE))
        assert found <= MAY_IMPORT[module], f"{name(path)} imports {found - MAY_IMPORT[module]}"


def test_every_module_is_in_the_table():
    modules = {path.relative_to(TOP / "Sources").parts[0] for path in (TOP / "Sources").rglob("*.swift")}
    assert modules == MAY_IMPORT.keys()


def test_a_port_imports_only_the_core():
    for path in [*TOP.glob("ports/*/Config.swift"), *TOP.glob("Tests/Ports/*/Config.swift")]:
        assert re.findall(r"^import (\w+)", path.read_text(), re.MULTILINE) == ["PosternCore"], name(path)


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("module", ["CMbedTLS", "CLinux"])
def test_public_headers_need_only_fixed_width_types(module):
    own = {path.name for path in (TOP / "Sources" / module / "include").glob("*.h")}
    for path in (TOP / "Sources" / module / "include").glob("*.h"):
        assert set(includes(path)) <= {"stdint.h", "stddef.h"} | own, name(path)


def test_only_the_shim_includes_mbed_tls():
    for path in BOARD_CODE:
        if path.suffix in (".c", ".h") and path.parts[-2] != "CMbedTLS":
            assert not [item for item in includes(path) if item.startswith(("mbedtls/", "psa/"))], name(path)


def test_the_shim_includes_no_header_of_the_system():
    for path in (TOP / "Sources" / "CMbedTLS").glob("*.[ch]"):
        assert not [item for item in includes(path) if item.startswith(("sys/", "linux/", "net", "unistd"))], name(path)


def test_library_versions_stand_in_one_file():
    for path in BOARD_CODE:
        if path.name != "compat.h":
            assert "MBEDTLS_VERSION_NUMBER" not in path.read_text(), name(path)


COMPAT = TOP / "Sources" / "CMbedTLS" / "compat.h"
PRIVATE_FIELDS = set(re.findall(r"\bMBEDTLS_PRIVATE\((\w+)\)", COMPAT.read_text())) - {"field"}
# Nothing reaches into an `ssl`. The name "session" alone proves nothing: our own structures have such a field.
USES_PRIVATE = re.compile(r"MBEDTLS_PRIVATE|PRIVATE_ACCESS|PRIVATE_IDENTIFIERS|\bprivate_|\bssl(?:\.|->)\w|(?:\.|->)(?:"
                          + "|".join(sorted(PRIVATE_FIELDS - {"session"})) + r")\b")
PRIVATE_FUNCTIONS = re.compile(r"^\w+ (mbedtls_\w+)\(mbedtls_ssl_context \*ssl.*\);$", re.MULTILINE)


def test_private_fields_of_mbed_tls_stand_in_one_file():
    assert "state" in PRIVATE_FIELDS and not re.search("define .*PRIVATE_(ACCESS|IDENTIFIERS)", COMPAT.read_text())
    functions = PRIVATE_FUNCTIONS.findall(COMPAT.read_text())
    assert "mbedtls_ssl_flush_output" in functions
    for path in (TOP / "Sources" / "CMbedTLS").rglob("*.[ch]"):
        if path == COMPAT:
            continue
        text = "\n".join(line.split("//")[0] for line in path.read_text().splitlines())
        found = USES_PRIVATE.search(text)
        assert found is None, f"{name(path)}: {found[0]}: add an accessor to compat.h"
        assert not [function for function in functions if function in text], name(path)


def test_architecture_lists_private_fields_of_mbed_tls():
    text = (TOP / "ARCHITECTURE.md").read_text()
    table = re.search(r"^\| private field .*?\n\n", text, re.MULTILINE | re.DOTALL)[0]
    named = [word for row in table.strip().splitlines()[2:] for word in re.findall(r"`(\w+)`", row.split("|")[1])]
    functions = set(PRIVATE_FUNCTIONS.findall(COMPAT.read_text()))
    assert set(named) == PRIVATE_FIELDS | functions and len(named) == len(set(named))


@paths([path for path in BOARD_CODE if path.suffix == ".swift"])
def test_board_code_runs_on_bare_metal_triples(path):
    text = path.read_text()
    assert not re.search(r"^\s*#(if|elseif)\s+!?(os|canImport)\(", text, re.MULTILINE)
    assert not re.search(r"^\s*import (Foundation|Glibc|Musl|Dispatch)", text, re.MULTILINE)


# The compiler refuses these on 32-bit processors, without saying where. Integers.swift has what to write instead.
REFUSED_ON_32_BITS = r"\bU?Int64\((?!widening:|bitPattern:|littleEndian:|bigEndian:|[-\d])"


@paths([path for path in BOARD_CODE if path.suffix == ".swift" and path.name != "Integers.swift"])
def test_board_code_widens_integers_by_name(path):
    refused = [number for number, line in enumerate(path.read_text().splitlines(), 1)
               if re.search(REFUSED_ON_32_BITS, line.split("//")[0])]
    assert not refused, f"generic conversions to 64 bits in lines {refused}; write UInt64(widening: ...)"


def test_the_manifest_has_no_unsafe_flags():
    assert "unsafeFlags" not in (TOP / "Package.swift").read_text(), "then no package could depend on this one"


@paths(CODE)
def test_files_and_lines_are_short(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= LINES_MOST, "split it by concept"
    columns = COLUMNS_MOST if path in BOARD_CODE else TEST_COLUMNS_MOST
    long = [number for number, line in enumerate(lines, 1) if len(line) > columns]
    assert not long, f"lines past column {columns}: {long}"
    ragged = [number for number, line in enumerate(lines, 1) if line != line.rstrip() or "\t" in line]
    assert not ragged, f"tabs or white space at the end: {ragged}"


def functions(path):
    """(name, lines) of each function: from its head to the line that closes it at the same indentation."""
    head = r"^( *)(?:[\w@()]+ )*(?:func|init[?<(]|deinit)" if path.suffix == ".swift" else r"^()[a-z][\w \*]*\("
    lines = path.read_text().splitlines()
    for start, line in enumerate(lines):
        found = re.match(head, line)
        if not found or line.rstrip().endswith(";"):
            continue
        for end in range(start, len(lines)):
            if lines[end].startswith(found[1] + "}"):
                yield line.strip(), end - start + 1
                break


@paths(BOARD_CODE)
def test_functions_are_short(path):
    for head, length in functions(path):
        assert length <= FUNCTION_LINES_MOST, f"{head}: {length} lines"


def test_functions_are_found_at_all():
    assert sum(1 for path in BOARD_CODE for _ in functions(path)) > 200


@paths([path for path in BOARD_CODE if path.suffix in (".swift", ".c", ".h")])
def test_a_file_says_first_what_it_is(path):
    assert path.read_text().startswith("// ")


def test_no_two_names_differ_in_case_alone():
    names = [name(path).lower() for path in TRACKED]
    assert len(names) == len(set(names))


def test_no_key_and_no_build_output_is_tracked():
    tracked = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    for item in tracked.splitlines():
        assert not re.search(r"\.(key|o|a)$|^crash-|^\.build/|^build/|Package\.resolved$", item), item


@paths([path for path in FILES if path.read_bytes().startswith(b"#!") and b"sh" in path.read_bytes().split(b"\n")[0]])
def test_shell_scripts(path):
    checked = subprocess.run(["shellcheck", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@paths([path for path in FILES if path.suffix == ".py" and path.name not in ("postern_dates.py", "test_sources.py")])
def test_no_date_is_read_in_a_way_that_newer_pythons_warn_of(path):
    """postern_dates.py has the one way that the versions of Debian 12 and 13 both know."""
    names = r"not_valid_before|not_valid_after|last_update|next_update|revocation_date"
    assert not re.search(rf"\.(?:{names})\b(?!\()|\butcnow\b|\butcfromtimestamp\b", path.read_text())


def test_limits_of_swift_and_c_agree():
    limits = (TOP / "Sources/PosternCore/Config/Limits.swift").read_text()

    def swift(field):
        return int(re.search(rf"static let {field} = ([\d_]+)", limits)[1].replace("_", ""))

    def c(header, macro):
        return int(re.search(rf"#define {macro} (\d+)", (TOP / "Sources" / header).read_text())[1])

    assert swift("protocolNames") == c("CMbedTLS/include/ctls_context.h", "CTLS_ALPN_LIMIT")
    assert swift("groups") == c("CMbedTLS/include/ctls_context.h", "CTLS_GROUP_LIMIT")
    # How an index begins: by this PosternLinux knows what must not be replaced.
    replaced = (TOP / "Sources/PosternLinux/Files/ReplacedContent.swift").read_text()
    index = (TOP / "Sources/PosternIssuing/Index/IssuedIndex.swift").read_text()
    assert '"postern-index "' in replaced and '"postern-index 1' in index


# Homemade words, each with the term of the field that stands in its place.
BANNED = {
    r"(?i)farewell": "close_notify", r"(?i)\bjudg\w*": "verify (a chain), authorize (a client)",
    r"(?i)\banew\b": "again, reload", r"(?i)\bstrangers?\b": "peer, untrusted",
    r"\b[A-Z]\w*Choices\b": "...Config", r"\b(?:[A-Z]\w*)?Fault\b": "...Error",
    r"\b[a-z]\w*Most\b": "...Max", r"\b[a-z]\w*Least\b": "...Min",
}
MANUAL = TOP / "Sources/PosternCommand/postern.8"
DOCUMENTS = [path for path in FILES if path.parent == TOP and path.suffix == ".md"]


@paths([*BOARD_CODE, *DOCUMENTS, MANUAL])
def test_terms_are_those_of_the_field(path):
    text = path.read_text()
    found = {match[0]: term for word, term in BANNED.items() for match in re.finditer(word, text)}
    assert not found, f"write instead: {found}"
