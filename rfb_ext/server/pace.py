"""How much may be on its way to one viewer: a congestion window fed by acknowledgements.

The idea of TigerVNC's congestion control (a window that grows while the delay above the smallest round
trip stays small), with acknowledgements of whole updates in place of fences. What is not allowed now is
not queued: its region simply stays damaged.
"""

from __future__ import annotations

from collections.abc import Callable

MIN_WINDOW = 64 << 10
START_WINDOW = 1 << 20
MAX_WINDOW = 64 << 20
MOST_UPDATES = 8
SMALL_DELAY_US = 25_000
LARGE_DELAY_US = 100_000
GROWTH = 64 << 10


class Pace:
    """One viewer's window in bytes. `clock`: monotonic microseconds. `wish`: the viewer's own bound in
    bytes, 0 for none."""

    def __init__(self, clock: Callable[[], int], wish: int = 0) -> None:
        self._clock = clock
        self._most = min(MAX_WINDOW, max(MIN_WINDOW, wish)) if wish else MAX_WINDOW
        self.window = min(START_WINDOW, self._most)
        self._slow_start = True
        self._base_us: int | None = None
        self._on_way: dict[int, tuple[int, int]] = {}  # update -> (bytes, sent at)

    @property
    def in_flight(self) -> int:
        """Bytes sent and not yet acknowledged."""
        return sum(size for size, _ in self._on_way.values())

    @property
    def round_trip_us(self) -> int | None:
        """The smallest round trip seen so far, microseconds."""
        return self._base_us

    def may_send(self) -> bool:
        """True if another update may be started now: an update of any size, if nothing is on its way."""
        return not self._on_way or (len(self._on_way) < MOST_UPDATES and self.in_flight < self.window)

    def sent(self, update: int, size: int) -> None:
        """`update` went out with `size` bytes."""
        self._on_way[update] = (size, self._clock())

    def forget(self) -> None:
        """What is on its way is not waited for any more."""
        self._on_way.clear()

    def acknowledged(self, update: int, viewer_us: int = 0) -> bool:
        """The viewer has dealt with `update`; `viewer_us` is the time it says it spent itself. False if
        no such update is on its way."""
        entry = self._on_way.pop(update, None)
        if entry is None:
            return False
        trip = max(1, self._clock() - entry[1] - max(0, viewer_us))
        self._base_us = trip if self._base_us is None else min(self._base_us, trip)
        delay = trip - self._base_us
        if delay < SMALL_DELAY_US:
            grown = self.window * 2 if self._slow_start else self.window + GROWTH
            self.window = min(self._most, grown)
        else:
            self._slow_start = False
            if delay > LARGE_DELAY_US:
                self.window = max(MIN_WINDOW, self.window * max(self._base_us, SMALL_DELAY_US) // trip)
            else:
                self.window = max(MIN_WINDOW, self.window - GROWTH)
        return True
