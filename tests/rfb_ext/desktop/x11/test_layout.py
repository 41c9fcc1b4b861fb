"""Heads are the monitors, and follow them."""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest

from rfb_ext.desktop.x11.layout import apart
from rfb_ext.wire.numbers import LayoutStatus
from rfb_ext.wire.types import Rect, Screen, ScreenLayout
from tests.kit import programs
from tests.kit.desktop_contract import recorded
from tests.kit.xservers import needs, x_server
from tests.rfb_ext.desktop.x11.client import Client, shared


def xrandr(server, *words):
    environment = {**os.environ, "DISPLAY": server.display}
    subprocess.run((programs.path("xrandr"), *words), env=environment, check=True, capture_output=True)


def test_mirrored_monitors_are_one_head():
    a, b, c = Rect(0, 0, 100, 100), Rect(0, 0, 80, 120), Rect(100, 0, 50, 50)
    assert apart([(a, "a"), (b, "b"), (c, "c")]) == [(Rect(0, 0, 100, 120), "a+b"), (c, "c")]
    assert apart([(a, "a"), (c, "c"), (Rect(90, 10, 20, 20), "d")]) == [(Rect(0, 0, 150, 100), "c+a+d")]
    assert apart([]) == []


@needs("Xvfb")
@pytest.mark.needs("xrandr")
def test_two_monitors_declared_before(server, client):
    xrandr(server, "--setmonitor", "left", "300/80x480/120+0+0", "screen")
    xrandr(server, "--setmonitor", "right", "340/90x480/120+300+0", "none")
    client.draw(290, 100, np.arange(400, dtype="<u4").reshape(20, 20))
    with shared(server.display) as desktop, recorded(desktop) as sink:
        assert [(head.name, head.rect) for head in desktop.heads] == [
            ("left", Rect(0, 0, 300, 480)),
            ("right", Rect(300, 0, 340, 480)),
        ]
        sink.wait(lambda: sink.newest(1) is not None and sink.newest(2) is not None)
        whole = np.hstack([sink.newest(1).pixels, sink.newest(2).pixels])
        assert (whole == client.screen()).all()


@needs("Xtigervnc")
@pytest.mark.needs("xrandr")
def test_a_screen_that_changes_its_size():
    with x_server("Xtigervnc", 800, 600) as server:
        client = Client(server)
        client.draw(5, 5, np.arange(400, dtype="<u4").reshape(20, 20))
        with shared(server.display) as desktop, recorded(desktop) as sink:
            sink.wait(lambda: bool(sink.frames))
            before = sink.frames[-1].serial
            for width, height in ((1024, 768), (640, 480)):
                xrandr(server, "-s", f"{width}x{height}")
                sink.wait(lambda s=(height, width): sink.frames[-1].pixels.shape == s)
                (head,) = desktop.heads
                assert sink.layouts[-1] == (head,)
                assert (head.rect.w, head.rect.h) == (width, height)
                client.size = (width, height)
                sink.wait(lambda: (sink.newest(1).pixels == client.screen()).all())
                assert sink.frames[-1].serial > before, "a serial never comes twice"
                before = sink.frames[-1].serial
            assert sink.failure is None
        client.close()


@needs("Xorg")
@pytest.mark.needs("xrandr")
def test_a_second_monitor_is_switched_on():
    with (
        x_server("Xorg", 800, 600) as server,
        shared(server.display) as desktop,
        recorded(desktop) as sink,
    ):
        sink.wait(lambda: bool(sink.frames))
        timing = ("25", "640", "656", "752", "800", "480", "490", "492", "525")
        xrandr(server, "--newmode", "second", *timing)
        xrandr(server, "--addmode", "DUMMY1", "second")
        xrandr(server, "--output", "DUMMY1", "--mode", "second", "--pos", "800x0")
        sink.wait(lambda: len(desktop.heads) == 2)
        wanted = {Rect(0, 0, 800, 600), Rect(800, 0, 640, 480)}
        sink.wait(lambda: {h.rect for h in sink.layouts[-1]} == wanted)
        sink.wait(lambda: sink.newest(1) is not None and sink.newest(2) is not None)
        client = Client(server)
        assert client.size == (1440, 600)
        client.fill((700, 0, 400, 480), 0x123456)
        desktop.want_frame()
        sink.wait(lambda: sink.newest(1).pixels[10, 750] == sink.newest(2).pixels[10, 10] == 0x123456)
        for number in (1, 2):
            r = sink.newest(number).head.rect
            assert (sink.newest(number).pixels == client.screen()[r.y : r.bottom, r.x : r.right]).all()
        client.close()
        xrandr(server, "--output", "DUMMY1", "--off")
        sink.wait(lambda: len(desktop.heads) == 1)
        assert sink.failure is None


@needs("Xvfb")
@pytest.mark.needs("xrandr")
def test_a_monitor_declared_while_it_runs(server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        xrandr(server, "--setmonitor", "all", "200/50x100/30+10+20", "screen")
        sink.wait(lambda: [head.rect for head in desktop.heads] == [Rect(10, 20, 200, 100)], 4)
        sink.wait(lambda: sink.frames[-1].pixels.shape == (100, 200))


@needs("Xvfb")
def test_the_layout_is_followed_not_changed(server):
    with shared(server.display) as desktop:
        layout = ScreenLayout(320, 240, (Screen(1, Rect(0, 0, 320, 240)),))
        assert desktop.request_layout(layout) is LayoutStatus.PROHIBITED
