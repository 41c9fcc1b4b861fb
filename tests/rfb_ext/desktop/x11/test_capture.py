"""Wants, the sweep, the heartbeat, and X servers that hang or die."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from rfb_ext.desktop.base import SWEEP_MS
from rfb_ext.errors import CaptureError
from rfb_ext.wire.types import Rect
from tests.kit.desktop_contract import RecordingSink, recorded
from tests.kit.xservers import needs
from tests.rfb_ext.desktop.x11.client import shared

pytestmark = needs("Xvfb")


def test_a_want_waits_for_damage_and_takes_it_at_once(client, server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        desktop.want_frame()
        times = []
        for number in range(20):
            started = time.monotonic()
            client.fill((10, 10, 30, 30), number + 1)
            sink.wait(lambda n=number: sink.frames[-1].serial == n + 2)
            times.append(time.monotonic() - started)
            desktop.want_frame()
        assert sorted(times)[10] < 0.05, "no heartbeat was waited for"


def test_damage_nobody_wants_gathers_until_the_sweep_finds_it(client, server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        client.fill((0, 0, 640, 480), 0x334455)
        sink.wait(lambda: sink.frames[-1].serial == 2, SWEEP_MS / 1000 + 0.5)
        assert sink.frames[-1].hint == (Rect(0, 0, 640, 480),)
        assert (sink.frames[-1].pixels == 0x334455).all()


@pytest.mark.parametrize("row", [0, 479])
def test_lost_damage_is_found_within_the_sweeps_time(client, server, row):
    with shared(server.display, suppress_damage=True) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: len(sink.beats) >= 2)
        desktop.want_frame()
        client.fill((639, row, 1, 1), 0xFF00FF)
        sink.wait(lambda: (sink.frames[-1].pixels == client.screen()).all(), SWEEP_MS / 1000 + 0.2)
        assert sink.frames[-1].pixels[row, 639] == 0xFF00FF
        assert sink.frames[-1].serial == 2
        assert sink.frames[-1].hint is None, "who lost an event may have lost others"


def test_a_still_screen_is_read_and_makes_no_frame(client, server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        desktop.want_frame()
        sink.wait(lambda: len(sink.beats) >= 10)
        assert [frame.serial for frame in sink.frames] == [1]
        reads = [pulses[0].read_us for _, _, pulses in sink.beats]
        assert reads == sorted(set(reads)), "each heartbeat has read the screen anew"


def test_drawing_the_same_again_uses_no_serial_and_leaves_the_want(client, server):
    client.fill((5, 5, 50, 50), 0x777777)
    with shared(server.display) as desktop, recorded(desktop, keep=10) as sink:
        sink.wait(lambda: bool(sink.frames))
        desktop.want_frame()
        client.fill((5, 5, 50, 50), 0x777777)
        sink.wait(lambda: len(sink.frames) >= 2)
        client.fill((5, 5, 50, 50), 0x888888)
        sink.wait(lambda: sink.frames[-1].pixels[20, 20] == 0x888888, 0.2)
        assert [frame.serial for frame in sink.frames][:2] == [1, 2]
        assert sink.frames[-1].serial == 2


def test_a_hung_server_beats_no_more_and_comes_back(client, server):
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: len(sink.beats) >= 2)
        server.hang()
        try:
            with sink.changed:
                sink.changed.wait_for(lambda: False, 0.3)
                before = len(sink.beats)
                assert not sink.changed.wait_for(lambda: len(sink.beats) > before, 1.1)
            started = time.monotonic()
            desktop.want_frame()
            desktop.inject_pointer(10, 10, 1, 5)
            desktop.inject_key(0x61, 0, True, 6)
            desktop.set_clipboard("text")
            assert time.monotonic() - started < 0.05, "nobody outside waits for the server"
        finally:
            server.go_on()
        sink.wait(lambda: len(sink.beats) > before + 2, 3)
        client.fill((0, 0, 640, 480), 0x010203)
        desktop.want_frame()
        sink.wait(lambda: bool((sink.frames[-1].pixels == 0x010203).all()), 3)
        assert sink.frames[-1].input_tag == 6
        assert sink.failure is None


def test_a_hung_server_does_not_keep_stop(client, server):
    before = threading.active_count()
    with shared(server.display) as desktop:
        with recorded(desktop) as sink:
            sink.wait(lambda: len(sink.beats) >= 2)
            server.hang()
            started = time.monotonic()
        assert time.monotonic() - started < 3
        assert threading.active_count() == before
        assert sink.failure is None


def test_a_server_that_dies_is_a_failure(client, server):
    before = threading.active_count()
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        server.kill()
        sink.wait(lambda: sink.failure is not None, 2)
        assert isinstance(sink.failure, CaptureError)
        assert server.display in str(sink.failure)
        desktop.inject_key(0x61, 0, True, 1)
        desktop.inject_pointer(1, 1, 0, 2)
        desktop.want_frame()
        desktop.set_clipboard("text")
    assert threading.active_count() == before


def test_a_server_that_is_gone_before_the_start(client, server):
    with shared(server.display) as desktop:
        server.kill()
        with pytest.raises(CaptureError):
            desktop.start(RecordingSink())


def test_lost_input_is_a_failure(client, server):
    """Only the connection for keys and pointer is closed."""
    with shared(server.display) as desktop, recorded(desktop) as sink:
        sink.wait(lambda: bool(sink.frames))
        desktop._input._display.interrupt()
        desktop.inject_key(0x61, 0, True, 1)
        sink.wait(lambda: sink.failure is not None, 2)
        assert "keys and pointer" in str(sink.failure)


def test_frames_wait_for_pictures_that_are_held(client, server):
    with shared(server.display) as desktop, recorded(desktop, keep=100) as sink:
        sink.wait(lambda: bool(sink.frames))
        held = 0
        for word in range(1, 12):
            client.fill((0, 0, 640, 480), word)
            desktop.want_frame()
            with sink.changed:
                if not sink.changed.wait_for(lambda w=word: sink.frames[-1].pixels[0, 0] == w, 0.4):
                    held = word
                    break
        assert held, "the pool has an end"
        assert all((frame.pixels == copy).all() for frame, copy in zip(sink.frames, sink.copies, strict=True))
        with sink.changed:
            del sink.frames[:-1]
        sink.wait(lambda: np.all(sink.frames[-1].pixels == held), 1)
