"""The session that `radterm view -` reads from stdin: the launcher writes it, the viewer reads it."""

from __future__ import annotations

from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from rfb_ext.errors import ConfigError
from rfb_ext.security.credentials import MAX_PASSWORD, MAX_USER, Credentials

MAX_SESSION = 1 << 16


class ViewSession(BaseModel):
    """One session to view, version 1. Unknown fields are refused: they would have no effect.

    The password is in no repr, and in no error: what is not valid is named, never shown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    v: Literal[1]
    address: Annotated[str, Field(min_length=3, max_length=300, description="HOST:PORT or [IPV6]:PORT")]
    fullscreen: Annotated[bool, Field(description="one full screen window for each head")] = False
    view_only: Annotated[bool, Field(description="send no keys and no pointer")] = False
    ca: Annotated[str | None, Field(max_length=4096, description="PEM file of the CA to believe")] = None
    pin: Annotated[str | None, Field(max_length=128, description="SHA-256 of the server's key")] = None
    trust_on_first_use: Annotated[bool, Field(description="believe a server met for the first time")] = False
    user: Annotated[str, Field(max_length=MAX_USER, description="empty: only a password is asked for")] = ""
    password: Annotated[SecretStr | None, Field(max_length=MAX_PASSWORD)] = None

    def credentials(self) -> Credentials | None:
        """User and password, None without a password. Raises ConfigError if they are too long in UTF-8."""
        if self.password is None:
            return None
        try:
            return Credentials(self.user, self.password.get_secret_value().encode())
        except ValueError as error:
            raise ConfigError(f"the session on stdin is not valid: {error}") from None


def read_session(stream: BinaryIO) -> ViewSession:
    """Reads one JSON object to the stream's end. Raises ConfigError: invalid, or over MAX_SESSION bytes."""
    data = stream.read(MAX_SESSION + 1)
    if len(data) > MAX_SESSION:
        raise ConfigError(f"the session on stdin is longer than {MAX_SESSION} bytes")
    try:
        return ViewSession.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise ConfigError(f"the session on stdin is not valid at {place}: {first['msg']}") from None
