"""Starts a viewer as a process of its own and reads its JSON lines (radterm/viewer/events.py).

The session goes to its stdin, never to argv or the environment. asyncio only.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

LONGEST_LINE = 1 << 20
KEPT_WORDS = 20
END_SECONDS = 5.0
RADTERM = (sys.executable, "-P", "-m", "radterm")


class ViewerProcess:
    """One running viewer. `words`: the arguments of `radterm`; `session`: a JSON object for its stdin."""

    def __init__(self, words: Sequence[str], session: dict[str, Any] | None = None) -> None:
        self._words = tuple(words)
        self._session = session
        self._process: asyncio.subprocess.Process | None = None
        self._said: deque[str] = deque(maxlen=KEPT_WORDS)

    @property
    def last_words(self) -> str:
        """The last sentence it said on stderr."""
        return self._said[-1] if self._said else ""

    async def events(self, *, command: Sequence[str] = RADTERM) -> AsyncIterator[dict[str, Any]]:
        """Starts it and yields its lines; the last is {"event": "exited", "exit_code": N}, our own."""
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        process = self._process = await asyncio.create_subprocess_exec(
            *command,
            *self._words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            start_new_session=True,  # a Ctrl-C in the launcher's terminal is the launcher's
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("a process was started without pipes")
        if self._session is not None:
            process.stdin.write(json.dumps(self._session).encode())
        process.stdin.close()
        words = asyncio.create_task(self._listen(process.stderr))
        try:
            while line := await process.stdout.readline():
                event = _event(line)
                if event is not None:
                    yield event
            code = await process.wait()
            await words
            yield {"event": "exited", "exit_code": code}
        finally:
            words.cancel()
            await self.end()

    async def end(self) -> None:
        """Ends it kindly, then not."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self._said.append(line.decode("utf-8", "replace").strip()[:400])


def _event(line: bytes) -> dict[str, Any] | None:
    """A line as an event; None for what is none: the final report, and what later versions may add."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None
