"""Certificates and keys for the tests, made with openssl: good ones and every kind of bad one.

They are made in a folder that any user may enter, since some tests run the server as another user.
"""
import dataclasses
import pathlib
import subprocess

NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1"


@dataclasses.dataclass(frozen=True)
class Identity:
    """A certificate (or chain) and its key, as two PEM files."""
    certificate: pathlib.Path
    key: pathlib.Path
    trust: pathlib.Path

    @property
    def options(self):
        return ["--certificate", str(self.certificate), "--key", str(self.key)]


def openssl(*arguments, **keywords):
    """Runs openssl and returns its output; a failure fails the test with openssl's words."""
    ended = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, **keywords)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


def make_key(path, kind):
    """Kind is "rsa:BITS", "ed25519" or the name of a curve."""
    if kind.startswith("rsa:"):
        algorithm = ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{kind[4:]}"]
    elif kind == "ed25519":
        algorithm = ["-algorithm", "ED25519"]
    else:
        algorithm = ["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{kind}",
                     "-pkeyopt", "ec_param_enc:named_curve"]
    openssl("genpkey", *algorithm, "-out", path)
    path.chmod(0o600)


def make_identity(folder, name, kind="P-256", subject="/CN=localhost", names=NAMES, days=365):
    """A self-signed identity. Key usage is there because Python 3.13 refuses a CA without it."""
    made = Identity(folder / f"{name}.crt", folder / f"{name}.key", folder / f"{name}.crt")
    make_key(made.key, kind)
    openssl("req", "-x509", "-new", "-key", made.key, "-out", made.certificate, "-days", days, "-sha256",
            "-subj", subject, "-addext", f"subjectAltName={names}",
            "-addext", "keyUsage=critical,digitalSignature,keyCertSign")
    return made


def make_chained(folder, name):
    """A leaf under an intermediate under a root; the server gets leaf and intermediate in one file."""
    root = make_identity(folder, f"{name}-root", subject="/CN=Root", names="DNS:root")
    middle_key, leaf_key = folder / f"{name}-middle.key", folder / f"{name}.key"
    make_key(middle_key, "P-256")
    make_key(leaf_key, "P-256")
    middle = sign(folder, f"{name}-middle", middle_key, "/CN=Middle", root.certificate, root.key,
                  "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
    leaf = sign(folder, f"{name}-leaf", leaf_key, "/CN=localhost", middle, middle_key,
                f"subjectAltName={NAMES}\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n")
    chain = folder / f"{name}.crt"
    chain.write_text(leaf.read_text() + middle.read_text())
    return Identity(chain, leaf_key, root.certificate)


def sign(folder, name, key, subject, issuer, issuer_key, extensions, days=365):
    """A certificate for a key, signed by an issuer."""
    request, settings, made = folder / f"{name}.csr", folder / f"{name}.cnf", folder / f"{name}.crt"
    settings.write_text(extensions + "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", issuer, "-CAkey", issuer_key, "-CAcreateserial",
            "-days", days, "-sha256", "-extfile", settings, "-out", made)
    return made


def make_dated(folder, name, begin, end):
    """A certificate from one year's first day to another's: only `openssl ca` of every release takes both."""
    made = Identity(folder / f"{name}.crt", folder / f"{name}.key", folder / f"{name}.crt")
    make_key(made.key, "P-256")
    request, settings, index = folder / f"{name}.csr", folder / f"{name}.cnf", folder / f"{name}.index"
    openssl("req", "-new", "-key", made.key, "-subj", "/CN=localhost", "-out", request)
    index.touch()
    settings.write_text(
        "[ca]\ndefault_ca=own\n[own]\n"
        f"database={index}\nnew_certs_dir={folder}\nrand_serial=yes\npolicy=any\ndefault_md=sha256\n"
        f"x509_extensions=names\n[any]\ncommonName=supplied\n[names]\nsubjectAltName={NAMES}\n")
    openssl("ca", "-config", settings, "-selfsign", "-keyfile", made.key, "-in", request,
            "-out", made.certificate, "-batch", "-notext",
            "-startdate", f"{begin}0101000000Z", "-enddate", f"{end}0101000000Z")
    return made


def encrypt_key(source, target, style):
    """The same key under a password: "pkcs8" (BEGIN ENCRYPTED PRIVATE KEY) or "traditional" (Proc-Type)."""
    if style == "pkcs8":
        openssl("pkcs8", "-topk8", "-in", source, "-out", target, "-passout", "pass:secret")
    else:
        openssl("ec", "-in", source, "-aes128", "-out", target, "-passout", "pass:secret")
    target.chmod(0o600)
