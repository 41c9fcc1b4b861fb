"""Rectangles: byte vectors inside an update, sizes and places that cannot be."""

from __future__ import annotations

import pytest

from rfb_ext.errors import RemoteProtocolError
from rfb_ext.wire import rectangles as r
from rfb_ext.wire.numbers import Encoding, LayoutReason, LayoutStatus
from rfb_ext.wire.server_messages import UpdateEnded, UpdateStarted
from rfb_ext.wire.states import Kind
from rfb_ext.wire.types import Rect
from tests.rfb_ext.wire.ends import LAYOUT, Pair, fed, named, vectors

ROWS = vectors("rectangles")
ONE = b"\0\0\0\1"
DIGEST = bytes(range(16))
RIGHT = Rect(320, 0, 320, 480)
CURSOR = r.CursorRectangle(1, 1, 9, 2, b"\x11\x22\x33\x44" * 18, b"\xff\x80\x00\x80")
VALUES = {
    "Raw": r.PixelRectangle(Rect(1, 2, 2, 1), Encoding.RAW, b"ABCDEFGH"),
    "Planes": r.PixelRectangle(Rect(0, 0, 3, 2), Encoding.PLANES, b"\0\0\0\6\1\1\x08\0\0\0"),
    "H264": r.PixelRectangle(RIGHT, Encoding.H264_LOSSLESS, b"\0\0\0\x08\1\1\x0a\0\0\0\0\1"),
    "Cursor": CURSOR,
    "CursorWithAlpha": r.CursorWithAlphaRectangle(0, 1, 1, 2, b"RGBArgba"),
    "DesktopSize": r.DesktopSizeRectangle(800, 600),
    "Layout": r.LayoutRectangle(LayoutReason.SERVER, LayoutStatus.DONE, LAYOUT),
    "DesktopName": r.DesktopNameRectangle("Röntg1"),
    "QemuKey": r.QemuKeyRectangle(),
    "Last": r.LastRectangle(),
    "UpdateBegin": r.UpdateBegin(RIGHT, 7, 2, 43, 4_900_000, 77, 10),
    "RectangleDigest": r.RectangleDigest(Rect(320, 0, 2, 1), DIGEST, b"placed!!"),
    "UpdateEnd": r.UpdateEnd(RIGHT, 7, 1, True, DIGEST, bytes.fromhex("1122334455667788")),
}


def test_every_rectangle_has_a_triple() -> None:
    assert {name for name, kind, _ in ROWS if kind == "valid"} == set(VALUES)
    encodings = {value.header().encoding for value in VALUES.values()}
    standard = {e for e, (kind, _) in r.RECTANGLES.items() if kind is Kind.STANDARD_RECTANGLE}
    assert encodings | standard == set(r.RECTANGLES)


@pytest.mark.parametrize(("name", "kind", "data"), ROWS, ids=named(ROWS))
def test_vector(name: str, kind: str, data: bytes) -> None:
    client = Pair().open_radterm().client
    if kind == "valid":
        assert fed(client, ONE + data) == [UpdateStarted(1), VALUES[name], UpdateEnded()]
        assert VALUES[name].pack() == data
    elif kind == "truncated":
        assert fed(client, ONE + data) == [UpdateStarted(1)]
        client.receive_eof()
        with pytest.raises(RemoteProtocolError, match="middle"):
            client.next_event()
    else:
        with pytest.raises(RemoteProtocolError):
            fed(client, ONE + data)


def test_raw_keeps_to_set_pixel_format_before_radterm_is_open() -> None:
    from rfb_ext.wire.client_messages import SetPixelFormat
    from rfb_ext.wire.types import PixelFormat

    pair = Pair().open()
    pair.from_client(SetPixelFormat(PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)))
    data = bytes.fromhex("0000 0000 0002 0001 00000000") + b"ABCD"
    expected = r.PixelRectangle(Rect(0, 0, 2, 1), Encoding.RAW, b"ABCD")
    assert fed(pair.client, ONE + data) == [UpdateStarted(1), expected, UpdateEnded()]


