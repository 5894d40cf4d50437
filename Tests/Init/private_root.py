"""A root folder with mounts and processes of its own, in which the real tools of an init system run: what they start
ends with it, and nothing of it is seen outside. The network is the machine's own, so servers listen on loopback.
"""
import pathlib
import subprocess

from postern_machine import AS_ROOT

# What becomes the first process of the root. It prints its number as the outside sees it, and makes the mounts.
FIRST_PROCESS = r"""
set -eu
read -r number _ </proc/self/stat
root=$1/root
mount -t tmpfs -o mode=755 private "$1"
mkdir "$root"
if [ "$2" = empty ]; then
    mkdir "$root/dev" "$root/proc" "$root/run" "$root/tmp"
else
    mkdir "$1/upper" "$1/work"
    mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" private "$root"
fi
mount -t tmpfs -o mode=755 private "$root/dev"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 private "$root/dev/pts"
mount -t tmpfs -o mode=1777 private "$root/dev/shm"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 private "$root/run"
mount -t tmpfs -o mode=1777 private "$root/tmp"
if [ "$2" = systemd ]; then
    # Of the machine's own services none starts here.
    rm -rf "$root"/etc/systemd/system/*.wants "$root"/lib/systemd/system/*.wants
    printf '[Unit]\nDefaultDependencies=no\n' >"$root/etc/systemd/system/private.target"
    mount -t sysfs sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    echo "$number"
    exec env container=private chroot "$root" /lib/systemd/systemd --unit=private.target >/dev/null 2>&1
fi
echo "$number"
# Takes leave of processes that lost their parent, as an init does, and nothing else.
exec sh -c 'while sleep 3600; do :; done'
"""


class PrivateRoot:
    """`base` is "machine" for the machine's own files with all changes kept apart, "systemd" for the same with systemd
    as its first process, or "empty".
    """

    def __init__(self, mount_point, base):
        self.holder = subprocess.Popen(
            [*AS_ROOT, "unshare", "--mount", "--pid", "--cgroup", "--fork", "--kill-child", "sh", "-c", FIRST_PROCESS,
             "private-root", mount_point, base], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.first_process = self.holder.stdout.readline().strip()
        assert self.first_process, "no private root: this test needs root or a sudo that asks nothing"
        self.mount_point = pathlib.Path(mount_point) / "root"

    def _enter(self, inside):
        chroot = ["chroot", str(self.mount_point)] if inside else []
        return [*AS_ROOT, "nsenter", "--target", self.first_process, "--mount", "--pid", "--cgroup", *chroot]

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
