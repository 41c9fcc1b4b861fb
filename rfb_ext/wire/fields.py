"""Pack and unpack primitives, the queue of received bytes, and what every message shares.

A parser is a generator: it yields how many bytes it needs next, is sent exactly those, and returns its
value. It raises ValueError for what must not be; the connection turns that into a protocol error.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Generator, Sized
from typing import ClassVar, Self, TypeVar
from zlib import crc32

from rfb_ext.wire.numbers import MAX_NAME, MAX_RADTERM_MESSAGE, ClientMessage, Encoding
from rfb_ext.wire.states import Kind
from rfb_ext.wire.types import PixelFormat, Rect

T = TypeVar("T")
Parser = Generator[int, bytes, T]
Buffer = bytes | memoryview

U8 = 0xFF
U16 = 0xFFFF
U32 = 0xFFFFFFFF
U64 = 0xFFFFFFFFFFFFFFFF

NOTHING_LISTED = 0x7FFFFFFF
"""ResyncRequest: no encoding in particular."""

COALESCE = 4096
"""Received pieces shorter than this are copied together, so that a peer that sends byte by byte costs
bytes and not objects."""

_PIXEL_FORMAT = struct.Struct(">BBBBHHHBBB3x")
_RECT = struct.Struct(">HHHH")
_S32 = struct.Struct(">i")
_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
_RADTERM_HEADER = struct.Struct(">BBHI")


def within(name: str, value: int, low: int, high: int) -> None:
    """Raises ValueError unless low <= value <= high."""
    if not low <= value <= high:
        raise ValueError(f"{name} {value} is outside {low}..{high}")


def sized(name: str, data: Sized, count: int) -> None:
    """Raises ValueError unless `data` has exactly `count` items."""
    if len(data) != count:
        raise ValueError(f"{name} has {len(data)} bytes instead of {count}")


def check_encodings(encodings: tuple[int, ...], most: int) -> None:
    """Raises ValueError for more than `most` numbers or one that is not an S32."""
    within("number of encodings", len(encodings), 0, most)
    for encoding in encodings:
        within("encoding", encoding, -(1 << 31), (1 << 31) - 1)


def pack_encodings(encodings: tuple[int, ...]) -> bytes:
    return struct.pack(f">{len(encodings)}i", *encodings)


def unpack_encodings(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 4}i", data)


def pack_rect(rect: Rect) -> bytes:
    return _RECT.pack(rect.x, rect.y, rect.w, rect.h)


def unpack_rect(data: bytes) -> Rect:
    return Rect(*_RECT.unpack(data))


def pack_pixel_format(f: PixelFormat) -> bytes:
    """PIXEL_FORMAT, 16 bytes (RFC 6143 section 7.4)."""
    maxima, shifts = (f.red_max, f.green_max, f.blue_max), (f.red_shift, f.green_shift, f.blue_shift)
    return _PIXEL_FORMAT.pack(f.bits_per_pixel, f.depth, f.big_endian, f.true_colour, *maxima, *shifts)


def unpack_pixel_format(data: bytes) -> PixelFormat:
    bits, depth, big_endian, true_colour, *channels = _PIXEL_FORMAT.unpack(data)
    return PixelFormat(bits, depth, big_endian != 0, true_colour != 0, *channels)


def check_text(name: str, text: str) -> None:
    """Raises ValueError for more than MAX_NAME bytes of UTF-8, or a lone surrogate."""
    within(f"length of {name}", len(text.encode()), 0, MAX_NAME)


def foreign_text(data: bytes) -> str:
    """UTF-8 from a peer that may not keep to it: each wrong byte becomes one question mark, so the text
    never takes more bytes than it came in."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").replace("\ufffd", "?")


def pack_long(data: bytes) -> bytes:
    """U32 length and the bytes."""
    return _U32.pack(len(data)) + data


def parse_long(name: str, most: int) -> Parser[bytes]:
    """U32 length, at most `most`, and that many bytes."""
    (length,) = _U32.unpack((yield 4))
    within(f"length of {name}", length, 0, most)
    return (yield length)


def sealed(covered: bytes) -> bytes:
    """`covered` and its CRC-32."""
    return covered + _U32.pack(crc32(covered))


