"""A root folder with mounts and processes of its own, in which the real tools of an init system run: what they start
ends with it, and nothing of it is seen outside. The network is the machine's own, so servers listen on loopback.
"""
import os
import pathlib
import subprocess

# Namespaces and mounts need root.
AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]

# The first process of the root. It prints its number as the outside sees it, makes the mounts and then only takes
# leave of processes that lost their parent, as an init does.
FIRST_PROCESS = r"""
set -eu
read -r number _ </proc/self/stat
root=$1/root
mount -t tmpfs -o mode=755 private "$1"
mkdir "$root"
if [ "$2" = machine ]; then
    mkdir "$1/upper" "$1/work"
    mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" private "$root"
else
    mkdir "$root/dev" "$root/proc" "$root/run" "$root/tmp"
fi
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 private "$root/run"
mount -t tmpfs -o mode=1777 private "$root/tmp"
echo "$number"
exec sh -c 'while sleep 3600; do :; done'
"""


class PrivateRoot:
    """`base` is "machine" for the machine's own files with all changes kept apart, or "empty"."""

    def __init__(self, mount_point, base):
        self.holder = subprocess.Popen(
            [*AS_ROOT, "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", FIRST_PROCESS,
             "private-root", mount_point, base], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.first_process = self.holder.stdout.readline().strip()
        assert self.first_process, "no private root: this test needs root or a sudo that asks nothing"
        self.mount_point = pathlib.Path(mount_point) / "root"

    def _enter(self, inside):
        chroot = ["chroot", str(self.mount_point)] if inside else []
        return [*AS_ROOT, "nsenter", "--target", self.first_process, "--mount", "--pid", *chroot]

    def run(self, *command, seconds=30, inside=True, **keywords):
        """Runs a command in the root to its end; the caller looks at exit code and output."""
        return subprocess.run([*self._enter(inside), *map(str, command)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=seconds, **keywords)

    def check(self, *command, **keywords):
        """The same for a command that must succeed; returns its output."""
        ended = self.run(*command, **keywords)
        assert ended.returncode == 0, f"{command}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def start(self, *command, **keywords):
        """Starts a command that stays, such as a supervisor."""
        return subprocess.Popen([*self._enter(True), *map(str, command)], stdin=subprocess.DEVNULL, **keywords)

    def check_outside(self, *command, **keywords):
        """A command with the machine's own root that sees this one at `mount_point`."""
        return self.check(*command, inside=False, **keywords)

    def write(self, path, text, mode=0o644):
        """A file in the root, with its folder."""
        subprocess.run([*self._enter(True), "sh", "-c", 'mkdir -p "${1%/*}" && cat >"$1" && chmod "$2" "$1"', "write",
                        path, f"{mode:o}"], input=text.encode(), check=True, timeout=30)

    def read(self, path):
        return self.check("cat", path)

    def exists(self, path):
        return self.run("test", "-e", path).returncode == 0

    def close(self):
        # The kernel ends the other processes with the first one, and takes the mounts away.
        subprocess.run([*AS_ROOT, "kill", "-KILL", self.first_process], check=True)
        self.holder.wait(30)
        self.holder.stdout.close()
