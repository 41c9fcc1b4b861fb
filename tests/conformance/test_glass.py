"""From glass to glass: screen A is served, viewed full screen on screen B, and compared bit by bit."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time

import numpy as np
import pydicom.data
import pytest

from radterm.client.connect import open_session
from rfb_ext.desktop.base import SWEEP_MS
from rfb_ext.desktop.x11.desktop import X11Desktop
from tests.kit import programs
from tests.kit.glass import RADTERM, ROOT, Screen, process, screen, serve, view, wait_for
from tests.kit.real_server import Remembering, serving
from tests.kit.relay import Relay

pytestmark = pytest.mark.needs("Xvfb", "Xorg", "dummy_drv.so", "xdotool", "aeskulap", "xterm", "xev")


def picture(on: Screen, seed: int) -> np.ndarray:
    """Ramps, noise in blocks, and lines; another one for each seed."""
    width, height = on.size
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 1 << 3 * on.bits, (height // 16 + 1, width // 16 + 1), dtype="<u4")
    pixels = np.kron(blocks, np.ones((16, 16), "<u4"))[:height, :width].copy()
    grey = (np.arange(width, dtype="<u4") + seed) & ((1 << on.bits) - 1)
    pixels[height // 3 : height // 2] = grey | grey << on.bits | grey << 2 * on.bits
    pixels[:: 7 + seed % 5, : width // 4] = (1 << 3 * on.bits) - 1
    return pixels


def equal(a: Screen, b: Screen) -> bool:
    return bool((a.grab() == b.grab()).all())


def equal_but_badge(a: Screen, b: Screen) -> bool:
    """For the 1.5 s in which a head that has become EXACT says so at the upper edge."""
    differs = a.grab() != b.grab()
    width = a.size[0]
    differs[:70, width // 5 : width - width // 5] = False
    return not differs.any()


def assert_equal_when_exact(a: Screen, b: Screen) -> None:
    wait_for(lambda: b.title_says("EXACT"), 15, "EXACT")
    wait_for(lambda: b.title_says("EXACT") and equal(a, b), 5, "equal screens under EXACT")


def xdotool(display: str, *words: str) -> None:
    subprocess.run(
        (programs.path("xdotool"), *words), env={**os.environ, "DISPLAY": display}, check=True, timeout=30
    )


def test_a_dicom_viewer_read_from_another_screen(tmp_path):
    ct = pydicom.data.get_testdata_file("CT_small.dcm")
    with screen(1920, 1080) as a, screen(1920, 1080) as b:
        on_a = {**os.environ, "DISPLAY": a.display, "HOME": str(tmp_path)}
        with (
            process(programs.path("aeskulap"), str(ct), env=on_a, stdout=-3, stderr=-3),
            serve("--desktop", "x11", "--display", a.display) as port,
            view(port, b.display, "--fullscreen"),
        ):
            wait_for(lambda: any("eskulap" in title for title in a.titles()), 20, "aeskulap's window")
            wait_for(lambda: len(np.unique(a.grab())) > 50, 20, "a picture in aeskulap")
            assert_equal_when_exact(a, b)


def test_typing_and_clicking_on_b_reaches_the_program_on_a(tmp_path):
    with screen(1000, 700) as a, screen(1000, 700) as b:
        on_a = {**os.environ, "DISPLAY": a.display}
        written, clicks = tmp_path / "written", tmp_path / "clicks"
        terminal = (programs.path("xterm"), "-geometry", "60x20+0+0", "-e", f"cat > {written}")
        with (
            clicks.open("wb") as told,
            process(*terminal, env=on_a, stderr=subprocess.DEVNULL),
            process(programs.path("xev"), "-geometry", "200x200+700+400", env=on_a, stdout=told),
            serve("--desktop", "x11", "--display", a.display) as port,
            view(port, b.display, "--fullscreen"),
        ):
            wait_for(lambda: len(a.titles()) >= 2, 20, "both windows on A")
            assert_equal_when_exact(a, b)
            xdotool(b.display, "mousemove", "800", "500", "click", "3")
            wait_for(lambda: b"ButtonPress" in clicks.read_bytes(), 10, "a click on A")
            press = clicks.read_text().split("ButtonPress")[1].split("ButtonRelease")[0]
            assert "root:(800,500)" in press
            assert "button 3" in press
            xdotool(b.display, "mousemove", "200", "100", "click", "1")
            sentence = 'Mr. Smith, 45% (L>R) {a_b} "x"; #7'
            xdotool(b.display, "type", "--delay", "20", sentence)
            xdotool(b.display, "key", "Return", "ctrl+d")
            wait_for(lambda: written.exists() and written.read_text() == sentence + "\n", 10, "typing on A")


@pytest.mark.parametrize("codec", ["planes", "h264", "raw"])
def test_twenty_flipped_bits_through_real_processes(codec):
    choose = random.Random(codec)
    noticed = 0
    with screen(640, 480) as a, screen(640, 480) as b:
        a.draw(0, 0, picture(a, 0))
        with serve("--desktop", "x11", "--display", a.display, "--codec", codec) as port:
            for number in range(20):
                with Relay(port) as relay, view(relay.port, b.display, "--fullscreen") as (child, lines):
                    lines.wait(lambda line: line.get("state") == "EXACT")
                    before = len(lines.lines)
                    relay.flip_in(choose.randrange(1, 30_000), choose.randrange(8))
                    for step in range(6):
                        a.draw(0, 0, picture(a, 100 * number + step + 1))
                    assert relay.flipped.wait(10)
                    seen = settled(a, b, child)
                    noticed += not seen or any(
                        line.get("state") == "NOT FOR DIAGNOSIS" or line.get("event") == "closed"
                        for line in lines.lines[before:]
                    )
    assert noticed >= 12, "the flips had no effect"


def settled(a: Screen, b: Screen, child: subprocess.Popen[bytes]) -> bool:
    """Half a second after A stands still: B is equal, or does not say EXACT. Returns whether it is exact."""
    threading.Event().wait(0.5)
    for _ in range(3):
        said_before = b.title_says("EXACT")
        same = equal_but_badge(a, b)
        if said_before and b.title_says("EXACT"):
            assert same, "EXACT over a wrong pixel"
    wait_for(lambda: child.poll() is not None or (b.title_says("EXACT") and equal(a, b)), 15, "healing")
    return child.poll() is None


@pytest.mark.parametrize("codec", ["planes", "h264", "raw"])
def test_a_flipped_bit_and_nothing_gets_back_to_the_server(codec):
    fell = 0
    choose = random.Random("deaf" + codec)
    with screen(640, 480) as a, screen(640, 480) as b:
        a.draw(0, 0, picture(a, 0))
        with serve("--desktop", "x11", "--display", a.display, "--codec", codec) as port:
            for number in range(4):
                with Relay(port) as relay, view(relay.port, b.display, "--fullscreen") as (_, lines):
                    lines.wait(lambda line: line.get("state") == "EXACT")
                    relay.deaf = True
                    relay.flip_in(choose.randrange(150, 1000), choose.randrange(8))
                    # one request, one frame, one update: nothing comes behind it that could repair it
                    noise = np.random.default_rng(number).integers(0, 1 << 24, (60, 60), dtype="<u4")
                    a.draw(300, 300, noise)
                    assert relay.flipped.wait(10)
                    threading.Event().wait(0.5)
                    for _ in range(4):
                        exact = b.title_says("EXACT")
                        same = equal_but_badge(a, b)
                        if exact and b.title_says("EXACT"):
                            assert same
                        fell += not exact
    assert fell > 0


def test_a_viewer_that_is_not_heard_any_more_does_not_stay_exact():
    """Acknowledgements are lost, so the server stops sending; what changes on A then is not on B."""
    with (
        screen(640, 480) as a,
        screen(640, 480) as b,
        serve("--desktop", "x11", "--display", a.display) as port,
        Relay(port) as relay,
        view(relay.port, b.display, "--fullscreen"),
    ):
        a.draw(0, 0, picture(a, 0))
        assert_equal_when_exact(a, b)
        relay.deaf = True
        for seed in range(1, 40):
            a.draw(0, 0, picture(a, seed))
            threading.Event().wait(0.03)
        assert not equal(a, b), "the server should have stopped"
        threading.Event().wait(0.5)
        for _ in range(20):
            assert not b.title_says("EXACT")
            a.draw(10, 10, picture(a, 77)[:50, :50])
            threading.Event().wait(0.05)


def test_a_hung_x_server_is_stale_and_comes_back():
    with (
        screen(800, 600) as a,
        screen(800, 600) as b,
        serve("--desktop", "x11", "--display", a.display) as port,
        view(port, b.display, "--fullscreen"),
    ):
        a.draw(0, 0, picture(a, 1))
        assert_equal_when_exact(a, b)
        a.server.send_signal(signal.SIGSTOP)
        try:
            took = wait_for(lambda: b.title_says("STALE"), 5, "STALE")
        finally:
            a.server.send_signal(signal.SIGCONT)
        assert took < 1.3
        assert_equal_when_exact(a, b)


def test_the_picture_stays_exact_while_it_changes_and_the_screen_is_whole():
    """Full pictures replace each other: whatever stands on B is one of them, never a mixture."""
    with (
        screen(800, 600) as a,
        screen(800, 600) as b,
        serve("--desktop", "x11", "--display", a.display) as port,
        view(port, b.display, "--fullscreen", "--view-only"),
    ):
        pictures = [picture(a, seed) for seed in range(12)]
        a.draw(0, 0, pictures[0])
        assert_equal_when_exact(a, b)
        wait_for(lambda: (b.grab() == pictures[0]).all(), 5)
        for pixels in pictures[1:]:
            a.draw(0, 0, pixels)
            wait_for(lambda p=pixels: (b.grab() == p).all(), 5, "the new picture")
        assert_equal_when_exact(a, b)


def test_a_server_that_dies_is_not_exact_and_says_so():
    with screen(640, 480) as a, screen(640, 480) as b:
        a.draw(0, 0, picture(a, 1))
        with serve("--desktop", "x11", "--display", a.display) as port:
            with view(port, b.display, "--fullscreen") as (child, lines):
                lines.wait(lambda line: line.get("state") == "EXACT")
                a.server.kill()
                assert child.wait(15) != 0
            closed = lines.wait(lambda line: line.get("event") == "closed")
            assert closed["exit_code"] == child.returncode
            assert lines.last()["exact"] is False


def test_without_damage_events_the_sweep_finds_what_changed():
    """In this process: XDamage events are ignored, and no pixel is older than the sweep's time."""
    listener = Remembering()
    with screen(640, 480) as a:
        desktop = X11Desktop(a.display, lambda: time.monotonic_ns() // 1000, suppress_damage=True)
        a.draw(0, 0, picture(a, 0))
        with serving(desktop) as (_, port):
            session = open_session("127.0.0.1", port, listener)
            try:
                listener.wait(lambda: listener.is_exact(1, picture(a, 0)))
                for seed in (1, 2, 3):
                    a.draw(0, 0, pixels := picture(a, seed))
                    drawn = time.monotonic()
                    listener.wait(lambda p=pixels: listener.is_exact(1, p))
                    assert time.monotonic() - drawn < SWEEP_MS / 1000 + 0.5
                assert session.report()["resyncs"] == 0
            finally:
                session.close()
                listener.wait(lambda: listener.is_closed)


@pytest.mark.parametrize("depth", [24, 30])
@pytest.mark.parametrize("kind", ["Xvfb", "Xorg"])
def test_headless_at_both_depths(kind, depth):
    with (
        screen(1280, 720, depth, kind) as a,
        serve("--desktop", "x11", "--display", a.display) as port,
        view(port, None, "--headless", "--seconds", "4") as (child, lines),
    ):
        lines.wait(lambda line: line.get("state") == "EXACT")
        for seed in range(10):
            a.draw(0, 0, picture(a, seed))
        assert child.wait(30) == 0
        report = lines.last()
        assert report["exact"] is True
        assert report["updates"] > 3
        assert report["heads"][0]["depth"] == (10 if depth == 30 else 8)


def test_a_session_as_json_on_stdin():
    with serve("--desktop", "testcard") as port:
        done = subprocess.run(
            (*RADTERM, "view", "-", "--headless", "--seconds", "2", "--json"),
            input=b'{"v": 1, "address": "127.0.0.1:%d"}' % port,
            capture_output=True,
            timeout=60,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
