"""A session profile: what an admin or user writes in YAML about one session."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class SessionProfile(BaseModel):
    """One session. Unknown fields are refused: they would have no effect."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    apiVersion: Annotated[Literal["radterm/v1"], Field(description="version of this format")]
    kind: Annotated[Literal["SessionProfile"], Field(description="what this file holds")]
    name: Annotated[str, Field(min_length=1, max_length=80, description="how the launcher calls it")]
    address: Annotated[str, Field(min_length=3, max_length=300, description="HOST:PORT or [IPV6]:PORT")]
    security: Annotated[Literal["none"], Field(description="none: this machine's own addresses only")] = (
        "none"
    )
    heads: Annotated[int | None, Field(ge=1, le=16, description="how many monitors it has, if known")] = None
    fullscreen: Annotated[bool, Field(description="one full screen window for each head")] = False
    view_only: Annotated[bool, Field(description="send no keys and no pointer")] = False
