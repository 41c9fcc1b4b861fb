"""What a reader says of himself to be let in. Never shown: no repr, no str, no log holds the password."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_USER = 255
MAX_PASSWORD = 1023
"""Bytes of UTF-8; a viewer of TigerVNC can type no more."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name ("" where only a password is asked for) and password, in bytes of UTF-8.

    Raises ValueError for more than MAX_USER or MAX_PASSWORD bytes; the sentence never holds the password.
    """

    user: str = ""
    password: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if len(self.user.encode()) > MAX_USER:
            raise ValueError(f"the user's name is longer than {MAX_USER} bytes")
        if len(self.password) > MAX_PASSWORD:
            raise ValueError(f"the password is longer than {MAX_PASSWORD} bytes")
