"""Paths made at random: `postern certificate verify` and `openssl verify -x509_strict` agree on each of them.

PATH_SEED chooses other paths than those of every day and PATH_COUNT how many; a failure names the path's own seed.
Keys are made anew each time: nothing that is judged depends on them.
"""
import concurrent.futures
import datetime
import ipaddress
import os
import random
import shutil

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from postern_path import NOW, Maker, Path, at, name, openssl_fault, write
from postern_target import run

SEED = int(os.environ.get("PATH_SEED", "1"))
COUNT = int(os.environ.get("PATH_COUNT", "400"))

# Where the verdicts differ: what the path has, what the one says that refuses it, and why ours is what it is.
IDENTIFIERS = "RFC 5280, 4.2.1.1 and 4.2.1.2: key identifiers help to find a path and prove nothing, signatures do; " \
              "of several issuers of one name each is tried"
OTHER_ISSUER = ("unable to get local issuer certificate", "certificate signature failure", "CRL signature failure",
                "unable to get certificate CRL", "self-signed certificate in certificate chain")
ANCHOR = "RFC 5280, 6.1.1 (d): an anchor is a name and a key; what its certificate leaves out restricts nothing"
DIFFERENCES = [
    ("no subject key identifier", ("Missing Subject Key Identifier", *OTHER_ISSUER), IDENTIFIERS),
    ("no authority key identifier", ("Missing Authority Key Identifier", *OTHER_ISSUER), IDENTIFIERS),
    ("identifier of another key", OTHER_ISSUER, IDENTIFIERS),
    ("another key of the same name", ("certificate is not yet valid", "certificate has expired"), IDENTIFIERS),
    ("self-issued", ("CRL signature failure",),
     "RFC 5280, 6.3.3 (f) and (g): of several lists of one name the one counts that the issuer's key has signed"),
    ("0: no key usage", ("CA cert does not include key usage extension",
                         "Path length given without key usage keyCertSign"), ANCHOR),
    ("leaf with basic constraints", ("CA cert does not include key usage extension",
                                     "Path length given without key usage keyCertSign"),
     "RFC 5280, 6.1.4 (n): of an authority that has issued the next one; a leaf has issued nothing here"),
    ("any purpose", ("unsuitable certificate purpose",),
     "RFC 5280, 4.2.1.12: any purpose is every purpose; an application may require its own, as openssl does"),
    ("*.example.org", ("has a name that an authority above it may not issue",),
     "RFC 5280, 4.2.1.10: the wildcard would do for a name that is excluded; openssl compares it letter by letter"),
]
PURPOSES = [[Purpose.SERVER_AUTH], [Purpose.CLIENT_AUTH], [Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH],
            [Purpose.ANY_EXTENDED_KEY_USAGE], [Purpose.CODE_SIGNING]]
NAMES = [x509.DNSName("a.example.org"), x509.DNSName("*.example.org"), x509.DNSName("example.net"),
         x509.DNSName("b.a.example.org"), x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
         x509.IPAddress(ipaddress.ip_address("2001:db8::7")), x509.RFC822Name("mail@example.org"),
         x509.RFC822Name("mail@a.example.org")]
TREES = [*map(x509.DNSName, ["example.org", "a.example.org", "example.net", "org"]),
         *(x509.IPAddress(ipaddress.ip_network(net)) for net in ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32",
                                                                 "0.0.0.0/0"]),
         *map(x509.RFC822Name, ["example.org", ".example.org", "mail@example.org"])]
ASKED = ["a.example.org", "other.example.org", "example.net", "192.0.2.7", "2001:db8::7", "mail@example.org"]


