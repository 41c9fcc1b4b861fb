"""Certificates of a server: read from files, or made here and signed by themselves for a start.

A fingerprint is the SHA-256 of the public key (SubjectPublicKeyInfo), so it outlives a renewed certificate.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rfb_ext.errors import ConfigError
from rfb_ext.security.private_file import read_private, write_private

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from OpenSSL import crypto

    PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey

CERTIFICATE_FILE, KEY_FILE = "server-certificate.pem", "server-key.pem"
VALID_DAYS = 730
RENEWED_DAYS = 30
"""A certificate of our own that ends sooner is made anew, with the same key."""
MAX_CHAIN = 16
_CLOCKS_DIFFER = datetime.timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class ServerCertificate:
    """The server's certificate, those between it and its CA, and its private key."""

    chain: tuple[x509.Certificate, ...]
    key: PrivateKey = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """sha256: and 64 hexadecimal digits, as --pin takes it."""
        return fingerprint(self.chain[0])

    def for_tls(self) -> tuple[crypto.PKey, crypto.X509, list[crypto.X509]]:
        """Key, certificate, and the rest of the chain, as TLS needs them."""
        from OpenSSL import crypto

        first, *rest = (crypto.X509.from_cryptography(each) for each in self.chain)
        return crypto.PKey.from_cryptography_key(self.key), first, rest


def key_digest(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo."""
    import hashlib

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    info = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).digest()


def fingerprint(certificate: x509.Certificate) -> str:
    return f"sha256:{key_digest(certificate).hex()}"


def load(certificate: Path, key: Path, now: datetime.datetime) -> ServerCertificate:
    """Reads PEM files: the server's certificate first, then those between it and its CA; an unencrypted
    private key that others cannot read (its group may). Raises NotFoundError and ConfigError."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    chain = tuple(read_certificates(certificate, "the certificate file"))
    if len(chain) > MAX_CHAIN:
        raise ConfigError(f"the certificate file {certificate} has more than {MAX_CHAIN} certificates")
    data = read_private(key, "the key file", group_may_read=True)
    try:
        private = load_pem_private_key(data, None)
    except TypeError:
        raise ConfigError(f"the key file {key} is encrypted; a server needs it without a password") from None
    except ValueError:
        raise ConfigError(f"the key file {key} holds no private key in PEM") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise ConfigError(f"the key in {key} is none for TLS: it must be RSA, EC or Ed25519")
    if private.public_key() != chain[0].public_key():
        raise ConfigError(f"the key in {key} does not belong to the first certificate in {certificate}")
    if chain[0].not_valid_after_utc <= now:
        raise ConfigError(f"the certificate in {certificate} expired on {_day(chain[0])}; renew it")
    return ServerCertificate(chain, private)


def read_certificates(path: Path, what: str) -> list[x509.Certificate]:
    """All certificates of a PEM file; `what` names it. Raises NotFoundError, ConfigError."""
    from cryptography import x509

    from rfb_ext.errors import NotFoundError

    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{what} {path} cannot be read: {error.strerror}") from None
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        raise ConfigError(f"{what} {path} holds no certificates in PEM") from None


def own_certificate(folder: Path, names: Sequence[str], now: datetime.datetime) -> ServerCertificate:
    """The certificate kept in `folder`, signed by itself; made where there is none. One that is about to
    end, or lacks one of `names` (host names and addresses), is made anew with the same key. Raises
    ConfigError."""
    certificate, key = folder / CERTIFICATE_FILE, folder / KEY_FILE
    if certificate.exists() and key.exists():
        kept = load(certificate, key, datetime.datetime.min.replace(tzinfo=datetime.UTC))
        ends = kept.chain[0].not_valid_after_utc
        if ends - now > datetime.timedelta(days=RENEWED_DAYS) and set(names) <= _names(kept.chain[0]):
            return kept
        made = self_signed(names, now, kept.key)
    else:
        made = self_signed(names, now)
        write_private(key, _pem(made.key))
    write_private(certificate, to_pem(made.chain))
    return made


def self_signed(
    names: Sequence[str], now: datetime.datetime, key: PrivateKey | None = None
) -> ServerCertificate:
    """A certificate for `names`, valid for VALID_DAYS; `key` None: a new P-256 key."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1()) if key is None else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        # no CA: who believes it believes this server, and nothing that its key might sign
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return ServerCertificate((builder.sign(key, algorithm),), key)


def to_pem(chain: Sequence[x509.Certificate]) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return b"".join(each.public_bytes(Encoding.PEM) for each in chain)


def _pem(key: PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names(certificate: x509.Certificate) -> set[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in names}


def _day(certificate: x509.Certificate) -> str:
    return f"{certificate.not_valid_after_utc:%Y-%m-%d}"
