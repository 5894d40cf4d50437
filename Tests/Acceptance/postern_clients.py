"""Certificates of clients, good and bad ones, with the files that say who may come in.

Made with python3-cryptography, which can make what no tool would: signatures with a wrong bit, ends in the past.
"""
import dataclasses
import datetime
import hashlib
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from postern_dates import now

DAY = datetime.timedelta(days=1)
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
ALLOWED_NAME = "board.home"


@dataclasses.dataclass
class Party:
    """A certificate with its key; `chain` is what stands between it and a root, nearest first."""
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple = ()

    @property
    def pin(self):
        public = self.key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(public).hexdigest()


@dataclasses.dataclass(frozen=True)
class Files:
    """Certificate (or chain) and key of a client as two PEM files."""
    certificate: pathlib.Path
    key: pathlib.Path


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def make(subject, issuer=None, *, start=None, end=None, extensions=(), key=None, name=None):
    """A certificate signed by `issuer`, or by itself. `extensions` are pairs (value, critical); `name` is a Name in
    place of that with `subject`."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (x509.CertificateBuilder().subject_name(name or name_of(subject))
               .issuer_name(issuer.certificate.subject if issuer else name_of(subject))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(start or now() - DAY).not_valid_after(end or now() + 30 * DAY))
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    # An issuer that is no root goes along.
    chain = (issuer, *issuer.chain) if issuer and issuer.certificate.issuer != issuer.certificate.subject else ()
    return Party(certificate, key, chain)


def usage(**bits):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: bits.get(name, False) for name in names}), True


def make_authority(subject, issuer=None):
    return make(subject, issuer, extensions=[
        (x509.BasicConstraints(ca=True, path_length=None), True), usage(key_cert_sign=True, crl_sign=True)])


def make_client(subject, issuer=None, *, names=(ALLOWED_NAME,), purpose=ExtendedKeyUsageOID.CLIENT_AUTH, **dates):
    return make(subject, issuer, extensions=[
        (x509.BasicConstraints(ca=False, path_length=None), True), usage(digital_signature=True),
        (x509.ExtendedKeyUsage([purpose]), False),
        *([(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)] if names else [])], **dates)


def spoil_signature(party):
    """The same with the last bit of its signature changed."""
    der = bytearray(party.certificate.public_bytes(DER))
    der[-1] ^= 1
    return Party(x509.load_der_x509_certificate(bytes(der)), party.key)


def make_list(authority, revoked=(), *, start=None, end=None, key=None, number=1):
    """A revocation list in PEM; signed by another key if one is given, and without a number for None."""
    builder = (x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
               .last_update(start or now() - DAY).next_update(end or now() + 30 * DAY))
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), False)
    for party in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(party.certificate.serial_number)
            .revocation_date(now() - DAY).build())
    return builder.sign(key or authority.key, hashes.SHA256()).public_bytes(PEM)


def write(folder, name, party):
    """A client's files; the certificates between it and the root go along."""
    files = Files(folder / f"{name}.crt", folder / f"{name}.key")
    files.certificate.write_bytes(b"".join(
        one.certificate.public_bytes(PEM) for one in (party, *party.chain)))
    files.key.write_bytes(party.key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return files


class Clients:
    """A CA, one client of each kind, and the rules under which they are judged."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = ca = make_authority("Home CA")
        self.middle = middle = make_authority("Middle", ca)
        long = make_authority("Third", make_authority("Second", make_authority("First", ca)))
        self.parties = {
            "good": make_client("good", ca),
            "below": make_client("below", middle),
            "expired": make_client("expired", ca, start=now() - 20 * DAY, end=now() - 10 * DAY),
            "not-yet-valid": make_client("not-yet-valid", ca, start=now() + 10 * DAY),
            "wrong-ca": make_client("wrong-ca", make_authority("Other CA")),
            "wrong-purpose": make_client("wrong-purpose", ca, purpose=ExtendedKeyUsageOID.SERVER_AUTH),
            "revoked": make_client("revoked", ca),
            "wrong-name": make_client("wrong-name", ca, names=["stranger.home"]),
            "pinned": make_client("pinned", start=now() - 20 * DAY, end=now() - 10 * DAY),
            "unpinned": make_client("unpinned"),
            "self-signed": make_client("self-signed"),
            "chain-too-long": make_client("chain-too-long", long),
            "garbage": spoil_signature(make_client("garbage", ca)),
        }
        self.files = {name: write(folder, name, party) for name, party in self.parties.items()}
        self.lenient = "".join(f"{party.pin}  # {name}\n" for name, party in self.parties.items())

    def lists(self, *revoked):
        """The revocation lists of the CA and of the one below it, in one file."""
        return make_list(self.ca, [self.parties[name] for name in revoked]) + make_list(self.middle)

    def pin_of(self, name):
        return self.parties[name].pin


class Rules:
    """The files that a server is started with; tests write others in their place."""

    def __init__(self, folder, clients):
        self.folder, self.clients = folder, clients
        self.ca, self.crl = folder / "ca.crt", folder / "ca.crl"
        self.allow, self.pins = folder / "allow.txt", folder / "pins.txt"
        self.write(self.ca, clients.ca.certificate.public_bytes(PEM))
        self.write(self.crl, clients.lists("revoked"))
        self.write(self.allow, f"# who may come\n{ALLOWED_NAME}\n")
        self.write(self.pins, clients.pin_of("pinned") + "\n")

    @staticmethod
    def write(path, content):
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content if isinstance(content, bytes) else content.encode())
        fresh.rename(path)

    def options(self, mode, files=("ca", "crl", "allow", "pins")):
        chosen = [part for name in files for part in (f"--{name}", str(getattr(self, name)))]
        return ["--clients", mode, *chosen] if mode != "none" else []