class RandomPath:
    """One path. Most of it is right, or most would be refused for several reasons at once."""

    def __init__(self, seed, maker):
        self.random = random.Random(seed)
        self.maker = maker
        self.count = self.random.choice([1, 1, 2, 2, 3, 4])     # of certificates below the root
        self.notes = []

    def rarely(self, what, chance=0.03):
        """True now and then; then the path is described with it."""
        happens = self.random.random() < chance
        if happens:
            self.notes.append(what)
        return happens

    def make(self):
        # The root, the authorities, the leaf: each is (name of its owner's key, its common name).
        owners = [f"K{number}" for number in range(self.count)] + ["leaf"]
        subjects = list(owners)
        if self.count > 2 and self.rarely("self-issued", 0.15):
            number = self.random.randrange(1, self.count)
            subjects[number] = subjects[number - 1]
        made = [self.certificate(owners[0], subjects[0], owners[0], subjects[0], 0)]
        for depth in range(1, self.count + 1):
            made.append(self.certificate(owners[depth], subjects[depth], owners[depth - 1], subjects[depth - 1], depth))
        intermediates = made[1:-1]
        if intermediates and self.rarely("an intermediate is missing"):
            intermediates.pop(self.random.randrange(len(intermediates)))
        if self.count > 1 and self.rarely("another key of the same name", 0.15):
            number = self.random.randrange(1, self.count)
            intermediates.append(self.authority("other", subjects[number], owners[number - 1], subjects[number - 1]))
        self.random.shuffle(intermediates)
        if self.rarely("another root"):
            made[0] = self.authority("stranger", subjects[0], "stranger", subjects[0])
        return Path(made[-1], tuple(intermediates), made[0], self.options(), self.lists(owners, subjects, made))

    def certificate(self, key, subject, issuer_key, issuer, depth):
        extensions, is_leaf = [], depth == self.count
        if not is_leaf or self.rarely("leaf with basic constraints", 0.3):
            is_authority = not is_leaf
            if self.rarely(f"{depth}: basic constraints turned round"):
                is_authority = not is_authority
            length = self.random.choice([None, None, 0, 1, 2]) if is_authority else None
            extensions.append((x509.BasicConstraints(is_authority, length), True))
        if self.rarely(f"{depth}: no basic constraints"):
            extensions.clear()
        if not self.rarely(f"{depth}: no key usage", 0.3 if is_leaf else 0.04):
            signs = not is_leaf
            if self.rarely(f"{depth}: keyCertSign turned round"):
                signs = not signs
            lists = not is_leaf and not self.rarely(f"{depth}: no cRLSign")
            digital = not self.rarely(f"{depth}: no digitalSignature")
            agrees = not digital and self.random.random() < 0.5
            usage = x509.KeyUsage(digital, False, False, False, agrees, signs, lists, False, False)
            if digital or agrees or signs or lists:
                extensions.append((usage, True))
        if self.rarely(f"{depth}: purposes", 0.5 if is_leaf else 0.15):
            purposes = self.random.choice(PURPOSES)
            self.notes.append("any purpose" if Purpose.ANY_EXTENDED_KEY_USAGE in purposes else "of some kinds")
            extensions.append((x509.ExtendedKeyUsage(purposes), False))
        if is_leaf and not self.rarely("no names"):
            names = self.random.sample(NAMES, self.random.choice([1, 1, 2, 3]))
            self.notes.append(f"names {[str(one.value) for one in names]}")
            extensions.append((x509.SubjectAlternativeName(names), False))
        if not is_leaf and self.rarely(f"{depth}: name constraints", 0.25):
            extensions.append((self.constraints(), True))
        return self.signed(key, subject, issuer_key, issuer, extensions, depth)

    def constraints(self):
        permitted = self.random.sample(TREES, self.random.choice([0, 1, 2]))
        excluded = self.random.sample(TREES, 1 if not permitted or self.random.random() < 0.2 else 0)
        self.notes.append(f"permitted {[str(one.value) for one in permitted]} "
                          f"excluded {[str(one.value) for one in excluded]}")
        return x509.NameConstraints(permitted or None, excluded or None)

    def signed(self, key, subject, issuer_key, issuer, extensions, depth):
        days = (-20, 30)
        if self.rarely(f"{depth}: expired", 0.03):
            days = (-20, -1)
        elif self.rarely(f"{depth}: not yet valid", 0.03):
            days = (1, 30)
        if depth and self.rarely(f"{depth}: wrong signature", 0.03):
            issuer_key = "stranger"
        if depth and self.rarely(f"{depth}: wrong issuer", 0.03):
            issuer = "nobody"
        public, signer = self.maker.key(key).public_key(), self.maker.key(issuer_key)
        builder = (x509.CertificateBuilder().subject_name(self.subject(subject, depth)).issuer_name(name(issuer))
                   .public_key(public).serial_number(self.random.getrandbits(100) + 1)
                   .not_valid_before(NOW + datetime.timedelta(days[0]))
                   .not_valid_after(NOW + datetime.timedelta(days[1])))
        if not self.rarely(f"{depth}: no subject key identifier", 0.04):
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        if not self.rarely(f"{depth}: no authority key identifier", 0.04):
            above = signer.public_key()
            if depth and self.rarely(f"{depth}: identifier of another key", 0.03):
                above = self.maker.key("other").public_key()
            builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False)
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, is_critical)
        return builder.sign(signer, hashes.SHA256())

    def subject(self, common, depth):
        attributes = list(name(common))
        if depth == self.count and self.rarely("e-mail in the subject", 0.1):
            attributes.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, "mail@a.example.org"))
        return x509.Name(attributes)

    def authority(self, key, subject, issuer_key, issuer):
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        return self.signed(key, subject, issuer_key, issuer, [(x509.BasicConstraints(True, None), True), (usage, True)],
                           0)

    def options(self):
        options = []
        if self.random.random() < 0.4:
            options += ["--name", self.random.choice(ASKED)]
        if self.random.random() < 0.5:
            options += ["--purpose", self.random.choice(["server", "client"])]
        if self.random.random() < 0.1:
            options += ["--max-depth", self.random.choice("0123")]
        if self.rarely("at another time"):
            options += at(self.random.choice([-40, -10, 10, 40]))
        return tuple(options)

    def lists(self, owners, subjects, made):
        if self.random.random() < 0.6:
            return ()
        lists = []
        for depth in range(self.count):
            if self.rarely(f"{depth}: no list"):
                continue
            revoked = [made[depth + 1]] if self.rarely(f"{depth + 1}: revoked") else []
            days = (-9, -1) if self.rarely(f"{depth}: old list") else (-9, 5)
            signer = "stranger" if self.rarely(f"{depth}: list by a stranger", 0.04) else owners[depth]
            lists.append(self.maker.crl(subjects[depth], *revoked, days=days, signer=signer))
        return tuple(lists)


