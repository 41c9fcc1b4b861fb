"""What a server offers: one word of the command line, and what belongs to it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from rfb_ext.errors import UsageError
from rfb_ext.security.attempts import Attempts
from rfb_ext.security.certificate import ServerCertificate
from rfb_ext.security.login import Login
from rfb_ext.security.none import NoneSecurity
from rfb_ext.security.password_file import check_password, read_entries, read_shared_password
from rfb_ext.security.plain import plain_server
from rfb_ext.security.vencrypt import Subtype, VeNCrypt, nothing
from rfb_ext.security.vnc_auth import VncAuth
from rfb_ext.wire.handshake import SecurityType


class Way(Enum):
    """How a viewer gets in; the values are the words of --security."""

    NONE = "none"
    VNC_AUTH = "vncauth"
    X509_NONE = "x509none"
    X509_VNC = "x509vnc"
    X509_PLAIN = "x509plain"

    @property
    def has_tls(self) -> bool:
        return self.value.startswith("x509")

    @property
    def asks_password(self) -> bool:
        return self not in (Way.NONE, Way.X509_NONE)


@dataclass(frozen=True, slots=True)
class Offer:
    """One way in. X509 ways have a certificate; those that ask for a password have its file, which is read
    at every login. Raises UsageError if something is missing, and what reading the file raises."""

    way: Way = Way.NONE
    certificate: ServerCertificate | None = None
    passwords: Path | None = None
    attempts: Attempts = field(default_factory=lambda: Attempts(time.monotonic))
    random: Callable[[int], bytes] = secrets.token_bytes

    def __post_init__(self) -> None:
        word = self.way.value
        if self.way.has_tls and self.certificate is None:
            raise UsageError(f"--security {word} needs a certificate: --tls-new, or --tls-cert and --tls-key")
        if self.way.asks_password:
            if self.passwords is None:
                raise UsageError(f"--security {word} needs --password-file FILE")
            if self.way is Way.X509_PLAIN:
                read_entries(self.passwords)
            else:
                read_shared_password(self.passwords)

    def types(self, peer: str) -> tuple[SecurityType, ...]:
        """The security types for one viewer; `peer` is its address. Raises what reading the file raises."""
        if self.way is Way.NONE:
            return (NoneSecurity(),)
        login = Login(self.attempts, peer)
        path = self.passwords or Path()
        if self.way is Way.X509_NONE:
            return (VeNCrypt({Subtype.X509_NONE: nothing}, self.certificate),)
        if self.way is Way.X509_PLAIN:

            def check(user: str, password: bytes) -> bool:
                return check_password(path, user, password)

            return (VeNCrypt({Subtype.X509_PLAIN: lambda: plain_server(login, check)}, self.certificate),)
        shared = VncAuth(read_shared_password(path), login, self.random)
        if self.way is Way.VNC_AUTH:
            return (shared,)
        return (VeNCrypt({Subtype.X509_VNC: shared.server}, self.certificate),)
