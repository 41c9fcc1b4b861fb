"""The remote cursor is the window's own, with the alpha its screen expects."""

from __future__ import annotations

import numpy as np
import pytest
import xcffib
import xcffib.xfixes

from radterm.client.base import State
from rfb_ext.frame.frames import Cursor
from tests.radterm.viewer.staging import Stage, a_head, noise, play, wait_for, xvfb


@pytest.mark.needs("Xvfb", "xdotool")
def test_the_screen_shows_it_and_no_pixel_of_the_picture_changes() -> None:
    head = a_head(200, 150)

    def script(stage: Stage) -> None:
        picture = noise(head)
        stage.session.show(picture)
        stage.session.say(State.EXACT)
        stage.sees(picture)
        stage.xdotool("mousemove", "100", "75")
        rgba = np.zeros((8, 9, 4), np.uint8)
        rgba[:, :] = (64, 32, 0, 128)
        stage.session.listener.cursor_changed(Cursor(rgba, 3, 2))
        connection = xcffib.connect(display=stage.screen.display)
        fixes = connection(xcffib.xfixes.key)
        fixes.QueryVersion(4, 0).reply()
        wait_for(lambda: fixes.GetCursorImage().reply().width == 9, what="the cursor")
        image = fixes.GetCursorImage().reply()
        assert (image.height, image.xhot, image.yhot) == (8, 3, 2)
        assert set(image.cursor_image) == {0x80402000}
        stage.session.listener.cursor_changed(Cursor(np.zeros((0, 0, 4), np.uint8), 0, 0))
        wait_for(lambda: not any(fixes.GetCursorImage().reply().cursor_image), what="no cursor")
        connection.disconnect()
        assert np.array_equal(stage.screen.grab(), picture)

    with xvfb(200, 150) as screen:
        assert play(screen, script, head, fullscreen=True)[0] == 0