def is_known(notes, refusal):
    return any(any(what in note for note in notes) and any(words in refusal for words in said)
               for what, said, _ in DIFFERENCES)


def judge(folder, seed, maker):
    """What Postern says, what openssl says, and the path."""
    folder.mkdir()
    made = RandomPath(seed, maker)
    path = made.make()
    ended = run(*write(folder, path, path.ca), cwd=folder, seconds=30)
    assert ended.returncode in (0, 3) and ended.stderr == b"", (seed, ended)
    theirs = openssl_fault(folder, path, path.ca)
    ours = ended.stdout.decode() if ended.returncode else None
    if (ours is None) == (theirs is None):
        shutil.rmtree(folder)
    return ours, theirs, made, path


@pytest.mark.native
def test_random_paths(tmp_path):
    print(f"PATH_SEED={SEED} PATH_COUNT={COUNT}")
    maker = Maker()
    for number in range(4):
        maker.key(f"K{number}")
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        seeds = [SEED * 100_000 + number for number in range(COUNT)]
        verdicts = list(pool.map(lambda seed: (seed, *judge(tmp_path / str(seed), seed, maker)), seeds))
    trusted = 0
    different = []
    for seed, ours, theirs, made, path in verdicts:
        trusted += not ours and not theirs
        if (ours is None) != (theirs is None) and not is_known(made.notes, ours or theirs):
            different.append(f"{seed}: {made.count} below the root, {made.notes}, {path.options}, {len(path.lists)} "
                             f"lists; openssl: {theirs or 'trusted'}; Postern: {ours or 'trusted'}")
    assert not different, "\n".join(different)
    assert COUNT / 8 < trusted < COUNT * 7 / 8, "paths of one kind only show nothing"
