"""Displays that are not there or cannot be shared, each with a sentence that says what to do."""

from __future__ import annotations

import pytest

from rfb_ext.desktop.x11.desktop import X11Desktop
from rfb_ext.desktop.x11.display import Display
from rfb_ext.errors import CaptureError, NotFoundError
from tests.kit.xservers import needs, x_server
from tests.rfb_ext.desktop.x11.client import clock


@pytest.mark.parametrize("name", [":4711", ":99999999", "nonsense", "no.such.host.invalid:0", ":0.77"])
def test_no_such_display(name):
    with pytest.raises(NotFoundError, match="--display"):
        X11Desktop(name, clock)


@pytest.mark.parametrize("name", ["", "\n", "ä:0", ":0\x00", "x" * 300])
def test_a_name_that_is_none(name):
    with pytest.raises(NotFoundError, match="--display :"):
        X11Desktop(name, clock)


def test_no_name_and_no_variable(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(NotFoundError, match="set DISPLAY"):
        X11Desktop(None, clock)


@needs("Xvfb")
def test_the_variable_names_it(server, monkeypatch):
    monkeypatch.setenv("DISPLAY", server.display)
    desktop = X11Desktop(None, clock)
    desktop.stop()
    assert desktop.name == f"X display {server.display}"


@needs("Xvfb")
@pytest.mark.parametrize("depth", [8, 16])
def test_another_depth(depth):
    with x_server("Xvfb", 64, 48, depth) as server, pytest.raises(CaptureError, match="depth 24 or 30"):
        X11Desktop(server.display, clock)


@needs("Xvfb")
@pytest.mark.parametrize("extension", ["MIT-SHM", "DAMAGE", "XTEST"])
def test_an_extension_is_missing(extension):
    with (
        x_server("Xvfb", 64, 48, 24, "-extension", extension) as server,
        pytest.raises(CaptureError, match=extension),
    ):
        X11Desktop(server.display, clock)


@needs("Xvfb")
def test_without_randr_the_whole_screen_is_one_head():
    with x_server("Xvfb", 64, 48, 24, "-extension", "RANDR") as server:
        desktop = X11Desktop(server.display, clock)
        desktop.stop()
        (head,) = desktop.heads
        assert (head.rect.w, head.rect.h) == (64, 48)


@needs("Xvfb")
def test_events_are_drained_past_anothers_error(server):
    display = Display(server.display)
    display.core.DestroyWindow(0x7FFFFF)
    display.round_trip()
    assert display.events() == []
    display.close()
