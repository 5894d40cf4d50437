"""A server for all conversations. Tests/run.py puts tlslite-ng, of which Debian has no package, into build/python."""
import pytest

import postern_identity
import postern_target
from postern_server import Server


def pytest_collection_modifyitems(config, items):
    """Leaves out, and names, what the library under test has not."""
    left_out = [item for item in items if not all(mark.args[0] for mark in item.iter_markers("applies"))]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server of default configuration whose log keeps every line: it is looked at after each conversation."""
    identity = postern_identity.make_identity(tmp_path_factory.mktemp("identity"), "server")
    started = Server(postern_target.BINARY, ["--listen", "127.0.0.1:0", *identity.options])
    yield started
    started.close()


@pytest.fixture(autouse=True)
def server_is_sound(server):
    """Whatever was said, the server goes on and knows of no fault of its own; `settle` looks at both."""
    yield
    server.settle()
