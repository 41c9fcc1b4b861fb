"""Updates as they arrive, from headers to the glass: proven ones of our servers, plain ones of others."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from radterm.client.picture import Fault, Outcome
from radterm.client.session.accounts import Accounts, HeadAccount, whole
from radterm.client.session.commands import Close, Decode, Discard, Finish, Present, Send
from rfb_ext.errors import RemoteProtocolError
from rfb_ext.wire import client_messages as c
from rfb_ext.wire.numbers import AckFlag, ResyncReason
from rfb_ext.wire.rectangles import PixelRectangle, RectangleDigest, UpdateBegin, UpdateEnd
from rfb_ext.wire.types import Rect

MOST_US = 0xFFFFFFFF


class Updates(Protocol):
    """What a session does with the parts of an update, and with what became of it."""

    def started(self) -> None: ...

    def begin(self, begin: UpdateBegin) -> None: ...

    def digest(self, digest: RectangleDigest) -> None: ...

    def pixels(self, rectangle: PixelRectangle) -> None: ...

    def end(self, end: UpdateEnd) -> None: ...

    def ended(self) -> None: ...

    def bytes_arrived(self) -> None: ...

    def checked(self, outcome: Outcome) -> None: ...

    def released(self, outcome: Outcome, *, shown: bool, present_us: int) -> None: ...


@dataclass(eq=False, slots=True)
class _Incoming:
    """The update that is arriving."""

    account: HeadAccount | None = None
    begin: UpdateBegin | None = None
    end: UpdateEnd | None = None
    digest: RectangleDigest | None = None
    faults: list[Fault] = field(default_factory=list)


class ProvenUpdates:
    """Updates as PROTOCOL.md section 4 has them. A header that makes no sense is a fault of the head, not
    the end of the session. `seen` is told the input tag of each update that is on the glass."""

    def __init__(self, accounts: Accounts, seen: Callable[[int], float | None]) -> None:
        self._accounts = accounts
        self._seen = seen
        self._incoming: _Incoming | None = None
        self._next = 1

    def heads_changed(self) -> None:
        """What arrives belongs to heads that are gone."""
        self._incoming = None

    # --- headers ---

    def started(self) -> None:
        self._incoming = _Incoming()

    def begin(self, begin: UpdateBegin) -> None:
        incoming, accounts = self._incoming, self._accounts
        if incoming is None or incoming.begin is not None:
            accounts.emit(
                Close(RemoteProtocolError("an update began inside another; the session was closed"))
            )
            return
        incoming.begin = begin
        incoming.account = account = accounts.get(begin.head)
        expected, self._next = self._next, begin.update + 1
        if begin.update != expected:
            accounts.fail_all("an update was lost on the way")
        if account is None:
            accounts.fail_all("an update named a head that does not exist")
            return
        if begin.head_rect != account.head.rect or begin.depth != account.head.depth:
            self._fault(incoming, "an update's head is not where the layout says")
        if begin.serial < account.exactness.serial:
            self._fault(incoming, "an older frame came after a newer one")
        accounts.ledger.head(begin.head).heard(begin.serial)

    def digest(self, digest: RectangleDigest) -> None:
        incoming = self._incoming
        if incoming is None or incoming.account is None:
            return
        if incoming.digest is not None:
            self._fault(incoming, "a digest came without its rectangle")
        incoming.digest = digest

    def pixels(self, rectangle: PixelRectangle) -> None:
        incoming = self._incoming
        if incoming is None or incoming.begin is None:
            self._accounts.fail_all("pixels came outside an update")
            return
        if incoming.account is None:
            return
        digest, incoming.digest = incoming.digest, None
        head = incoming.account.head
        if digest is None or digest.rect != rectangle.rect:
            self._fault(incoming, "a rectangle came without its digest")
        elif not head.rect.contains(rectangle.rect) or not rectangle.rect:
            self._fault(incoming, "a rectangle lies outside its head")
        else:
            self._accounts.emit(Decode(head.id, incoming.begin, digest, rectangle))

    def end(self, end: UpdateEnd) -> None:
        incoming = self._incoming
        if incoming is None or incoming.begin is None or incoming.end is not None:
            self._accounts.fail_all("an update ended that had not begun")
            return
        incoming.end = end
        if end.update != incoming.begin.update or end.head_rect != incoming.begin.head_rect:
            self._fault(incoming, "an update ended as another than it began")
        if incoming.digest is not None:
            self._fault(incoming, "a digest came without its rectangle")

    def ended(self) -> None:
        incoming, self._incoming = self._incoming, None
        if incoming is None or incoming.begin is None or incoming.account is None:
            return
        if incoming.end is None:
            self._fault(incoming, "an update had no end")
        faults = tuple(incoming.faults)
        self._accounts.emit(Finish(incoming.account.head.id, incoming.begin, incoming.end, faults))

    def bytes_arrived(self) -> None:
        if self._incoming is not None and self._incoming.account is not None:
            self._incoming.account.progress_at = self._accounts.clock()

    def _fault(self, incoming: _Incoming, sentence: str) -> None:
        fault = Fault(ResyncReason.BAD_HEADER, None, sentence)
        incoming.faults.append(fault)
        if incoming.account is not None:
            self._accounts.fail(incoming.account, fault)

    # --- what became of an update ---

    def checked(self, outcome: Outcome) -> None:
        accounts = self._accounts
        account = accounts.of(outcome.head)
        if account is None:
            accounts.emit(Discard(outcome))
            return
        account.progress_at = accounts.clock()
        if outcome.faults:
            accounts.fail(account, outcome.faults[0])
            account.unshown = [whole(account.head)]
            self._withhold(outcome)
            return
        account.unshown.extend(outcome.region)
        if outcome.proven:
            accounts.proven(account, outcome.serial, outcome.head_digest)
        elif not account.exactness.trusted:
            self._withhold(outcome)  # what stands around these pixels is not proven
            return
        else:
            account.exactness.partial()
        region, account.unshown = tuple(account.unshown), []
        accounts.emit(Present(outcome, region))

    def released(self, outcome: Outcome, *, shown: bool, present_us: int) -> None:
        flags = AckFlag.VERIFIED | (AckFlag.PRESENTED if shown else AckFlag(0))
        self._acknowledge(outcome, flags, present_us)
        account = self._accounts.of(outcome.head)
        if account is None:
            return
        ledger = self._accounts.ledger
        if not shown:  # the glass is older than the framebuffer until all of it has been shown
            account.unshown = [whole(account.head)]
            account.exactness.partial()
        elif outcome.complete:
            ledger.head(outcome.head.id).shown += 1
        latency = self._seen(outcome.input_tag)
        if latency is not None:
            ledger.latencies_ms.append(latency * 1000)

    def _withhold(self, outcome: Outcome) -> None:
        self._accounts.emit(Discard(outcome))
        self._acknowledge(outcome, AckFlag(0) if outcome.faults else AckFlag.VERIFIED, 0)

    def _acknowledge(self, outcome: Outcome, flags: AckFlag, present_us: int) -> None:
        decode_us = min(outcome.decode_us, MOST_US)
        present_us = min(present_us, MOST_US)
        ack = c.UpdateAcknowledged(outcome.number, outcome.head.id, flags, decode_us, present_us)
        self._accounts.emit(Send(ack))


class PlainUpdates:
    """Updates of a server that proves nothing: shown as they come, asked for one at a time. `size` gives
    the framebuffer's."""

    def __init__(self, accounts: Accounts, size: Callable[[], tuple[int, int]]) -> None:
        self._accounts = accounts
        self._size = size
        self._touched: set[int] = set()
        self._waiting: set[int] = set()

    def started(self) -> None:
        self._touched.clear()

    def begin(self, begin: UpdateBegin) -> None:
        """Not sent by such a server: wire refuses it before a hello."""

    def digest(self, digest: RectangleDigest) -> None:
        """As begin."""

    def end(self, end: UpdateEnd) -> None:
        """As begin."""

    def bytes_arrived(self) -> None:
        """Nothing depends on it."""

    def pixels(self, rectangle: PixelRectangle) -> None:
        for account in self._accounts:
            if rectangle.rect and account.head.rect.contains(rectangle.rect):
                self._touched.add(account.head.id)
                self._accounts.emit(Decode(account.head.id, None, None, rectangle))

    def ended(self) -> None:
        for head_id in sorted(self._touched):
            self._accounts.emit(Finish(head_id, None, None, ()))
        self._waiting |= self._touched
        self._ask_when_done()

    def checked(self, outcome: Outcome) -> None:
        account = self._accounts.of(outcome.head)
        if account is None:
            self._accounts.emit(Discard(outcome))
            return
        region, account.unshown = (*account.unshown, *outcome.region), []
        self._accounts.emit(Present(outcome, region))

    def released(self, outcome: Outcome, *, shown: bool, present_us: int) -> None:
        if shown:
            self._accounts.ledger.head(outcome.head.id).shown += 1
        self._waiting.discard(outcome.head.id)
        self._ask_when_done()

    def forget(self, head_ids: Collection[int]) -> None:
        """Heads that are gone will not be released any more."""
        self._waiting -= set(head_ids)

    def _ask_when_done(self) -> None:
        if not self._waiting:
            self._accounts.emit(Send(c.FramebufferUpdateRequest(True, Rect(0, 0, *self._size()))))
