"""The launcher in a real terminal: it starts the demo, shows EXACT, and leaves the terminal clean."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.kit import programs
from tests.kit.glass import ROOT, Screen, screen, wait_for

pytestmark = pytest.mark.needs("tmux", "Xvfb")


class Terminal:
    """A tmux server of the test's own."""

    def __init__(self, display: str) -> None:
        self._socket = f"radterm-test-{os.getpid()}"
        self.tmux("new-session", "-d", "-x", "80", "-y", "24", "-e", f"DISPLAY={display}", "sh")

    def tmux(self, *words: str) -> str:
        command = (programs.path("tmux"), "-L", self._socket, *words)
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=30).stdout

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    @property
    def text(self) -> str:
        return self.tmux("capture-pane", "-p")

    @property
    def is_plain(self) -> bool:
        """No alternate screen, no mouse reports, the cursor visible."""
        flags = "#{alternate_on} #{mouse_any_flag} #{cursor_flag}"
        return self.tmux("display-message", "-p", flags).split() == ["0", "0", "1"]


@pytest.fixture
def glass() -> Iterator[Screen]:
    with screen(1300, 1050) as made:
        yield made


@pytest.fixture
def terminal(glass: Screen) -> Iterator[Terminal]:
    made = Terminal(glass.display)
    try:
        yield made
    finally:
        made.tmux("kill-server")


def test_the_demo_from_the_launcher(terminal: Terminal, glass: Screen, tmp_path):
    terminal.press(f"RADTERM_HOME={tmp_path} {sys.executable} -m radterm", "Enter")
    wait_for(lambda: "Demo reading room" in terminal.text, 15, "the list of sessions")
    assert not terminal.is_plain
    terminal.press("Enter")
    wait_for(lambda: "EXACT" in terminal.text and glass.title_says("EXACT"), 20, "EXACT")
    wait_for(lambda: "shown" in terminal.text, 10, "figures")
    terminal.press("Escape")
    threading.Event().wait(0.3)  # an escape alone and not the begin of a sequence
    terminal.press("q")
    wait_for(lambda: terminal.is_plain, 15, "a clean terminal")
    wait_for(lambda: not glass.titles(), 10, "no window left")
    terminal.press("echo still $((40 + 2)) here", "Enter")
    wait_for(lambda: "still 42 here" in terminal.text, 5, "a shell that works")
    assert "Traceback" not in terminal.text
