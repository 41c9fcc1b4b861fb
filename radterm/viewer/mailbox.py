"""From the session's thread to the main thread: what happened, in order, and bounded.

A new layout, cursor, name or clipboard text replaces an older one that waits; of several states of a head
with no update between them only the last waits. So what waits is bounded by the updates a session has
announced and not yet got back, and those by MOST_UPDATES.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from radterm.client.base import Exactness, ReadyUpdate
from rfb_ext.errors import LocalProtocolError, RadtermError
from rfb_ext.frame.frames import Cursor, Head

MOST_UPDATES = 64


@dataclass(frozen=True, slots=True)
class HeadsChanged:
    heads: tuple[Head, ...]


@dataclass(frozen=True, slots=True, eq=False)
class UpdateReady:
    update: ReadyUpdate


@dataclass(frozen=True, slots=True)
class ExactnessChanged:
    head_id: int
    exactness: Exactness


@dataclass(frozen=True, slots=True, eq=False)
class CursorChanged:
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class ClipboardChanged:
    text: str


@dataclass(frozen=True, slots=True)
class NameChanged:
    name: str


@dataclass(frozen=True, slots=True)
class Closed:
    error: RadtermError | None


@dataclass(frozen=True, slots=True)
class Stopped:
    number: int


Item = (
    HeadsChanged | UpdateReady | ExactnessChanged | CursorChanged | ClipboardChanged | NameChanged | Closed
    | Stopped
)  # fmt: skip


class Mailbox:
    """A SessionListener. `wake` is called once for everything that arrives until take(); any thread.
    `is_closed` is set when the session says that it has ended, even after shut()."""

    def __init__(self, wake: Callable[[], None], is_closed: threading.Event) -> None:
        self._wake = wake
        self._is_closed = is_closed
        self._lock = threading.Lock()
        self._items: list[Item] = []
        self._woken = False
        self._shut = False

    def take(self) -> list[Item]:
        """Everything that waits, oldest first."""
        with self._lock:
            items, self._items, self._woken = self._items, [], False
        return items

    def shut(self) -> None:
        """Nothing is taken any more: what waits and what still comes is let go, not shown."""
        with self._lock:
            self._shut = True
            items, self._items = self._items, []
        _let_go(items)

    def stop(self, number: int) -> None:
        """A signal came."""
        self._replace(Stopped(number))

    # --- SessionListener ---

    def heads_changed(self, heads: tuple[Head, ...]) -> None:
        void = (HeadsChanged, UpdateReady, ExactnessChanged)
        with self._lock:
            dropped: list[Item] = [item for item in self._items if isinstance(item, void)]
            self._items = [item for item in self._items if not isinstance(item, void)]
        _let_go(dropped)
        self._put(HeadsChanged(heads))

    def update_ready(self, update: ReadyUpdate) -> None:
        with self._lock:
            waiting = sum(isinstance(item, UpdateReady) for item in self._items)
        if waiting >= MOST_UPDATES:
            update.release(False)
            self._put(Closed(LocalProtocolError("the session announced more updates than it may")))
        elif not self._put(UpdateReady(update)):
            update.release(False)

    def exactness_changed(self, head_id: int, exactness: Exactness) -> None:
        with self._lock:
            for place in range(len(self._items) - 1, -1, -1):
                item = self._items[place]
                if isinstance(item, ExactnessChanged) and item.head_id == head_id:
                    del self._items[place]
                    break
                if isinstance(item, UpdateReady) and item.update.head.id == head_id:
                    break
        self._put(ExactnessChanged(head_id, exactness))

    def cursor_changed(self, cursor: Cursor) -> None:
        self._replace(CursorChanged(cursor))

    def clipboard_changed(self, text: str) -> None:
        self._replace(ClipboardChanged(text))

    def name_changed(self, name: str) -> None:
        self._replace(NameChanged(name))

    def closed(self, error: RadtermError | None) -> None:
        self._replace(Closed(error))
        self._is_closed.set()

    # --- inside ---

    def _replace(self, new: Item) -> None:
        with self._lock:
            self._items = [item for item in self._items if type(item) is not type(new)]
        self._put(new)

    def _put(self, item: Item) -> bool:
        """False if the box is shut."""
        with self._lock:
            if self._shut:
                return False
            self._items.append(item)
            must_wake, self._woken = not self._woken, True
            if must_wake:
                self._wake()  # inside the lock, so that nobody wakes a loop that has been shut
        return True


def _let_go(items: list[Item]) -> None:
    for item in items:
        if isinstance(item, UpdateReady):
            item.update.release(False)
