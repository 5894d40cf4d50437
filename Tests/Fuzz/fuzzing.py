"""Builds the targets of libFuzzer, makes their first inputs, and runs them.

A target is one Swift file here: `Names.swift` with a function LLVMFuzzerTestOneInput. It may use PosternCore and
PosternX509, which are compiled with AddressSanitizer and coverage. Comments in it say where its inputs begin:
`// seeds: documents` for certificates, requests and revocation lists in DER, `// seed: ...` for a line of text.
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
TARGETS = sorted(path.stem for path in HERE.glob("*.swift"))
SECONDS = int(os.environ.get("FUZZ_SECONDS", "30"))
SANITIZED = ["-g", "-O", "-sanitize=fuzzer,address", "-parse-as-library", "-I", str(BUILD)]
MODULES = ["PosternCore", "PosternX509"]
INPUT_BYTES = 16_384            # of a target that reads documents: room for a real chain


def run(*command, **options):
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}"


def build_modules():
    BUILD.mkdir(parents=True, exist_ok=True)
    for module in MODULES:
        sources = sorted((TOP / "Sources" / module).glob("*.swift"))
        run("swiftc", *SANITIZED, "-wmo", "-c", "-module-name", module, "-emit-module",
            "-emit-module-path", BUILD / f"{module}.swiftmodule", "-o", BUILD / f"{module}.o", *sources)


def build(target):
    run("swiftc", *SANITIZED, HERE / f"{target}.swift", *[BUILD / f"{module}.o" for module in MODULES],
        "-module-name", f"Fuzz{target}", "-o", BUILD / target)


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


def make_corpus(target, documents):
    """The inputs found so far, and the first ones."""
    corpus = BUILD / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    text = (HERE / f"{target}.swift").read_text()
    for number, line in enumerate(re.findall(r"^// seed: (.*)$", text, re.MULTILINE)):
        (corpus / f"seed-{number}").write_text(line.replace("\\n", "\n"))
    if re.search(r"^// seeds: documents$", text, re.MULTILINE):
        for path in documents.iterdir():
            shutil.copy(path, corpus / path.name)
    assert any(corpus.iterdir()), f"{target}.swift names no seeds"
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
