"""The values of ports/<port>/port.mk, as the Makefile reads them.

A board's own values come before those of the port that it is built as.
"""
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[1]
PORTS = sorted(path.parent.name for path in TOP.glob("ports/*/port.mk"))


def of(port):
    """All values by name."""
    text = (TOP / "ports" / port / "port.mk").read_text()
    own = dict(re.findall(r"^(\w+) = ?(.*)$", text, re.MULTILINE))
    return of(own["BASE"]) | own if "BASE" in own else own
