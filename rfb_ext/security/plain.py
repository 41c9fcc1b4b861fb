"""VeNCrypt's inner Plain: user and password as they are, therefore inside TLS only (rfbproto, "VeNCrypt").

Not a security type of its own: nothing here may be offered without VeNCrypt's X509 around it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from rfb_ext.security.credentials import MAX_PASSWORD, MAX_USER, Credentials
from rfb_ext.security.login import Login
from rfb_ext.wire.fields import within
from rfb_ext.wire.handshake import Accepted, SecuritySteps, Write

CheckPassword = Callable[[str, bytes], bool]
"""True if the user has this password; the same time for a user that does not exist."""

WRONG = "the user's name or the password is wrong"
_LENGTHS = struct.Struct(">II")


def plain_server(login: Login, check: CheckPassword) -> SecuritySteps:
    """Lengths, user, password, and what `check` says of them."""
    user_length, password_length = _LENGTHS.unpack((yield _LENGTHS.size))
    within("length of the user's name", user_length, 0, MAX_USER)
    within("length of the password", password_length, 0, MAX_PASSWORD)
    # a name that is no UTF-8 is nobody's: it fails like any other
    user = (yield user_length).decode(errors="backslashreplace")
    password = yield password_length
    return (yield from login.decide(user, lambda: check(user, password), WRONG))


def plain_client(credentials: Credentials) -> SecuritySteps:
    user = credentials.user.encode()
    yield Write(_LENGTHS.pack(len(user), len(credentials.password)) + user + credentials.password)
    return Accepted()
