"""What a server sends: frozen dataclasses that cannot be illegal, each with pack() and parse().

Every class raises ValueError for a value out of its range. `parse` reads what follows the type byte. An
update is one message to its sender and a run of events to its receiver.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rfb_ext.wire.fields import (
    U16,
    U32,
    Buffer,
    Message,
    Parser,
    UnknownRadterm,
    check_text,
    foreign_text,
    pack_long,
    pack_pixel_format,
    parse_long,
    sized,
    unpack_pixel_format,
    within,
)
from rfb_ext.wire.numbers import (
    MAX_CUT_TEXT,
    MAX_FENCE,
    MAX_NAME,
    MAX_RECTANGLES,
    Encoding,
    ServerMessage,
)
from rfb_ext.wire.rectangles import HEADER, LastRectangle, Rectangle, check_size
from rfb_ext.wire.server_radterm import HeadEntry as HeadEntry
from rfb_ext.wire.server_radterm import Heads as Heads
from rfb_ext.wire.server_radterm import Heartbeat as Heartbeat
from rfb_ext.wire.server_radterm import Notice as Notice
from rfb_ext.wire.server_radterm import PulseEntry as PulseEntry
from rfb_ext.wire.server_radterm import RadtermFromServer, parse_server_radterm
from rfb_ext.wire.server_radterm import ServerHello as ServerHello
from rfb_ext.wire.states import Kind
from rfb_ext.wire.types import PixelFormat

_SIZE = struct.Struct(">HH")
_COLOURS = struct.Struct(">xHH")
_COLOUR = struct.Struct(">HHH")
_FENCE = struct.Struct(">3xIB")
_UPDATE = struct.Struct(">BxH")

UNTIL_LAST = 0xFFFF
"""Rectangle count of an update that ends with LastRectangle."""

PASSED_ON = 1024
"""Payloads from this size on are handed to the socket as they are; shorter ones are joined."""


@dataclass(frozen=True, slots=True)
class ServerInit(Message):
    """ServerInit (RFC 6143 section 7.3.2): framebuffer size, pixel format, name of the desktop."""

    kind: ClassVar[Kind] = Kind.SERVER_INIT
    width: int
    height: int
    pixel_format: PixelFormat
    name: str

    def __post_init__(self) -> None:
        check_size(self.width, self.height)
        check_text("the name", self.name)

    def pack(self) -> bytes:
        pixel_format = pack_pixel_format(self.pixel_format)
        return _SIZE.pack(self.width, self.height) + pixel_format + pack_long(self.name.encode())

    @classmethod
    def parse(cls) -> Parser[ServerInit]:
        width, height = _SIZE.unpack((yield 4))
        check_size(width, height)
        pixel_format = unpack_pixel_format((yield 16))
        name = yield from parse_long("the name", MAX_NAME)
        return cls(width, height, pixel_format, foreign_text(name))


@dataclass(frozen=True, slots=True)
class SetColourMapEntries(Message):
    """SetColourMapEntries (RFC 6143 section 7.6.2): red, green, blue of 16 bits each from index `first`."""

    kind: ClassVar[Kind] = Kind.COLOUR_MAP
    first: int
    colours: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        within("first colour", self.first, 0, U16)
        within("number of colours", len(self.colours), 0, U16)
        for colour in self.colours:
            sized("a colour", colour, 3)
            for value in colour:
                within("colour", value, 0, U16)

    def pack(self) -> bytes:
        head = _COLOURS.pack(self.first, len(self.colours))
        colours = b"".join(_COLOUR.pack(*colour) for colour in self.colours)
        return bytes([ServerMessage.SET_COLOUR_MAP_ENTRIES]) + head + colours

    @classmethod
    def parse(cls) -> Parser[SetColourMapEntries]:
        first, count = _COLOURS.unpack((yield _COLOURS.size))
        data = yield _COLOUR.size * count
        return cls(first, tuple((red, green, blue) for red, green, blue in _COLOUR.iter_unpack(data)))


@dataclass(frozen=True, slots=True)
class Bell(Message):
    """Bell (RFC 6143 section 7.6.3)."""

    kind: ClassVar[Kind] = Kind.BELL

    def pack(self) -> bytes:
        return bytes([ServerMessage.BELL])

    @classmethod
    def parse(cls) -> Parser[Bell]:
        yield 0
        return cls()


@dataclass(frozen=True, slots=True)
class ServerCutText(Message):
    """ServerCutText (RFC 6143 section 7.6.4): Latin-1 bytes, at most MAX_CUT_TEXT."""

    kind: ClassVar[Kind] = Kind.CUT_TEXT
    data: bytes

    def __post_init__(self) -> None:
        within("length of the clipboard text", len(self.data), 0, MAX_CUT_TEXT)

    def pack(self) -> bytes:
        return bytes([ServerMessage.CUT_TEXT, 0, 0, 0]) + pack_long(self.data)

    @classmethod
    def parse(cls) -> Parser[ServerCutText]:
        yield 3
        return cls((yield from parse_long("the clipboard text", MAX_CUT_TEXT)))


@dataclass(frozen=True, slots=True)
class ServerFence(Message):
    """ServerFence (rfbproto, "Fence"): `flags` as FenceFlag, unknown bits are kept."""

    kind: ClassVar[Kind] = Kind.FENCE
    listed: ClassVar[Encoding | None] = Encoding.FENCE
    flags: int
    payload: bytes

    def __post_init__(self) -> None:
        within("fence flags", self.flags, 0, U32)
        within("length of a fence", len(self.payload), 0, MAX_FENCE)

    def pack(self) -> bytes:
        return bytes([ServerMessage.FENCE]) + _FENCE.pack(self.flags, len(self.payload)) + self.payload

    @classmethod
    def parse(cls) -> Parser[ServerFence]:
        flags, length = _FENCE.unpack((yield _FENCE.size))
        within("length of a fence", length, 0, MAX_FENCE)
        return cls(flags, (yield length))


@dataclass(frozen=True, slots=True)
class EndOfContinuousUpdates(Message):
    """EndOfContinuousUpdates (rfbproto): sent once to say that they are known, and when they end."""

    kind: ClassVar[Kind] = Kind.END_OF_CONTINUOUS_UPDATES
    listed: ClassVar[Encoding | None] = Encoding.CONTINUOUS_UPDATES

    def pack(self) -> bytes:
        return bytes([ServerMessage.END_OF_CONTINUOUS_UPDATES])

    @classmethod
    def parse(cls) -> Parser[EndOfContinuousUpdates]:
        yield 0
        return cls()


@dataclass(frozen=True, slots=True)
class FramebufferUpdate(Message):
    """FramebufferUpdate (RFC 6143 section 7.6.1), for sending. One that ends with LastRectangle counts
    0xFFFF, any other its rectangles. What arrives comes as UpdateStarted, the rectangles, UpdateEnded."""

    kind: ClassVar[Kind] = Kind.UPDATE
    rectangles: tuple[Rectangle, ...]

    def __post_init__(self) -> None:
        within("number of rectangles", len(self.rectangles), 0, MAX_RECTANGLES - 1)
        if any(isinstance(rectangle, LastRectangle) for rectangle in self.rectangles[:-1]):
            raise ValueError("rectangles follow the last rectangle")

    def buffers(self) -> list[Buffer]:
        """The message in pieces, to be written in order; large payloads are the caller's own objects."""
        ends = bool(self.rectangles) and isinstance(self.rectangles[-1], LastRectangle)
        count = UNTIL_LAST if ends else len(self.rectangles)
        pieces: list[Buffer] = []
        small = bytearray(_UPDATE.pack(ServerMessage.FRAMEBUFFER_UPDATE, count))
        for rectangle in self.rectangles:
            small += HEADER.pack(*rectangle.header())
            body = rectangle.body()
            if len(body) < PASSED_ON:
                small += body
            else:
                pieces += [bytes(small), body]
                small.clear()
        return [*pieces, bytes(small)] if small else pieces

    def pack(self) -> bytes:
        return b"".join(self.buffers())


@dataclass(frozen=True, slots=True)
class UpdateStarted:
    """An update begins. `rectangles`: how many follow at most, None: until LastRectangle."""

    rectangles: int | None


@dataclass(frozen=True, slots=True)
class UpdateEnded:
    """The update that was started is whole."""


FromServer = (
    ServerInit
    | SetColourMapEntries
    | Bell
    | ServerCutText
    | ServerFence
    | EndOfContinuousUpdates
    | RadtermFromServer
)

SERVER_PARSERS: dict[int, Callable[[], Parser[FromServer | UnknownRadterm]]] = {
    ServerMessage.SET_COLOUR_MAP_ENTRIES: SetColourMapEntries.parse,
    ServerMessage.BELL: Bell.parse,
    ServerMessage.CUT_TEXT: ServerCutText.parse,
    ServerMessage.RADTERM: parse_server_radterm,
    ServerMessage.END_OF_CONTINUOUS_UPDATES: EndOfContinuousUpdates.parse,
    ServerMessage.FENCE: ServerFence.parse,
}
"""By type byte; the connection itself reads FramebufferUpdate, rectangle by rectangle."""
