"""Certificate paths, right and wrong, for `postern certificate verify`, and DER that no library would write."""
import base64
import dataclasses
import datetime
import ipaddress
import re
import ssl
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from postern_dates import now
from postern_target import run

NOW = now()
SERIAL, ALGORITHM, VALIDITY, SUBJECT, PUBLIC_KEY = 1, 2, 4, 5, 6


def at(days):
    """The option for a time so many days from now."""
    return "--at", (NOW + datetime.timedelta(days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def dns(*names):
    """The extension with these DNS names."""
    return alternative(*map(x509.DNSName, names))


def alternative(*names):
    return x509.SubjectAlternativeName(names), False


def address(text):
    return x509.IPAddress(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))


def der(made):
    """Of a certificate, of a list, or of what is DER already."""
    return made if isinstance(made, bytes) else made.public_bytes(serialization.Encoding.DER)


@dataclasses.dataclass
class Path:
    """What is to be judged. A case is a function that makes one with a Maker."""
    leaf: object
    intermediates: tuple = ()
    ca: object = None
    options: tuple = ()
    lists: tuple = ()


class Maker:
    """Makes certificates. Everybody has the key of his name; a root R and an intermediate I are there."""

    def __init__(self):
        self.keys = {}
        self.root = self.authority("R", "R", days=(-20, 30))
        self.issuing = self.authority(days=(-20, 30))

    def key(self, owner):
        return self.keys.setdefault(owner, ec.generate_private_key(ec.SECP256R1()))

    def certificate(self, subject, issuer, *extensions, serial=None, days=(-1, 30), digest=hashes.SHA256()):
        begins, ends = (NOW + datetime.timedelta(day) for day in days)
        builder = (
            x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
            .public_key(self.key(subject).public_key()).serial_number(serial or x509.random_serial_number())
            .not_valid_before(begins).not_valid_after(ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key(subject).public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key(issuer).public_key()), False))
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, is_critical)
        if isinstance(digest, hashes.SHA1):     # newer builders refuse it
            fields = elements(content(builder.sign(self.key(issuer), hashes.SHA256()).tbs_certificate_bytes))
            fields[2] = ECDSA_SHA1
            return self.signed(fields, issuer, ECDSA_SHA1, digest)
        return builder.sign(self.key(issuer), digest)

    def authority(self, subject="I", issuer="R", *extensions, length=None, signs=True, **others):
        usage = x509.KeyUsage(False, False, False, False, False, signs, True, False, False)
        return self.certificate(subject, issuer, (x509.BasicConstraints(True, length), True), (usage, True),
                                *extensions, **others)

    def constrained(self, permitted=None, excluded=None):
        constraints = x509.NameConstraints(permitted and [permitted], excluded and [excluded])
        return self.authority("I", "R", (constraints, True))

    def leaf(self, *extensions, issuer="I", **others):
        return self.certificate("leaf", issuer, *(extensions or [dns("a.example.org")]), **others)

    def deep(self, count):
        """A leaf and so many authorities above it."""
        above, chain = "R", []
        for number in range(count):
            chain.append(self.authority(f"C{number}", above))
            above = f"C{number}"
        return Path(self.leaf(issuer=above), tuple(chain))

    def crl(self, issuer, *revoked, days=(-1, 5), signer=None):
        begins, ends = (NOW + datetime.timedelta(day) for day in days)
        builder = (x509.CertificateRevocationListBuilder().issuer_name(name(issuer))
                   .last_update(begins).next_update(ends))
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(begins).build())
        return builder.sign(self.key(signer or issuer), hashes.SHA256())

    def forged(self, change, made=None, issuer="I"):
        """A certificate, a leaf if none is given, whose fields are changed by a function that gets their list, and
        that is signed then."""
        fields = elements(content((made or self.leaf()).tbs_certificate_bytes))
        change(fields)
        return self.signed(fields, issuer, ECDSA_SHA256, hashes.SHA256())

    def forged_list(self, change, *revoked):
        """The same for a revocation list of I."""
        fields = elements(content(self.crl("I", *revoked).tbs_certlist_bytes))
        change(fields)
        return self.signed(fields, "I", ECDSA_SHA256, hashes.SHA256())

    def signed(self, fields, issuer, algorithm, digest):
        body = element(0x30, b"".join(fields))
        signature = self.key(issuer).sign(body, ec.ECDSA(digest))
        return element(0x30, body + algorithm + element(0x03, b"\0" + signature))

    def forged_extensions(self, change, made=None, issuer="I"):
        """A certificate with other extensions."""
        def change_fields(fields):
            extensions = elements(content(content(fields[-1])))
            change(extensions)
            fields[-1] = element(0xA3, element(0x30, b"".join(extensions)))

        return self.forged(change_fields, made, issuer)


