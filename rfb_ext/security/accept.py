"""What a viewer accepts of a server. Whoever sits in between can take an offer away, never add a proof: so
what has no TLS is not accepted where it could have been taken away."""

from __future__ import annotations

from rfb_ext.security.client_tls import ClientTls
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.none import NoneSecurity
from rfb_ext.security.plain import plain_client
from rfb_ext.security.vencrypt import Inner, Subtype, VeNCrypt, nothing
from rfb_ext.security.vnc_auth import VncAuth
from rfb_ext.wire.handshake import SecurityType


def accepted(
    tls: ClientTls, credentials: Credentials | None, *, clear_text: bool
) -> tuple[SecurityType, ...]:
    """Security types in order of preference. `clear_text`: None and VncAuth will do too, because server
    and viewer are one machine and nobody asked for a certificate. A password alone goes to VncAuth only, a
    user's password to Plain only, and only inside TLS."""
    inner: dict[Subtype, Inner] = {}
    if credentials is not None and credentials.user:
        inner[Subtype.X509_PLAIN] = lambda: plain_client(credentials)
    shared = None
    if credentials is not None and not credentials.user:
        shared = VncAuth(credentials.password)
        inner[Subtype.X509_VNC] = shared.client
    inner[Subtype.X509_NONE] = nothing
    vencrypt = VeNCrypt(inner, tls)
    if not clear_text:
        return (vencrypt,)
    clear: tuple[SecurityType, ...] = (NoneSecurity(),) if shared is None else (shared, NoneSecurity())
    return (vencrypt, *clear) if credentials is not None and credentials.user else (*clear, vencrypt)
