"""Authorities for the tests, and what they issue: right certificates and every kind of wrong one."""
import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from postern_identity import Identity

PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
LOCAL = ("localhost", "127.0.0.1", "::1")


def make_key(kind):
    if kind.startswith("rsa:"):
        return rsa.generate_private_key(65537, int(kind[4:]))
    return ec.generate_private_key({"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}[kind]())


def general_name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def key_usage(*usages):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{usage: usage in usages for usage in every})


class Authority:
    """A root, or with an issuer an intermediate. Its files lie in the folder under its name."""

    def __init__(self, folder, name, issuer=None):
        self.folder, self.name, self.issuer = folder, name, issuer
        self.key = make_key("P-256")
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.made = self._sign(self.subject, self.key.public_key(), (-1, 3650), [
            (x509.BasicConstraints(True, None), True), (key_usage("key_cert_sign", "crl_sign"), True)])
        self.certificate = folder / f"{name}.crt"
        self.certificate.write_bytes(self.made.public_bytes(serialization.Encoding.PEM))

    @property
    def root(self):
        return self.issuer.root if self.issuer else self

    def _sign(self, subject, public_key, days, extensions):
        issuer = self.issuer if self.issuer and subject == self.subject else self
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject).public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer.key, hashes.SHA256())

    def issue(self, name, names=LOCAL, *, days=(-1, 365), purpose="server", kind="P-256", subject="localhost",
              chain=True):
        """A certificate with its key, and behind it the intermediates unless `chain` is false."""
        key = make_key(kind)
        extensions = [(x509.BasicConstraints(False, None), True), (key_usage("digital_signature"), True)]
        if names:
            extensions.append((x509.SubjectAlternativeName([general_name(item) for item in names]), False))
        if purpose:
            extensions.append((x509.ExtendedKeyUsage([PURPOSES[purpose]]), False))
        made = self._sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]), key.public_key(), days,
                          extensions)
        text, above = made.public_bytes(serialization.Encoding.PEM), self
        while chain and above.issuer:
            text += above.certificate.read_bytes()
            above = above.issuer
        identity = Identity(self.folder / f"{name}.crt", self.folder / f"{name}.key", self.root.certificate)
        identity.certificate.write_bytes(text)
        identity.key.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        identity.key.chmod(0o600)
        return identity
