"""What surrounds a server on a device: a service manager that is told of it, sockets that it is given, a system log."""
import os
import re
import select
import socket
import time

from postern_target import PATIENCE


class NotifySocket:
    """The manager's end of $NOTIFY_SOCKET, by a path or by an abstract name with @ in front."""

    def __init__(self, name):
        self.name = str(name)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.name[1:] if self.name.startswith("@") else self.name)
        if not self.name.startswith("@"):
            os.chmod(self.name, 0o777)

    @property
    def environment(self):
        return {"NOTIFY_SOCKET": self.name}

    def receive(self, seconds=5):
        """The next message as a dictionary, or None."""
        if not select.select([self.socket], [], [], seconds * PATIENCE)[0]:
            return None
        message = self.socket.recv(4096).decode()
        lines = message.splitlines()
        assert message.endswith("\n") and all(re.fullmatch(r"[A-Z_]+=.*", line) for line in lines), message
        return dict(line.split("=", 1) for line in lines)

    def expect(self, key, value="1", seconds=5):
        """Waits for a message with this in it; signs of life may come before."""
        until = time.monotonic() + seconds * PATIENCE
        while True:
            message = self.receive(max(until - time.monotonic(), 0) / PATIENCE)
            assert message is not None, f"no {key}={value}"
            if message.get(key) == value:
                return message
            assert "WATCHDOG" in message, message

    def signs_of_life(self, seconds):
        """How many come in so many seconds."""
        until, count = time.monotonic() + seconds, 0
        while select.select([self.socket], [], [], max(until - time.monotonic(), 0))[0]:
            count += "WATCHDOG=1" in self.socket.recv(4096).decode().splitlines()
        return count

    def close(self):
        self.socket.close()


# Puts the given descriptors where sd_listen_fds(3) wants them, says whose they are, and becomes the server.
LAUNCHER = """
import fcntl, os, sys
given = [int(number) for number in sys.argv[1].split(",") if number]
high = [fcntl.fcntl(number, fcntl.F_DUPFD, 100) for number in given]
for place, number in enumerate(high):
    os.dup2(number, 3 + place, inheritable=True)
os.closerange(3 + len(high), 256)
os.environ.setdefault("LISTEN_FDS", str(len(given)))
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])
"""


def activation(*sockets):
    """(prefix, pass_fds) of a start with these sockets as descriptors 3, 4, ..."""
    numbers = [given if isinstance(given, int) else given.fileno() for given in sockets]
    for number in numbers:
        try:
            os.set_inheritable(number, True)
        except OSError:
            pass    # a closed one is what some tests want
    return ["/usr/bin/python3", "-c", LAUNCHER, ",".join(map(str, numbers))], numbers


class SystemLog:
    """A system log that only the server sees: /dev of a mount namespace of its own has nothing but it and null."""

    def __init__(self, folder):
        self.path = folder / "log"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o777)
        device = folder / "dev"
        device.mkdir()
        script = (f"mount -t tmpfs none {device} && : >{device}/null && mount --bind /dev/null {device}/null && "
                  f"ln -s {self.path} {device}/log && mount --rbind {device} /dev && exec \"$@\"")
        namespace = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--mount", "--"]
        self.prefix = [*namespace, "sh", "-c", script, "sh"]

    def wait_for(self, pattern, seconds=5):
        """The first line that matches as a whole, without its head."""
        until, seen = time.monotonic() + seconds * PATIENCE, []
        while True:
            left = until - time.monotonic()
            assert left > 0 and select.select([self.socket], [], [], left)[0], f"no {pattern} in {seen}"
            line = self.socket.recv(4096).decode()
            head = re.match(r"<(\d+)>postern\[(\d+)\]: ", line)
            assert head, line
            seen.append(line)
            found = re.fullmatch(pattern, line[head.end():])
            if found:
                return int(head[1]) - 3 * 8, int(head[2]), found

    def close(self):
        self.socket.close()
