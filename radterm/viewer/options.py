"""What a viewer is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewerOptions:
    """`seconds`: end after that time, None: when closed. `events`: JSON lines on stdout (events.py).
    `clipboard_in`: text of the hospital side may come into the reader's clipboard; `clipboard_out`: the
    reader's text may go there. `title`: the last part of every window title."""

    fullscreen: bool = False
    view_only: bool = False
    seconds: float | None = None
    events: bool = False
    clipboard_in: bool = True
    clipboard_out: bool = True
    title: str = "radterm"
