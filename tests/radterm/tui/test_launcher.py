"""The launcher's first screen, driven by keys; viewers are stand-ins here."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from textual.widgets import DataTable, Input, RichLog

from radterm.profiles.load import Loaded, Problem
from radterm.profiles.schema import SessionProfile
from radterm.tui.app import Launcher
from radterm.tui.sessions import DEMO, Entry, Running, matching, profile_entry


class StandIn:
    """A viewer whose lines the test puts in."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.last_words = "radterm: it went away"
        self.lines: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            event = await self.lines.get()
            yield event
            if event["event"] == "exited":
                return

    async def end(self) -> None:
        self.lines.put_nowait({"event": "exited", "exit_code": 0})


def profile(name: str, port: int) -> SessionProfile:
    return SessionProfile(
        apiVersion="radterm/v1", kind="SessionProfile", name=name, address=f"127.0.0.1:{port}"
    )


def launcher() -> tuple[Launcher, list[StandIn]]:
    started: list[StandIn] = []

    def start(entry: Entry) -> StandIn:
        started.append(StandIn(entry))
        return started[-1]

    problem = Problem(Path("broken.yaml"), 3, 7, "heads: too many")
    loaded = Loaded((profile("CT 1", 5901), profile("Mammography", 5902)), (problem,))
    return Launcher(loaded, Path("sessions"), start), started


def names(app: Launcher) -> list[str]:
    table = app.query_one(DataTable)
    return [str(table.get_row_at(i)[0]) for i in range(table.row_count)]


def cells(app: Launcher, name: str) -> list[str]:
    return [str(cell) for cell in app.query_one(DataTable).get_row(name)]


def log_of(app: Launcher) -> str:
    return "\n".join(line.text for line in app.query_one(RichLog).lines)


def run(script: Any) -> None:
    async def play() -> None:
        app, started = launcher()
        async with app.run_test(size=(100, 30)) as pilot:
            await script(app, started, pilot)

    asyncio.run(play())


def test_it_lists_the_demo_and_the_profiles_and_says_what_is_wrong():
    async def script(app, started, pilot):
        await pilot.pause()
        assert names(app) == [DEMO, "CT 1", "Mammography"]
        assert "broken.yaml:3:7: heads: too many" in log_of(app)

    run(script)


def test_typing_filters_and_enter_starts():
    async def script(app, started, pilot):
        await pilot.press(*"mam")
        assert names(app) == ["Mammography"]
        await pilot.press("enter")
        await pilot.pause()
        assert [viewer.entry.name for viewer in started] == ["Mammography"]
        assert started[0].entry.words == ("view", "-", "--events")
        assert started[0].entry.session["address"] == "127.0.0.1:5902"
        assert cells(app, "Mammography")[4] == "… starting"
        await pilot.press("enter")
        assert len(started) == 1, "it runs already"

    run(script)


def test_what_the_viewer_says_is_shown_live():
    async def script(app, started, pilot):
        await pilot.press("enter")
        await pilot.pause()
        say = started[0].lines.put_nowait
        say({"event": "state", "head": 1, "state": "EXACT", "reason": "", "serial": 5})
        say({"event": "figures", "seconds": 1.0, "shown": 25, "not_shown": 0, "report": {"bytes": 4_200_000}})
        say({"event": "something new"})
        for _ in range(5):
            await pilot.pause()
        assert cells(app, DEMO)[4:] == ["✓ EXACT", "25 shown", "4.2 MB"]
        say({"event": "state", "head": 1, "state": "STALE", "reason": "silent", "serial": 5})
        for _ in range(5):
            await pilot.pause()
        assert cells(app, DEMO)[4] == "⧖ STALE"
        assert "head 1: STALE, silent" in log_of(app)
        say({"event": "exited", "exit_code": 10})
        for _ in range(5):
            await pilot.pause()
        assert cells(app, DEMO)[4] == "ended (10)"
        assert "it went away" in log_of(app)
        await pilot.press("enter")
        await pilot.pause()
        assert len(started) == 2, "it can be started again"

    run(script)


def test_keys():
    async def script(app, started, pilot):
        await pilot.press("escape", "j")
        await pilot.press("enter")
        await pilot.pause()
        assert started[0].entry.name == "CT 1"
        await pilot.press("x")
        for _ in range(5):
            await pilot.pause()
        assert cells(app, "CT 1")[4] == ""
        await pilot.press("slash")
        assert app.focused is app.query_one(Input)
        await pilot.press(*"zzz")
        assert names(app) == []
        await pilot.press("enter")
        await pilot.press("escape")
        assert len(names(app)) == 3

    run(script)


def test_leaving_ends_the_viewers():
    async def script(app, started, pilot):
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("escape", "q")
        await pilot.pause()
        assert app.return_code == 0
        assert started[0].lines.qsize() <= 1

    run(script)


def test_matching_and_rows_without_textual():
    entries = [profile_entry(profile("CT 1", 5901)), profile_entry(profile("Mammo", 5902))]
    assert [e.name for e in matching(entries, "5902")] == ["Mammo"]
    assert [e.name for e in matching(entries, "127 ct")] == ["CT 1"]
    row = Running()
    row.take({"event": "figures", "shown": 1, "report": {"bytes": 999}}, "")
    assert row.size == "999 B"
