"""Shared memory goes with us: marked for removal while in use, gone behind."""

from __future__ import annotations

import pytest

from rfb_ext.desktop.x11.display import Display
from rfb_ext.desktop.x11.shared_memory import Segment
from rfb_ext.errors import CaptureError
from tests.kit.desktop_contract import recorded
from tests.kit.xservers import needs
from tests.rfb_ext.desktop.x11.client import shared, shm_segments

REMOVED_WITH_LAST_USE = 0o1000
pytestmark = needs("Xvfb")


def test_nothing_is_left_behind(server, client):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        ((_, mode),) = shm_segments()
        assert mode & REMOVED_WITH_LAST_USE
        assert mode & 0o777 == 0o600
    for _ in range(100):
        client.sync()  # the server sees that the connection is gone
    assert shm_segments() == []


def test_nothing_is_left_of_a_server_that_died(server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        server.kill()
        sink.wait(lambda: sink.failure is not None)
    assert shm_segments() == []


def test_more_than_the_system_has(server):
    display = Display(server.display)
    with pytest.raises(CaptureError, match=r"kernel\.shmmax"):
        Segment(display, 1 << 62)
    display.close()
    assert shm_segments() == []


def test_a_server_that_refuses(server, monkeypatch):
    display = Display(server.display)
    attach = display.shm.Attach
    monkeypatch.setattr(
        display.shm, "Attach", lambda xid, identifier, *rest, **more: attach(xid, 0x7FFFFFFF, *rest, **more)
    )
    with pytest.raises(CaptureError, match="X server's machine"):
        Segment(display, 4096)
    assert shm_segments() == []
    display.close()


def test_words_end_with_the_segment(server):
    display = Display(server.display)
    segment = Segment(display, 4096)
    assert segment.words(1024).shape == (1024,)
    with pytest.raises(ValueError, match="1025 words"):
        segment.words(1025)
    segment.detach(display)
    segment.close()
    with pytest.raises(ValueError, match="not in this segment"):
        segment.words(1)
    display.round_trip()
    assert display.events() == []
    display.close()
