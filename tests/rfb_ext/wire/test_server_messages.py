"""What a server sends: byte vectors, values that cannot be, and updates packed for sending."""

from __future__ import annotations

import pytest

from rfb_ext.errors import RemoteProtocolError
from rfb_ext.wire import server_messages as s
from rfb_ext.wire.numbers import Encoding, HeadPolicy, NoticeCode
from rfb_ext.wire.rectangles import LastRectangle, PixelRectangle
from rfb_ext.wire.types import CANONICAL_8, Rect
from tests.rfb_ext.wire.ends import SERVER_HELLO, Pair, fed, named, vectors

ROWS = vectors("server_messages")
OPENING = vectors("server_hello")
LEFT = s.HeadEntry(1, Rect(0, 0, 320, 480), 8, HeadPolicy.DIAGNOSTIC, "left")
RIGHT = s.HeadEntry(2, Rect(320, 0, 320, 480), 10, HeadPolicy.REVIEW, "right")
DIGEST = bytes(range(16))
VALUES = {
    "SetColourMapEntries": s.SetColourMapEntries(7, ((1, 2, 3), (65535, 0, 9))),
    "Bell": s.Bell(),
    "ServerCutText": s.ServerCutText(b"caf\xe9"),
    "ServerFence": s.ServerFence(0x80000001, b"ab"),
    "EndOfContinuousUpdates": s.EndOfContinuousUpdates(),
    "Heads": s.Heads((LEFT, RIGHT)),
    "Heartbeat": s.Heartbeat(5_000_000, 250, (s.PulseEntry(1, 42, 4_900_000, 4_990_000, DIGEST),)),
    "Notice": s.Notice(NoticeCode.CLOSING, "closing"),
    "ServerInit": s.ServerInit(640, 480, CANONICAL_8, "desk"),
    "ServerHello": s.ServerHello(1, 0x0123456789ABCDEF, 3, (0, 0x52540001), "radterm 0.1"),
}


def check(pair: Pair, name: str, kind: str, data: bytes) -> None:
    client = pair.client
    if kind == "valid":
        assert fed(client, data) == [VALUES[name]]
        assert VALUES[name].pack() == data
    elif kind == "truncated":
        assert fed(client, data) == []
        client.receive_eof()
        with pytest.raises(RemoteProtocolError, match="middle"):
            client.next_event()
    else:
        with pytest.raises(RemoteProtocolError):
            fed(client, data)


def test_every_message_has_a_valid_vector() -> None:
    assert {name for name, kind, _ in ROWS + OPENING if kind == "valid"} == set(VALUES)


@pytest.mark.parametrize(("name", "kind", "data"), ROWS, ids=named(ROWS))
def test_vector(name: str, kind: str, data: bytes) -> None:
    check(Pair().open_radterm(), name, kind, data)


@pytest.mark.parametrize(("name", "kind", "data"), OPENING, ids=named(OPENING))
def test_vector_of_the_opening(name: str, kind: str, data: bytes) -> None:
    pair = Pair()
    pair.shake()
    check(pair if name == "ServerInit" else pair.open(), name, kind, data)


def test_a_name_that_is_not_utf8_is_shown_and_bounded() -> None:
    pair = Pair()
    pair.shake()
    packed = s.ServerInit(640, 480, CANONICAL_8, "").pack()
    (init,) = fed(pair.client, packed[:-4] + b"\0\0\x10\0" + b"\xff" * 4096)
    assert isinstance(init, s.ServerInit)
    assert init.name == "?" * 4096


def raw(width: int) -> PixelRectangle:
    return PixelRectangle(Rect(0, 0, width, 1), Encoding.RAW, bytes(4 * width))


def test_an_update_counts_its_rectangles() -> None:
    packed = s.FramebufferUpdate((raw(1), raw(1))).pack()
    assert packed[:4] == b"\0\0\0\2"
    assert len(packed) == 4 + 2 * (12 + 4)


def test_an_update_that_ends_with_the_last_rectangle_does_not_count() -> None:
    packed = s.FramebufferUpdate((raw(1), LastRectangle())).pack()
    assert packed[:4] == b"\0\0\xff\xff"
    assert packed[-12:] == bytes(8) + b"\xff\xff\xff\x20"


def test_large_payloads_are_passed_on() -> None:
    payload = bytes(4 * 600)
    large = PixelRectangle(Rect(0, 0, 600, 1), Encoding.RAW, payload)
    update = s.FramebufferUpdate((raw(1), large, raw(2)))
    buffers = update.buffers()
    assert len(buffers) == 3
    assert buffers[1] is payload
    assert b"".join(buffers) == update.pack() == b"\0\0\0\3" + b"".join(r.pack() for r in update.rectangles)


@pytest.mark.parametrize(
    "make",
    [
        lambda: s.FramebufferUpdate((LastRectangle(), raw(1))),
        lambda: s.FramebufferUpdate((LastRectangle(),) * 2),
        lambda: s.FramebufferUpdate((raw(1),) * 65535),
        lambda: s.ServerInit(0, 1, CANONICAL_8, ""),
        lambda: s.ServerInit(16384, 4097, CANONICAL_8, ""),
        lambda: s.ServerInit(1, 1, CANONICAL_8, "x" * 4097),
        lambda: s.Heads(()),
        lambda: s.Heads((LEFT, LEFT)),
        lambda: s.HeadEntry(1, Rect(0, 0, 0, 1), 8, HeadPolicy.REVIEW, ""),
        lambda: s.HeadEntry(1, Rect(0, 0, 1, 1), 9, HeadPolicy.REVIEW, ""),
        lambda: s.HeadEntry(1, Rect(0, 0, 1, 1), 8, 3, ""),  # type: ignore[arg-type]
        lambda: s.PulseEntry(1, 1, 1, 1, bytes(15)),
        lambda: s.PulseEntry(1, 1 << 64, 1, 1, bytes(16)),
        lambda: s.Heartbeat(1, 65536, ()),
        lambda: s.Notice(65536, ""),
        lambda: s.SetColourMapEntries(0, ((0, 0),)),  # type: ignore[arg-type]
        lambda: s.SetColourMapEntries(0, ((0, 0, 65536),)),
        lambda: s.ServerFence(1 << 32, b""),
        lambda: s.ServerHello(1, 1 << 64, 0, (), ""),
    ],
)
def test_an_illegal_message_cannot_be_made(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        make()


def test_server_hello_comes_once() -> None:
    client = Pair().open_radterm().client
    with pytest.raises(RemoteProtocolError, match="SERVER_HELLO"):
        fed(client, SERVER_HELLO.pack())
