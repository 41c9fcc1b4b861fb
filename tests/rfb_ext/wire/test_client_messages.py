"""What a viewer sends: byte vectors, and values that cannot be."""

from __future__ import annotations

import pytest

from rfb_ext.errors import RemoteProtocolError
from rfb_ext.wire import client_messages as c
from rfb_ext.wire.numbers import AckFlag, ResyncReason
from rfb_ext.wire.types import CANONICAL_8, PixelFormat, Rect, Screen, ScreenLayout
from tests.rfb_ext.wire.ends import Pair, events, fed, named, vectors

ROWS = vectors("client_messages")
LAYOUT = ScreenLayout(640, 480, (Screen(1, Rect(0, 0, 320, 480)), Screen(2, Rect(320, 0, 320, 480), 7)))
VALUES = {
    "SetPixelFormat": c.SetPixelFormat(PixelFormat(32, 24, False, True, 255, 255, 255, 16, 8, 0)),
    "SetEncodings": c.SetEncodings((0, -224, 0x52540100)),
    "FramebufferUpdateRequest": c.FramebufferUpdateRequest(True, Rect(1, 2, 3, 4)),
    "KeyEvent": c.KeyEvent(True, 0xFF0D),
    "PointerEvent": c.PointerEvent(3, 700, 65535),
    "ClientCutText": c.ClientCutText(b"caf\xe9"),
    "EnableContinuousUpdates": c.EnableContinuousUpdates(True, Rect(0, 0, 640, 480)),
    "ClientFence": c.ClientFence(0x80000003, b"fence"),
    "SetDesktopSize": c.SetDesktopSize(LAYOUT),
    "QemuKeyEvent": c.QemuKeyEvent(True, 0xFF0D, 0x1C),
    "ClientHello": c.ClientHello(1, 1 << 20, (0, 0x52540001), "radterm 0.1"),
    "UpdateAcknowledged": c.UpdateAcknowledged(9, 2, AckFlag.VERIFIED | AckFlag.PRESENTED, 1500, 4000),
    "ResyncRequest": c.ResyncRequest(2, Rect(10, 20, 30, 40), 0x52540001, ResyncReason.DECODE_ERROR),
    "InputTag": c.InputTag(77),
}


def pair_for(name: str) -> Pair:
    """ClientHello comes once, before all other radterm messages."""
    from tests.rfb_ext.wire.ends import SERVER_HELLO

    pair = Pair()
    if name != "ClientHello":
        return pair.open_radterm()
    pair.open().from_server(SERVER_HELLO)
    return pair


def test_every_message_has_a_triple() -> None:
    assert {name for name, kind, _ in ROWS if kind == "valid"} == set(VALUES)
    assert {name for name, kind, _ in ROWS if kind == "truncated"} == set(VALUES)


@pytest.mark.parametrize(("name", "kind", "data"), ROWS, ids=named(ROWS))
def test_vector(name: str, kind: str, data: bytes) -> None:
    server = pair_for(name).server
    if kind == "valid":
        assert fed(server, data) == [VALUES[name]]
        assert VALUES[name].pack() == data
    elif kind == "truncated":
        assert fed(server, data) == []
        server.receive_eof()
        with pytest.raises(RemoteProtocolError, match="middle"):
            server.next_event()
    else:
        with pytest.raises(RemoteProtocolError):
            fed(server, data)


@pytest.mark.parametrize(
    "screens",
    [
        "",
        "00000001 0000 0000 0281 01e0 00000000",  # wider than the framebuffer
        "00000001 0000 0000 0140 01e0 00000000" * 2,  # an id twice
        "00000001 ffff 0000 0140 01e0 00000000",
    ],
)
def test_an_impossible_layout_is_an_event(screens: str) -> None:
    data = bytes.fromhex(screens)
    message = bytes.fromhex("fb00 0280 01e0") + bytes([len(data) // 16, 0]) + data
    assert fed(Pair().open().server, message) == [c.SetDesktopSize(None)]


def test_no_encoding_in_particular() -> None:
    request = c.ResyncRequest(1, Rect(0, 0, 1, 1), None, ResyncReason.NOT_COMPLETE)
    assert b"\x7f\xff\xff\xff" in request.pack()
    assert Pair().open_radterm().from_client(request) == [request]


def test_later_versions_may_add_fields_and_subtypes() -> None:
    from rfb_ext.wire.fields import sealed

    server = Pair().open_radterm().server
    longer = sealed(bytes.fromhex("52040000 00000006 0000004d aabb".replace(" ", "")))
    unknown = sealed(bytes.fromhex("52630000 00000002 aabb".replace(" ", "")))
    assert fed(server, unknown + longer) == [c.InputTag(77)]
    assert events(server) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: c.KeyEvent(True, 1 << 32),
        lambda: c.PointerEvent(256, 0, 0),
        lambda: c.PointerEvent(0, -1, 0),
        lambda: c.SetEncodings((1 << 31,)),
        lambda: c.SetEncodings((0,) * 1025),
        lambda: c.ClientCutText(bytes((1 << 18) + 1)),
        lambda: c.ClientFence(0, bytes(65)),
        lambda: c.ClientHello(0, 0, (), ""),
        lambda: c.ClientHello(1, 0, (0,) * 256, ""),
        lambda: c.ClientHello(1, 0, (), "\ud800"),
        lambda: c.ClientHello(1, 0, (), "é" * 2049),
        lambda: c.InputTag(-1),
        lambda: c.ResyncRequest(1, Rect(0, 0, 1, 1), 0x7FFFFFFF, ResyncReason.MISMATCH),
        lambda: c.SetPixelFormat(PixelFormat(8, 8, False, False, 0, 0, 0, 0, 0, 0)),
        lambda: c.SetDesktopSize(None).pack(),
    ],
)
def test_an_illegal_message_cannot_be_made(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        make()


def test_pixel_format_of_the_canonical_pixel() -> None:
    assert c.SetPixelFormat(CANONICAL_8).pack()[4:8] == b"\x20\x18\x00\x01"
