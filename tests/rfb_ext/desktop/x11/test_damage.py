"""Hints are honest and small."""

from __future__ import annotations

import numpy as np
import pytest

from rfb_ext.desktop.x11.damage import MAX_RECTS
from rfb_ext.wire.types import Rect
from tests.kit.desktop_contract import recorded
from tests.kit.xservers import needs
from tests.rfb_ext.desktop.x11.client import shared

pytestmark = needs("Xvfb")


def test_the_hint_is_what_was_drawn(client, server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: len(sink.beats) == 1)  # the next one is a while from here
        client.fill((40, 50, 60, 70), 0x123456)
        client.fill((400, 300, 20, 10), 0x654321)
        desktop.want_frame()
        sink.wait(lambda: sink.frames[-1].serial == 2)
        frame = sink.frames[-1]
        assert set(frame.hint) == {Rect(40, 50, 60, 70), Rect(400, 300, 20, 10)}
        assert (frame.pixels == client.screen()).all()


def test_more_rectangles_than_a_hint_names(client, server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        for number in range(MAX_RECTS + 8):
            client.fill((10 + 5 * number, 20 + 9 * number, 2, 2), 0xFFFFFF)
        desktop.want_frame()
        sink.wait(lambda: sink.frames[-1].serial >= 2 and (sink.frames[-1].pixels == client.screen()).all())
        assert all(len(frame.hint or ()) <= MAX_RECTS for frame in sink.frames)


@pytest.mark.parametrize("seed", range(3))
def test_every_frame_is_one_instant_of_the_screen(client, server, seed):
    """The client fills the whole screen with one word after another in single requests: a frame that shows
    two of them was read while the screen changed."""
    rng = np.random.default_rng(seed)
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        mixed = []
        sink.frame_captured = lambda frame, take=sink.frame_captured: (
            mixed.append(bool((frame.pixels != frame.pixels[0, 0]).any())) or take(frame)
        )
        for word in rng.integers(1, 1 << 24, 5000):
            desktop.want_frame()
            client.fill((0, 0, 640, 480), int(word))
            if len(mixed) > 30:
                break
        desktop.want_frame()
        sink.wait(lambda: (sink.frames[-1].pixels == client.screen()).all())
        assert len(mixed) > 30
        assert not any(mixed)


def test_two_heads_have_damage_of_their_own(client, server):
    left, right = Rect(0, 0, 300, 480), Rect(300, 0, 340, 480)
    with shared(server.display, heads=(left, right)) as desktop, recorded(desktop, keep=20) as sink:
        a, b = desktop.heads
        sink.wait(lambda: len(sink.beats) == 1)
        client.fill((280, 10, 40, 30), 0xABCDEF)
        desktop.want_frame()
        sink.wait(lambda: sink.newest(a.id).serial == sink.newest(b.id).serial == 2)
        assert sink.newest(a.id).hint == (Rect(280, 10, 20, 30),)
        assert sink.newest(b.id).hint == (Rect(0, 10, 20, 30),)
        client.fill((400, 10, 40, 30), 0x1)
        desktop.want_frame()
        sink.wait(lambda: sink.newest(b.id).serial == 3)
        assert sink.newest(a.id).serial == 2
        whole = np.hstack([sink.newest(a.id).pixels, sink.newest(b.id).pixels])
        assert (whole == client.screen()).all()
