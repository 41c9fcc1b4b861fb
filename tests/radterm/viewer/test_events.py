"""Event lines: their form, their order, and a reader that goes away or sleeps."""

from __future__ import annotations

import io
import json
import os
import threading

from radterm.client.base import Exactness, State
from radterm.viewer import events
from rfb_ext.errors import UnreachableError
from rfb_ext.frame.frames import Head
from rfb_ext.wire.types import Rect

HEAD = Head(3, Rect(10, 20, 300, 200), 10, "left")


def lines_of(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_event_has_the_documented_fields() -> None:
    stream = io.StringIO()
    lines = events.EventLines(stream, pid=42)
    lines.heads((HEAD,))
    lines.window(3, "opened")
    lines.state(3, Exactness(State.NOT_FOR_DIAGNOSIS, "why", 7))
    lines.figures(1.23456, 5, 1, lambda: {"exact": False})
    lines.closed(10, UnreachableError("gone; try again"))
    head = {
        "id": 3,
        "name": "left",
        "x": 10,
        "y": 20,
        "w": 300,
        "h": 200,
        "depth": 10,
        "policy": "diagnostic",
    }
    assert lines_of(stream) == [
        {"event": "hello", "events_version": 1, "pid": 42},
        {"event": "heads", "heads": [{**head, "policy": "diagnostic"}]},
        {"event": "window", "head": 3, "what": "opened"},
        {"event": "state", "head": 3, "state": "NOT FOR DIAGNOSIS", "reason": "why", "serial": 7},
        {"event": "figures", "seconds": 1.235, "shown": 5, "not_shown": 1, "report": {"exact": False}},
        {"event": "closed", "exit_code": 10, "error": "gone; try again"},
    ]


def test_the_table_names_every_event_and_field() -> None:
    table = events.__doc__ or ""
    for word in ("hello", "events_version", "pid", "heads", "window", "opened", "closed", "fullscreen",
                 "windowed", "state", "reason", "serial", "figures", "seconds", "shown", "not_shown",
                 "report", "exit_code", "error"):  # fmt: skip
        assert word in table


def test_a_line_break_in_a_reason_stays_inside_its_line() -> None:
    stream = io.StringIO()
    lines = events.EventLines(stream)
    lines.state(1, Exactness(State.STALE, "two\nlines \u2028"))
    lines.closed(0, None)
    assert len(stream.getvalue().split("\n")) == 4
    assert lines_of(stream)[-1] == {"event": "closed", "exit_code": 0, "error": None}


def test_a_reader_that_is_gone_is_no_fault() -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as stream:
        lines = events.EventLines(stream)
        for _ in range(events.MOST_WAITING + 10):
            lines.emit("state")
        lines.closed(0, None)
        assert not lines.wanted
        lines.figures(1, 1, 1, lambda: 1 / 0)  # nobody reads: the report is not asked for
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


class Sleeper(io.StringIO):
    """A reader that has stopped reading: writing to it blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.awake = threading.Event()

    def write(self, text: str) -> int:
        self.awake.wait(20)
        return super().write(text)


def test_a_reader_that_sleeps_stops_nobody() -> None:
    stream = Sleeper()
    try:
        lines = events.EventLines(stream)
        for _ in range(2 * events.MOST_WAITING):
            lines.emit("state")
        assert not lines.wanted
        lines.closed(0, None)
    finally:
        stream.awake.set()


def test_without_a_stream_nothing_is_done() -> None:
    lines = events.EventLines(None)
    assert not lines.wanted
    lines.closed(0, None)