def check_seal(name: str, *parts: bytes) -> None:
    """Raises ValueError unless the last four bytes of the parts are the CRC-32 of all before."""
    data = b"".join(parts)
    if _U32.pack(crc32(data[:-4])) != data[-4:]:
        raise ValueError(f"the checksum of {name} is wrong")


class Fields:
    """Reads the fields of a payload that has arrived whole. Raises ValueError behind its end; what is
    left over at the end is nobody's business (later versions add there)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise ValueError("a payload is shorter than its fields")
        piece, self._at = self._data[self._at : end], end
        return piece

    def unpack(self, layout: struct.Struct) -> tuple[int, ...]:
        return layout.unpack(self.take(layout.size))

    def rect(self) -> Rect:
        return unpack_rect(self.take(8))

    def encodings(self, count: int) -> tuple[int, ...]:
        return unpack_encodings(self.take(4 * count))

    def text(self) -> str:
        """U16 length, at most MAX_NAME, and UTF-8."""
        (length,) = _U16.unpack(self.take(2))
        within("length of a text", length, 0, MAX_NAME)
        return self.take(length).decode()


def pack_text(text: str) -> bytes:
    data = text.encode()
    return _U16.pack(len(data)) + data


class Message:
    """What travels: its row in the transition table, and the encoding the client must have listed."""

    __slots__ = ()
    kind: ClassVar[Kind]
    listed: ClassVar[Encoding | None] = None

    def pack(self) -> bytes:
        """All bytes, the message type first."""
        raise NotImplementedError


class RadtermMessage(Message):
    """Message 82 (PROTOCOL.md section 3)."""

    __slots__ = ()
    subtype: ClassVar[int]

    def payload(self) -> bytes:
        raise NotImplementedError

    @classmethod
    def unpack(cls, fields: Fields) -> Self:
        raise NotImplementedError

    def pack(self) -> bytes:
        payload = self.payload()
        return sealed(_RADTERM_HEADER.pack(ClientMessage.RADTERM, self.subtype, 0, len(payload)) + payload)


class UnknownRadterm(Message):
    """A message 82 of a later version; it is skipped."""

    __slots__ = ()
    kind = Kind.RADTERM_UNKNOWN


def parse_radterm(known: dict[int, Callable[[Fields], T]]) -> Parser[T | UnknownRadterm]:
    """Everything behind the first byte of message 82; `known`: unpack functions by subtype."""
    start = bytes([ClientMessage.RADTERM]) + (yield _RADTERM_HEADER.size - 1)
    _, subtype, reserved, length = _RADTERM_HEADER.unpack(start)
    within("length of a radterm message", length, 0, MAX_RADTERM_MESSAGE)
    rest = yield length + 4
    check_seal("a radterm message", start, rest)
    within("reserved field of a radterm message", reserved, 0, 0)
    unpack = known.get(subtype)
    return UnknownRadterm() if unpack is None else unpack(Fields(rest[:-4]))


class ByteQueue:
    """Received bytes in the order they came. Big pieces are kept as they are and joined once, when the
    count that is waited for is there; so a payload is copied once however it was cut."""

    def __init__(self) -> None:
        self._pieces: deque[memoryview] = deque()
        self._tail = bytearray()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, data: bytes | bytearray | memoryview) -> None:
        """A bytearray or memoryview is copied, since its owner may write to it; bytes are kept."""
        piece = memoryview(data).cast("B") if isinstance(data, memoryview) else data
        self._length += len(piece)
        if len(piece) < COALESCE:
            self._tail += piece
            if len(self._tail) >= COALESCE:
                self._close_tail()
            return
        self._close_tail()
        self._pieces.append(memoryview(bytes(piece)))

    def take(self, count: int) -> bytes:
        """The first `count` bytes, which must be there."""
        self._close_tail()
        self._length -= count
        taken: list[memoryview] = []
        while count:
            first = self._pieces[0]
            if len(first) > count:
                taken.append(first[:count])
                self._pieces[0] = first[count:]
                break
            taken.append(self._pieces.popleft())
            count -= len(first)
        return b"".join(taken)

    def clear(self) -> None:
        self._pieces.clear()
        self._tail = bytearray()
        self._length = 0

    def _close_tail(self) -> None:
        if self._tail:
            self._pieces.append(memoryview(self._tail))
            self._tail = bytearray()
