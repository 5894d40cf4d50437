"""What a board boots: Debian's kernel, a first RAM disk with its modules, and a disk with BusyBox and Postern.

Debian's packages are fetched once and kept in build/board. The disk is made anew for every run of the tests.
"""
import lzma
import pathlib
import re
import shutil
import subprocess

import port_values

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
BUILD = TOP / "build" / "board"
# What the boards need and the kernel has as modules; ext4 asks for crc32c, which goes by another name.
MODULES = ["virtio_blk", "virtio_net", "crc32c_generic", "ext4"]
DISK_MEBIBYTES = 16


def run(*words, **keywords):
    """Runs a program that has to succeed; its output is part of the failure."""
    ended = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **keywords)
    assert ended.returncode == 0, f"{words[0]} ended with {ended.returncode}:\n{ended.stdout.decode()[-3000:]}"


def debian(port, kernel=""):
    """The folder of Debian's kernel and BusyBox for a port, fetched if it is not there. `kernel` names one of its other
    kernels."""
    values = port_values.of(port)
    folder = BUILD / f"debian-{port}{'-' * bool(kernel)}{kernel}"
    # tiny-initramfs stands in for the large package that makes RAM disks, which a kernel depends on.
    packages = [port_values.of_kernel(values, "BOARD_KERNEL", kernel), "busybox-static", "tiny-initramfs"]
    if not folder.exists():
        run(TOP / "ports/sysroot.sh", values["ARCHITECTURE"], values["DEFAULT_SUITE"], folder, *packages, cwd=TOP)
    return folder


def kernel(packages):
    return next((packages / "boot").glob("vmlinuz-*"))


def modules(packages):
    """(name, content) of the modules and all that they depend on, in the order in which they can be loaded."""
    places = {path.name.partition(".")[0].replace("-", "_"): path
              for path in (packages / "usr/lib/modules").rglob("*.ko*")}
    loaded = {}

    def load(name):
        path = places.get(name)     # or it is part of the kernel
        if path is None or name in loaded:
            return
        content = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
        for needed in re.findall(rb"\0depends=([^\0]*)", content):
            for other in re.split("[, ]+", needed.decode()):
                load(other.replace("-", "_"))
        loaded[name] = content

    for name in MODULES:
        load(name)
    return loaded.items()


def make_initramfs(packages, folder):
    """The first RAM disk, as Debian's own tools would make it: modules, and a script that finds the root."""
    root = folder / "initramfs"
    for name in ("bin", "dev", "modules", "root"):
        (root / name).mkdir(parents=True)
    shutil.copy2(packages / "usr/bin/busybox", root / "bin/busybox")
    (root / "bin/sh").symlink_to("busybox")
    shutil.copy2(HERE / "initramfs-init", root / "init")
    for number, (name, content) in enumerate(modules(packages)):
        (root / "modules" / f"{number:02}-{name}.ko").write_bytes(content)
    image = folder / "initramfs.cpio"
    run("sh", "-c", "find . | cpio --quiet -o -H newc -R 0:0 >../initramfs.cpio", cwd=root)
    return image


def make_disk(packages, folder, port):
    """The disk: BusyBox, and what `make install` installs of the port's build."""
    root = folder / "root"
    shutil.copytree(HERE / "root", root)
    for name in ("bin", "sbin", "usr/bin", "usr/sbin", "dev", "proc", "sys", "run", "tmp", "root", "var"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "var/run").symlink_to("../run")
    (root / "var/log").symlink_to("../tmp")
    shutil.copy2(packages / "usr/bin/busybox", root / "bin/busybox")
    for name in ("bin/sh", "bin/mount", "sbin/init"):
        (root / name).symlink_to("/bin/busybox")
    run("make", "-s", "install", f"PORT={port}", f"DESTDIR={root}", "PREFIX=/usr", "INIT=busybox", cwd=TOP)
    image = folder / "disk"
    run("truncate", "-s", f"{DISK_MEBIBYTES}M", image)
    # Whoever runs the tests, on the disk everything is root's, but the server's user has /etc/postern.
    run("fakeroot", "sh", "-ec", 'chown -R 0:0 "$1"; chown -R 200:200 "$1/etc/postern"; chmod 750 "$1/etc/postern"; '
        'mke2fs -q -F -t ext4 -d "$1" "$2"', "sh", root, image)
    return image
