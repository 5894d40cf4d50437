"""Builds the targets of libFuzzer, makes their first inputs, and runs them.

A target is one file here with a function LLVMFuzzerTestOneInput. In Swift, `Names.swift`, it may use PosternCore,
PosternX509 and PosternAuthorization; in C, `Tickets.c`, the parts of CMbedTLS and of the client of the TLS tests, over
the Mbed TLS of Debian 13, which has both versions of TLS. All but Mbed TLS is compiled with AddressSanitizer and
coverage. A target in C that includes a source file of CMbedTLS, to call what is static in it, stands in its place. What
a target in Swift takes from a module that needs more is compiled into it: `// with: PosternIssuing/Index/X.swift`.
Comments say where inputs begin: `// seeds: documents` for certificates, requests and revocation lists in DER,
`// seeds: messages` for Certificate messages of them, `// seeds: chains` for a certificate with its authority and list
behind it, `// seed: ...` for a line of text, `// seed-hex: ...` for bytes.
"""
import base64
import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
BUILD = TOP / "build" / "fuzz"
SOURCES = {path.stem: path for path in sorted(HERE.iterdir()) if path.suffix in (".swift", ".c")}
TARGETS = list(SOURCES)
SECONDS = int(os.environ.get("FUZZ_SECONDS", "30"))
SANITIZED = ["-g", "-O", "-sanitize=fuzzer,address", "-parse-as-library", "-package-name", "postern", "-I", str(BUILD)]
MODULES = ["PosternCore", "PosternX509", "PosternAuthorization"]
C_FOLDERS = [TOP / "Sources/CMbedTLS", TOP / "Tests/CTLSClient"]
SYSROOT = TOP / "build/sysroot/trixie-amd64/usr"
ARCHIVES = [SYSROOT / "lib/x86_64-linux-gnu" / f"lib{name}.a" for name in ("mbedtls", "mbedx509", "mbedcrypto")]
INPUT_BYTES = 16_384            # of a target that reads documents: room for a real chain

ECDSA_SHA256, ECDSA_UNKNOWN = (bytes.fromhex("2a8648ce3d0403") + bytes([last]) for last in (0x02, 0x7F))


def run(*command, **options):
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}"


def build_modules():
    BUILD.mkdir(parents=True, exist_ok=True)
    for module in MODULES:
        sources = sorted((TOP / "Sources" / module).rglob("*.swift"))
        run("swiftc", *SANITIZED, "-wmo", "-c", "-module-name", module, "-emit-module",
            "-emit-module-path", BUILD / f"{module}.swiftmodule", "-o", BUILD / f"{module}.o", *sources)


def build_objects():
    """The C files that targets are linked with, one object each."""
    assert SYSROOT.is_dir(), "the targets in C need the Mbed TLS of Debian 13: make PORT=amd64"
    headers = BUILD / "include"
    shutil.rmtree(headers, ignore_errors=True)
    headers.mkdir(parents=True)
    for name in ("mbedtls", "psa"):
        (headers / name).symlink_to(SYSROOT / "include" / name)
    for source in (path for folder in C_FOLDERS for path in folder.glob("*.c")):
        clang("-c", source, "-o", BUILD / f"{source.parent.name}-{source.stem}.o")


def clang(*words):
    folders = [part for folder in C_FOLDERS for part in ("-I", folder, "-I", folder / "include")]
    run("clang", "-g", "-O1", "-fsanitize=fuzzer-no-link,address", "-I", BUILD / "include", *folders, *words)


def build(target):
    if SOURCES[target].suffix == ".c":
        replaced = re.findall(r'^#include "(\w+)\.c"$', SOURCES[target].read_text(), re.MULTILINE)
        objects = sorted(set(BUILD.glob("C*-*.o")) - {BUILD / f"CMbedTLS-{name}.o" for name in replaced})
        clang("-fuse-ld=lld", "-fsanitize=fuzzer", SOURCES[target], *objects, *ARCHIVES, "-o", BUILD / target)
        return
    others = re.findall(r"^// with: (.*)$", SOURCES[target].read_text(), re.MULTILINE)
    run("swiftc", *SANITIZED, HERE / f"{target}.swift", *[TOP / "Sources" / name for name in others],
        *[BUILD / f"{module}.o" for module in MODULES], "-module-name", f"Fuzz{target}", "-o", BUILD / target)


