"""The account of one head: what is proven of it, and whether that is fresh. Pure; time is passed in.

EXACT says: this head's framebuffer equals captured frame N as a whole, and N is fresh.
"""

from __future__ import annotations

from radterm.client.base import Exactness, State

STALE_SECONDS = 1.0
BEHIND_SECONDS = 0.15
"""A frame may be known to exist for this long before the picture that precedes it is called behind."""

NOTHING_YET = "no picture of this head has been proven yet"
SILENT = "the hospital side has not been heard of for a second"
HUNG = "the screen at the hospital has not been read for a second"
BEHIND = "newer pixels exist and are on their way"
PARTIAL = "only a part of the newest frame has arrived"


class HeadExactness:
    """Times are seconds of one monotonic clock. `unproven`: a sentence for sessions in which nothing can
    be proven (another maker's server); the head then never becomes EXACT."""

    def __init__(self, now: float, unproven: str | None = None) -> None:
        self.serial = 0
        self._unproven = unproven
        self._failure: str | None = NOTHING_YET
        self._complete = False
        self._named = 0
        self._behind_since: float | None = None
        self._fresh_until = now + STALE_SECONDS
        self._hung = False

    # --- what happened ---

    def proven(self, serial: int) -> None:
        """A complete update was checked and its head digest is equal."""
        self._failure = None
        self._complete = True
        self.serial = serial
        if serial >= self._named:
            self._behind_since = None

    def partial(self) -> None:
        """An update without fault arrived that leaves damage unsent."""
        self._complete = False

    def failed(self, sentence: str) -> None:
        """A digest, decoder or header failed: the whole head is unverified."""
        self._failure = sentence

    def beat(self, now: float, serial: int, read_age: float) -> None:
        """A heartbeat named this head: newest `serial`, and how old (seconds) its last screen read was."""
        self._fresh_until = now + min(STALE_SECONDS, STALE_SECONDS - read_age)
        self._hung = read_age >= STALE_SECONDS
        self._named = max(self._named, serial)
        if self._named > self.serial and self._behind_since is None:
            self._behind_since = now

    # --- what it means ---

    @property
    def trusted(self) -> bool:
        """True if nothing failed since a head digest matched."""
        return self._failure is None and self._unproven is None

    def behind_for(self, now: float) -> float:
        """Seconds for which a newer frame than ours has been known; 0.0 if none is."""
        return 0.0 if self._behind_since is None else now - self._behind_since

    def state(self, now: float) -> Exactness:
        if self._unproven is not None:
            return Exactness(State.NOT_FOR_DIAGNOSIS, self._unproven, self.serial)
        if now >= self._fresh_until:
            reason = HUNG if self._hung else SILENT
            since = self._fresh_until - STALE_SECONDS  # when the picture was last known to be fresh
            return Exactness(State.STALE, reason, self.serial, stale_since=since)
        if self._failure is not None:
            return Exactness(State.NOT_FOR_DIAGNOSIS, self._failure, self.serial)
        if not self._complete:
            return Exactness(State.CATCHING_UP, PARTIAL, self.serial)
        if self.behind_for(now) >= BEHIND_SECONDS:
            return Exactness(State.CATCHING_UP, BEHIND, self.serial)
        return Exactness(State.EXACT, "", self.serial)

    def next_change(self, now: float) -> float | None:
        """When the state may change although nothing happens; None: never."""
        if self._unproven is not None:
            return None
        moments = [self._fresh_until]
        if self._behind_since is not None:
            moments.append(self._behind_since + BEHIND_SECONDS)
        return min((moment for moment in moments if moment > now), default=None)
