"""What the client's session asks its rim to do."""

from __future__ import annotations

from dataclasses import dataclass

from radterm.client.base import Exactness
from radterm.client.picture import Fault, Outcome
from rfb_ext.desktop.base import Cursor
from rfb_ext.errors import RadtermError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.fields import Message
from rfb_ext.wire.rectangles import PixelRectangle, RectangleDigest, UpdateBegin, UpdateEnd
from rfb_ext.wire.types import Rect


@dataclass(frozen=True, slots=True)
class Send:
    """Write this message (a class of wire's client_messages)."""

    message: Message


@dataclass(frozen=True, slots=True)
class NewHeads:
    """Framebuffers and lanes start anew. `seed`: of the digests, None where there are none."""

    heads: tuple[Head, ...]
    seed: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Decode:
    """In the head's lane: HeadPicture.rectangle."""

    head_id: int
    begin: UpdateBegin | None
    digest: RectangleDigest | None
    rectangle: PixelRectangle


@dataclass(frozen=True, slots=True, eq=False)
class Finish:
    """In the head's lane: HeadPicture.finish, then call `update_checked`."""

    head_id: int
    begin: UpdateBegin | None
    end: UpdateEnd | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """Show the update; when it is on the glass, call `update_released`. `region`: all that may differ
    from what was shown before."""

    outcome: Outcome
    region: tuple[Rect, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Discard:
    """The update is not shown; the lane may go on."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class TellExactness:
    head_id: int
    exactness: Exactness


@dataclass(frozen=True, slots=True, eq=False)
class TellCursor:
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class TellClipboard:
    text: str


@dataclass(frozen=True, slots=True)
class TellName:
    name: str


@dataclass(frozen=True, slots=True)
class Close:
    """End the session for this reason."""

    error: RadtermError


Command = (
    Send
    | NewHeads
    | Decode
    | Finish
    | Present
    | Discard
    | TellExactness
    | TellCursor
    | TellClipboard
    | TellName
    | Close
)