def make_documents(binary):
    """One document of each kind in DER, from our own tools."""
    folder = BUILD / "documents"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def postern(*words):
        run(binary, "certificate", *words)

    identity = ["--certificate", folder / "self.pem", "--key", folder / "self.key"]
    postern("self-signed", "--name", "board.local", "--name", "*.example.org", "--name", "192.0.2.1", "--name", "::1",
            "--name", "a@example.org", "--name", "https://example.org/x", *identity)
    authority = ["--issuer", folder / "ca.pem", "--issuer-key", folder / "ca.key"]
    postern("ca", "--name", "Fuzz CA", "--path-length", "1", "--certificate", folder / "ca.pem",
            "--key", folder / "ca.key")
    postern("request", "--name", "board.local", "--request", folder / "board.csr", "--key", folder / "board.key")
    postern("sign", *authority, "--request", folder / "board.csr", "--profile", "peer",
            "--certificate", folder / "board.pem")
    postern("revoke", *authority, "--certificate", folder / "board.pem", "--reason", "keyCompromise")
    postern("crl", *authority, "--crl", folder / "ca.crl")
    for path in list(folder.iterdir()):
        if path.suffix in (".pem", ".csr", ".crl"):
            block = re.search(r"-----BEGIN [A-Z0-9 ]+-----(.*?)-----END", path.read_text(), re.DOTALL)[1]
            path.with_suffix(f"{path.suffix}.der").write_bytes(base64.b64decode(block))
        path.unlink()
    return folder


def messages(documents):
    """Certificate messages of both versions: nobody, each certificate alone, all of them, all in one entry. The byte in
    front is the target's own."""
    certificates = [path.read_bytes() for path in sorted(documents.glob("*.pem.der"))]
    unknown = [der.replace(ECDSA_SHA256, ECDSA_UNKNOWN) for der in certificates]
    chains = [[], *([der] for der in certificates), certificates, unknown, [unknown[0], *certificates],
              [b"".join(certificates)]]
    for is_tls13 in (0, 1):
        for chain in chains:
            entries = b"".join(len(der).to_bytes(3, "big") + der + bytes(2 * is_tls13) for der in chain)
            yield bytes([is_tls13]) + bytes(is_tls13) + len(entries).to_bytes(3, "big") + entries


def make_corpus(target, documents):
    """The inputs found so far, and the first ones."""
    corpus = BUILD / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    text = SOURCES[target].read_text()
    for number, line in enumerate(re.findall(r"^// seed: (.*)$", text, re.MULTILINE)):
        (corpus / f"seed-{number}").write_text(line.replace("\\n", "\n"))
    if re.search(r"^// seeds: chains$", text, re.MULTILINE):
        leaf, authority, crl = ((documents / f"{name}.der").read_bytes()
                                for name in ("board.pem", "ca.pem", "ca.crl"))
        for bad in range(2):
            (corpus / f"chain-{bad}").write_bytes(bytes([2, bad]) + leaf + authority)
            (corpus / f"chain-with-list-{bad}").write_bytes(bytes([8, bad]) + leaf + authority + crl + authority)
    for number, line in enumerate(re.findall(r"^// seed-hex: (.*)$", text, re.MULTILINE)):
        (corpus / f"bytes-{number}").write_bytes(bytes.fromhex(line))
    if re.search(r"^// seeds: messages$", text, re.MULTILINE):
        for number, message in enumerate(messages(documents)):
            (corpus / f"message-{number}").write_bytes(message)
    if re.search(r"^// seeds: documents$", text, re.MULTILINE):
        for path in documents.iterdir():
            shutil.copy(path, corpus / path.name)
    assert any(corpus.iterdir()), f"{SOURCES[target].name} names no seeds"
    return corpus


def fuzz(target, documents, seconds=SECONDS):
    """Runs a target; returns (exit code, what it printed, what to type to see a crash again)."""
    corpus = make_corpus(target, documents)
    artifacts = BUILD / "artifacts" / target
    shutil.rmtree(artifacts, ignore_errors=True)
    artifacts.mkdir(parents=True)
    log = BUILD / f"{target}.log"
    with log.open("w") as output:
        code = subprocess.run(
            [BUILD / target, f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES}", "-timeout=5",
             "-rss_limit_mb=1024", f"-artifact_prefix={artifacts}/", "-print_final_stats=1", "-verbosity=1", corpus],
            cwd=TOP, stdout=output, stderr=subprocess.STDOUT).returncode
    found = sorted(artifacts.iterdir())
    again = f"{(BUILD / target).relative_to(TOP)} {found[0].relative_to(TOP)}" if found else ""
    return code, log.read_text(errors="replace"), again
