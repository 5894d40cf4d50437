"""A board in qemu: boots, gives a shell on its console, reboots, and is switched off.

It has 128 MB, one processor, a disk that outlives a reboot, and one way in: a port of this machine's loopback that
leads to its port 4433. It reaches nothing outside.
"""
import shlex
import socket
import subprocess

from board_console import Console

MEBIBYTES = 128
SERVICE_PORT = 4433
# A machine under load takes longer; a board that hangs is found in the end.
BOOT_SECONDS = 120
COMMAND_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Board:
    """A running board. `boot_text` is what its console said while it booted the last time."""

    def __init__(self, machine, kernel, initramfs, disk):
        self.port = free_port()
        forward = f"hostfwd=tcp:127.0.0.1:{self.port}-:{SERVICE_PORT}"
        self.command = [
            *shlex.split(machine), "-m", str(MEBIBYTES), "-smp", "1", "-display", "none", "-monitor", "none",
            "-kernel", kernel, "-initrd", initramfs, "-append", "console=ttyAMA0 quiet", "-serial", "stdio",
            "-drive", f"file={disk},if=none,id=disk,format=raw", "-device", "virtio-blk-pci,drive=disk",
            "-netdev", f"user,id=net,restrict=on,ipv6=off,{forward}",
            "-device", "virtio-net-pci,netdev=net,romfile="]
        self._switch_on()

    def _switch_on(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.console = Console(self.process.stdout, self.process.stdin)
        try:
            self._wait_for_shell(since=0)
        except AssertionError:
            self.kill()
            raise

    def _wait_for_shell(self, since):
        """From the kernel's start to a shell that repeats nothing of what is typed."""
        self.boot_start = since
        self.console.expect("Please press Enter to activate this console", since, BOOT_SECONDS)
        self.boot_end = self.console.mark()
        self.console.type("\n")
        self.console.expect("# ", self.boot_end, COMMAND_SECONDS)
        self.console.type("stty -echo; PS1=; PS2=; echo ready\n")
        self.console.expect("^ready$", self.boot_end, COMMAND_SECONDS)

    @property
    def boot_text(self):
        return self.console.text[self.boot_start:self.boot_end]

    def boot_seconds(self, first, last):
        """The time between two texts on the console, the second after the first, while the board booted."""
        start = self.console.text.index(first, self.boot_start)
        end = self.console.text.index(last, start + len(first))
        return self.console.time_of(end) - self.console.time_of(start)

    def run(self, command, expected=0, seconds=COMMAND_SECONDS):
        """Types a command and returns what it said; its exit code has to be `expected`, unless that is None."""
        since = self.console.mark()
        # What is typed has another form than what is looked for, should the console repeat it.
        self.console.type(f"{{ echo [be'gin']; {command}\n}} </dev/null 2>&1; echo [exit $?]\n")
        found = self.console.expect(r"^\[begin\]\n((?:.|\n)*?)\[exit (\d+)\]\n", since, seconds)
        said, code = found[1], int(found[2])
        assert expected is None or code == expected, f"{command}: exit code {code}\n{said}"
        return said

    def reboot(self):
        since = self.console.mark()
        self.console.type("reboot\n")
        self._wait_for_shell(since)

    def cut_power(self):
        """What the board had not written to its disk is lost; it boots again."""
        self.kill()
        self._switch_on()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.console.reader.join(5)
        self.process.stdin.close()
        self.process.stdout.close()
