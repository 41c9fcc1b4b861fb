"""What a viewer sends: frozen dataclasses that cannot be illegal, each with pack() and parse().

Every class raises ValueError for a value out of its range. `parse` reads what follows the type byte.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rfb_ext.wire.client_radterm import ClientHello as ClientHello
from rfb_ext.wire.client_radterm import InputTag as InputTag
from rfb_ext.wire.client_radterm import RadtermFromClient, parse_client_radterm
from rfb_ext.wire.client_radterm import ResyncRequest as ResyncRequest
from rfb_ext.wire.client_radterm import UpdateAcknowledged as UpdateAcknowledged
from rfb_ext.wire.fields import (
    U8,
    U16,
    U32,
    Message,
    Parser,
    UnknownRadterm,
    check_encodings,
    pack_encodings,
    pack_long,
    pack_pixel_format,
    pack_rect,
    parse_long,
    unpack_encodings,
    unpack_pixel_format,
    unpack_rect,
    within,
)
from rfb_ext.wire.numbers import (
    MAX_CUT_TEXT,
    MAX_ENCODINGS,
    MAX_FENCE,
    MAX_SCREENS,
    ClientMessage,
    Encoding,
)
from rfb_ext.wire.states import Kind
from rfb_ext.wire.types import PixelFormat, Rect, Screen, ScreenLayout

_KEY = struct.Struct(">B2xI")
_POINTER = struct.Struct(">BHH")
_QEMU_KEY = struct.Struct(">BHII")
_QEMU_KEY_SUBTYPE = 0
_FENCE = struct.Struct(">3xIB")
_SIZE = struct.Struct(">xHHBx")
_SCREEN = struct.Struct(">IHHHHI")


@dataclass(frozen=True, slots=True)
class ClientInit(Message):
    """ClientInit (RFC 6143 section 7.3.1). The connection sends and takes it by itself."""

    kind: ClassVar[Kind] = Kind.CLIENT_INIT
    shared: bool

    def pack(self) -> bytes:
        return bytes([self.shared])

    @classmethod
    def parse(cls) -> Parser[ClientInit]:
        return cls((yield 1) != b"\0")


@dataclass(frozen=True, slots=True)
class SetPixelFormat(Message):
    """SetPixelFormat (RFC 6143 section 7.5.1); true colour only."""

    kind: ClassVar[Kind] = Kind.SET_PIXEL_FORMAT
    pixel_format: PixelFormat

    def __post_init__(self) -> None:
        if not self.pixel_format.true_colour:
            raise ValueError("a pixel format with a colour map is not supported")

    def pack(self) -> bytes:
        return bytes([ClientMessage.SET_PIXEL_FORMAT, 0, 0, 0]) + pack_pixel_format(self.pixel_format)

    @classmethod
    def parse(cls) -> Parser[SetPixelFormat]:
        return cls(unpack_pixel_format((yield 19)[3:]))


@dataclass(frozen=True, slots=True)
class SetEncodings(Message):
    """SetEncodings (RFC 6143 section 7.5.2), by preference; numbers are S32."""

    kind: ClassVar[Kind] = Kind.SET_ENCODINGS
    encodings: tuple[int, ...]

    def __post_init__(self) -> None:
        check_encodings(self.encodings, MAX_ENCODINGS)

    def pack(self) -> bytes:
        head = struct.pack(">BxH", ClientMessage.SET_ENCODINGS, len(self.encodings))
        return head + pack_encodings(self.encodings)

    @classmethod
    def parse(cls) -> Parser[SetEncodings]:
        (count,) = struct.unpack(">xH", (yield 3))
        within("number of encodings", count, 0, MAX_ENCODINGS)
        return cls(unpack_encodings((yield 4 * count)))


@dataclass(frozen=True, slots=True)
class FramebufferUpdateRequest(Message):
    """FramebufferUpdateRequest (RFC 6143 section 7.5.3)."""

    kind: ClassVar[Kind] = Kind.UPDATE_REQUEST
    incremental: bool
    rect: Rect

    def pack(self) -> bytes:
        head = bytes([ClientMessage.FRAMEBUFFER_UPDATE_REQUEST, self.incremental])
        return head + pack_rect(self.rect)

    @classmethod
    def parse(cls) -> Parser[FramebufferUpdateRequest]:
        data = yield 9
        return cls(data[0] != 0, unpack_rect(data[1:]))


@dataclass(frozen=True, slots=True)
class KeyEvent(Message):
    """KeyEvent (RFC 6143 section 7.5.4); `keysym` of X11."""

    kind: ClassVar[Kind] = Kind.KEY_EVENT
    down: bool
    keysym: int

    def __post_init__(self) -> None:
        within("keysym", self.keysym, 0, U32)

    def pack(self) -> bytes:
        return bytes([ClientMessage.KEY_EVENT]) + _KEY.pack(self.down, self.keysym)

    @classmethod
    def parse(cls) -> Parser[KeyEvent]:
        down, keysym = _KEY.unpack((yield _KEY.size))
        return cls(down != 0, keysym)


@dataclass(frozen=True, slots=True)
class PointerEvent(Message):
    """PointerEvent (RFC 6143 section 7.5.5): button mask, and a position in the framebuffer that may lie
    outside of it."""

    kind: ClassVar[Kind] = Kind.POINTER_EVENT
    buttons: int
    x: int
    y: int

    def __post_init__(self) -> None:
        within("button mask", self.buttons, 0, U8)
        within("pointer x", self.x, 0, U16)
        within("pointer y", self.y, 0, U16)

    def pack(self) -> bytes:
        return bytes([ClientMessage.POINTER_EVENT]) + _POINTER.pack(self.buttons, self.x, self.y)

    @classmethod
    def parse(cls) -> Parser[PointerEvent]:
        return cls(*_POINTER.unpack((yield _POINTER.size)))


@dataclass(frozen=True, slots=True)
class ClientCutText(Message):
    """ClientCutText (RFC 6143 section 7.5.6): Latin-1 bytes, at most MAX_CUT_TEXT. The extended
    clipboard, a negative length, is not offered; as an unsigned length it is over the bound."""

    kind: ClassVar[Kind] = Kind.CUT_TEXT
    data: bytes

    def __post_init__(self) -> None:
        within("length of the clipboard text", len(self.data), 0, MAX_CUT_TEXT)

    def pack(self) -> bytes:
        return bytes([ClientMessage.CUT_TEXT, 0, 0, 0]) + pack_long(self.data)

    @classmethod
    def parse(cls) -> Parser[ClientCutText]:
        yield 3
        return cls((yield from parse_long("the clipboard text", MAX_CUT_TEXT)))


@dataclass(frozen=True, slots=True)
class EnableContinuousUpdates(Message):
    """EnableContinuousUpdates (rfbproto)."""

    kind: ClassVar[Kind] = Kind.ENABLE_CONTINUOUS_UPDATES
    listed: ClassVar[Encoding | None] = Encoding.CONTINUOUS_UPDATES
    enable: bool
    rect: Rect

    def pack(self) -> bytes:
        return bytes([ClientMessage.ENABLE_CONTINUOUS_UPDATES, self.enable]) + pack_rect(self.rect)

    @classmethod
    def parse(cls) -> Parser[EnableContinuousUpdates]:
        data = yield 9
        return cls(data[0] != 0, unpack_rect(data[1:]))


@dataclass(frozen=True, slots=True)
class ClientFence(Message):
    """ClientFence (rfbproto, "Fence"): `flags` as FenceFlag, unknown bits are kept."""

    kind: ClassVar[Kind] = Kind.FENCE
    listed: ClassVar[Encoding | None] = Encoding.FENCE
    flags: int
    payload: bytes

    def __post_init__(self) -> None:
        within("fence flags", self.flags, 0, U32)
        within("length of a fence", len(self.payload), 0, MAX_FENCE)

    def pack(self) -> bytes:
        return bytes([ClientMessage.FENCE]) + _FENCE.pack(self.flags, len(self.payload)) + self.payload

    @classmethod
    def parse(cls) -> Parser[ClientFence]:
        flags, length = _FENCE.unpack((yield _FENCE.size))
        within("length of a fence", length, 0, MAX_FENCE)
        return cls(flags, (yield length))


def pack_screens(screens: tuple[Screen, ...]) -> bytes:
    """SCREEN structures of rfbproto, 16 bytes each."""
    return b"".join(_SCREEN.pack(s.id, s.rect.x, s.rect.y, s.rect.w, s.rect.h, s.flags) for s in screens)


def unpack_screens(data: bytes) -> tuple[Screen, ...]:
    return tuple(Screen(i, Rect(x, y, w, h), flags) for i, x, y, w, h, flags in _SCREEN.iter_unpack(data))


@dataclass(frozen=True, slots=True)
class SetDesktopSize(Message):
    """SetDesktopSize (rfbproto). `layout` is None when the viewer asked for one that cannot be (a screen
    outside, an id twice, no screen): the server answers with status INVALID. None is never sent."""

    kind: ClassVar[Kind] = Kind.SET_DESKTOP_SIZE
    listed: ClassVar[Encoding | None] = Encoding.EXTENDED_DESKTOP_SIZE
    layout: ScreenLayout | None

    def pack(self) -> bytes:
        if self.layout is None:
            raise ValueError("a layout that cannot be is not sent")
        size = _SIZE.pack(self.layout.width, self.layout.height, len(self.layout.screens))
        return bytes([ClientMessage.SET_DESKTOP_SIZE]) + size + pack_screens(self.layout.screens)

    @classmethod
    def parse(cls) -> Parser[SetDesktopSize]:
        width, height, count = _SIZE.unpack((yield _SIZE.size))
        within("number of screens", count, 0, MAX_SCREENS)
        data = yield _SCREEN.size * count
        try:
            return cls(ScreenLayout(width, height, unpack_screens(data)))
        except ValueError:
            return cls(None)


@dataclass(frozen=True, slots=True)
class QemuKeyEvent(Message):
    """QEMU Extended Key Event (rfbproto): `keycode` is XT set 1, E0-prefixed ones have bit 7 set."""

    kind: ClassVar[Kind] = Kind.QEMU_KEY_EVENT
    listed: ClassVar[Encoding | None] = Encoding.QEMU_EXTENDED_KEY
    down: bool
    keysym: int
    keycode: int

    def __post_init__(self) -> None:
        within("keysym", self.keysym, 0, U32)
        within("keycode", self.keycode, 0, U32)

    def pack(self) -> bytes:
        body = _QEMU_KEY.pack(_QEMU_KEY_SUBTYPE, self.down, self.keysym, self.keycode)
        return bytes([ClientMessage.QEMU]) + body

    @classmethod
    def parse(cls) -> Parser[QemuKeyEvent]:
        subtype, down, keysym, keycode = _QEMU_KEY.unpack((yield _QEMU_KEY.size))
        within("subtype of a QEMU message", subtype, _QEMU_KEY_SUBTYPE, _QEMU_KEY_SUBTYPE)
        return cls(down != 0, keysym, keycode)


FromClient = (
    SetPixelFormat
    | SetEncodings
    | FramebufferUpdateRequest
    | KeyEvent
    | PointerEvent
    | ClientCutText
    | EnableContinuousUpdates
    | ClientFence
    | SetDesktopSize
    | QemuKeyEvent
    | RadtermFromClient
)

CLIENT_PARSERS: dict[int, Callable[[], Parser[FromClient | UnknownRadterm]]] = {
    ClientMessage.SET_PIXEL_FORMAT: SetPixelFormat.parse,
    ClientMessage.SET_ENCODINGS: SetEncodings.parse,
    ClientMessage.FRAMEBUFFER_UPDATE_REQUEST: FramebufferUpdateRequest.parse,
    ClientMessage.KEY_EVENT: KeyEvent.parse,
    ClientMessage.POINTER_EVENT: PointerEvent.parse,
    ClientMessage.CUT_TEXT: ClientCutText.parse,
    ClientMessage.RADTERM: parse_client_radterm,
    ClientMessage.ENABLE_CONTINUOUS_UPDATES: EnableContinuousUpdates.parse,
    ClientMessage.FENCE: ClientFence.parse,
    ClientMessage.SET_DESKTOP_SIZE: SetDesktopSize.parse,
    ClientMessage.QEMU: QemuKeyEvent.parse,
}
