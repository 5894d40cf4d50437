"""Builds what the benchmark needs: the C loop with the flags of the port's toolset, the load client, an identity.

The flags come from build/<port>/toolset.json, which the build of Postern leaves behind, so that the loop has the same
compiler, linker, libc and Mbed TLS, with its debug output cut off in the same way where the port does that: what both
could have is no merit of Postern. Hardening and the arena are Postern's own and left out: the loop stays lean.
"""

import json
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ARCHIVES = ["-l:libmbedtls.a", "-l:libmbedx509.a", "-l:libmbedcrypto.a"]
SOURCES = [HERE / "loop.c", ROOT / "Sources/CMbedTLS/fortify.c", ROOT / "Sources/CMbedTLS/debug.c"]
LEFT_OUT = ("-Werror", "-fstack-protector", "-D_FORTIFY_SOURCE", "--wrap=calloc", "--wrap=free",
            "--wrap=mbedtls_x509_crt_parse_der", "-s")


class BenchmarkError(Exception):
    """What the user has to mend, in one sentence."""


def tool(name, package):
    """The path of a program, or the sentence that names the package to install."""
    path = shutil.which(name)
    if path is None:
        raise BenchmarkError(f"{name} is missing: install {package}")
    return path


def run(command, purpose):
    finished = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if finished.returncode != 0:
        raise BenchmarkError(f"{purpose} failed: {(finished.stderr or finished.stdout).strip()}")
    return finished.stdout


class Build:
    """The files of one port: `postern`, `loop`, `load`, `certificate`, `key`, and `folder` for what runs leave."""

    def __init__(self, port, build_folder, identity_folder):
        port_folder = pathlib.Path(build_folder) / port
        self.port = port
        self.postern = port_folder / "postern"
        if not self.postern.is_file():
            raise BenchmarkError(f"{self.postern} is missing: run make PORT={port}")
        self.folder = pathlib.Path(build_folder) / "benchmarks" / port
        self.folder.mkdir(parents=True, exist_ok=True)
        self.compiler = tool("clang", "the Swift toolchain and put its usr/bin into PATH")
        self.loop = self._build_loop(port_folder / "toolset.json")
        self.load = self._build_load()
        self.certificate, self.key = identity(identity_folder)

    def _build_loop(self, toolset_path):
        try:
            toolset = json.loads(toolset_path.read_text())
        except (OSError, ValueError) as error:
            raise BenchmarkError(f"{toolset_path} cannot be read: {error}") from error
        options = {name: toolset.get(name, {}).get("extraCLIOptions", [])
                   for name in ("cCompiler", "swiftCompiler", "linker")}
        swift = options["swiftCompiler"]
        driver = [word for before, word in zip(swift, swift[1:]) if before == "-Xclang-linker"]
        c_flags = [word for word in options["cCompiler"] if not word.startswith(LEFT_OUT)] + ["-O2"]
        linker = [word for word in options["linker"] if not word.startswith(LEFT_OUT)]
        objects = []
        for source in SOURCES:
            objects.append(self.folder / f"{source.stem}.o")
            run([self.compiler, *c_flags, "-c", source, "-o", objects[-1]], f"compiling {source.name}")
        # The search paths are for the compiler, so that they come before its own; libc stands after Mbed TLS.
        search = [word for word in linker if word.startswith("-L")]
        passed = [part for word in ARCHIVES + linker if word not in search for part in ("-Xlinker", word)]
        run([self.compiler, *driver, *search, *objects, *passed, "-o", self.folder / "loop"], "linking the loop")
        return self.folder / "loop"

    def _build_load(self):
        path = self.folder / "load"
        if not pathlib.Path("/usr/include/openssl/ssl.h").exists():
            raise BenchmarkError("openssl/ssl.h is missing: install libssl-dev")
        run([self.compiler, "-O2", HERE / "load.c", "-o", path, "-lssl", "-lcrypto"], "building the load client")
        return path

    def stripped_loop_bytes(self):
        """The loop's size as it would be shipped; None where there is no strip."""
        if shutil.which("strip") is None:
            return None
        stripped = self.folder / "loop.stripped"
        run(["strip", "-o", stripped, self.loop], "stripping the loop")
        return stripped.stat().st_size


def identity(folder):
    """A self-signed ECDSA P-256 certificate for localhost and its key, made anew."""
    certificate, key = pathlib.Path(folder) / "certificate.pem", pathlib.Path(folder) / "key.pem"
    if not key.exists():
        run([tool("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate], "making an identity")
        key.chmod(0o600)
    return certificate, key
