"""`postern certificate` as the tests drive it, and judges not written here: openssl, certtool, cryptography."""
import datetime
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from postern_dates import not_after, not_before
from postern_target import run


class Authority:
    """A folder in which commands run, and the words that many of them need."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return self.folder / name

    def try_run(self, *words, **keywords):
        """Runs a command; returns (exit code, standard output, standard error)."""
        ended = run("certificate", *words, cwd=self.folder, seconds=60, **keywords)
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode(errors="replace")

    def run(self, *words):
        """Runs a command that must succeed, and returns what it says."""
        code, said, fault = self.try_run(*words)
        assert (code, fault) == (0, ""), (words, code, said, fault)
        return said

    def refuse(self, *words, code=2):
        """Runs a command that must fail with one sentence and change nothing; returns the sentence."""
        before = self.contents()
        ended, said, fault = self.try_run(*words)
        assert ended == code and fault.startswith("postern: error: ") and fault.count("\n") == 1, (ended, said, fault)
        assert self.contents() == before, "something was written"
        return fault

    def contents(self):
        return {path.name: path.read_bytes() if path.is_file() else path.lstat().st_mtime_ns
                for path in self.folder.iterdir()}

    def ca(self, name="ca", *options):
        self.run("ca", "--name", f"{name} CA", "--certificate", f"{name}.crt", "--key", f"{name}.key", *options)

    def request(self, name, *options, names=None):
        given = [word for one in names or [name] for word in ("--name", one)]
        self.run("request", *given, "--request", f"{name}.csr", "--key", f"{name}.key", *options)

    def signing(self, name, *options, ca="ca", profile="server"):
        """The words of a sign command."""
        return ["sign", "--issuer", f"{ca}.crt", "--issuer-key", f"{ca}.key", "--request", f"{name}.csr",
                "--certificate", f"{name}.crt", "--profile", profile, *options]

    def issue(self, name, *options, ca="ca", profile="server", names=None):
        """Request and certificate in one."""
        self.request(name, names=names)
        return self.run(*self.signing(name, *options, ca=ca, profile=profile))

    def revoke(self, name, *options, ca="ca"):
        return self.run("revoke", "--issuer", f"{ca}.crt", "--issuer-key", f"{ca}.key",
                        "--certificate", f"{name}.crt", *options)

    def crl(self, file, *options, ca="ca"):
        return self.run("crl", "--issuer", f"{ca}.crt", "--issuer-key", f"{ca}.key", "--crl", file, *options)

    def certificate(self, file):
        return x509.load_pem_x509_certificate(self.path(file).read_bytes())

    def key(self, file):
        return serialization.load_pem_private_key(self.path(file).read_bytes(), None)

    def index(self, name="ca"):
        """Lines of an index behind the first two."""
        return self.path(f"{name}.crt.index").read_text().splitlines()[2:]


def judge(*words, folder=None):
    """Runs a program that must be content; returns what it says."""
    ended = subprocess.run(list(map(str, words)), capture_output=True, cwd=folder)
    text = ended.stdout.decode("utf-8", "replace") + ended.stderr.decode("utf-8", "replace")
    assert ended.returncode == 0, text
    return text


def names_of(certificate):
    """The alternative names of a certificate or request, as text."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def key_usage(certificate):
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign")
    return {name for name in names if getattr(usage.value, name)}


def purposes(certificate):
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    return {purpose._name for purpose in usage}


def is_authority(certificate):
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    return constraints.value.ca, constraints.value.path_length


def days(certificate):
    """Days from a day after its beginning to its end, rounded up."""
    span = not_after(certificate) - not_before(certificate) - datetime.timedelta(days=1)
    return round(span / datetime.timedelta(days=1))
