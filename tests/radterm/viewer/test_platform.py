"""SDL opens on the screen that was named, or says in one sentence that it cannot; it sleeps and wakes."""

from __future__ import annotations

import os
import threading
import time

import pytest

from radterm.viewer.platform import FOCUS_SECONDS, open_platform
from radterm.viewer.sdl import sdl2
from rfb_ext.errors import ViewerError
from tests.radterm.viewer.staging import xvfb

pytestmark = pytest.mark.needs("Xvfb")


def test_a_display_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4242")
    with (
        pytest.raises(
            ViewerError, match=r"cannot open a window on :4242 .*; check DISPLAY, or use --headless"
        ),
        open_platform(os.environ),
    ):
        pass


def test_no_display_at_all() -> None:
    with pytest.raises(ViewerError, match="DISPLAY is not set"), open_platform({}):
        pass


def test_a_driver_named_from_outside_is_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "offscreen")
    with xvfb(320, 240) as screen:
        monkeypatch.setenv("DISPLAY", screen.display)
        with open_platform(os.environ) as platform:
            assert sdl2.SDL_GetCurrentVideoDriver() == b"x11"
            assert [display.bounds for display in platform.displays()] == [(0, 0, 320, 240)]


def test_waiting_sleeps_and_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    with xvfb(320, 240) as screen:
        monkeypatch.setenv("DISPLAY", screen.display)
        with open_platform(os.environ) as platform:
            while platform.wait(0.2):
                pass  # what SDL says of its own start
            time.sleep(FOCUS_SECONDS)
            before = time.process_time()
            started = time.monotonic()
            assert platform.wait(0.5) == []
            assert time.monotonic() - started >= 0.5
            assert time.process_time() - before < 0.05
            timer = threading.Timer(0.2, platform.wake)
            timer.start()
            started = time.monotonic()
            assert platform.wait(None) == []
            assert 0.1 < time.monotonic() - started < 5
            timer.join()
