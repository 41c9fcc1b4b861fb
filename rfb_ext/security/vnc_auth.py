"""Security type VncAuth: a challenge encrypted with the password (RFC 6143 section 7.2.2).

Weak: DES, at most 8 bytes of password, no proof of the server, nothing after it is encrypted. It is there
for old viewers on this machine, and inside TLS (VeNCrypt X509Vnc).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from rfb_ext.security.login import Login
from rfb_ext.wire.handshake import Accepted, Refused, SecuritySteps, Write
from rfb_ext.wire.numbers import Security

CHALLENGE = 16
SIGNIFICANT = 8
"""Bytes of the password that count; what follows is ignored by every implementation."""
WRONG = "the password is wrong"

_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


def response(password: bytes, challenge: bytes) -> bytes:
    """16 bytes of `challenge` encrypted with DES; the key is the password with the bits of each byte in
    reverse order (the reference implementation's reading of the key)."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    key = password[:SIGNIFICANT].ljust(SIGNIFICANT, b"\0").translate(_REVERSED)
    # three equal keys make Triple DES plain DES, which the library no longer has by itself
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # noqa: S305 - the protocol's
    return encryptor.update(challenge) + encryptor.finalize()


@dataclass(frozen=True, slots=True)
class VncAuth:
    """Both roles. `password`: the shared one. A server has a `login`; `random` makes its challenges."""

    password: bytes = field(repr=False)
    login: Login | None = None
    random: Callable[[int], bytes] = secrets.token_bytes
    number: int = Security.VNC_AUTH
    name: str = "VncAuth"

    def server(self) -> SecuritySteps:
        from cryptography.hazmat.primitives.constant_time import bytes_eq

        if self.login is None:
            return Refused("no passwords are checked here; ask the administrator")
        challenge = self.random(CHALLENGE)
        yield Write(challenge)
        answer = yield CHALLENGE
        expected = response(self.password, challenge)
        return (yield from self.login.decide("", lambda: bytes_eq(answer, expected), WRONG))

    def client(self) -> SecuritySteps:
        challenge = yield CHALLENGE
        yield Write(response(self.password, challenge))
        return Accepted()
