"""One running server, Postern or the C loop, plain or under valgrind or strace, and the load client against it.

A server listens on a free port of 127.0.0.1, which it prints, and is ended by its own process id.
"""

import pathlib
import re
import select
import signal
import subprocess
import time

from building import BenchmarkError

LISTENING = re.compile(rb"listening on 127\.0\.0\.1:(\d+)")
START_SECONDS = 30
STOP_SECONDS = 30
LOAD_SECONDS = 600
GROUPS = {"prime256v1": "P-256", "X25519": "X25519"}  # OpenSSL's name of a group, and ours


class Contender:
    """How to start one of the two servers of a port: `name` is "Postern" or "C loop"."""

    def __init__(self, name, build, group):
        self.name, self.build, self.group = name, build, group

    def command(self):
        build = self.build
        if self.name == "Postern":
            # No line a closed connection: the loop writes none either.
            return [build.postern, "--listen", "127.0.0.1:0", "--certificate", build.certificate, "--key", build.key,
                    "--log-level", "notice"]
        return [build.loop, "0", build.certificate, build.key, self.group]

    def start(self, wrapper=()):
        return Server(self, [str(word) for word in [*wrapper, *self.command()]])


class Server:
    def __init__(self, contender, command):
        self.contender = contender
        self.text = b""
        started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.port = self._wait_for_port(started + START_SECONDS)
        self.start_milliseconds = (time.monotonic() - started) * 1000
        self.folder = pathlib.Path(f"/proc/{self.process.pid}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()

    def _wait_for_port(self, end):
        while True:
            match = LISTENING.search(self.text)
            if match:
                return int(match.group(1))
            readable, _, _ = select.select([self.process.stderr], [], [], max(0, end - time.monotonic()))
            piece = self.process.stderr.read1(65536) if readable else b""
            if not piece:
                self.__exit__()
                said = self.text.decode(errors="replace").strip()
                raise BenchmarkError(f"{self.contender.name} did not start: {said or 'it said nothing'}")
            self.text += piece

    def stop(self):
        """Asks for the end, and waits for it and for whoever watches the server (both hold its stderr)."""
        self.process.send_signal(signal.SIGTERM)
        try:
            _, said = self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(f"{self.contender.name} did not stop within {STOP_SECONDS} s of SIGTERM") from error
        if self.process.returncode != 0:
            raise BenchmarkError(f"{self.contender.name} ended with {self.process.returncode}: "
                                 f"{said.decode(errors='replace').strip()}")

    def load(self, version, *words):
        """Runs the load to its end; the answer has `seconds` and `negotiated`."""
        try:
            finished = subprocess.run(self._load_command(version, words), capture_output=True, text=True,
                                      timeout=LOAD_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(f"the load {words} on {self.contender.name} took {LOAD_SECONDS} s") from error
        if finished.returncode != 0:
            raise BenchmarkError(f"on {self.contender.name}, TLS {version}, {words}: {finished.stderr.strip()}")
        return parse(finished.stdout)

    def hold(self, version, count):
        """A load that holds `count` connections, after handshake and echo, until its stdin is closed."""
        holder = subprocess.Popen(self._load_command(version, ("hold", count)), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        if not holder.stdout.readline():
            holder.wait()
            raise BenchmarkError(f"{self.contender.name} did not take {count} connections")
        return holder

    def _load_command(self, version, words):
        build = self.contender.build
        return [str(word) for word in (build.load, self.port, build.certificate, version, self.contender.group, *words)]

    def processor_seconds(self):
        """CPU time so far; finer than the ticks of /proc/PID/stat."""
        return int((self.folder / "schedstat").read_text().split()[0]) / 1e9

    def memory_bytes(self):
        """Resident and proportional set size."""
        found = dict(re.findall(r"^(Rss|Pss):\s+(\d+) kB", (self.folder / "smaps_rollup").read_text(), re.M))
        return int(found["Rss"]) * 1024, int(found["Pss"]) * 1024


def parse(line):
    answer = dict(word.split("=", 1) for word in line.split())
    return {"seconds": float(answer["seconds"]), "negotiated": answer["negotiated"]}


def contenders(build):
    """Postern, the loop with Postern's first choice of group, and the TLS versions that the library has."""
    with Contender("Postern", build, "P-256").start() as server:
        negotiated = server.load("1.2", "full", 1)["negotiated"]
        server.stop()
    group = GROUPS.get(negotiated.split(",")[2], "P-256")
    loop = Contender("C loop", build, group)
    with loop.start() as server:
        library = re.search(rb"Mbed TLS (\d+)", server.text)
        server.stop()
    versions = ["1.2", "1.3"] if library and int(library.group(1)) >= 3 else ["1.2"]
    return Contender("Postern", build, group), loop, versions
