"""Server and client sessions against each other, on a link in memory."""

import dataclasses

import numpy as np
import pytest

from radterm.client.base import State
from radterm.client.session.commands import Send, TellClipboard, TellCursor
from rfb_ext.codecs.registry import sent_to_others
from rfb_ext.frame.frames import Cursor, Head
from rfb_ext.server.session.commands import InjectKey, InjectPointer
from rfb_ext.wire import client_messages as c
from rfb_ext.wire.numbers import Encoding, LayoutStatus
from rfb_ext.wire.rectangles import PixelRectangle
from rfb_ext.wire.server_messages import ServerInit
from rfb_ext.wire.types import Rect, Screen, ScreenLayout
from tests.kit.link import Link

LEFT = Head(1, Rect(0, 0, 200, 150), name="left")
RIGHT = Head(2, Rect(200, 0, 131, 97), depth=10, name="right")


def picture(head: Head, seed: int, *, grey: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    top = 1 << head.depth
    values = rng.integers(0, top, (head.rect.h // 8 + 1, head.rect.w // 8 + 1, 3), dtype="<u4")
    if grey:
        values[:] = values[:, :, :1]
    words = values[:, :, 0] << np.uint32(2 * head.depth) | values[:, :, 1] << np.uint32(head.depth)
    words |= values[:, :, 2]
    return np.kron(words, np.ones((8, 8), "<u4"))[: head.rect.h, : head.rect.w].astype("<u4")


@pytest.mark.parametrize("codec", ["planes", "h264", "raw", None])
def test_two_heads_of_two_depths_become_and_stay_exact(codec):
    link = Link((LEFT, RIGHT), codec=codec)
    link.run()
    for step in range(6):
        link.desktop.show(1, picture(LEFT, step, grey=step % 2 == 0))
        link.desktop.show(2, picture(RIGHT, step, grey=step % 3 == 0))
        link.run()
        link.beat(0.05)
        for head_id in (1, 2):
            assert link.equal(head_id)
            assert link.state(head_id) is State.EXACT
    report = link.viewing.report()
    assert report["exact"]
    assert (report["mismatches"], report["decode_errors"], report["resyncs"]) == (0, 0, 0)
    assert report["unverified_pixels"] == 0
    assert list(report["codecs"]) == [codec or "planes"]
    assert [head["frames"] for head in report["heads"]] == [{"captured": 6, "shown": 6, "skipped": 0}] * 2


def test_only_damage_is_sent():
    link = Link((LEFT,))
    link.run()
    pixels = picture(LEFT, 1)
    link.desktop.show(1, pixels)
    link.run()
    before = link.viewing.report()["bytes"]
    pixels[70, 70] ^= 1
    link.desktop.show(1, pixels, hint=(Rect(70, 70, 1, 1),))
    link.run()
    assert link.equal(1)
    assert link.viewing.report()["bytes"] - before < 64 * 64 * 4
    assert link.viewing.report()["rectangles"] == 2
    assert not link.desktop.show(1, pixels), "nothing changed"


def test_frames_captured_while_nothing_can_be_sent_are_skipped_not_queued():
    link = Link((LEFT,))
    link.run()
    link.desktop.show(1, picture(LEFT, 0))
    link.run()
    link.session.writable(False)
    for step in range(1, 10):
        link.desktop.show(1, picture(LEFT, step))
    link.run()
    link.session.writable(True)
    link.run()
    assert link.equal(1)
    report = link.viewing.report()
    assert report["heads"][0]["frames"] == {"captured": 10, "shown": 2, "skipped": 8}


def test_input_arrives_with_its_tag_and_comes_back_with_the_picture():
    link = Link((LEFT, RIGHT))
    link.run()
    link.desktop.show(1, picture(LEFT, 0))
    link.desktop.show(2, picture(RIGHT, 0))
    link.run()
    link.send(link.viewing.input.key(0x61, 30, True, tagged=True))
    link.send(link.viewing.input.pointer(2, 500, 5, 1, tagged=True))
    link.run()
    assert link.desktop.injected == [("key", 0x61, 30, True), ("pointer", 330, 5, 1)]
    link.now += 0.02
    link.desktop.show(1, picture(LEFT, 1))
    link.run()
    assert link.viewing.report()["input_to_glass_ms"] == pytest.approx(20, abs=1)


def test_what_a_viewer_held_down_is_let_go_when_it_is_gone():
    link = Link((LEFT,))
    link.run()
    link.send(link.viewing.input.key(0xFFE1, 42, True, tagged=True))
    link.send(link.viewing.input.key(0x61, 30, True, tagged=True))
    link.send(link.viewing.input.key(0x61, 30, False, tagged=True))
    link.send(link.viewing.input.pointer(1, 7, 8, 1, tagged=True))
    link.run()
    link.session.ended()
    commands = link.session.take_commands()
    assert [(c.keysym, c.down) for c in commands if isinstance(c, InjectKey)] == [(0xFFE1, False)]
    assert [(c.x, c.y, c.buttons) for c in commands if isinstance(c, InjectPointer)] == [(7, 8, 0)]


def test_cursor_clipboard_and_name():
    link = Link((LEFT,))
    link.run()
    rgba = np.arange(4 * 5 * 4, dtype=np.uint8).reshape(4, 5, 4)
    link.desktop.cursor(Cursor(rgba, 1, 2))
    link.desktop.sink.clipboard_changed("Grüße")
    link.send([c.ClientCutText("zurück".encode("latin-1"))])
    link.run()
    cursors = [told.cursor for told in link.told if isinstance(told, TellCursor)]
    assert (cursors[-1].rgba == rgba).all()
    assert (cursors[-1].hot_x, cursors[-1].hot_y) == (1, 2)
    assert TellClipboard("Grüße") in link.told
    assert link.desktop.clipboard == "zurück"


def test_a_new_layout_voids_everything_until_it_is_proven_again():
    link = Link((LEFT,))
    link.run()
    link.desktop.show(1, picture(LEFT, 0))
    link.beat()
    assert link.state(1) is State.EXACT
    wide = Head(1, Rect(0, 0, 320, 100), name="wide")
    link.desktop.change_heads((wide, RIGHT2 := Head(7, Rect(320, 0, 64, 64))))
    link.run()
    assert link.state(1) is State.NOT_FOR_DIAGNOSIS
    assert link.state(7) is State.NOT_FOR_DIAGNOSIS
    link.desktop.show(1, picture(wide, 1))
    link.desktop.show(7, picture(RIGHT2, 1))
    link.beat()
    assert link.equal(1)
    assert link.equal(7)
    assert link.state(1) is link.state(7) is State.EXACT


@pytest.mark.parametrize("status", [LayoutStatus.PROHIBITED, LayoutStatus.INVALID])
def test_a_refused_layout_is_answered_and_changes_nothing(status):
    link = Link((LEFT,))
    link.run()
    link.desktop.show(1, picture(LEFT, 0))
    link.desktop.layout_status = status
    layout = ScreenLayout(640, 480, (Screen(1, Rect(0, 0, 640, 480)),))
    link.send([c.SetDesktopSize(layout)])
    link.beat()
    assert ("layout", layout) in link.desktop.injected
    assert link.closed is None
    assert link.state(1) is State.EXACT


def test_a_hung_screen_is_stale_while_the_socket_lives():
    link = Link((LEFT,))
    link.run()
    link.desktop.show(1, picture(LEFT, 0))
    link.beat()
    assert link.state(1) is State.EXACT
    link.desktop.read_us = link.clock_us()
    for _ in range(4):
        link.beat()
    assert link.state(1) is State.STALE
    link.desktop.read_us = None
    link.beat()
    assert link.state(1) is State.EXACT
    link.now += 1.0
    assert link.state(1) is State.STALE


def test_a_desktop_that_is_lost_is_said_and_not_exact():
    link = Link((LEFT,))
    link.run()
    link.desktop.show(1, picture(LEFT, 0))
    link.beat()
    link.desktop.fail("its X server ended")
    link.run()
    assert link.state(1) is State.NOT_FOR_DIAGNOSIS
    assert "its X server ended" in link.states[1].reason
    assert str(link.server_closed) == "its X server ended"


def opens_with(link: Link, *messages: object) -> None:
    """The viewer sends these in place of its own opening."""

    def opened(init: ServerInit) -> None:
        link.viewing._size = (init.width, init.height)
        link.viewing._commands.extend(Send(message) for message in messages)

    link.viewing._opened = opened


def test_a_standard_viewer_that_lists_nothing_gets_raw_and_nothing_else():
    """The wire connection refuses to send what was not listed, so a clean end says it was not tried."""
    link = Link((LEFT, RIGHT))
    opens_with(link, c.FramebufferUpdateRequest(False, Rect(0, 0, 331, 150)))
    link.run()
    link.desktop.cursor(Cursor(np.zeros((1, 1, 4), np.uint8), 0, 0))
    link.desktop.show(1, picture(LEFT, 0))
    link.desktop.show(2, picture(RIGHT, 0))
    link.beat()
    assert link.closed is None
    assert link.server_closed is None
    assert not link.viewing.radterm
    (head_id,) = link.glass
    assert (link.glass[head_id][:150, :200] == picture(LEFT, 0)).all()
    ten = picture(RIGHT, 0)
    eight = (ten >> 22 & 0xFF) << 16 | (ten >> 12 & 0xFF) << 8 | (ten >> 2 & 0xFF)
    assert (link.glass[head_id][:97, 200:] == eight).all()
    assert link.state(head_id) is State.NOT_FOR_DIAGNOSIS


def test_a_viewer_that_lists_our_extension_but_not_what_it_needs_is_refused():
    link = Link((LEFT,))
    opens_with(link, c.SetEncodings((int(Encoding.RADTERM),)))
    link.run()
    assert "must list LastRect" in str(link.server_closed)


@pytest.mark.parametrize("name", ["tight", "zrle", "hextile", "raw"])
def test_a_standard_viewer_gets_the_encoding_it_lists_first_bit_for_bit(name):
    link = Link((LEFT, dataclasses.replace(RIGHT, depth=8)))
    right = link.desktop.heads[1]
    number = next(k.encoding for k in sent_to_others() if k.name == name)
    listed = (int(number), int(Encoding.ZRLE), int(Encoding.TIGHT), int(Encoding.LAST_RECT))
    opens_with(link, c.SetEncodings(listed), c.FramebufferUpdateRequest(False, Rect(0, 0, 331, 150)))
    link.run()
    for step in range(6):
        link.desktop.show(1, picture(LEFT, step, grey=step % 2 == 0))
        link.desktop.show(2, picture(right, step))
        link.run()
        assert link.closed is None
        assert link.server_closed is None
        (glass,) = link.glass.values()
        assert (glass[:150, :200] == picture(LEFT, step, grey=step % 2 == 0)).all()
        assert (glass[:97, 200:] == picture(right, step)).all()
    assert set(link.viewing.report()["codecs"]) == {name}
    assert not link.viewing.report()["exact"]


def test_a_standard_viewer_s_stream_that_breaks_is_left_for_another_encoding():
    link = Link((LEFT,))
    spoiled = []

    def spoil(message: object) -> object:
        rects = getattr(message, "rectangles", None)
        if rects and isinstance(rects[0], PixelRectangle) and rects[0].encoding == Encoding.ZRLE:
            spoiled.append(rects[0])
            broken = bytes(rects[0].payload[:8]) + b"\xff" * 8 + bytes(rects[0].payload[16:])
            return type(message)((dataclasses.replace(rects[0], payload=broken), *rects[1:]))
        return message

    link.edit = spoil
    link.viewing._others = {k: v for k, v in link.others.items() if v.name in ("zrle", "hextile", "raw")}
    link.viewing._encodings = lambda: c.SetEncodings(tuple(link.viewing._others))  # not one of ours
    link.run()
    for step in range(4):
        link.desktop.show(1, picture(LEFT, step))
        link.run()
    assert len(spoiled) == 1
    assert link.closed is None
    (glass,) = link.glass.values()
    assert (glass == picture(LEFT, 3)).all()
    assert "hextile" in link.viewing.report()["codecs"]


def test_a_stream_that_arrives_late_is_not_fresh():
    link = Link((LEFT,))
    link.run()
    link.desktop.show(1, picture(LEFT, 0))
    link.beat()
    assert link.state(1) is State.EXACT
    held: list[bytes] = []
    link.to_viewer = lambda data: held.append(data) or b""
    for _ in range(6):
        link.beat()
    link.to_viewer = lambda data: data
    link._viewer_receives(held[0])  # 1.25 s old
    link.run()
    assert link.state(1) is State.STALE
    for data in held[1:]:
        link._viewer_receives(data)
    link.run()
    assert link.state(1) is State.EXACT


def test_a_new_layout_waits_for_nothing_of_the_old_one():
    link = Link((LEFT,))
    link.run()
    link.session._updates.pace.sent(99, 1 << 30)  # lost on the way, never acknowledged
    link.desktop.change_heads((wide := Head(1, Rect(0, 0, 320, 100)),))
    link.desktop.show(1, picture(wide, 1))
    link.beat()
    assert link.equal(1)
    assert link.state(1) is State.EXACT
