"""Which server a viewer believes: by a CA, by a pinned key, or by having met it before.

Looked at after TLS was agreed and before a byte is sent inside it. A pin stands in for CA and name, because
it names the one key itself; with --ca and --pin both must hold. Nothing makes an expired certificate good.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rfb_ext.errors import CertificateError, UsageError
from rfb_ext.security.certificate import fingerprint, key_digest, read_certificates
from rfb_ext.security.known_servers import KnownServers

if TYPE_CHECKING:
    from cryptography import x509
    from OpenSSL import crypto

_PIN = re.compile(r"(?:sha-?256:)?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})")
_EXPIRED, _NOT_YET = 10, 9  # OpenSSL, X509_V_ERR_*


@dataclass(frozen=True, slots=True)
class Trust:
    """`ca`: a PEM file of CAs; None with neither `pin` nor `known`: the system's. `pin`: 32 bytes, SHA-256
    of the public key or of the certificate. `known`: trust on first use. `met`: told a sentence then."""

    ca: Path | None = None
    pin: bytes | None = None
    known: KnownServers | None = None
    met: Callable[[str], None] = lambda sentence: None

    def check(self, chain: Sequence[x509.Certificate], host: str, port: int, now: datetime.datetime) -> None:
        """`chain`: what the server showed, its own certificate first. Raises CertificateError in words."""
        if not chain:
            raise CertificateError(f"{host} showed no certificate")
        first = chain[0]
        _check_dates(first, host, now)
        if self.pin is not None and self.pin not in (key_digest(first), _digest(first)):
            raise CertificateError(
                f"the key of {host} is {fingerprint(first)} and not the pinned one: it was changed, or "
                "somebody is in between; ask the administrator for the right fingerprint"
            )
        if self.ca is not None or (self.pin is None and self.known is None):
            _check_use(first, host)
            _check_chain(chain, self._store(now), host)
            _check_name(first, host)
        if self.known is not None:
            self._check_known(first, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    def _check_known(self, first: x509.Certificate, server: str) -> None:
        known = self.known.meet(server, fingerprint(first)) if self.known is not None else None
        if known is None:
            self.met(
                f"{server} is met for the first time; its key {fingerprint(first)} is trusted from now on"
            )
        elif known != fingerprint(first):
            raise CertificateError(
                f"the key of {server} is {fingerprint(first)}, but at first use it was {known}: it was "
                "changed, or somebody is in between; ask the administrator, then take its line out of "
                f"{self.known.path if self.known else ''}"
            )

    def _store(self, now: datetime.datetime) -> crypto.X509Store:
        from OpenSSL import crypto

        store = crypto.X509Store()
        if self.ca is not None:
            for each in read_certificates(self.ca, "the CA file"):
                store.add_cert(crypto.X509.from_cryptography(each))
            # a hospital may give its issuing CA only
            store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        else:
            import ssl

            places = ssl.get_default_verify_paths()
            if places.cafile or places.capath:
                store.load_locations(places.cafile, places.capath)
        store.set_time(now)
        return store


def parse_pin(text: str) -> bytes:
    """The SHA-256 as hexadecimal digits, with or without colons and "sha256:". Raises UsageError."""
    match = _PIN.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError("--pin takes a SHA-256 of 64 hexadecimal digits, as `radterm serve` prints it")
    return bytes.fromhex(match[1].replace(":", ""))


def _digest(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256())


def _check_dates(first: x509.Certificate, host: str, now: datetime.datetime) -> None:
    if now > first.not_valid_after_utc:
        day = f"{first.not_valid_after_utc:%Y-%m-%d}"
        raise CertificateError(f"the certificate of {host} expired on {day}; its administrator must renew it")
    if now < first.not_valid_before_utc:
        day = f"{first.not_valid_before_utc:%Y-%m-%d}"
        raise CertificateError(f"the certificate of {host} is not valid before {day}; check this clock")


def _check_use(first: x509.Certificate, host: str) -> None:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        uses = first.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(uses):
        raise CertificateError(f"the certificate of {host} is not made for a server")


def _check_chain(chain: Sequence[x509.Certificate], store: crypto.X509Store, host: str) -> None:
    from OpenSSL import crypto

    first, *rest = (crypto.X509.from_cryptography(each) for each in chain)
    try:
        crypto.X509StoreContext(store, first, rest).verify_certificate()
    except crypto.X509StoreContextError as error:
        if error.errors[0] in (_EXPIRED, _NOT_YET):
            raise CertificateError(f"a CA's certificate of {host} has expired or is not valid yet") from None
        raise CertificateError(
            f"the certificate of {host} comes from another CA than the trusted ones ({error}); its key is "
            f"{fingerprint(chain[0])}: compare that with what the server printed, then use --pin, or --ca"
        ) from None


def _check_name(first: x509.Certificate, host: str) -> None:
    import service_identity
    from service_identity import cryptography as names

    try:
        if _is_address(host):
            names.verify_certificate_ip_address(first, host)
        else:
            names.verify_certificate_hostname(first, host)
    except (service_identity.VerificationError, service_identity.CertificateError):
        shown = ", ".join(str(p) for p in _shown_names(first)) or "no name"
        raise CertificateError(f"the certificate is for another name: {shown}, not for {host}") from None


def _shown_names(first: x509.Certificate) -> list[str]:
    from cryptography import x509

    try:
        names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names][:8]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
