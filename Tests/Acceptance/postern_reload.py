"""A server whose files change, as tests of reloads see it: what it says, and who comes in."""
import contextlib
import signal

import pytest

from postern_client import client_context, is_served, tls_connection
from postern_target import RELOAD_FAILED

RELOADED = r"postern: notice: files reloaded: .*"
KEPT = rf"postern: error: {RELOAD_FAILED}: (?P<reason>.+)"


def context_of(clients, kind, version=None):
    context = client_context(version)
    if kind:
        files = clients.files[kind]
        context.load_cert_chain(files.certificate, files.key)
    return context


@contextlib.contextmanager
def connection(server, clients, kind, version=None):
    """A client that has been served once."""
    with tls_connection(server, context_of(clients, kind, version)) as tls:
        is_served(tls)
        yield tls


def reload(server, expected=RELOADED):
    since = server.mark()
    server.process.send_signal(signal.SIGHUP)
    return server.wait_for_line(expected, since)


def reason_of_refusal(server, clients, kind):
    """The reason in the log for a client that must not be served."""
    since = server.mark()
    with pytest.raises(OSError):
        with connection(server, clients, kind):
            pass
    return server.wait_for_line(r"postern: info: closed .* reason=(\w+).*", since)[1]
