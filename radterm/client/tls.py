"""A viewer's end of TLS as Twisted takes it; these options verify nothing, ClientTls does right after."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions, TLSVersion
from zope.interface import implementer

from rfb_ext.security.client_tls import ClientTls


@implementer(IOpenSSLClientConnectionCreator)
class ClientOptions:
    """TLS 1.2 at least, 1.3 where the server has it."""

    def __init__(self, tls: ClientTls) -> None:
        self._tls = tls
        self._context = CertificateOptions(raiseMinimumTo=TLSVersion.TLSv1_2).getContext()

    def clientConnectionForTLS(self, protocol: object) -> Any:
        return self._tls.connection(self._context)