def test_copyrect_has_four_bytes_and_no_place_in_radterm() -> None:
    copy = r.PixelRectangle(Rect(0, 0, 4, 4), Encoding.COPYRECT, b"\0\1\0\2")
    assert fed(Pair().open().client, ONE + copy.pack())[1] == copy
    with pytest.raises(RemoteProtocolError, match="STANDARD_RECTANGLE"):
        fed(Pair().open_radterm().client, ONE + copy.pack())


@pytest.mark.parametrize(
    ("header", "reason", "status"),
    [
        ("0007 0000", LayoutReason.SERVER, LayoutStatus.DONE),
        ("0000 0003", LayoutReason.SERVER, LayoutStatus.DONE),
        ("0001 0003", LayoutReason.THIS_CLIENT, LayoutStatus.INVALID),
        ("0001 0004", LayoutReason.THIS_CLIENT, LayoutStatus.PROHIBITED),
        ("0002 0001", LayoutReason.OTHER_CLIENT, LayoutStatus.DONE),
    ],
)
def test_reason_and_status(header: str, reason: LayoutReason, status: LayoutStatus) -> None:
    pair = Pair().open()
    data = bytes.fromhex(header) + VALUES["Layout"].pack()[4:]
    rectangle = fed(pair.client, ONE + data)[1]
    assert isinstance(rectangle, r.LayoutRectangle)
    assert rectangle == r.LayoutRectangle(reason, status, LAYOUT)
    assert pair.client.framebuffer == ((640, 480) if rectangle.refused else (800, 600))


def test_a_refused_layout_that_cannot_be_only_informs() -> None:
    pair = Pair().open()
    data = bytes.fromhex("0001 0003 0000 0000 fffffecc 00000000")
    expected = r.LayoutRectangle(LayoutReason.THIS_CLIENT, LayoutStatus.INVALID, None)
    assert fed(pair.client, ONE + data)[1] == expected
    assert pair.client.framebuffer == (640, 480)


@pytest.mark.parametrize(
    "make",
    [
        lambda: r.PixelRectangle(Rect(0, 0, 16384, 4097), 0, b""),
        lambda: r.PixelRectangle(Rect(0, 0, 1, 1), 1 << 31, b""),
        lambda: r.PixelRectangle(Rect(0, 0, 1, 1), 0, memoryview(b"12345678")[::2]),
        lambda: r.CursorRectangle(0, 0, 257, 1, bytes(257), bytes(33)),
        lambda: r.CursorRectangle(0, 0, 9, 1, bytes(9), bytes(1)),
        lambda: r.CursorRectangle(0, 0, 9, 1, bytes(27), bytes(2)),
        lambda: r.CursorWithAlphaRectangle(0, 0, 2, 2, bytes(15)),
        lambda: r.DesktopSizeRectangle(0, 1),
        lambda: r.LayoutRectangle(3, 0, LAYOUT),
        lambda: r.LayoutRectangle(0, 4, LAYOUT),
        lambda: r.LayoutRectangle(1, 0, None),
        lambda: r.LayoutRectangle(1, 3, None).pack(),
        lambda: r.DesktopNameRectangle("x" * 4097),
        lambda: r.UpdateBegin(RIGHT, 1 << 32, 0, 0, 0, 0, 8),
        lambda: r.UpdateBegin(RIGHT, 1, 0, 0, 0, 0, 9),
        lambda: r.RectangleDigest(RIGHT, bytes(15), bytes(8)),
        lambda: r.RectangleDigest(RIGHT, bytes(16), bytes(9)),
        lambda: r.UpdateEnd(RIGHT, 1, 65536, True, bytes(16), bytes(8)),
        lambda: r.UpdateEnd(RIGHT, 1, 0, False, DIGEST, bytes(8)),
    ],
)
def test_an_illegal_rectangle_cannot_be_made(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        make()
