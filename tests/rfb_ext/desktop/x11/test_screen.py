"""The pixels of a frame are those of the screen, on every X server and depth."""

from __future__ import annotations

import numpy as np
import pytest

from rfb_ext.desktop.x11.screen import to_canonical
from rfb_ext.wire.types import CANONICAL_8, CANONICAL_10, PixelFormat
from tests.kit.desktop_contract import recorded
from tests.kit.xservers import needs, x_server
from tests.rfb_ext.desktop.x11.client import Client, shared


@pytest.mark.parametrize(
    ("kind", "depth", "more"),
    [
        pytest.param("Xvfb", 24, (), marks=needs("Xvfb")),
        pytest.param("Xvfb", 30, (), marks=needs("Xvfb")),
        pytest.param("Xorg", 24, (), marks=needs("Xorg")),
        pytest.param("Xorg", 30, (), marks=needs("Xorg")),
        pytest.param("Xtigervnc", 24, (), marks=needs("Xtigervnc")),
        pytest.param("Xtigervnc", 24, ("-pixelformat", "bgr888"), marks=needs("Xtigervnc")),
    ],
)
def test_a_frame_is_the_screen(kind, depth, more):
    rng = np.random.default_rng(depth)
    with x_server(kind, 641, 479, depth, *more) as server:
        client = Client(server)
        noise = rng.integers(0, 1 << 32, (90, 300), dtype="<u4")
        client.draw(17, 31, noise)
        with shared(server.display) as desktop, recorded(desktop) as sink:
            (head,) = desktop.heads
            assert head.depth == {24: 8, 30: 10}[depth]
            sink.wait(lambda: sink.newest(head.id) is not None)
            first = sink.newest(head.id).pixels
            assert len(np.unique(first)) > 20_000
            assert (first == client.screen()).all()
            client.fill((100, 100, 200, 50), 0xFFFFFFFF)
            desktop.want_frame()
            sink.wait(lambda: sink.newest(head.id).serial == 2)
            second = sink.newest(head.id).pixels
            assert (second == client.screen()).all()
            assert second[120, 120] == (1 << 3 * head.depth) - 1, "padding bits are zero"
        client.close()


@needs("Xvfb")
def test_padding_bits_come_as_drawn_and_are_cleared(client, server):
    """If this X server cleared them itself, the test above would prove nothing."""
    client.fill((0, 0, 64, 64), 0xA5123456)
    assert client.words()[10, 10] == 0xA5123456
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        assert sink.frames[0].pixels[10, 10] == 0x123456


@pytest.mark.parametrize("canonical", [CANONICAL_8, CANONICAL_10])
@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_channels_go_to_their_places(canonical, big_endian, reverse):
    bits = canonical.red_max.bit_length()
    shifts = (0, bits, 2 * bits) if reverse else (2 * bits, bits, 0)
    top = canonical.red_max
    given = PixelFormat(32, canonical.depth, big_endian, True, top, top, top, *shifts)
    rng = np.random.default_rng(bits)
    red, green, blue = (rng.integers(0, top + 1, (130, 7), dtype="<u4") for _ in range(3))
    padding = np.uint32(0xFFFFFFFF << 3 * bits & 0xFFFFFFFF)
    words = np.full_like(red, padding)
    for channel, shift in zip((red, green, blue), shifts, strict=True):
        words |= channel << np.uint32(shift)
    if big_endian:
        words = words.byteswap()
    out = np.empty_like(words)
    to_canonical(words, given, canonical, out)
    assert (out == (red << np.uint32(2 * bits) | green << np.uint32(bits) | blue)).all()
