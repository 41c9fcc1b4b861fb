"""The reader's side of one RFB session: events of the wire in, commands out. Pure; time is passed in.

Two kinds of servers: ours, which proves what it sends (PROTOCOL.md), and any other, whose pictures are
shown but never called exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rfb_ext.codecs.cursor import cursor_from_alpha_rectangle, cursor_from_rectangle

from radterm.client.base import Exactness, State
from radterm.client.exactness import HeadExactness
from radterm.client.ledger import Ledger
from radterm.client.picture import Fault, Outcome
from radterm.client.session.commands import (
    Close,
    Command,
    Decode,
    Discard,
    Finish,
    NewHeads,
    Present,
    Send,
    TellClipboard,
    TellCursor,
    TellExactness,
    TellName,
)
from radterm.client.session.input import Input
from rfb_ext import __version__
from rfb_ext.codecs.base import Codec
from rfb_ext.errors import RemoteProtocolError
from rfb_ext.frame.frames import Head
from rfb_ext.wire import client_messages as c
from rfb_ext.wire import rectangles as r
from rfb_ext.wire import server_messages as s
from rfb_ext.wire.numbers import (
    PROTOCOL_VERSION,
    AckFlag,
    Encoding,
    FenceFlag,
    HeadPolicy,
    LayoutStatus,
    NoticeCode,
    ResyncReason,
)
from rfb_ext.wire.types import CANONICAL_8, Rect

UNVERIFIED = "lossless encoding, but this server does not prove its pixels"
RESYNC_SECONDS = 1.0
SLOWEST_RESYNC_SECONDS = 8.0
MOST_BEHIND_SECONDS = 1.0
WINDOW = 64 << 20
PSEUDO = (
    Encoding.RADTERM,
    Encoding.UPDATE_BEGIN,
    Encoding.RECTANGLE_DIGEST,
    Encoding.UPDATE_END,
    Encoding.CURSOR_WITH_ALPHA,
    Encoding.CURSOR,
    Encoding.EXTENDED_DESKTOP_SIZE,
    Encoding.DESKTOP_SIZE,
    Encoding.LAST_RECT,
    Encoding.DESKTOP_NAME,
    Encoding.CONTINUOUS_UPDATES,
    Encoding.FENCE,
    Encoding.QEMU_EXTENDED_KEY,
)


@dataclass(eq=False, slots=True)
class _HeadAccount:
    head: Head
    exactness: HeadExactness
    told: Exactness | None = None
    unshown: list[Rect] = field(default_factory=list)
    proven_digest: bytes = b""
    resync_at: float | None = None
    resync_wait: float = RESYNC_SECONDS
    progress_at: float = 0.0
    fault: Fault | None = None


@dataclass(eq=False, slots=True)
class _Incoming:
    """The update that is arriving. `account` None: a standard server's."""

    account: _HeadAccount | None = None
    begin: r.UpdateBegin | None = None
    end: r.UpdateEnd | None = None
    digest: r.RectangleDigest | None = None
    faults: list[Fault] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)


