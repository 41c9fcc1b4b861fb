"""Programs of other makers: TigerVNC's viewer of our server, TigerVNC's server in our viewer, bit for bit."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest

from radterm.client.base import State
from radterm.client.connect import open_session
from tests.conformance.test_glass import picture, xdotool
from tests.kit import programs
from tests.kit.glass import Screen, process, screen, serve, wait_for
from tests.kit.real_server import Remembering
from tests.kit.xservers import x_server

pytestmark = pytest.mark.needs("Xvfb", "xtigervncviewer", "Xtigervnc", "xdotool", "xterm")
VIEWER = ("-FullScreen", "-RemoteResize=0", "-AutoSelect=0", "-NoJPEG=1", "-FullColor=1", "-MenuKey=")


@pytest.mark.parametrize("encoding", ["Tight", "ZRLE", "Hextile", "Raw"])
def test_tigervnc_s_viewer_shows_every_pixel(encoding):
    with (
        screen(800, 600) as a,
        screen(800, 600) as b,
        serve("--desktop", "x11", "--display", a.display) as port,
    ):
        a.draw(0, 0, picture(a, 0))
        xdotool(b.display, "mousemove", "799", "599")
        command = (programs.path("xtigervncviewer"), *VIEWER, f"-PreferredEncoding={encoding}")
        environment = {**os.environ, "DISPLAY": b.display}
        with process(*command, f"127.0.0.1::{port}", env=environment, stderr=subprocess.DEVNULL):
            for seed in range(4):
                a.draw(0, 0, picture(a, seed))
                wait_for(lambda: bool((a.grab() == b.grab()).all()), 20, f"equal screens with {encoding}")


def test_keys_typed_in_tigervnc_s_viewer_arrive(tmp_path):
    written = tmp_path / "written"
    with screen(800, 600) as a, screen(800, 600) as b:
        on_a = {**os.environ, "DISPLAY": a.display}
        terminal = (programs.path("xterm"), "-geometry", "60x20+0+0", "-e", f"cat > {written}")
        on_b = {**os.environ, "DISPLAY": b.display}
        with (
            process(*terminal, env=on_a, stderr=subprocess.DEVNULL),
            serve("--desktop", "x11", "--display", a.display) as port,
            process(
                programs.path("xtigervncviewer"),
                *VIEWER,
                f"127.0.0.1::{port}",
                env=on_b,
                stderr=subprocess.DEVNULL,
            ),
        ):
            wait_for(lambda: bool(a.titles()), 20, "a terminal on A")
            wait_for(lambda: bool((a.grab() == b.grab()).all()), 20, "A on B")
            xdotool(b.display, "mousemove", "100", "100", "click", "1")
            xdotool(b.display, "type", "--delay", "30", "Lung (R) 4 mm")
            xdotool(b.display, "key", "Return", "ctrl+d")
            wait_for(lambda: written.exists() and written.read_text() == "Lung (R) 4 mm\n", 10, "typing on A")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.parametrize("encoding", ["tight", "zrle", "hextile", "raw"])
def test_tigervnc_s_server_in_our_viewer_is_shown_and_never_exact(encoding, monkeypatch):
    from rfb_ext.codecs import registry

    chosen = tuple(k for k in registry.taken_from_others() if k.name in (encoding, "raw", "copyrect"))
    monkeypatch.setattr(registry, "taken_from_others", lambda: chosen)
    port = free_port()
    listener = Remembering()
    more = ("-rfbport", str(port), "-localhost", "-AlwaysShared")
    with x_server("Xtigervnc", 640, 480, 24, *more) as server:
        a = Screen(server.display, server.process)
        a.draw(0, 0, picture(a, 0))
        session = open_session("127.0.0.1", port, listener)
        try:
            for seed in range(4):
                a.draw(0, 0, picture(a, seed))
                listener.wait(
                    lambda: bool(listener.glass) and bool((listener.glass[0] == a.grab()).all()), 20
                )
            assert listener.states[0].state is State.NOT_FOR_DIAGNOSIS
            report = session.report()
            assert report["decode_errors"] == 0
            assert encoding in report["codecs"]
        finally:
            session.close()
            listener.wait(lambda: listener.is_closed)
            a.close()
