"""Standard pseudo-rectangles: cursor, size, layout, name; see rectangles."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar

from rfb_ext.wire.client_messages import pack_screens, unpack_screens
from rfb_ext.wire.fields import (
    U16,
    Buffer,
    Parser,
    check_text,
    foreign_text,
    pack_long,
    parse_long,
    sized,
    within,
)
from rfb_ext.wire.numbers import (
    MAX_CURSOR_SIDE,
    MAX_NAME,
    MAX_PIXELS,
    MAX_SCREENS,
    MAX_SIDE,
    Encoding,
    LayoutReason,
    LayoutStatus,
)
from rfb_ext.wire.pixel_rectangles import Header, PixelBytes, Rectangle
from rfb_ext.wire.types import ScreenLayout

_S32 = struct.Struct(">i")
_REASONS = frozenset(LayoutReason)
_STATUSES = frozenset(LayoutStatus)


def _check_cursor(width: int, height: int, hot_x: int, hot_y: int) -> None:
    within("width of the cursor", width, 0, MAX_CURSOR_SIDE)
    within("height of the cursor", height, 0, MAX_CURSOR_SIDE)
    within("hot spot x", hot_x, 0, U16)
    within("hot spot y", hot_y, 0, U16)


def _mask_length(width: int, height: int) -> int:
    return (width + 7) // 8 * height


@dataclass(frozen=True, slots=True)
class CursorRectangle(Rectangle):
    """Cursor (RFC 6143 section 7.8.1): `pixels` in the client's pixel format, row by row; `mask` one bit
    a pixel, most significant first, rows padded to bytes."""

    listed: ClassVar[Encoding | None] = Encoding.CURSOR
    hot_x: int
    hot_y: int
    width: int
    height: int
    pixels: bytes
    mask: bytes

    def __post_init__(self) -> None:
        _check_cursor(self.width, self.height, self.hot_x, self.hot_y)
        if len(self.pixels) not in [self.width * self.height * b for b in (1, 2, 4)]:
            raise ValueError(f"{len(self.pixels)} bytes are no {self.width}x{self.height} cursor")
        sized("the mask of the cursor", self.mask, _mask_length(self.width, self.height))

    def header(self) -> Header:
        return Header(self.hot_x, self.hot_y, self.width, self.height, Encoding.CURSOR)

    def body(self) -> Buffer:
        return self.pixels + self.mask


def parse_cursor(header: Header, pixel_bytes: PixelBytes) -> Parser[Rectangle]:
    _check_cursor(header.w, header.h, header.x, header.y)
    pixels = yield header.w * header.h * pixel_bytes.set_format
    mask = yield _mask_length(header.w, header.h)
    return CursorRectangle(header.x, header.y, header.w, header.h, pixels, mask)


@dataclass(frozen=True, slots=True)
class CursorWithAlphaRectangle(Rectangle):
    """Cursor With Alpha (rfbproto): `rgba` premultiplied, row by row. The inner encoding is Raw only."""

    listed: ClassVar[Encoding | None] = Encoding.CURSOR_WITH_ALPHA
    hot_x: int
    hot_y: int
    width: int
    height: int
    rgba: bytes

    def __post_init__(self) -> None:
        _check_cursor(self.width, self.height, self.hot_x, self.hot_y)
        sized("the cursor", self.rgba, self.width * self.height * 4)

    def header(self) -> Header:
        return Header(self.hot_x, self.hot_y, self.width, self.height, Encoding.CURSOR_WITH_ALPHA)

    def body(self) -> Buffer:
        return _S32.pack(Encoding.RAW) + self.rgba


def parse_cursor_with_alpha(header: Header, _: PixelBytes) -> Parser[Rectangle]:
    _check_cursor(header.w, header.h, header.x, header.y)
    (inner,) = _S32.unpack((yield 4))
    if inner != Encoding.RAW:
        raise ValueError(f"a cursor comes in encoding {inner} instead of Raw")
    rgba = yield header.w * header.h * 4
    return CursorWithAlphaRectangle(header.x, header.y, header.w, header.h, rgba)


def check_size(width: int, height: int) -> None:
    """Raises ValueError for a framebuffer that is empty or too large."""
    within("width of the framebuffer", width, 1, MAX_SIDE)
    within("height of the framebuffer", height, 1, MAX_SIDE)
    within("pixels of the framebuffer", width * height, 1, MAX_PIXELS)


@dataclass(frozen=True, slots=True)
class DesktopSizeRectangle(Rectangle):
    """DesktopSize (RFC 6143 section 7.8.2): the framebuffer has this size from here on."""

    listed: ClassVar[Encoding | None] = Encoding.DESKTOP_SIZE
    width: int
    height: int

    def __post_init__(self) -> None:
        check_size(self.width, self.height)

    def header(self) -> Header:
        return Header(0, 0, self.width, self.height, Encoding.DESKTOP_SIZE)

    def body(self) -> Buffer:
        return b""


def parse_desktop_size(header: Header, _: PixelBytes) -> Parser[Rectangle]:
    yield 0
    return DesktopSizeRectangle(header.w, header.h)


@dataclass(frozen=True, slots=True)
class LayoutRectangle(Rectangle):
    """ExtendedDesktopSize (rfbproto). With reason THIS_CLIENT and a status other than DONE nothing has
    changed: `layout` then informs only, and is None where what came is no possible layout.

    An unknown reason counts as SERVER, an unknown refusal as PROHIBITED; status is meaningless, and read
    as DONE, unless the reason is THIS_CLIENT.
    """

    listed: ClassVar[Encoding | None] = Encoding.EXTENDED_DESKTOP_SIZE
    reason: int
    status: int
    layout: ScreenLayout | None

    def __post_init__(self) -> None:
        LayoutReason(self.reason)
        LayoutStatus(self.status)
        if self.layout is None and not self.refused:
            raise ValueError("a layout is missing")

    @property
    def refused(self) -> bool:
        """True if this is the answer to our own request, and nothing has changed."""
        return self.reason == LayoutReason.THIS_CLIENT and self.status != LayoutStatus.DONE

    def header(self) -> Header:
        if self.layout is None:
            raise ValueError("a layout that cannot be is not sent")
        size = self.layout.width, self.layout.height
        return Header(self.reason, self.status, *size, Encoding.EXTENDED_DESKTOP_SIZE)

    def body(self) -> Buffer:
        screens = () if self.layout is None else self.layout.screens
        return bytes([len(screens), 0, 0, 0]) + pack_screens(screens)


def parse_layout(header: Header, _: PixelBytes) -> Parser[Rectangle]:
    count = (yield 4)[0]
    within("number of screens", count, 0, MAX_SCREENS)
    data = yield 16 * count
    reason = LayoutReason(header.x) if header.x in _REASONS else LayoutReason.SERVER
    status = LayoutStatus.DONE
    if reason == LayoutReason.THIS_CLIENT:
        status = LayoutStatus(header.y) if header.y in _STATUSES else LayoutStatus.PROHIBITED
    try:
        layout = ScreenLayout(header.w, header.h, unpack_screens(data))
    except ValueError:
        if reason != LayoutReason.THIS_CLIENT or status == LayoutStatus.DONE:
            raise
        layout = None
    return LayoutRectangle(reason, status, layout)


@dataclass(frozen=True, slots=True)
class DesktopNameRectangle(Rectangle):
    """DesktopName (rfbproto): at most MAX_NAME bytes of UTF-8."""

    listed: ClassVar[Encoding | None] = Encoding.DESKTOP_NAME
    name: str

    def __post_init__(self) -> None:
        check_text("the name", self.name)

    def header(self) -> Header:
        return Header(0, 0, 0, 0, Encoding.DESKTOP_NAME)

    def body(self) -> Buffer:
        return pack_long(self.name.encode())


def parse_desktop_name(_: Header, __: PixelBytes) -> Parser[Rectangle]:
    return DesktopNameRectangle(foreign_text((yield from parse_long("the name", MAX_NAME))))


@dataclass(frozen=True, slots=True)
class QemuKeyRectangle(Rectangle):
    """QEMU Extended Key Event (rfbproto): the server takes QemuKeyEvent."""

    listed: ClassVar[Encoding | None] = Encoding.QEMU_EXTENDED_KEY

    def header(self) -> Header:
        return Header(0, 0, 0, 0, Encoding.QEMU_EXTENDED_KEY)

    def body(self) -> Buffer:
        return b""


def parse_qemu_key(_: Header, __: PixelBytes) -> Parser[Rectangle]:
    yield 0
    return QemuKeyRectangle()


@dataclass(frozen=True, slots=True)
class LastRectangle(Rectangle):
    """LastRect (rfbproto): the update ends here."""

    listed: ClassVar[Encoding | None] = Encoding.LAST_RECT

    def header(self) -> Header:
        return Header(0, 0, 0, 0, Encoding.LAST_RECT)

    def body(self) -> Buffer:
        return b""


def parse_last(_: Header, __: PixelBytes) -> Parser[Rectangle]:
    yield 0
    return LastRectangle()