# DER by hand

def element(tag, inside):
    size = len(inside)
    if size < 0x80:
        return bytes([tag, size]) + inside
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + inside


def bounds(data):
    """Where the content of the first element begins and ends."""
    size, begins = data[1], 2
    if size >= 0x80:
        begins += size & 0x7F
        size = int.from_bytes(data[2:begins], "big")
    return begins, begins + size


def content(data):
    begins, ends = bounds(data)
    return data[begins:ends]


def elements(data):
    found = []
    while data:
        _, ends = bounds(data)
        found.append(data[:ends])
        data = data[ends:]
    return found


ECDSA_SHA1 = bytes.fromhex("300906072a8648ce3d0401")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
ECDSA_SHA384 = bytes.fromhex("300a06082a8648ce3d040303")


# Judges

def write(folder, path, root):
    """The files of a path; the words of the command that judges it."""
    (folder / "leaf.der").write_bytes(der(path.leaf))
    (folder / "ca.der").write_bytes(der(path.ca or root))
    words = ["certificate", "verify", "leaf.der", "--ca", "ca.der", *path.options]
    if path.intermediates:
        (folder / "intermediates.der").write_bytes(b"".join(map(der, path.intermediates)))
        words += ["--intermediates", "intermediates.der"]
    for number, made in enumerate(path.lists):
        (folder / f"{number}.crl").write_bytes(der(made))
        words += ["--crl", f"{number}.crl"]
    return words


def check(folder, path, root, *faults):
    """The path is trusted, or has these faults and no others, each on a line of its own."""
    ended = run(*write(folder, path, root), cwd=folder, seconds=30)
    lines = ended.stdout.decode().splitlines()
    assert ended.stderr == b""
    if not faults:
        assert ended.returncode == 0 and len(lines) == 1 and lines[0].startswith("trusted: "), lines
        return
    assert ended.returncode == 3 and len(lines) == len(faults), lines
    for line, words in zip(lines, faults):
        assert line.startswith("not trusted: certificate ") and words in line, lines


def openssl_options(options):
    for option, value in zip(options[::2], options[1::2]):
        if option == "--at":
            moment = datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")
            yield from ("-attime", str(int(moment.timestamp())))
        elif option == "--name":
            is_address = ":" in value or value.replace(".", "").isdigit()
            kind = "ip" if is_address else "email" if "@" in value else "hostname"
            yield from (f"-verify_{kind}", value)
        elif option == "--purpose":
            yield from ("-purpose", f"ssl{value}")
        else:
            yield from ("-verify_depth", value)


def list_pem(made):
    return f"-----BEGIN X509 CRL-----\n{base64.encodebytes(made).decode()}-----END X509 CRL-----\n"


def openssl_trusts(folder, path, root):
    return openssl_fault(folder, path, root) is None


def openssl_fault(folder, path, root):
    """What openssl says of the same path, asked to be strict: its first fault, as it calls it, or None."""
    def pem(file, *made):
        (folder / file).write_text("".join(ssl.DER_cert_to_PEM_cert(der(one)) for one in made))
        return folder / file

    # Level 0: which keys and digests are strong is left to others, and not to how this openssl was built.
    words = ["openssl", "verify", "-x509_strict", "-auth_level", "0", "-no-CApath", "-no-CAstore",
             *openssl_options(path.options), "-CAfile", pem("ca.pem", path.ca or root)]
    if path.intermediates:
        words += ["-untrusted", pem("intermediates.pem", *path.intermediates)]
    for number, made in enumerate(path.lists):
        (folder / f"{number}.crl.pem").write_text(list_pem(der(made)))
        words += ["-crl_check_all", "-CRLfile", folder / f"{number}.crl.pem"]
    ended = subprocess.run([*words, pem("leaf.pem", path.leaf)], capture_output=True, text=True)
    if ended.returncode == 0:
        return None
    fault = re.search(r"^error \d+ at \d+ depth lookup: (.*)$", ended.stderr, re.MULTILINE)
    return fault[1] if fault else ended.stderr
