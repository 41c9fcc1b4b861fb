"""What the client knows of each head, and what it asks for again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from radterm.client.base import Exactness, State
from radterm.client.exactness import HeadExactness
from radterm.client.ledger import Ledger
from radterm.client.picture import Fault
from radterm.client.session.commands import Command, Send, TellExactness
from rfb_ext.frame.frames import Head
from rfb_ext.wire import client_messages as c
from rfb_ext.wire.numbers import ResyncReason
from rfb_ext.wire.server_messages import Heartbeat
from rfb_ext.wire.types import Rect

RESYNC_SECONDS = 1.0
SLOWEST_RESYNC_SECONDS = 8.0
DRIFT = 200e-6
MOST_BEHIND_SECONDS = 3.0
"""A newer frame known for this long, and nothing of it here: a slow server, or an update that was lost."""


@dataclass(eq=False, slots=True)
class HeadAccount:
    """`unshown`: what differs between framebuffer and glass, head coordinates."""

    head: Head
    exactness: HeadExactness
    progress_at: float
    told: Exactness | None = None
    unshown: list[Rect] = field(default_factory=list)
    proven_digest: bytes = b""
    fault: Fault | None = None
    resync_at: float | None = None
    resync_wait: float = RESYNC_SECONDS


class Accounts:
    """The accounts of all heads. `emit` takes commands; `clock`: monotonic seconds."""

    def __init__(
        self, ledger: Ledger, *, emit: Callable[[Command], None], clock: Callable[[], float]
    ) -> None:
        self.ledger = ledger
        self.emit = emit
        self.clock = clock
        self._accounts: dict[int, HeadAccount] = {}
        self._fastest: float | None = None
        self._fastest_at = 0.0

    def __iter__(self) -> Iterator[HeadAccount]:
        return iter(tuple(self._accounts.values()))

    def __bool__(self) -> bool:
        return bool(self._accounts)

    def get(self, head_id: int) -> HeadAccount | None:
        return self._accounts.get(head_id)

    def of(self, head: Head) -> HeadAccount | None:
        """The account of exactly this head; None if the layout has changed since."""
        account = self._accounts.get(head.id)
        return account if account is not None and account.head == head else None

    def open(self, heads: tuple[Head, ...], unproven: str | None) -> None:
        """New heads: nothing is known of them. `unproven`: see HeadExactness."""
        now = self.clock()
        self._accounts = {head.id: HeadAccount(head, HeadExactness(now, unproven), now) for head in heads}
        for account in self._accounts.values():
            account.unshown = [whole(account.head)]

    # --- faults and what follows ---

    def fail(self, account: HeadAccount, fault: Fault) -> None:
        """The whole head is unverified until a head digest matches; it is asked for again."""
        account.exactness.failed(fault.sentence)
        before = account.fault
        another = before is not None and fault.encoding not in (None, before.encoding)
        if before is None or another:  # the repair itself failed: the server must hear of which codec
            self._ask(account, fault)

    def fail_all(self, sentence: str) -> None:
        """A header made no sense, and whose pixels it spoke of cannot be known."""
        for account in self:
            self.fail(account, Fault(ResyncReason.BAD_HEADER, None, sentence))

    def proven(self, account: HeadAccount, serial: int, head_digest: bytes) -> None:
        """A head digest matched."""
        account.exactness.proven(serial)
        account.proven_digest = head_digest
        account.fault, account.resync_at, account.resync_wait = None, None, RESYNC_SECONDS

    def heartbeat(self, beat: Heartbeat) -> None:
        """Freshness, and the hospital side's word on the picture that should be here."""
        now = self.clock()
        late = self._late(now, beat.now_us / 1e6)
        for pulse in beat.pulses:
            account = self._accounts.get(pulse.head)
            if account is None:
                continue
            self.ledger.head(pulse.head).heard(pulse.serial)
            read_age = max(0, beat.now_us - pulse.read_us) / 1e6
            account.exactness.beat(now, pulse.serial, read_age + late)
            same = account.exactness.trusted and account.exactness.serial == pulse.serial
            if same and pulse.digest != account.proven_digest:
                sentence = "the picture is not the one the hospital side vouches for"
                self.fail(account, Fault(ResyncReason.HEAD_DIGEST, None, sentence))

    def _late(self, now: float, sent: float) -> float:
        """Seconds by which a heartbeat, sent at `sent` of the server's clock, took longer than the fastest
        one of the session: a picture is as old as its way was long. The clocks may drift apart."""
        offset = now - sent
        if self._fastest is None:
            self._fastest, self._fastest_at = offset, now
        drifted = self._fastest + DRIFT * (now - self._fastest_at)
        self._fastest, self._fastest_at = min(offset, drifted), now
        return offset - self._fastest

    # --- time ---

    def passed(self) -> None:
        """Repeats what was asked for in vain; asks for what was announced and never came."""
        now = self.clock()
        for account in self:
            idle = now - account.progress_at
            if account.fault is not None and account.resync_at is not None:
                if now >= account.resync_at and idle >= RESYNC_SECONDS:
                    self._ask(account, account.fault)
                elif now >= account.resync_at:
                    account.resync_at = now + RESYNC_SECONDS
            elif account.exactness.behind_for(now) >= MOST_BEHIND_SECONDS and idle >= MOST_BEHIND_SECONDS:
                sentence = "an update was announced and never arrived"
                self.fail(account, Fault(ResyncReason.NOT_COMPLETE, None, sentence))

    def next_moment(self) -> float | None:
        """When something changes although nothing arrives, monotonic seconds."""
        now = self.clock()
        moments: list[float | None] = []
        for account in self:
            moments += [account.exactness.next_change(now), account.resync_at]
            behind = account.exactness.behind_for(now)
            if behind:
                moments.append(max(now - behind, account.progress_at) + MOST_BEHIND_SECONDS)
        return min((moment for moment in moments if moment is not None), default=None)

    # --- what is told ---

    def tell(self) -> None:
        """Emits every state that differs from what was told before."""
        now = self.clock()
        for account in self:
            exactness = account.exactness.state(now)
            if exactness != account.told:
                account.told = exactness
                self.emit(TellExactness(account.head.id, exactness))

    def exact(self) -> bool:
        """True if there are heads and every one is EXACT now."""
        now = self.clock()
        states = [account.exactness.state(now).state for account in self]
        return bool(states) and all(state is State.EXACT for state in states)

    def report(self) -> list[dict[str, Any]]:
        """One entry a head, for the session's report."""
        now = self.clock()
        entries = []
        for account in self:
            head, exactness = account.head, account.exactness.state(now)
            entries.append(
                {
                    "id": head.id,
                    "name": head.name,
                    "size": [head.rect.w, head.rect.h],
                    "depth": head.depth,
                    "exact": exactness.state is State.EXACT,
                    "state": exactness.state.value,
                    "reason": exactness.reason,
                    "serial": exactness.serial,
                    "unverified_pixels": 0 if account.exactness.trusted else head.rect.area,
                    "frames": self.ledger.head(head.id).report(),
                }
            )
        return entries

    def _ask(self, account: HeadAccount, fault: Fault) -> None:
        account.fault = fault
        account.resync_at = self.clock() + account.resync_wait
        account.resync_wait = min(2 * account.resync_wait, SLOWEST_RESYNC_SECONDS)
        self.ledger.resyncs += 1
        head = account.head
        self.emit(Send(c.ResyncRequest(head.id, head.rect, fault.encoding, fault.reason)))


def whole(head: Head) -> Rect:
    """All of a head, in its own coordinates."""
    return Rect(0, 0, head.rect.w, head.rect.h)
