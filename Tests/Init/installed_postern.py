"""What the tests do with an installed Postern: give it options and an identity, talk to it, look at its process."""
import re
import socket
import ssl
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds=10):
    """Whether the condition became true in time."""
    until = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(0.05)
    return met


class InstalledPostern:
    def __init__(self, root, defaults, identities):
        self.root = root
        self.defaults = defaults
        self.identities = identities
        self.port = free_port()

    def configure(self, options="", **settings):
        """Writes the default file: listen on loopback, with these options, and these further settings."""
        settings["POSTERN_OPTIONS"] = f"--listen 127.0.0.1:{self.port} --certificate /etc/postern/server.crt " \
                                      f"--key /etc/postern/server.key {options}"
        self.root.write(self.defaults, "".join(f'{name}="{value}"\n' for name, value in settings.items()))

    def move(self):
        """Another port in the options; the server hears of it when it starts again."""
        self.port = free_port()
        self.configure()

    def show(self, index):
        """Puts one of the identities where the server looks for it."""
        identity = self.identities[index]
        for path, name in ((identity.certificate, "server.crt"), (identity.key, "server.key")):
            self.root.write(f"/etc/postern/{name}", path.read_text(), mode=0o600)
        self.root.check("chown", "-R", "postern:postern", "/etc/postern")

    def forget_identity(self):
        """As before the first start: the folder is there, key and certificate are not."""
        self.root.check("mkdir", "-p", "/etc/postern")
        self.root.check("rm", "-f", "/etc/postern/server.crt", "/etc/postern/server.key")

    def owners(self):
        """Owner and mode of key and certificate."""
        files = ["/etc/postern/server.key", "/etc/postern/server.crt"]
        return self.root.check("stat", "-c", "%U %a", *files).splitlines()

    def connect(self):
        """A connection of TLS over which an echo came back. The certificate is taken as it is."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=5))
        client.sendall(b"hello")
        assert client.recv(16) == b"hello"
        return client

    def certificate(self):
        """What a client sees, in PEM."""
        with self.connect() as client:
            return ssl.DER_cert_to_PEM_cert(client.getpeercert(binary_form=True))

    def shown(self):
        """Which of the identities a client sees; None when nobody listens."""
        try:
            certificate = self.certificate()
        except ConnectionRefusedError:
            return None
        return [identity.certificate.read_text().strip() for identity in self.identities].index(certificate.strip())

    def listens(self, port=None):
        try:
            socket.create_connection(("127.0.0.1", port or self.port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True

    def processes(self):
        """(number, user) of each process of the server in the root."""
        listing = self.root.check("sh", "-c", r'''
            for stat in /proc/[0-9]*/status; do sed -n "s/^Name:\t//p; s/^Pid:\t//p; s/^Uid:\t\([0-9]*\).*/\1/p" $stat |
            tr '\n' ' '; echo; done 2>/dev/null''')
        found = re.findall(r"^postern (\d+) (\d+) $", listing, re.MULTILINE)
        return [(int(number), int(user)) for number, user in found]

    def process(self):
        """The number of the only process of the server."""
        found = self.processes()
        assert len(found) == 1, found
        return found[0][0]

    def has_come_back_after(self, process):
        """Whether another process serves now than this one."""
        found = self.processes()
        return bool(found) and process not in [number for number, _ in found] and self.listens()

    def user(self):
        """The name of the user that the server runs as."""
        number = self.processes()[0][1]
        return re.search(rf"^([^:]+):[^:]*:{number}:", self.root.read("/etc/passwd"), re.MULTILINE)[1]
