"""Ordered workers: tasks of one lane run one after the other, lanes run in parallel.

A codec context is used by one lane only, so no codec needs a lock. Workers sleep on a condition; there
is no polling.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from rfb_ext.errors import LocalProtocolError

T = TypeVar("T")

BOUND = 64
"""Tasks that may wait in one lane unless told otherwise; whoever submits more ignores back-pressure."""


class LaneFull(LocalProtocolError):
    """More work was queued than its owner may have unfinished; please report it."""


class LaneClosed(LocalProtocolError):
    """Work was submitted after its lane was closed; please report it."""


class Lanes:
    """`workers` threads that run the tasks of any number of lanes.

    `post` carries each result to where it belongs (reactor.callFromThread): it is called on a worker,
    in order within a lane, and must not block on that worker. `bound`: tasks that may wait in one lane,
    the running one not counted. `failed` is told of an exception that `post`, a `done` run by it, or a
    `final` raised, on the worker, which then goes on; by default threading.excepthook shows it.
    """

    def __init__(
        self,
        workers: int,
        post: Callable[[Callable[[], None]], None],
        bound: int = BOUND,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        if workers < 1 or bound < 1:
            raise ValueError(f"{workers} workers with {bound} waiting tasks a lane cannot work")
        self.bound = bound
        self._post = post
        self._failed = failed or _show
        self._changed = threading.Condition()
        self._ready: deque[Lane] = deque()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"lane-worker-{i}", daemon=True) for i in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def lane(self) -> Lane:
        """A new, empty lane. Raises LaneClosed after stop()."""
        with self._changed:
            if self._stopping:
                raise LaneClosed("the workers have been stopped")
            return Lane(self)

    def stop(self) -> None:
        """Takes no more work, waits until what was submitted has run, and ends the threads. Idempotent;
        not from a task or a `done` that runs on a worker: it would wait for itself (RuntimeError)."""
        if threading.current_thread() in self._threads:
            raise RuntimeError("a worker cannot stop the workers")
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _put(self, lane: Lane, task: Callable[[], None], last: bool) -> None:
        with self._changed:
            if lane._closed and last:
                return
            if lane._closed or self._stopping:
                raise LaneClosed
            if not last and len(lane._waiting) >= self.bound:
                raise LaneFull
            lane._closed = last
            lane._waiting.append(task)
            if not lane._busy:
                lane._busy = True
                self._ready.append(lane)
                self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._ready:
                    if self._stopping:
                        return
                    self._changed.wait()
                lane = self._ready.popleft()
                task = lane._waiting.popleft()
            try:
                task()
            except BaseException as error:  # noqa: BLE001 - told to `failed`; the other lanes must live on
                self._failed(error)
            del task  # a task holds pictures
            with self._changed:
                if lane._waiting:
                    self._ready.append(lane)
                    self._changed.notify()
                else:
                    lane._busy = False


class Lane:
    """Tasks in order; made by Lanes.lane(). Any thread may call it."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._waiting: deque[Callable[[], None]] = deque()
        self._busy = False
        self._closed = False

    def submit(self, work: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """Runs `work` on a worker after all earlier tasks of this lane, then has `done` called through
        `post` with what it returned or raised. Raises LaneFull, LaneClosed."""

        def task() -> None:
            result: T | BaseException
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - handed on, whatever it is
                result = error
            self._lanes._post(lambda: done(result))

        self._lanes._put(self, task, last=False)

    def close(self, final: Callable[[], None] | None = None) -> None:
        """Takes no more tasks; those submitted run, then `final` on a worker. Never full. A second call
        does nothing. Raises LaneClosed if the workers were stopped, so that a `final` never vanishes."""
        self._lanes._put(self, final or _nothing, last=True)


def _nothing() -> None:
    pass


def _show(error: BaseException) -> None:
    args: Any = (type(error), error, error.__traceback__, threading.current_thread())
    threading.excepthook(threading.ExceptHookArgs(args))
