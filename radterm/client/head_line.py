"""The way of one head's rectangles through its lane, and the pause while an update is put on the glass.

Lives on the reactor's thread. At most one task of a head is in its lane; what arrives meanwhile is
collected and goes in as the next task. After an update's end nothing more of the head is decoded until
the viewer has let go of the framebuffer, so that no byte of the next update is ever shown with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from radterm.client.picture import HeadPicture, Outcome
from radterm.client.session.commands import Decode, Finish
from rfb_ext.codecs.lanes import Lane


class HeadLine:
    """`checked` is told each outcome (reactor's thread); `failed` what a lane could not foresee; `drained`
    that fewer bytes wait."""

    def __init__(
        self,
        picture: HeadPicture,
        lane: Lane,
        *,
        checked: Callable[[Outcome], None],
        failed: Callable[[BaseException], None],
        drained: Callable[[], None],
    ) -> None:
        self.picture = picture
        self._lane = lane
        self._checked = checked
        self._failed = failed
        self._drained = drained
        self._waiting: deque[Decode | Finish] = deque()
        self._busy = False
        self._held = False
        self._closed = False
        self.pending_bytes = 0

    def put(self, work: Decode | Finish) -> None:
        """The next thing to do for this head."""
        if isinstance(work, Decode):
            self.pending_bytes += len(work.rectangle.payload)
        self._waiting.append(work)
        self._pump()

    def release(self) -> None:
        """The viewer has let go of the framebuffer."""
        self._held = False
        self._pump()

    def close(self) -> None:
        """No outcome is told any more; decoders are freed in the lane."""
        self._closed = True
        self._waiting.clear()
        self._lane.close(self.picture.close)

    def _pump(self) -> None:
        if self._busy or self._held or self._closed or not self._waiting:
            return
        batch: list[Decode | Finish] = []
        while self._waiting:
            batch.append(self._waiting.popleft())
            if isinstance(batch[-1], Finish):
                break
        self._busy = True
        size = sum(len(work.rectangle.payload) for work in batch if isinstance(work, Decode))
        self._lane.submit(lambda: self._work(batch), lambda result: self._done(size, result))

    def _work(self, batch: list[Decode | Finish]) -> Outcome | None:
        outcome = None
        for work in batch:
            if isinstance(work, Decode):
                self.picture.rectangle(work.begin, work.digest, work.rectangle)
            else:
                outcome = self.picture.finish(work.begin, work.end, work.faults)
        return outcome

    def _done(self, size: int, result: Outcome | BaseException | None) -> None:
        self._busy = False
        self.pending_bytes -= size
        if self._closed:
            return
        if isinstance(result, BaseException):
            self._failed(result)
            return
        if result is not None:
            self._held = True
            self._checked(result)
        else:
            self._pump()
        self._drained()
