"""A second opinion that is not ours: vncdotool's decoders read what our encoders wrote, and the wire sent."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from vncdotool import rfb

from rfb_ext.codecs.copyrect import copy_payload
from rfb_ext.codecs.registry import codec_for
from rfb_ext.wire.client_messages import SetEncodings
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.rectangles import PixelRectangle
from rfb_ext.wire.server_messages import FramebufferUpdate, ServerInit
from rfb_ext.wire.types import CANONICAL_8, Rect
from tests.rfb_ext.codecs.pictures import KINDS, picture
from tests.rfb_ext.codecs.viewers import FORMATS, screen, viewer
from tests.rfb_ext.wire.ends import EVERYTHING, Pair

WIDTH, HEIGHT = 200, 150

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)

    class Viewer(rfb.RFBClient):
        """Only its decoders: it is put where the handshake is over."""

        def __init__(self) -> None:
            super().__init__()
            self.framebuffer = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
            self.updates = 0
            self._handler = self._handleExpected
            self.expect(self._handleConnection, 1)

        def updateRectangle(self, x, y, width, height, data):
            new = np.frombuffer(data, np.uint8).reshape(height, width, 4)
            self.framebuffer[y : y + height, x : x + width] = new

        def copyRectangle(self, srcx, srcy, x, y, width, height):
            source = self.framebuffer[srcy : srcy + height, srcx : srcx + width].copy()
            self.framebuffer[y : y + height, x : x + width] = source

        def commitUpdate(self, rectangles=None):
            self.updates += 1

        def pixels(self, name):
            f, words = FORMATS[name], self.framebuffer.view("<u4")[:, :, 0]
            red, green, blue = (words >> s & 255 for s in (f.red_shift, f.green_shift, f.blue_shift))
            return red << 16 | green << 8 | blue


def open_pair():
    pair = Pair()
    pair.shake()
    pair.from_server(ServerInit(WIDTH, HEIGHT, CANONICAL_8, "x"))
    pair.from_client(SetEncodings(EVERYTHING))
    return pair


@pytest.mark.parametrize("encoding", [Encoding.ZRLE, Encoding.HEXTILE, Encoding.RRE, Encoding.RAW])
@pytest.mark.parametrize("name", ["canonical 8", "bgr 888"])
def test_it_sees_what_was_encoded(encoding, name):
    pair, judge = open_pair(), Viewer()
    encoder = codec_for(encoding).new_encoder(viewer(name, 8))
    expected = np.zeros((HEIGHT, WIDTH), np.uint32)
    pictures = [picture(kind, 67, 70, 8, 1) for kind in KINDS]
    pictures += [screen(131, 97, 8, n, run, n) for n in (1, 2, 3, 5, 16, 60, 300) for run in (1, 20)]
    rng = np.random.default_rng(1)
    pictures += [rng.integers(0, n, (70, 77), dtype=np.uint32) * np.uint32(99991) for n in (2, 4, 16)]
    for number, pixels in enumerate(pictures):
        h, w = pixels.shape
        rect = Rect(number, 2 * number, w, h)
        expected[rect.y : rect.bottom, rect.x : rect.right] = pixels
        rectangle = PixelRectangle(rect, encoding, encoder.encode(pixels, rect))
        judge.dataReceived(b"".join(pair.server.send(FramebufferUpdate((rectangle,)))))
        assert judge.updates == number + 1
        assert np.array_equal(judge.pixels(name), expected)


def test_it_copies_what_we_name():
    pair, judge = open_pair(), Viewer()
    pixels, whole, rect = (
        picture("soft colour", WIDTH, HEIGHT, 8),
        Rect(0, 0, WIDTH, HEIGHT),
        Rect(9, 0, 99, 99),
    )
    rectangles = (
        PixelRectangle(whole, Encoding.RAW, pixels.tobytes()),
        PixelRectangle(rect, Encoding.COPYRECT, copy_payload(Rect(3, 20, 99, 99))),
    )
    judge.dataReceived(b"".join(pair.server.send(FramebufferUpdate(rectangles))))
    expected = pixels.copy()
    expected[:99, 9:108] = pixels[20:119, 3:102]
    assert np.array_equal(judge.pixels("canonical 8"), expected)
