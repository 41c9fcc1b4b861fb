"""A server's certificate as Twisted takes it."""

from __future__ import annotations

from functools import lru_cache

from twisted.internet.ssl import CertificateOptions, TLSVersion

from rfb_ext.security.certificate import ServerCertificate


@lru_cache(maxsize=4)
def server_options(certificate: ServerCertificate) -> CertificateOptions:
    """TLS 1.2 at least, 1.3 where the viewer has it; made once for each certificate."""
    key, first, rest = certificate.for_tls()
    return CertificateOptions(
        privateKey=key, certificate=first, extraCertChain=rest, raiseMinimumTo=TLSVersion.TLSv1_2
    )
