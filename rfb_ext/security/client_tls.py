"""What a viewer's rim needs to start TLS, and to know whom it talks to."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rfb_ext.security.trust import Trust

if TYPE_CHECKING:
    from OpenSSL import SSL


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True, slots=True)
class ClientTls:
    """One server, and the trust put in it. `now`: the wall clock, which certificates are about."""

    host: str
    port: int
    trust: Trust
    now: Callable[[], datetime.datetime] = utc_now

    def connection(self, context: SSL.Context) -> SSL.Connection:
        """The client's end; it says the name it wants to talk to (SNI) if it has one."""
        from OpenSSL import SSL

        connection = SSL.Connection(context, None)
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            connection.set_tlsext_host_name(self.host.encode("idna"))
        connection.set_connect_state()
        return connection

    def check(self, connection: SSL.Connection) -> None:
        """After the TLS handshake and before anything else. Raises CertificateError, ConfigError."""
        chain = connection.get_peer_cert_chain(as_cryptography=True) or []
        self.trust.check(chain, self.host, self.port, self.now())


def tls_failure(error: BaseException | None) -> str | None:
    """Why TLS was not agreed, in OpenSSL's words; None if that was not the matter."""
    from OpenSSL import SSL

    if not isinstance(error, SSL.Error):
        return None
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(str(reason[-1]) for reason in reasons) or "it was closed"
