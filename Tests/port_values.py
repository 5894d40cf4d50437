"""The values of ports/<port>/port.mk, as the Makefile reads them.

A board's own values come before those of the port that it is built as.
"""
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[1]
PORTS = sorted(path.parent.name for path in TOP.glob("ports/*/port.mk"))


def of(port):
    """All values by name."""
    text = (TOP / "ports" / port / "port.mk").read_text()
    own = dict(re.findall(r"^(\w+) = ?(.*)$", text, re.MULTILINE))
    if "neon=off" in own.get("RUNNER", "") and qemu_version() >= (8, 1):    # one no longer goes without the other
        own["RUNNER"] = own["RUNNER"].replace("neon=off", "neon=off,vfp-d32=off")
    return of(own["BASE"]) | own if "BASE" in own else own


def of_kernel(values, name, kernel):
    """A value that is another one for one of the port's other kernels: BOARD_KERNEL, and BOARD_KERNEL_16K for "16k"."""
    return values[f"{name}_{kernel.upper()}" if kernel else name]


def qemu_version():
    """Nothing where qemu is not installed yet."""
    try:
        said = subprocess.run(["qemu-arm", "--version"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        return ()
    return tuple(map(int, re.search(r"version (\d+)\.(\d+)", said).groups()))
