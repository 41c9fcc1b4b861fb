"""What a viewer's session asks its rim to do."""

from __future__ import annotations

from dataclasses import dataclass

from rfb_ext.errors import RadtermError
from rfb_ext.server.pictures import UpdateJob
from rfb_ext.wire.fields import Message
from rfb_ext.wire.types import ScreenLayout


@dataclass(frozen=True, slots=True)
class Send:
    """Write this message (a class of wire's server_messages or rectangles)."""

    message: Message


@dataclass(frozen=True, slots=True)
class EncodeUpdate:
    """Encode in the lanes, then call `update_encoded`."""

    job: UpdateJob


@dataclass(frozen=True, slots=True)
class NewLines:
    """Codec contexts start anew: other heads, another pixel format, other codecs."""


@dataclass(frozen=True, slots=True)
class WantFrame:
    """The desktop may capture as soon as anything changes."""


@dataclass(frozen=True, slots=True)
class InjectKey:
    keysym: int
    keycode: int
    down: bool
    tag: int


@dataclass(frozen=True, slots=True)
class InjectPointer:
    x: int
    y: int
    buttons: int
    tag: int


@dataclass(frozen=True, slots=True)
class SetClipboard:
    text: str


@dataclass(frozen=True, slots=True)
class RequestLayout:
    """Ask the desktop, then call `layout_answered`."""

    layout: ScreenLayout


@dataclass(frozen=True, slots=True)
class Close:
    """End the session for this reason."""

    error: RadtermError


Command = (
    Send
    | EncodeUpdate
    | NewLines
    | WantFrame
    | InjectKey
    | InjectPointer
    | SetClipboard
    | RequestLayout
    | Close
)
