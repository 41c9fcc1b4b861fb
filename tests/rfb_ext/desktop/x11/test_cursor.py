"""The cursor as others set it, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from rfb_ext.desktop.x11.cursor import to_rgba
from rfb_ext.wire.numbers import MAX_CURSOR_SIDE
from tests.kit.desktop_contract import recorded
from tests.kit.xservers import needs
from tests.rfb_ext.desktop.x11.client import shared


def premultiplied(height: int, width: int) -> np.ndarray:
    """RGBA noise in which no colour is above its alpha."""
    rng = np.random.default_rng(height)
    rgba = rng.integers(0, 256, (height, width, 4), dtype=np.uint16)
    rgba[..., :3] = rgba[..., :3] * rgba[..., 3:] // 255
    return rgba.astype(np.uint8)


def argb(rgba: np.ndarray) -> np.ndarray:
    r, g, b, a = (rgba[..., i].astype("<u4") for i in range(4))
    return a << 24 | r << 16 | g << 8 | b


def test_bytes_in_their_order():
    assert to_rgba(np.array([[0x11223344]], "<u4")).tolist() == [[[0x22, 0x33, 0x44, 0x11]]]


@needs("Xvfb")
@pytest.mark.parametrize(("height", "width", "hot"), [(16, 16, (3, 4)), (31, 7, (6, 30)), (64, 64, (0, 0))])
def test_the_cursor_is_the_one_that_was_set(client, server, height, width, hot):
    wanted = premultiplied(height, width)
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: len(sink.cursors) == 1)
        client.show_cursor(argb(wanted), hot)
        sink.wait(lambda: len(sink.cursors) >= 2)
        cursor = sink.cursors[-1]
        assert cursor.rgba.dtype == np.uint8
        assert (cursor.rgba == wanted).all()
        assert (cursor.hot_x, cursor.hot_y) == hot


@needs("Xvfb")
def test_a_cursor_that_is_too_large_is_cut(client, server):
    wanted = premultiplied(300, 280)
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: len(sink.cursors) == 1)
        client.show_cursor(argb(wanted), (270, 290))
        sink.wait(lambda: len(sink.cursors) >= 2)
        assert (sink.cursors[-1].rgba == wanted[:MAX_CURSOR_SIDE, :MAX_CURSOR_SIDE]).all()
        assert (sink.cursors[-1].hot_x, sink.cursors[-1].hot_y) == (255, 255)
