"""The session that `radterm view -` reads from stdin: the launcher writes it, the viewer reads it."""

from __future__ import annotations

from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rfb_ext.errors import ConfigError

MAX_SESSION = 1 << 16


class ViewSession(BaseModel):
    """One session to view, version 1. Unknown fields are refused: they would have no effect."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    v: Literal[1]
    address: Annotated[str, Field(min_length=3, max_length=300, description="HOST:PORT or [IPV6]:PORT")]
    fullscreen: Annotated[bool, Field(description="one full screen window for each head")] = False
    view_only: Annotated[bool, Field(description="send no keys and no pointer")] = False


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
        raise ConfigError(f"the session on stdin is not valid at {place}: {first['msg']}") from error
