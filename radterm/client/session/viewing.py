"""The reader's side of one RFB session: events of the wire in, commands out. Pure; time is passed in.

Two kinds of servers: ours, which proves what it sends (PROTOCOL.md), and any other, whose pictures are
shown but never called exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from radterm.client.ledger import Ledger
from radterm.client.picture import Outcome
from radterm.client.session.accounts import Accounts
from radterm.client.session.commands import (
    Close,
    Command,
    NewHeads,
    Send,
    TellClipboard,
    TellCursor,
    TellName,
)
from radterm.client.session.input import Input
from radterm.client.session.updates import PlainUpdates, ProvenUpdates
from rfb_ext import __version__
from rfb_ext.codecs.base import Codec
from rfb_ext.codecs.cursor import cursor_from_alpha_rectangle, cursor_from_rectangle
from rfb_ext.errors import RemoteProtocolError
from rfb_ext.frame.frames import Head
from rfb_ext.wire import client_messages as c
from rfb_ext.wire import rectangles as r
from rfb_ext.wire import server_messages as s
from rfb_ext.wire.numbers import PROTOCOL_VERSION, Encoding, FenceFlag, HeadPolicy, NoticeCode
from rfb_ext.wire.types import CANONICAL_8, Rect

UNVERIFIED = "lossless encoding, but this server does not prove its pixels"
WINDOW = 64 << 20
MOST_NOTICES = 16
PSEUDO_ENCODINGS = (
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


class ViewingSession:
    """`codecs`: those that passed their self-test here, by encoding; `others`: for servers of other makers,
    best first. `clock`: monotonic seconds."""

    def __init__(
        self,
        codecs: Mapping[int, Codec],
        *,
        clock: Callable[[], float],
        others: Mapping[int, Codec] | None = None,
    ) -> None:
        self.ledger = Ledger()
        self.radterm = False
        self.input = Input(clock)
        self._codecs = codecs
        self._others = dict(codecs if others is None else others)
        self._commands: list[Command] = []
        self._accounts = Accounts(self.ledger, emit=self._emit, clock=clock)
        self._plain = PlainUpdates(self._accounts, lambda: self._size)
        self._proven = ProvenUpdates(self._accounts, self.input.seen)
        self._seed: int | None = None
        self._size = (0, 0)
        self._notices: list[str] = []

    # --- what the rim takes ---

    def take_commands(self) -> list[Command]:
        """The commands since the last call, in order; states that changed come last."""
        self._accounts.tell()
        commands, self._commands = self._commands, []
        return commands

    def next_moment(self) -> float | None:
        """When `passed` must be called though nothing arrives (monotonic seconds); None: never."""
        return self._accounts.next_moment()

    def exact(self) -> bool:
        """True if every head is EXACT now."""
        return self._accounts.exact()

    def report(self) -> dict[str, Any]:
        """The counts so far, with what is known of each head (README, "What view --json prints")."""
        heads = self._accounts.report()
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
        updates = self._proven if self.radterm else self._plain
        match event:
            case r.PixelRectangle():
                self._count(event)
                updates.pixels(event)
            case r.RectangleDigest():
                updates.digest(event)
            case r.UpdateBegin():
                updates.begin(event)
            case r.UpdateEnd():
                updates.end(event)
            case s.UpdateStarted():
                updates.started()
            case s.UpdateEnded():
                updates.ended()
            case s.Heartbeat():
                self._accounts.heartbeat(event)
            case s.ServerInit():
                self._opened(event)
            case s.ServerHello():
                self._hello(event)
            case s.Heads():
                self._heads(tuple(_head(entry) for entry in event.heads))
            case s.Notice():
                self._notice(event)
            case r.LayoutRectangle() if event.layout is not None and not event.refused:
                self._layout((event.layout.width, event.layout.height))
            case r.DesktopSizeRectangle():
                self._layout((event.width, event.height))
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
            case s.ServerFence() if event.flags & FenceFlag.REQUEST:
                known = FenceFlag.BLOCK_BEFORE | FenceFlag.BLOCK_AFTER | FenceFlag.SYNC_NEXT
                self._commands.append(Send(c.ClientFence(int(event.flags & known), event.payload)))
            case _:
                pass  # a bell, a colour map: nothing to see on a true colour picture

    def bytes_arrived(self, count: int) -> None:
        """Called for everything read, before its events."""
        self.ledger.bytes += count
        (self._proven if self.radterm else self._plain).bytes_arrived()

    def update_checked(self, outcome: Outcome) -> None:
        """The lane is done with an update."""
        self.ledger.checked(outcome)
        if not self.radterm:
            self._withdraw(outcome)
        (self._proven if self.radterm else self._plain).checked(outcome)

    def update_released(self, outcome: Outcome, *, shown: bool, present_us: int) -> None:
        """The viewer has shown the update, or will not."""
        updates = self._proven if self.radterm else self._plain
        updates.released(outcome, shown=shown, present_us=present_us)

    def passed(self) -> None:
        """Time has passed: what was asked for in vain is asked for again."""
        self._accounts.passed()

    # --- inside ---

    def _emit(self, command: Command) -> None:
        self._commands.append(command)

    def _opened(self, init: s.ServerInit) -> None:
        self._size = (init.width, init.height)
        self._commands += [
            TellName(init.name),
            Send(c.SetPixelFormat(CANONICAL_8)),
            Send(self._encodings()),
            Send(c.FramebufferUpdateRequest(False, Rect(0, 0, *self._size))),
        ]

    def _encodings(self) -> c.SetEncodings:
        pixels = dict.fromkeys([*self._codecs, *self._others])
        return c.SetEncodings((*pixels, *(int(number) for number in PSEUDO_ENCODINGS)))

    def _hello(self, hello: s.ServerHello) -> None:
        if hello.version != PROTOCOL_VERSION:
            speaks = f"the server speaks version {hello.version} of the radterm extension"
            error = RemoteProtocolError(
                f"{speaks}, this viewer {PROTOCOL_VERSION}; install matching versions"
            )
            self._commands.append(Close(error))
            return
        self.radterm = True
        self._seed = hello.seed
        answer = c.ClientHello(PROTOCOL_VERSION, WINDOW, tuple(self._codecs), f"radterm {__version__}")
        self._commands.append(Send(answer))

    def _heads(self, heads: tuple[Head, ...]) -> None:
        self._proven.heads_changed()
        self._new_heads(heads, None)
        width = max(head.rect.right for head in heads)
        height = max(head.rect.bottom for head in heads)
        self._commands.append(Send(c.EnableContinuousUpdates(True, Rect(0, 0, width, height))))

    def _layout(self, size: tuple[int, int]) -> None:
        self._size = size
        if not self.radterm:
            self._plain_heads()

    def _plain_heads(self) -> None:
        """One head, for the rectangles of such a server may cross the borders of its screens."""
        self._plain.forget([account.head.id for account in self._accounts])
        head = Head(0, Rect(0, 0, *self._size), 8, "", HeadPolicy.REVIEW)
        self._new_heads((head,), UNVERIFIED)

    def _new_heads(self, heads: tuple[Head, ...], unproven: str | None) -> None:
        self._accounts.open(heads, unproven)
        self.input.heads_changed(heads)
        self._commands.append(NewHeads(heads, self._seed))

    def _withdraw(self, outcome: Outcome) -> None:
        """What could not be decoded of another maker's server is not listed any more; all is asked for."""
        for fault in outcome.faults:
            if fault.encoding is not None and fault.encoding != Encoding.RAW:
                self._others.pop(fault.encoding, None)
        if outcome.faults:
            self._commands.append(Send(self._encodings()))
            self._commands.append(Send(c.FramebufferUpdateRequest(False, Rect(0, 0, *self._size))))

    def _count(self, rectangle: r.PixelRectangle) -> None:
        codec = self._codecs.get(rectangle.encoding) or self._others.get(rectangle.encoding)
        self.ledger.rectangle(codec.name if codec is not None else "raw", len(rectangle.payload))
        if not self.radterm and not self._accounts:
            self._plain_heads()

    def _notice(self, notice: s.Notice) -> None:
        self._notices.append(notice.text)
        del self._notices[:-MOST_NOTICES]
        if notice.code == NoticeCode.DESKTOP_LOST:
            for account in self._accounts:
                account.exactness.failed(f"the hospital side lost its desktop: {notice.text}")


def _head(entry: s.HeadEntry) -> Head:
    return Head(entry.id, entry.rect, entry.depth, entry.name, HeadPolicy(entry.policy))
