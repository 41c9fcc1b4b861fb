"""Certificates for tests: a CA of their own, and servers of every kind, right and wrong."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from rfb_ext.security.certificate import ServerCertificate, to_pem

NOW = datetime.datetime(2030, 1, 15, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


@dataclass(frozen=True, eq=False)
class Authority:
    """A CA; `now` is the middle of what it signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    now: datetime.datetime = NOW

    @classmethod
    def new(cls, text: str = "hospital", now: datetime.datetime = NOW) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(_signed(name(text), name(text), key, key, now, ca=True), key, now)

    def below(self, text: str, *, ends: datetime.timedelta = 365 * DAY, ca: bool = True) -> Authority:
        """One that this one has signed; with `ca` False it may not sign, and does all the same."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject
        return Authority(
            _signed(name(text), issuer, key, self.key, self.now, ca=ca, ends=ends), key, self.now
        )

    def server(
        self,
        *names: str,
        begins: datetime.timedelta = -DAY,
        ends: datetime.timedelta = 30 * DAY,
        use: ObjectIdentifier | None = ExtendedKeyUsageOID.SERVER_AUTH,
        chain: tuple[x509.Certificate, ...] = (),
    ) -> ServerCertificate:
        """A server's certificate; `begins` and `ends` are counted from `now`."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = _signed(
            name("server"), self.certificate.subject, key, self.key, self.now,
            names=names, begins=begins, ends=ends, use=use,
        )  # fmt: skip
        return ServerCertificate((signed, *chain), key)

    def file(self, folder: Path) -> Path:
        path = folder / f"ca-{self.certificate.serial_number}.pem"
        path.write_bytes(to_pem([self.certificate]))
        return path


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    *,
    ca: bool = False,
    names: tuple[str, ...] = (),
    begins: datetime.timedelta = -DAY,
    ends: datetime.timedelta = 365 * DAY,
    use: ObjectIdentifier | None = None,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([general_name(each) for each in names])
        builder = builder.add_extension(alternatives, critical=False)
    if use is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    return builder.sign(signer, SHA256())
