"""A head's window on a real X screen, looked at by an independent reader: pixels, title, badge, veil."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
import xcffib
import xcffib.xproto

from radterm.client.base import State
from radterm.viewer.effective import BITS_LOST, PARTLY_NEW, PARTLY_VISIBLE
from radterm.viewer.veil import SPACING
from radterm.viewer.window import BADGE_SECONDS
from rfb_ext.wire.types import Rect
from tests.radterm.viewer.staging import SHORT, Screen, Stage, a_head, noise, play, wait_for, xvfb

pytestmark = pytest.mark.needs("Xvfb")
WIDTH, HEIGHT = 640, 400
HEAD = a_head(WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with xvfb(WIDTH, HEIGHT) as it:
        yield it


def states(stage: Stage) -> list[str]:
    return [event["state"] for event in stage.events() if event["event"] == "state"]


def test_full_screen_is_the_head_and_nothing_else_once_the_badge_is_gone(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        picture = noise(HEAD)
        stage.session.show(picture)
        stage.session.say(State.EXACT)
        stage.title("EXACT · left · radterm")
        exact_at = time.monotonic()
        covered = stage.screen.grab() != picture
        assert covered.any()
        rows, columns = np.nonzero(covered)
        assert rows.max() < 60  # at the upper edge
        assert WIDTH // 4 < columns.min() <= columns.max() < 3 * WIDTH // 4
        stage.sees(picture)
        assert BADGE_SECONDS - 0.5 < time.monotonic() - exact_at < BADGE_SECONDS + 0.5
        newer = noise(HEAD, 2)
        stage.session.show(newer)
        stage.session.say(State.EXACT)
        stage.sees(newer)

    assert play(screen, script, HEAD, fullscreen=True, badge_seconds=BADGE_SECONDS)[0] == 0


def test_every_grab_is_one_whole_update(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        pictures = [noise(HEAD, seed) for seed in (1, 2)]
        stage.session.show(pictures[0])
        stage.session.say(State.EXACT)
        stage.sees(pictures[0])
        seen = {0: 0, 1: 0}
        turn = 0
        while min(seen.values()) < 20:
            turn += 1
            stage.session.show(pictures[turn % 2], wait=turn % 3 == 0)
            grabbed = stage.screen.grab()
            which = 0 if grabbed[0, 0] == pictures[0][0, 0] else 1
            assert np.array_equal(grabbed, pictures[which])
            seen[which] += 1
        stage.session.wait(lambda: len(stage.session.released) == turn + 1)
        assert all(shown for _, shown in stage.session.released)

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


def test_what_the_screen_lost_is_painted_again_from_the_last_whole_picture(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        picture = noise(HEAD)
        stage.session.show(picture)  # and the session's own pixels are others now
        stage.session.say(State.EXACT)
        stage.sees(picture)
        connection = xcffib.connect(display=screen.display)
        core, proto = connection.core, xcffib.xproto
        root = connection.get_setup().roots[0]
        window = connection.generate_id()
        mask = proto.CW.BackPixel | proto.CW.OverrideRedirect
        core.CreateWindow(
            24, window, root.root, 50, 40, 300, 200, 0, 1, root.root_visual, mask, [0x00FF00, 1]
        )
        core.MapWindow(window)
        core.GetInputFocus().reply()
        assert (screen.grab()[40:240, 50:350] == 0x00FF00).all()
        core.DestroyWindow(window)
        core.GetInputFocus().reply()
        stage.sees(picture)
        connection.disconnect()

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


def test_the_badge_stays_while_not_exact_and_leaves_no_trace(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        wait_for(lambda: screen.grab().any(), what="a badge before anything has arrived")
        picture = noise(HEAD)
        stage.session.show(picture)
        stage.session.say(State.NOT_FOR_DIAGNOSIS, "a digest did not match")
        stage.title("NOT FOR DIAGNOSIS")
        wait_for(lambda: stage.events()[-1].get("reason") == "a digest did not match")
        before = screen.grab()
        time.sleep(2 * SHORT)
        assert np.array_equal(screen.grab(), before)
        assert 0.005 < np.mean(before != picture) < 0.2
        stage.session.show(noise(HEAD, 3), Rect(200, 0, 300, 30))  # under the badge
        stage.session.say(State.EXACT)
        picture[0:30, 200:500] = noise(HEAD, 3)[0:30, 200:500]
        stage.sees(picture)

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


def test_stale_is_veiled_with_its_age_and_comes_back(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        picture = noise(HEAD)
        stage.session.show(picture)
        stage.session.say(State.EXACT)
        stage.sees(picture)
        stage.session.say(State.STALE, "silent", stale_since=time.monotonic() - 3)
        stage.title("STALE")
        wait_for(lambda: stage.events()[-1].get("state") == "STALE" or states(stage)[-1] == "STALE")
        veiled = screen.grab()
        assert np.mean(veiled == picture) < 0.01
        line = veiled[range(200, 300), [(-row) % SPACING for row in range(200, 300)]]
        assert len(np.unique(line)) == 1  # a hatched line, whatever lies below
        wait_for(lambda: not np.array_equal(screen.grab(), veiled), 3, "another age")
        older = screen.grab()
        assert np.array_equal(older[100:], veiled[100:])
        stage.session.say(State.EXACT)
        stage.title("EXACT")
        stage.sees(picture)
        assert states(stage)[-2:] == ["STALE", "EXACT"]

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


def test_part_of_something_newer_is_never_called_exact(screen: Screen) -> None:
    def script(stage: Stage) -> None:
        stage.session.show(noise(HEAD))
        stage.session.say(State.EXACT)
        stage.title("EXACT")
        stage.session.show(noise(HEAD, 2), Rect(0, 200, 100, 100), exact=False)
        # the update is on the glass, the session has said nothing yet
        assert not any(title.startswith("EXACT") for title in screen.titles())
        told = {"state": "CATCHING UP", "reason": PARTLY_NEW}
        wait_for(lambda: any(told.items() <= event.items() for event in stage.events()), what="the badge")
        stage.session.show(noise(HEAD, 2))
        stage.title("EXACT")

    assert play(screen, script, HEAD, fullscreen=True)[0] == 0


@pytest.mark.parametrize(
    ("head", "reason"),
    [(a_head(WIDTH + 1, HEIGHT), PARTLY_VISIBLE), (a_head(WIDTH, HEIGHT, depth=10), BITS_LOST)],
)
def test_what_the_glass_cannot_show_lowers_the_badge(head: object, reason: str, screen: Screen) -> None:
    def script(stage: Stage) -> None:
        picture = noise(head)
        stage.session.show(picture)
        stage.session.say(State.EXACT)
        wait_for(lambda: reason in [event.get("reason") for event in stage.events()], what=reason)
        stage.session.say(State.CATCHING_UP, "behind")
        stage.session.say(State.EXACT)
        stage.session.show(picture)
        stage.title("NOT FOR DIAGNOSIS")
        seen = screen.grab()[200:]
        if head.depth == 10:
            red, green, blue = (picture[200:] >> shift + 2 & 0xFF for shift in (20, 10, 0))
            picture = np.vstack([picture[:200], red << 16 | green << 8 | blue])
        assert np.array_equal(seen, picture[200:, :WIDTH])

    code, stage = play(screen, script, head, fullscreen=True)
    assert code == 0
    assert "EXACT" not in states(stage)


def test_all_ten_bits_on_a_screen_that_has_them() -> None:
    head = a_head(WIDTH, HEIGHT, depth=10)

    def script(stage: Stage) -> None:
        picture = noise(head)
        stage.session.show(picture)
        stage.session.say(State.EXACT)
        stage.title("EXACT")
        stage.sees(picture)
        stage.session.say(State.STALE, stale_since=time.monotonic())
        stage.title("STALE")
        stage.session.say(State.EXACT)
        stage.sees(picture)

    with xvfb(WIDTH, HEIGHT, 30) as deep:
        assert play(deep, script, head, fullscreen=True)[0] == 0


def test_a_smaller_head_stands_in_the_middle_of_the_screen(screen: Screen) -> None:
    head = a_head(401, 201)

    def script(stage: Stage) -> None:
        picture = noise(head)
        stage.session.show(picture)
        stage.session.say(State.EXACT)
        left, top = (WIDTH - 401) // 2, (HEIGHT - 201) // 2

        def stands_there() -> bool:
            seen = screen.grab()
            inner = seen[top : top + 201, left : left + 401]
            return np.array_equal(inner, picture) and len(np.unique(seen)) <= len(np.unique(picture)) + 1

        wait_for(stands_there, what="the picture and one colour around it")
        stage.title("EXACT")

    assert play(screen, script, head, fullscreen=True)[0] == 0
