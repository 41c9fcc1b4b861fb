"""What a viewer tells the program that started it: one JSON object a line (`--events`), version 1.

| event   | fields beside `event` |
|---------|-----------------------|
| hello   | events_version (1), pid |
| heads   | heads: list of {id, name, x, y, w, h, depth, policy} |
| window  | head, what: "opened", "closed", "fullscreen" or "windowed" |
| state   | head, state ("EXACT", "CATCHING UP", "NOT FOR DIAGNOSIS", "STALE"), reason, serial |
| figures | seconds, shown, not_shown, report |
| closed  | exit_code, error |

hello comes first and closed last. heads comes when they are known and at each change; state at each change
of what the badge says, after it is on the glass (headless: of what the session says). figures come once a
second: seconds since the session opened, updates shown and not shown, and the report that `view --json`
prints at the end. error is a sentence, or null.

Later versions add events and fields; a reader skips what it does not know. Headless viewers have no
window events. A reader that goes away or stops reading loses the lines, and never stops the viewer.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable
from typing import IO, Any

from radterm.client.base import Exactness
from rfb_ext.errors import RadtermError
from rfb_ext.frame.frames import Head

EVENTS_VERSION = 1
MOST_WAITING = 512
"""Lines that wait for a slow reader; one more, and it is taken for gone."""
END_SECONDS = 1.0
FIGURES_SECONDS = 1.0


class EventLines:
    """Writes lines from a thread of its own, for a write to a full pipe blocks. `stream` None: nobody
    listens, and nothing is done."""

    def __init__(self, stream: IO[str] | None, pid: int | None = None) -> None:
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(MOST_WAITING)
        self._gone = stream is None
        self._thread: threading.Thread | None = None
        if stream is not None:
            self._thread = threading.Thread(target=self._write, args=(stream,), name="events", daemon=True)
            self._thread.start()
        self.emit("hello", events_version=EVENTS_VERSION, pid=os.getpid() if pid is None else pid)

    @property
    def wanted(self) -> bool:
        """False when nobody reads (any more)."""
        return not self._gone

    def emit(self, event: str, **fields: Any) -> None:
        """One line; dropped when nobody reads."""
        if self._gone:
            return
        line = json.dumps({"event": event, **fields}, separators=(",", ":"), allow_nan=False)
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._gone = True

    def heads(self, heads: tuple[Head, ...]) -> None:
        self.emit("heads", heads=[_head(head) for head in heads])

    def window(self, head_id: int, what: str) -> None:
        self.emit("window", head=head_id, what=what)

    def state(self, head_id: int, exactness: Exactness) -> None:
        self.emit(
            "state",
            head=head_id,
            state=exactness.state.value,
            reason=exactness.reason,
            serial=exactness.serial,
        )

    def figures(
        self, seconds: float, shown: int, not_shown: int, report: Callable[[], dict[str, Any]]
    ) -> None:
        """`report` is asked only if somebody reads."""
        if not self._gone:
            self.emit("figures", seconds=round(seconds, 3), shown=shown, not_shown=not_shown, report=report())

    def closed(self, exit_code: int, error: RadtermError | None) -> None:
        """The last line; waits at most END_SECONDS for it to be written."""
        self.emit("closed", exit_code=exit_code, error=None if error is None else str(error))
        if self._thread is not None:
            if not self._gone:
                self._lines.put(None)
            self._thread.join(END_SECONDS)

    def _write(self, stream: IO[str]) -> None:
        while (line := self._lines.get()) is not None:
            try:
                stream.write(line + "\n")
                stream.flush()
            except (OSError, ValueError):  # the reader, or the stream itself, is gone
                self._gone = True
                return


def _head(head: Head) -> dict[str, Any]:
    r = head.rect
    return {
        "id": head.id, "name": head.name, "x": r.x, "y": r.y, "w": r.w, "h": r.h, "depth": head.depth,
        "policy": head.policy.name.lower(),
    }  # fmt: skip
