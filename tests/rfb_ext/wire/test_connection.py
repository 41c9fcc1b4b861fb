"""The one door: what may be sent and received when, and what a connection remembers of it."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rfb_ext.errors import LocalProtocolError, RemoteProtocolError
from rfb_ext.wire import client_messages as c
from rfb_ext.wire import rectangles as r
from rfb_ext.wire import server_messages as s
from rfb_ext.wire.connection import NEED_DATA, ConnectionEnded, State
from rfb_ext.wire.fields import UnknownRadterm
from rfb_ext.wire.numbers import AckFlag, Encoding, HeadPolicy, ResyncReason
from rfb_ext.wire.types import CANONICAL_8, PixelFormat, Rect, Screen, ScreenLayout
from tests.rfb_ext.wire.ends import (
    CLIENT_HELLO,
    EVERYTHING,
    LAYOUT,
    SERVER_HELLO,
    Pair,
    bytewise,
    events,
    fed,
    whole,
)

HEAD = Rect(0, 0, 640, 480)
HEADS = s.Heads((s.HeadEntry(1, HEAD, 8, HeadPolicy.DIAGNOSTIC, "one"),))
RAW = r.PixelRectangle(Rect(0, 0, 2, 1), Encoding.RAW, b"ABCDEFGH")
PLANES = r.PixelRectangle(Rect(0, 0, 2, 1), Encoding.PLANES, b"\0\0\0\1x")
BEGIN = r.UpdateBegin(HEAD, 1, 1, 1, 5, 0, 8)
DIGESTS = r.RectangleDigest(PLANES.rect, bytes(16), bytes(8))
END = r.UpdateEnd(HEAD, 1, 1, True, bytes(16), bytes(8))
LAST = r.LastRectangle()
RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)
ACK = c.UpdateAcknowledged(1, 1, AckFlag.VERIFIED, 1, 1)
RESYNC = c.ResyncRequest(1, HEAD, None, ResyncReason.MISMATCH)
MOVED = r.LayoutRectangle(0, 0, LAYOUT)

NEEDS = {
    r.QemuKeyRectangle(): Encoding.QEMU_EXTENDED_KEY,
    LAST: Encoding.LAST_RECT,
    MOVED: Encoding.EXTENDED_DESKTOP_SIZE,
    r.DesktopSizeRectangle(1, 1): Encoding.DESKTOP_SIZE,
    r.DesktopNameRectangle("x"): Encoding.DESKTOP_NAME,
    r.CursorRectangle(0, 0, 0, 0, b"", b""): Encoding.CURSOR,
    r.CursorWithAlphaRectangle(0, 0, 0, 0, b""): Encoding.CURSOR_WITH_ALPHA,
    r.PixelRectangle(HEAD, Encoding.COPYRECT, b"1234"): Encoding.COPYRECT,
    s.ServerFence(0, b""): Encoding.FENCE,
    s.EndOfContinuousUpdates(): Encoding.CONTINUOUS_UPDATES,
    SERVER_HELLO: Encoding.RADTERM,
}
NEEDS_RADTERM = {
    PLANES: Encoding.PLANES,
    r.PixelRectangle(HEAD, Encoding.H264_LOSSLESS, bytes(4)): Encoding.H264_LOSSLESS,
    BEGIN: Encoding.UPDATE_BEGIN,
    DIGESTS: Encoding.RECTANGLE_DIGEST,
    END: Encoding.UPDATE_END,
}


def update(*rectangles: r.Rectangle) -> s.FramebufferUpdate:
    return s.FramebufferUpdate(rectangles)


def as_message(thing: object) -> object:
    return update(thing) if isinstance(thing, r.Rectangle) else thing


@pytest.mark.parametrize("cut", [whole, bytewise])
def test_a_radterm_session(cut) -> None:  # type: ignore[no-untyped-def]
    pair = Pair(cut=cut).open()
    assert pair.server.encodings == frozenset(EVERYTHING)
    assert pair.from_server(SERVER_HELLO, HEADS) == [SERVER_HELLO, HEADS]
    assert (pair.client.radterm_open, pair.server.radterm_open) == (False, False)
    assert pair.from_client(CLIENT_HELLO) == [CLIENT_HELLO]
    assert (pair.client.radterm_open, pair.server.radterm_open) == (True, True)
    parts = (BEGIN, DIGESTS, PLANES, END, LAST)
    assert pair.from_server(update(*parts)) == [s.UpdateStarted(None), *parts, s.UpdateEnded()]
    tagged = [ACK, RESYNC, c.InputTag(3), c.KeyEvent(True, 65)]
    assert pair.from_client(*tagged) == tagged
    beat = s.Heartbeat(1, 250, (s.PulseEntry(1, 1, 1, 1, bytes(16)),))
    assert pair.from_server(beat, s.Notice(3, "bye")) == [beat, s.Notice(3, "bye")]


def test_events_come_one_by_one() -> None:
    """A rectangle is told as soon as it is whole, not with its update."""
    pair = Pair().open()
    data = b"".join(pair.server.send(update(RAW, RAW)))
    assert fed(pair.client, data[:4]) == [s.UpdateStarted(2)]
    assert fed(pair.client, data[4:23]) == []
    assert fed(pair.client, data[23:30]) == [RAW]
    assert fed(pair.client, data[30:]) == [RAW, s.UpdateEnded()]


def test_an_update_without_rectangles() -> None:
    assert Pair().open().from_server(update()) == [s.UpdateStarted(0), s.UpdateEnded()]


@pytest.mark.parametrize(("thing", "encoding"), NEEDS.items(), ids=lambda x: type(x).__name__)
def test_nothing_is_sent_that_the_client_did_not_list(thing: object, encoding: int) -> None:
    rest = tuple(e for e in EVERYTHING if e != encoding)
    message = as_message(thing)
    pair = Pair().open(rest)
    with pytest.raises(LocalProtocolError, match="did not list"):
        pair.server.send(message)  # type: ignore[arg-type]
    data = message.pack()  # type: ignore[attr-defined]
    with pytest.raises(RemoteProtocolError, match="did not list"):
        fed(pair.client, data)
    assert thing in Pair().open((encoding,)).from_server(message)


@pytest.mark.parametrize(("thing", "encoding"), NEEDS_RADTERM.items(), ids=lambda x: type(x).__name__)
def test_nothing_of_ours_is_sent_that_the_client_did_not_list(thing: object, encoding: int) -> None:
    message = as_message(thing)
    pair = Pair().open_radterm(tuple(e for e in EVERYTHING if e != encoding))
    with pytest.raises(LocalProtocolError, match="did not list"):
        pair.server.send(message)  # type: ignore[arg-type]
    with pytest.raises(RemoteProtocolError, match="did not list"):
        fed(pair.client, message.pack())  # type: ignore[attr-defined]
    for early in (Pair().open(), offered()):
        with pytest.raises(LocalProtocolError, match="may not send"):
            early.server.send(message)  # type: ignore[arg-type]
        with pytest.raises(RemoteProtocolError, match="may not send"):
            fed(early.client, message.pack())  # type: ignore[attr-defined]


def offered() -> Pair:
    pair = Pair().open()
    pair.from_server(SERVER_HELLO)
    return pair


def test_between_the_hellos_there_are_no_pixels_but_heads() -> None:
    pair = offered()
    with pytest.raises(LocalProtocolError, match="RAW_RECTANGLE"):
        pair.server.send(update(RAW))
    assert pair.from_server(HEADS) == [HEADS]
    with pytest.raises(RemoteProtocolError, match="RAW_RECTANGLE"):
        fed(pair.client, update(RAW).pack())


@pytest.mark.parametrize("message", [ACK, RESYNC, c.InputTag(1)])
def test_radterm_messages_before_client_hello(message: c.FromClient) -> None:
    for pair in (Pair().open(), offered()):
        with pytest.raises(LocalProtocolError):
            pair.client.send(message)
        with pytest.raises(RemoteProtocolError):
            fed(pair.server, message.pack())


def test_client_hello_without_an_offer() -> None:
    pair = Pair().open()
    with pytest.raises(LocalProtocolError):
        pair.client.send(CLIENT_HELLO)
    with pytest.raises(RemoteProtocolError):
        fed(pair.server, CLIENT_HELLO.pack())


@pytest.mark.parametrize(
    "message",
    [
        c.ClientFence(0, b""),
        c.EnableContinuousUpdates(True, HEAD),
        c.SetDesktopSize(LAYOUT),
        c.QemuKeyEvent(True, 1, 1),
    ],
)
def test_a_client_uses_only_what_it_listed(message: c.FromClient) -> None:
    pair = Pair().open((0,))
    with pytest.raises(LocalProtocolError, match="did not list"):
        pair.client.send(message)
    with pytest.raises(RemoteProtocolError, match="did not list"):
        fed(pair.server, message.pack())


def test_what_crosses_a_shorter_list_on_its_way_is_still_taken() -> None:
    pair = Pair().open_radterm()
    on_its_way = b"".join(pair.server.send(update(PLANES)))
    pair.from_client(c.SetEncodings((0,)))
    assert fed(pair.client, on_its_way)[1] == PLANES
    with pytest.raises(LocalProtocolError):
        pair.server.send(update(PLANES))
    assert pair.from_client(c.ClientFence(0, b"answer")) == [c.ClientFence(0, b"answer")]


@pytest.mark.parametrize(
    "message",
    [
        LAST,
        RAW,
        UnknownRadterm(),
        s.ServerInit(1, 1, CANONICAL_8, ""),
        c.KeyEvent(True, 1),
        c.ClientInit(True),
        update(replace(RAW, payload=b"ABCD")),
        update(replace(RAW, rect=Rect(639, 0, 2, 1))),
        update(replace(RAW, encoding=16)),
        update(r.PixelRectangle(HEAD, Encoding.PLANES, b"\0\0")),
        update(r.PixelRectangle(HEAD, Encoding.PLANES, b"\0\0\0\2x")),
        update(r.PixelRectangle(Rect(0, 0, 0, 0), Encoding.PLANES, b"\0\0\x10\1" + bytes(4097))),
        update(r.CursorRectangle(0, 0, 1, 1, b"12", b"\0")),
        update(replace(BEGIN, head_rect=Rect(0, 0, 641, 480))),
        update(replace(END, head_rect=Rect(0, 1, 640, 480))),
        s.Heads((s.HeadEntry(1, Rect(600, 0, 41, 1), 8, HeadPolicy.REVIEW, ""),)),
    ],
)
def test_what_cannot_be_sent_changes_nothing(message: object) -> None:
    pair = Pair().open_radterm()
    with pytest.raises(LocalProtocolError):
        pair.server.send(message)  # type: ignore[arg-type]
    with pytest.raises(LocalProtocolError):
        pair.server.send(update(MOVED, replace(RAW, payload=b"")))
    assert pair.server.framebuffer == (640, 480)
    assert pair.from_server(s.Bell()) == [s.Bell()]


def test_a_payload_in_words_is_sent_as_bytes() -> None:
    pair = Pair().open()
    words = memoryview(bytes(range(200)) * 8).cast("I", (20, 20))
    buffers = pair.server.send(update(r.PixelRectangle(Rect(0, 0, 20, 20), 0, words)))
    assert [len(b) for b in buffers] == [16, 1600]
    assert isinstance(buffers[1], memoryview)
    assert buffers[1].obj is words.obj
    assert fed(pair.client, b"".join(buffers))[1] == r.PixelRectangle(Rect(0, 0, 20, 20), 0, words.tobytes())


@pytest.mark.parametrize("resize", [MOVED, r.DesktopSizeRectangle(800, 600)])
def test_the_framebuffer_follows_its_size(resize: r.Rectangle) -> None:
    pair = Pair().open()
    corner = replace(RAW, rect=Rect(798, 599, 2, 1))
    assert pair.from_server(update(resize, corner))[1:3] == [resize, corner]
    assert pair.client.framebuffer == pair.server.framebuffer == (800, 600)
    small = r.LayoutRectangle(2, 0, ScreenLayout(2, 1, (Screen(1, Rect(0, 0, 2, 1)),)))
    pair.from_server(update(small))
    with pytest.raises(RemoteProtocolError, match="outside the framebuffer"):
        fed(pair.client, update(replace(RAW, rect=Rect(1, 0, 2, 1))).pack())


def test_the_pixel_format_is_that_of_the_last_message() -> None:
    pair = Pair().open()
    pair.from_client(c.SetPixelFormat(RGB565))
    assert pair.client.pixel_format == pair.server.pixel_format == RGB565
    half = replace(RAW, payload=b"ABCD")
    assert pair.from_server(update(half))[1] == half
    with pytest.raises(LocalProtocolError):
        pair.server.send(update(RAW))
    pair.from_server(SERVER_HELLO)
    pair.from_client(CLIENT_HELLO)
    assert pair.from_server(update(RAW))[1] == RAW
    cursor = r.CursorRectangle(0, 0, 1, 1, b"12", b"\x80")
    assert pair.from_server(update(cursor))[1] == cursor


def test_an_update_may_have_65535_rectangles_but_not_more() -> None:
    name = r.DesktopNameRectangle("").pack()
    counted = Pair().open((Encoding.DESKTOP_NAME,)).client
    found = fed(counted, b"\0\0\xff\xff" + name * 65535)
    assert (found[0], len(found), found[-1]) == (s.UpdateStarted(65535), 65537, s.UpdateEnded())
    endless = Pair().open().client
    endless.receive_data(b"\0\0\xff\xff" + name * 65535)
    assert endless.next_event() == s.UpdateStarted(None)
    with pytest.raises(RemoteProtocolError, match="more than 65535"):
        events(endless)


def test_the_last_rectangle_ends_a_counted_update() -> None:
    pair = Pair().open()
    data = b"\0\0\0\5" + LAST.pack() + s.Bell().pack()
    assert fed(pair.client, data) == [s.UpdateStarted(5), LAST, s.UpdateEnded(), s.Bell()]


def test_after_an_error_every_call_raises_it() -> None:
    client = Pair().open().client
    with pytest.raises(RemoteProtocolError, match="message type 77 is unknown") as first:
        fed(client, b"\x4d")
    assert client.state is State.CLOSED
    for call in (
        lambda: client.receive_data(b""),
        client.next_event,
        client.receive_eof,
        client.tls_started,
        lambda: client.send(c.KeyEvent(True, 1)),
    ):
        with pytest.raises(RemoteProtocolError) as again:
            call()
        assert again.value is first.value
    assert client.data_to_send() == b""


def test_closed_between_messages() -> None:
    pair = Pair().open()
    pair.client.receive_data(s.Bell().pack())
    pair.client.receive_eof()
    assert events(pair.client) == [s.Bell(), ConnectionEnded()]
    assert pair.client.state is State.CLOSED
    assert pair.client.next_event() is NEED_DATA
    with pytest.raises(LocalProtocolError):
        pair.client.send(c.KeyEvent(True, 1))


def test_closed_between_the_rectangles_of_an_update() -> None:
    client = Pair().open().client
    fed(client, update(RAW, RAW).pack()[: 4 + 20])
    client.receive_eof()
    with pytest.raises(RemoteProtocolError, match="middle"):
        client.next_event()


def test_a_hostile_list_of_encodings_does_not_pile_up() -> None:
    server = Pair().open().server
    for start in range(0, 50_000, 1000):
        fed(server, c.SetEncodings(tuple(range(start, start + 1000))).pack())
    assert len(server.encodings) == 1000
    assert len(server._ever_listed) <= len(Encoding)


@pytest.mark.parametrize("piece", [1000, 65536, 1 << 24])
def test_large_payloads_take_linear_time(piece: int) -> None:
    """64 MiB in small pieces; quadratic copying would take minutes."""
    client = Pair().open().client
    fed(client, update(r.DesktopSizeRectangle(4096, 4096)).pack())
    header = r.PixelRectangle(Rect(0, 0, 4096, 4096), 0, b"").pack()
    payload = bytes(1 << 26)
    began = time.process_time()
    found = fed(client, b"\0\0\0\1" + header, whole)
    for at in range(0, len(payload), piece):
        client.receive_data(payload[at : at + piece])
        found += events(client)
    assert len(found) == 3
    assert found[1] == r.PixelRectangle(Rect(0, 0, 4096, 4096), 0, payload)
    assert time.process_time() - began < 10


def test_the_wire_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, pkgutil, importlib, rfb_ext.wire as w\n"
        "names = [m.name for m in pkgutil.iter_modules(w.__path__)]\n"
        "[importlib.import_module('rfb_ext.wire.' + name) for name in names]\n"
        "assert 'connection' in names\n"
        "tops = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "ours = {name for name in sys.modules if name.startswith('rfb_ext.')}\n"
        "print(sorted(tops), sorted(o for o in ours if not o.startswith('rfb_ext.wire')))\n"
        "print(sorted({'socket', 'threading', 'asyncio', 'ssl'} & set(sys.modules)))\n"
    )
    # -S: without the site module, which loads what an environment wants loaded
    command = [sys.executable, "-S", "-c", code]
    root = Path(__file__).parents[3]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.splitlines() == ["['__main__', 'rfb_ext'] ['rfb_ext.errors']", "[]"]
