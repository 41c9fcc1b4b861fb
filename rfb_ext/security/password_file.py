"""The password file: one user a line, each password as a scrypt key (RFC 7914), never the password.

    USER:scrypt:LOG2N:R:P:SALT:KEY        salt and key in base64; empty lines and lines with # do not count

It is read again at every login, so a user that was taken out is out. It must be private (mode 0600).
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rfb_ext.errors import ConfigError, NotFoundError, UsageError
from rfb_ext.security.credentials import MAX_PASSWORD, MAX_USER
from rfb_ext.security.private_file import read_private, write_private

WHAT = "the password file"
SALT_BYTES = 16
KEY_BYTES = 32
_NUMBER = re.compile("[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt's numbers; 2**log2n * r * 128 bytes of memory. Raises ValueError outside what is sensible."""

    log2n: int = 15
    r: int = 8
    p: int = 3

    def __post_init__(self) -> None:
        if not (10 <= self.log2n <= 17 and 1 <= self.r <= 16 and 1 <= self.p <= 8):
            raise ValueError("the cost is outside LOG2N 10..17, R 1..16, P 1..8")


@dataclass(frozen=True, slots=True)
class Entry:
    """One user's line."""

    cost: Cost
    salt: bytes = field(repr=False)
    key: bytes = field(repr=False)

    def line(self, user: str) -> str:
        salt, key = (base64.b64encode(data).decode() for data in (self.salt, self.key))
        return f"{user}:scrypt:{self.cost.log2n}:{self.cost.r}:{self.cost.p}:{salt}:{key}"

    def fits(self, password: bytes) -> bool:
        """True for the right password, in a time that does not depend on how wrong it is."""
        from cryptography.hazmat.primitives.constant_time import bytes_eq

        return bytes_eq(derive(password, self.salt, self.cost), self.key)


_NOBODY = Entry(Cost(), bytes(SALT_BYTES), bytes(KEY_BYTES))


def derive(password: bytes, salt: bytes, cost: Cost) -> bytes:
    """scrypt: KEY_BYTES bytes. Takes a fifth of a second on purpose, without the interpreter's lock."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=KEY_BYTES, n=1 << cost.log2n, r=cost.r, p=cost.p).derive(password)


def read_entries(path: Path) -> dict[str, Entry]:
    """All users. Raises NotFoundError, and ConfigError with the line's number."""
    entries: dict[str, Entry] = {}
    for number, line in enumerate(read_private(path, WHAT).split(b"\n"), 1):
        if not line.strip() or line.lstrip().startswith(b"#"):
            continue
        try:
            user, entry = _entry(line.strip().decode())
        except ValueError:
            raise ConfigError(f"{WHAT} {path}, line {number}: no USER:scrypt:LOG2N:R:P:SALT:KEY") from None
        if user in entries:
            raise ConfigError(f"{WHAT} {path}, line {number}: this user has a line already")
        entries[user] = entry
    return entries


def check_password(path: Path, user: str, password: bytes) -> bool:
    """True if `user` has this password now; takes as long for a user that does not exist. Raises
    NotFoundError and ConfigError."""
    entry = read_entries(path).get(user)
    fits = (entry or _NOBODY).fits(password)
    return entry is not None and fits


def set_password(
    path: Path,
    user: str,
    password: bytes,
    *,
    cost: Cost | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> bool:
    """Writes `user`'s line, in the place of an older one; makes the file if there is none. Returns True if
    the user is new. Raises UsageError, ConfigError."""
    check_user(user)
    if not password:
        raise UsageError("an empty password lets anybody in; choose another")
    if len(password) > MAX_PASSWORD:
        raise UsageError(f"the password is longer than {MAX_PASSWORD} bytes")
    try:
        entries = read_entries(path)
        lines = read_private(path, WHAT).decode(errors="surrogateescape").splitlines()
    except NotFoundError:
        if path.exists():
            raise
        entries, lines = {}, []
    cost = cost or Cost()
    salt = random(SALT_BYTES)
    line = Entry(cost, salt, derive(password, salt, cost)).line(user)
    kept = [old for old in lines if not old.strip().startswith(f"{user}:")]
    text = "".join(f"{each}\n" for each in [*kept, line])
    write_private(path, text.encode(errors="surrogateescape"))
    return user not in entries


def check_user(user: str) -> None:
    """Raises UsageError for a name that could not stand in the file."""
    if not user or len(user.encode()) > MAX_USER or user.startswith("#") or user != user.strip():
        raise UsageError(f"{user!r} is no user's name: 1 to {MAX_USER} bytes, no # or space at its ends")
    if ":" in user or not user.isprintable():
        raise UsageError(f"{user!r} is no user's name: it may have no : and no control characters")


def _entry(line: str) -> tuple[str, Entry]:
    user, kind, log2n, r, p, salt, key = line.split(":")
    if not user or kind != "scrypt" or not all(_NUMBER.fullmatch(number) for number in (log2n, r, p)):
        raise ValueError
    try:
        entry = Entry(Cost(int(log2n), int(r), int(p)), _bytes(salt), _bytes(key))
    except binascii.Error:
        raise ValueError from None
    if len(entry.salt) < 8 or len(entry.key) != KEY_BYTES:
        raise ValueError
    return user, entry


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def read_shared_password(path: Path) -> bytes:
    """The one password of VncAuth: the file's only line, as it is, because both ends need it so. Raises
    NotFoundError, and ConfigError for none, or more bytes than VncAuth looks at."""
    from rfb_ext.security.vnc_auth import SIGNIFICANT

    data = read_private(path, WHAT).rstrip(b"\r\n")
    if not data or b"\n" in data:
        raise ConfigError(f"{WHAT} {path} must have one line for VncAuth: the password itself")
    if len(data) > SIGNIFICANT:
        raise ConfigError(f"{WHAT} {path}: VncAuth looks at {SIGNIFICANT} bytes only; the password is longer")
    return data
