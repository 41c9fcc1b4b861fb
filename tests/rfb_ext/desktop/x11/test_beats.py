"""A heartbeat never calls a serial the newest while the screen already shows something else."""

import time

import numpy as np

from rfb_ext.desktop.x11.desktop import X11Desktop
from tests.kit.desktop_contract import recorded
from tests.kit.glass import screen
from tests.kit.xservers import needs

pytestmark = needs("Xvfb")


def clock() -> int:
    return time.monotonic_ns() // 1000


def test_what_nobody_wants_is_captured_with_the_next_heartbeat():
    with screen(640, 480) as a:
        a.draw(0, 0, np.zeros((480, 640), "<u4"))
        with recorded(X11Desktop(a.display, clock)) as sink:
            sink.wait(lambda: sink.newest(1) is not None and len(sink.beats) >= 2)
            for step in range(1, 8):
                with sink.changed:
                    serial, beats = sink.newest(1).serial, len(sink.beats)
                a.draw(300, 60 * step, np.full((8, 8), step, "<u4"))
                # the beat under way may have been before the drawing, the next one is not
                sink.wait(lambda beats=beats: len(sink.beats) >= beats + 2)
                pulse = sink.beats[beats + 1][2][0]
                assert pulse.serial == serial + 1
                assert int(sink.newest(1).pixels[60 * step, 300]) == step
