"""Pixels written to a glass are the pixels an independent reader finds on the screen."""

from __future__ import annotations

import os

import numpy as np
import pytest

from radterm.viewer.glass import open_glass
from radterm.viewer.platform import open_platform
from radterm.viewer.sdl import sdl2
from rfb_ext.errors import ViewerError
from tests.radterm.viewer.staging import xvfb

pytestmark = pytest.mark.needs("Xvfb")
WIDTH, HEIGHT = 301, 177


def a_window() -> object:
    flags = sdl2.SDL_WINDOW_SHOWN | sdl2.SDL_WINDOW_BORDERLESS
    return sdl2.SDL_CreateWindow(b"glass", 0, 0, WIDTH, HEIGHT, flags)


@pytest.mark.parametrize(("depth", "bits"), [(24, 8), (30, 10)])
def test_every_bit_of_a_rectangle_is_on_the_screen(
    depth: int, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(2).integers(0, 1 << 3 * bits, (HEIGHT, WIDTH), dtype=np.uint32)
    with xvfb(WIDTH, HEIGHT, depth) as screen:
        monkeypatch.setenv("DISPLAY", screen.display)
        with open_platform(os.environ):
            window = a_window()
            glass = open_glass(window)
            assert glass.bits == bits
            memory = glass.acquire()
            assert memory.shape == (HEIGHT, WIDTH)
            memory[:] = 0
            assert glass.push((0, 0, WIDTH, HEIGHT))
            memory[:] = picture
            assert not screen.grab().any()
            assert glass.push((33, 7, 201, 99))
            seen = screen.grab()
            expected = np.zeros_like(picture)
            expected[7:106, 33:234] = picture[7:106, 33:234]
            assert np.array_equal(seen, expected)
            glass.close()
            sdl2.SDL_DestroyWindow(window)


@pytest.mark.parametrize("depth", [24, 30])
def test_another_size_is_another_memory(depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with xvfb(WIDTH, HEIGHT, depth) as screen:
        monkeypatch.setenv("DISPLAY", screen.display)
        with open_platform(os.environ) as platform:
            window = a_window()
            glass = open_glass(window)
            glass.acquire()
            sdl2.SDL_SetWindowSize(window, 64, 48)
            platform.wait(0.1)
            memory = glass.acquire()
            assert memory.shape == (48, 64)
            memory[:] = 0x123456
            assert glass.push((0, 0, 64, 48))
            assert (screen.grab()[:48, :64] == 0x123456).all()
            glass.close()


def test_a_screen_of_sixteen_bits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with xvfb(WIDTH, HEIGHT, 16) as screen:
        monkeypatch.setenv("DISPLAY", screen.display)
        with open_platform(os.environ):
            glass = open_glass(a_window())
            with pytest.raises(ViewerError, match="24 or 30 bits"):
                glass.acquire()
