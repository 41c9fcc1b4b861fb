"""The launcher's first screen: a list of sessions, filter as you type, Enter starts a viewer.

Every viewer is a process; its events show live. Leaving ends the viewers that were started here, and gives
the terminal back clean.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable, Footer, Input, RichLog, Static

from radterm.profiles.load import Loaded
from radterm.tui.sessions import Entry, Running, demo_entry, matching, profile_entry

COLUMNS = ("Session", "Address", "Security", "Heads", "State", "Frames", "Received")
STARTING = "… starting"


class Viewer(Protocol):
    """A viewer that can be started (radterm.spawn.viewer.ViewerProcess)."""

    @property
    def last_words(self) -> str: ...

    def events(self) -> AsyncIterator[dict[str, Any]]: ...

    async def end(self) -> None: ...


class ViewerSpoke(Message):
    """A viewer said something."""

    def __init__(self, name: str, event: dict[str, Any], last_words: str) -> None:
        super().__init__()
        self.name = name
        self.event = event
        self.last_words = last_words


class Launcher(App[int]):
    """`loaded`: the profiles; `folder`: where they lie; `start` makes a viewer for an entry."""

    CSS_PATH = "radterm.tcss"
    TITLE = "radterm"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="sessions.filter"),
        Binding("escape", "clear", "Clear", id="sessions.clear"),
        Binding("j,down", "move(1)", "Down", show=False, id="sessions.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="sessions.up"),
        Binding("x", "end", "End viewer", id="sessions.end"),
        Binding("q", "quit", "Quit", id="app.quit"),
    ]

    def __init__(self, loaded: Loaded, folder: Path, start: Callable[[Entry], Viewer]) -> None:
        super().__init__()
        self.entries = [demo_entry(), *map(profile_entry, loaded.profiles)]
        self.running: dict[str, Running] = {}
        self._loaded = loaded
        self._folder = folder
        self._start = start
        self._viewers: dict[str, Viewer] = {}

    def compose(self) -> ComposeResult:
        yield Static("radterm   every pixel proven exact", id="heading")
        yield Input(placeholder="type to filter, Enter starts the session", id="filter")
        table: DataTable[str] = DataTable(id="sessions", cursor_type="row", zebra_stripes=True)
        yield table
        yield RichLog(id="log", wrap=True, markup=False, max_lines=500)
        yield Footer()

    def on_mount(self) -> None:
        table = self._table
        for column in COLUMNS:
            table.add_column(column, key=column)
        self._fill("")
        self.query_one("#filter", Input).focus()
        log = self.query_one("#log", RichLog)
        log.write(f"{len(self.entries) - 1} sessions from {self._folder}")
        for problem in self._loaded.problems:
            log.write(str(problem))

    @property
    def _table(self) -> DataTable[str]:
        return self.query_one("#sessions", DataTable)

    def _fill(self, text: str) -> None:
        table = self._table
        table.clear()
        for entry in matching(self.entries, text):
            now = self.running.get(entry.name, Running())
            cells = (entry.name, entry.address, entry.security, entry.heads, now.state, now.frames, now.size)
            table.add_row(*cells, key=entry.name)

    def _selected(self) -> Entry | None:
        table = self._table
        if not table.row_count:
            return None
        name = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        return next((entry for entry in self.entries if entry.name == name), None)

    # --- what the reader does ---

    def on_input_changed(self, changed: Input.Changed) -> None:
        self._fill(changed.value)

    def on_input_submitted(self, submitted: Input.Submitted) -> None:
        self._launch()

    def on_data_table_row_selected(self, selected: DataTable.RowSelected) -> None:
        self._launch()

    def action_filter(self) -> None:
        self.query_one("#filter", Input).focus()

    def action_clear(self) -> None:
        self.query_one("#filter", Input).value = ""
        self._table.focus()

    def action_move(self, step: int) -> None:
        self._table.move_cursor(row=self._table.cursor_row + step)

    async def action_end(self) -> None:
        entry = self._selected()
        if entry is not None and entry.name in self._viewers:
            await self._viewers[entry.name].end()

    async def action_quit(self) -> None:
        for viewer in tuple(self._viewers.values()):
            await viewer.end()
        self.exit(0)

    # --- viewers ---

    def _launch(self) -> None:
        entry = self._selected()
        if entry is None:
            return
        if entry.name in self._viewers:
            self._say(entry.name, "runs already; x ends it")
            return
        viewer = self._viewers[entry.name] = self._start(entry)
        self.running[entry.name] = Running(state=STARTING)
        self._show(entry.name)
        self._say(entry.name, "starting")
        self._follow(entry.name, viewer)

    @work(group="viewers")
    async def _follow(self, name: str, viewer: Viewer) -> None:
        try:
            async for event in viewer.events():
                self.post_message(ViewerSpoke(name, event, viewer.last_words))
        finally:
            self._viewers.pop(name, None)

    def on_viewer_spoke(self, spoke: ViewerSpoke) -> None:
        sentence = self.running[spoke.name].take(spoke.event, spoke.last_words)
        self._show(spoke.name)
        if sentence:
            self._say(spoke.name, sentence)

    def _show(self, name: str) -> None:
        table, now = self._table, self.running[name]
        if any(key.value == name for key in table.rows):
            for column, value in (("State", now.state), ("Frames", now.frames), ("Received", now.size)):
                table.update_cell(name, column, value, update_width=True)

    def _say(self, name: str, sentence: str) -> None:
        self.query_one("#log", RichLog).write(f"{name}: {sentence}")
