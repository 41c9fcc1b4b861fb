"""A few pictures of one head, handed out in turn, so that a captured frame never changes while held.

Each buffer remembers where it is older than the newest picture; taking it copies only that. A buffer is
free again when the last array over it is gone: no release call that could be forgotten.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from rfb_ext.frame.frames import Pixels
from rfb_ext.wire.types import Rect

MAX_STALE = 64
"""More stale rectangles than this are kept as their bounding box."""


@dataclass(eq=False)
class _Buffer:
    memory: bytearray
    stale: list[Rect]
    lent: weakref.ref[np.ndarray] | None = field(default=None)


class FramePool:
    """Pictures of shape (height, width), uint32, canonical. Used from the capture thread; frames may be
    dropped on any thread. `most`: buffers at most, the newest included."""

    def __init__(self, width: int, height: int, most: int = 6) -> None:
        self._shape = (height, width)
        self._whole = Rect(0, 0, width, height)
        self._most = most
        self._buffers: list[_Buffer] = []
        self._newest: Pixels | None = None
        self._newest_buffer: _Buffer | None = None
        self._writing: _Buffer | None = None

    def begin(self) -> Pixels | None:
        """A writable picture equal to the newest one (zeros at first); None while every buffer is held:
        try again with the next capture."""
        buffer = self._free_buffer()
        if buffer is None:
            return None
        root = np.frombuffer(buffer.memory, dtype="<u4")
        buffer.lent = weakref.ref(root)
        picture: Pixels = root.reshape(self._shape)  # views of views keep `root`, so it lives with the last
        if self._newest is not None:
            for r in buffer.stale:
                picture[r.y : r.bottom, r.x : r.right] = self._newest[r.y : r.bottom, r.x : r.right]
        buffer.stale = []
        self._writing = buffer
        return picture

    def publish(self, picture: Pixels, changed: Iterable[Rect]) -> Pixels:
        """`picture`, as begin() gave it, is the newest now; `changed`: where it was written to, in head
        coordinates. Returns it read-only."""
        changed = list(changed)
        for buffer in self._buffers:
            if buffer is not self._writing:
                buffer.stale = self._bounded([*buffer.stale, *changed])
        picture.flags.writeable = False
        self._newest, self._newest_buffer, self._writing = picture, self._writing, None
        return picture

    def _is_free(self, buffer: _Buffer) -> bool:
        return buffer is not self._newest_buffer and (buffer.lent is None or buffer.lent() is None)

    def _free_buffer(self) -> _Buffer | None:
        for buffer in self._buffers:
            if self._is_free(buffer):
                return buffer
        if len(self._buffers) == self._most:
            return None
        height, width = self._shape
        stale = [] if self._newest is None else [self._whole]
        buffer = _Buffer(bytearray(4 * width * height), stale)
        self._buffers.append(buffer)
        return buffer

    def _bounded(self, rects: list[Rect]) -> list[Rect]:
        if len(rects) <= MAX_STALE:
            return rects
        box = rects[0]
        for r in rects:
            box = box.union(r)
        return [box]