class ViewingSession:
    """`codecs`: those that passed their self-test here. `clock`: monotonic seconds."""

    def __init__(self, codecs: Mapping[int, Codec], *, clock: Callable[[], float]) -> None:
        self.ledger = Ledger()
        self.radterm = False
        self.input = Input(clock)
        self._codecs = codecs
        self._clock = clock
        self._seed: int | None = None
        self._accounts: dict[int, _HeadAccount] = {}
        self._incoming: _Incoming | None = None
        self._next_update = 1
        self._size = (0, 0)
        self._layout_screens: tuple[Any, ...] = ()
        self._commands: list[Command] = []
        self._notices: list[str] = []

    # --- what the rim takes ---

    def take_commands(self) -> list[Command]:
        """The commands since the last call, in order; states that changed come last."""
        now = self._clock()
        for account in self._accounts.values():
            exactness = account.exactness.state(now)
            if exactness != account.told:
                account.told = exactness
                self._commands.append(TellExactness(account.head.id, exactness))
        commands, self._commands = self._commands, []
        return commands

    def next_moment(self) -> float | None:
        """When `passed` must be called though nothing arrives (monotonic seconds); None: never."""
        now = self._clock()
        moments = [account.exactness.next_change(now) for account in self._accounts.values()]
        moments += [account.resync_at for account in self._accounts.values()]
        if any(account.exactness.behind_for(now) for account in self._accounts.values()):
            moments.append(now + MOST_BEHIND_SECONDS)
        return min((moment for moment in moments if moment is not None), default=None)

    def exact(self) -> bool:
        """True if every head is EXACT now."""
        now = self._clock()
        states = [account.exactness.state(now).state for account in self._accounts.values()]
        return bool(states) and all(state is State.EXACT for state in states)

    def report(self) -> dict[str, Any]:
        """The counts so far, with what is known of each head (README, "What view --json prints")."""
        now = self._clock()
        heads = []
        for account in self._accounts.values():
            head, exactness = account.head, account.exactness.state(now)
            heads.append(
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
        return {
            "exact": self.exact(),
            **self.ledger.report(),
            "unverified_pixels": sum(head["unverified_pixels"] for head in heads),
            "notices": list(self._notices),
            "heads": heads,
        }

    # --- what the rim tells ---

    def received(self, event: object) -> None:
        """An event of the wire connection, role client."""
        match event:
            case r.PixelRectangle():
                self._pixels(event)
            case r.RectangleDigest():
                self._digest(event)
            case r.UpdateBegin():
                self._begin(event)
            case r.UpdateEnd():
                self._end(event)
            case s.UpdateStarted():
                self._incoming = _Incoming()
            case s.UpdateEnded():
                self._ended()
            case s.Heartbeat():
                self._heartbeat(event)
            case s.ServerInit():
                self._opened(event)
            case s.ServerHello():
                self._hello(event)
            case s.Heads():
                self._heads(tuple(_head(entry) for entry in event.heads))
            case s.Notice():
                self._notice(event)
            case r.LayoutRectangle():
                if event.status == LayoutStatus.DONE or event.reason != 1:
                    self._size = (event.layout.width, event.layout.height)
                    self._layout_screens = event.layout.screens
                    if not self.radterm:
                        self._foreign_heads()
            case r.DesktopSizeRectangle():
                self._size = (event.width, event.height)
                self._layout_screens = ()
                if not self.radterm:
                    self._foreign_heads()
            case r.CursorWithAlphaRectangle():
                self._commands.append(TellCursor(cursor_from_alpha_rectangle(event)))
            case r.CursorRectangle():
                self._commands.append(TellCursor(cursor_from_rectangle(event, CANONICAL_8)))
            case r.DesktopNameRectangle():
                self._commands.append(TellName(event.name))
            case r.QemuKeyRectangle():
                self.input.qemu_keys = True
            case s.ServerCutText():
                self._commands.append(TellClipboard(event.data.decode("latin-1")))
            case s.ServerFence():
                if event.flags & FenceFlag.REQUEST:
                    known = FenceFlag.BLOCK_BEFORE | FenceFlag.BLOCK_AFTER | FenceFlag.SYNC_NEXT
                    self._commands.append(Send(c.ClientFence(int(event.flags & known), event.payload)))
            case _:
                pass  # a bell, a colour map: nothing to see on a true colour picture

    def bytes_arrived(self, count: int) -> None:
        """Called for everything read, before its events."""
        self.ledger.bytes += count
        if self._incoming is not None and self._incoming.account is not None:
            self._incoming.account.progress_at = self._clock()

    def update_checked(self, outcome: Outcome) -> None:
        """The lane is done with an update."""
        self.ledger.checked(outcome)
        account = self._accounts.get(outcome.head.id)
        if account is None or account.head != outcome.head:
            self._commands.append(Discard(outcome))
            return
        account.progress_at = self._clock()
        if not self.radterm:
            self._commands.append(Present(outcome, outcome.region))
            return
        if outcome.faults:
            self._fail(account, outcome.faults[0])
            account.unshown = [Rect(0, 0, account.head.rect.w, account.head.rect.h)]
            self._withhold(account, outcome)
            return
        account.unshown.extend(outcome.region)
        if outcome.proven:
            account.exactness.proven(outcome.serial)
            account.proven_digest = outcome.head_digest
            account.fault, account.resync_at, account.resync_wait = None, None, RESYNC_SECONDS
        elif not account.exactness.trusted:
            self._withhold(account, outcome)  # what stands around these pixels is not proven
            return
        else:
            account.exactness.partial()
        region, account.unshown = tuple(account.unshown), []
        self._commands.append(Present(outcome, region))

    def update_released(self, outcome: Outcome, *, shown: bool, present_us: int) -> None:
        """The viewer has shown the update, or will not."""
        account = self._accounts.get(outcome.head.id)
        if not self.radterm:
            whole = Rect(0, 0, *self._size)
            self._commands.append(Send(c.FramebufferUpdateRequest(True, whole)))
            return
        flags = AckFlag.VERIFIED | (AckFlag.PRESENTED if shown else AckFlag(0))
        self._acknowledge(outcome, flags, present_us)
        if account is None or account.head != outcome.head:
            return
        if outcome.complete:
            self.ledger.head(outcome.head.id).shown += 1
        latency = self.input.seen(outcome.input_tag)
        if latency is not None:
            self.ledger.latencies_ms.append(latency * 1000)

    def passed(self) -> None:
        """Time has passed: repeats what was asked for in vain."""
        now = self._clock()
        for account in self._accounts.values():
            if account.resync_at is not None and now >= account.resync_at and account.fault is not None:
                if now - account.progress_at >= RESYNC_SECONDS:
                    self._ask_again(account, account.fault)
                else:
                    account.resync_at = now + RESYNC_SECONDS
            behind = account.exactness.behind_for(now) >= MOST_BEHIND_SECONDS
            if behind and account.resync_at is None and now - account.progress_at >= MOST_BEHIND_SECONDS:
                fault = Fault(ResyncReason.NOT_COMPLETE, None, "an update was announced and never arrived")
                self._fail(account, fault)

    # --- opening ---

    def _opened(self, init: s.ServerInit) -> None:
        self._size = (init.width, init.height)
        encodings = tuple(self._codecs) + tuple(int(number) for number in PSEUDO)
        self._commands += [
            TellName(init.name),
            Send(c.SetPixelFormat(CANONICAL_8)),
            Send(c.SetEncodings(encodings)),
            Send(c.FramebufferUpdateRequest(False, Rect(0, 0, *self._size))),
        ]

    def _hello(self, hello: s.ServerHello) -> None:
        if hello.version != PROTOCOL_VERSION:
            sentence = f"the server speaks version {hello.version} of the radterm extension, this viewer {PROTOCOL_VERSION}"
            self._commands.append(Close(RemoteProtocolError(sentence)))
            return
        self.radterm = True
        self._seed = hello.seed
        encodings = tuple(self._codecs)
        self._commands.append(Send(c.ClientHello(PROTOCOL_VERSION, WINDOW, encodings, f"radterm {__version__}")))

    def _heads(self, heads: tuple[Head, ...]) -> None:
        now = self._clock()
        self._incoming = None
        self._accounts = {head.id: _HeadAccount(head, HeadExactness(now), progress_at=now) for head in heads}
        for account in self._accounts.values():
            account.unshown = [Rect(0, 0, account.head.rect.w, account.head.rect.h)]
        self.input.heads_changed(heads)
        width = max(head.rect.right for head in heads)
        height = max(head.rect.bottom for head in heads)
        self._commands.append(NewHeads(heads, self._seed))
        self._commands.append(Send(c.EnableContinuousUpdates(True, Rect(0, 0, width, height))))

    def _foreign_heads(self) -> None:
        now = self._clock()
        screens = [(screen.id, screen.rect) for screen in self._layout_screens if screen.rect]
        places = screens or [(0, Rect(0, 0, *self._size))]
        if len(places) > 1:
            places = [(0, Rect(0, 0, *self._size))]  # its rectangles may cross screens: one head for all
        heads = tuple(Head(number, rect, 8, "", HeadPolicy.REVIEW) for number, rect in places)
        self._accounts = {head.id: _HeadAccount(head, HeadExactness(now, UNVERIFIED)) for head in heads}
        self.input.heads_changed(heads)
        self._commands.append(NewHeads(heads, None))

    # --- updates ---

    def _begin(self, begin: r.UpdateBegin) -> None:
        incoming = self._incoming
        if incoming is None or incoming.begin is not None:
            self._commands.append(Close(RemoteProtocolError("an update began inside another; the session was closed")))
            return
        incoming.begin = begin
        account = self._accounts.get(begin.head)
        expected, self._next_update = self._next_update, begin.update + 1
        if account is None:
            for other in self._accounts.values():  # whose pixels these were cannot be known
                self._fail(other, Fault(ResyncReason.BAD_HEADER, None, "an update named a head that does not exist"))
            return
        incoming.account = account
        if begin.update != expected:
            sentence = "an update was lost on the way"
            for other in self._accounts.values():
                self._fail(other, Fault(ResyncReason.BAD_HEADER, None, sentence))
        if begin.head_rect != account.head.rect or begin.depth != account.head.depth:
            self._header_fault(incoming, "an update's head is not where the layout says")
        if begin.serial < account.exactness.serial:
            self._header_fault(incoming, "an older frame came after a newer one")
        self.ledger.head(begin.head).heard(begin.serial)

    def _digest(self, digest: r.RectangleDigest) -> None:
        incoming = self._incoming
        if incoming is None or incoming.account is None:
            return
        if incoming.digest is not None:
            self._header_fault(incoming, "a digest came without its rectangle")
        incoming.digest = digest

    def _pixels(self, rectangle: r.PixelRectangle) -> None:
        name = self._codecs[rectangle.encoding].name if rectangle.encoding in self._codecs else "unknown"
        self.ledger.rectangle(name, len(rectangle.payload))
        incoming = self._incoming
        if not self.radterm:
            self._foreign_pixels(rectangle)
            return
        if incoming is None or incoming.account is None:
            if incoming is not None and incoming.begin is None:
                for account in self._accounts.values():
                    self._fail(account, Fault(ResyncReason.BAD_HEADER, None, "pixels came outside an update"))
            return
        digest, incoming.digest = incoming.digest, None
        if digest is None or digest.rect != rectangle.rect:
            self._header_fault(incoming, "a rectangle came without its digest")
        elif not incoming.account.head.rect.contains(rectangle.rect) or not rectangle.rect:
            self._header_fault(incoming, "a rectangle lies outside its head")
        else:
            self._commands.append(Decode(incoming.account.head.id, incoming.begin, digest, rectangle))

    def _end(self, end: r.UpdateEnd) -> None:
        incoming = self._incoming
        if incoming is None or incoming.begin is None or incoming.end is not None:
            for account in self._accounts.values():
                self._fail(account, Fault(ResyncReason.BAD_HEADER, None, "an update ended that had not begun"))
            return
        incoming.end = end
        if incoming.account is not None and (
            end.update != incoming.begin.update or end.head_rect != incoming.begin.head_rect
        ):
            self._header_fault(incoming, "an update ended as another than it began")
        if incoming.digest is not None:
            self._header_fault(incoming, "a digest came without its rectangle")

    def _ended(self) -> None:
        incoming, self._incoming = self._incoming, None
        if incoming is None:
            return
        if not self.radterm:
            for head_id in sorted(incoming.touched):
                self._commands.append(Finish(head_id, None, None, ()))
            if not incoming.touched:
                self._commands.append(Send(c.FramebufferUpdateRequest(True, Rect(0, 0, *self._size))))
            return
        if incoming.begin is None or incoming.account is None:
            return
        if incoming.end is None:
            self._header_fault(incoming, "an update had no end")
        faults = tuple(incoming.faults)
        self._commands.append(Finish(incoming.account.head.id, incoming.begin, incoming.end, faults))

    def _header_fault(self, incoming: _Incoming, sentence: str) -> None:
        fault = Fault(ResyncReason.BAD_HEADER, None, sentence)
        incoming.faults.append(fault)
        if incoming.account is not None:
            self._fail(incoming.account, fault)

    def _foreign_pixels(self, rectangle: r.PixelRectangle) -> None:
        if not self._accounts:
            self._foreign_heads()
        for account in self._accounts.values():
            if account.head.rect.contains(rectangle.rect) and rectangle.rect and self._incoming is not None:
                self._incoming.touched.add(account.head.id)
                self._commands.append(Decode(account.head.id, None, None, rectangle))

    # --- proof ---

    def _heartbeat(self, beat: s.Heartbeat) -> None:
        now = self._clock()
        for pulse in beat.pulses:
            account = self._accounts.get(pulse.head)
            if account is None:
                continue
            self.ledger.head(pulse.head).heard(pulse.serial)
            account.exactness.beat(now, pulse.serial, max(0, beat.now_us - pulse.read_us) / 1e6)
            proven = account.exactness.trusted and account.exactness.serial == pulse.serial
            if proven and pulse.digest != account.proven_digest:
                sentence = "the picture is not the one the hospital side vouches for"
                self._fail(account, Fault(ResyncReason.HEAD_DIGEST, None, sentence))

    def _fail(self, account: _HeadAccount, fault: Fault) -> None:
        account.exactness.failed(fault.sentence)
        if account.fault is None:
            self._ask_again(account, fault)
        account.fault = fault

    def _ask_again(self, account: _HeadAccount, fault: Fault) -> None:
        account.fault = fault
        account.resync_at = self._clock() + account.resync_wait
        account.resync_wait = min(2 * account.resync_wait, SLOWEST_RESYNC_SECONDS)
        self.ledger.resyncs += 1
        head = account.head
        self._commands.append(Send(c.ResyncRequest(head.id, head.rect, fault.encoding, fault.reason)))

    def _withhold(self, account: _HeadAccount, outcome: Outcome) -> None:
        self._commands.append(Discard(outcome))
        self._acknowledge(outcome, AckFlag(0) if outcome.faults else AckFlag.VERIFIED, 0)

    def _acknowledge(self, outcome: Outcome, flags: AckFlag, present_us: int) -> None:
        decode_us = min(outcome.decode_us, 0xFFFFFFFF)
        present_us = min(present_us, 0xFFFFFFFF)
        self._commands.append(
            Send(c.UpdateAcknowledged(outcome.number, outcome.head.id, flags, decode_us, present_us))
        )

    def _notice(self, notice: s.Notice) -> None:
        self._notices.append(notice.text)
        del self._notices[:-16]
        if notice.code == NoticeCode.DESKTOP_LOST:
            for account in self._accounts.values():
                account.exactness.failed(f"the hospital side lost its desktop: {notice.text}")


def _head(entry: s.HeadEntry) -> Head:
    return Head(entry.id, entry.rect, entry.depth, entry.name, HeadPolicy(entry.policy))
