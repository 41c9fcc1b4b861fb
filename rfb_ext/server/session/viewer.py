"""One viewer's session on one desktop: events in, commands out.

Pure. It exists only after the handshake has ended well. The rim calls a method for each thing that
happened, then takes the commands.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

from rfb_ext import __version__
from rfb_ext.codecs.base import Codec
from rfb_ext.codecs.cursor import cursor_rectangle, cursor_with_alpha_rectangle
from rfb_ext.desktop.base import Cursor
from rfb_ext.errors import CaptureError, RemoteProtocolError
from rfb_ext.frame.frames import Head
from rfb_ext.server.ledger import Ledger
from rfb_ext.server.pace import Pace
from rfb_ext.server.pictures import CapturedPicture, EncodedHead, UpdateJob
from rfb_ext.server.session.commands import (
    Close,
    Command,
    EncodeUpdate,
    NewLines,
    RequestLayout,
    Send,
    WantFrame,
)
from rfb_ext.server.session.input import Input
from rfb_ext.server.session.messages import (
    framebuffer_size,
    heads_message,
    layout_update,
    plain_update,
    proven_update,
    update_size,
)
from rfb_ext.server.session.updates import Updates
from rfb_ext.wire import client_messages as c
from rfb_ext.wire import rectangles as r
from rfb_ext.wire import server_messages as s
from rfb_ext.wire.fields import Message
from rfb_ext.wire.numbers import (
    PROTOCOL_VERSION,
    Encoding,
    FenceFlag,
    LayoutReason,
    LayoutStatus,
    NoticeCode,
)
from rfb_ext.wire.types import PixelFormat

CAN_INPUT, CAN_CLIPBOARD = 1, 2
NEEDED = (
    Encoding.UPDATE_BEGIN,
    Encoding.RECTANGLE_DIGEST,
    Encoding.UPDATE_END,
    Encoding.LAST_RECT,
    Encoding.EXTENDED_DESKTOP_SIZE,
    Encoding.CONTINUOUS_UPDATES,
)


class ViewerSession:
    """`codecs`: those that passed their self-test here, best first; `others`: those for standard viewers.

    `clock`: monotonic microseconds. `next_tag`: see Input.
    """

    def __init__(
        self,
        heads: tuple[Head, ...],
        *,
        seed: int,
        codecs: Sequence[Codec],
        others: Sequence[Codec],
        clock: Callable[[], int],
        next_tag: Callable[[], int],
        pixel_format: PixelFormat,
        view_only: bool = False,
    ) -> None:
        self.heads = heads
        self.ledger = Ledger()
        self.pixel_format = pixel_format
        self.offered: tuple[Codec, ...] = tuple(k for k in codecs if k.encoding == Encoding.RAW)
        self.radterm = False
        self._seed = seed
        self._codecs = tuple(codecs)
        self._others = {int(codec.encoding): codec for codec in others}
        self._formats = 0
        self._clock = clock
        self._view_only = view_only
        self._input = Input(next_tag, allowed=not view_only)
        self._updates = Updates(heads)
        self._listed: frozenset[int] = frozenset()
        self._commands: list[Command] = [NewLines()]
        self._writable = True
        self._number = 0
        self._cursor: Cursor | None = None
        self._pending: list[r.Rectangle] = []  # pseudo-rectangles that wait for a standard viewer's request
        self._greeted: set[int] = set()

    # --- what the rim takes ---

    def take_commands(self) -> list[Command]:
        """The commands since the last call, in order."""
        self._flush()
        commands, self._commands = self._commands, []
        return commands

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the framebuffer that holds all heads."""
        return framebuffer_size(self.heads)

    # --- what the rim tells ---

    def received(self, event: object) -> None:
        """An event of the wire connection, role server."""
        match event:
            case c.SetPixelFormat():
                self.pixel_format = event.pixel_format
                if not self.radterm:
                    self._formats += 1
                    self._commands.append(NewLines())
                    self._updates.all_owed()
            case c.SetEncodings():
                self._listed = frozenset(event.encodings)
                self._greet()
                if not self.radterm:
                    self._offer(event.encodings)
            case c.FramebufferUpdateRequest():
                self._updates.requested(event.incremental, event.rect)
            case c.EnableContinuousUpdates():
                self._updates.continuous(event.enable, event.rect)
                if not event.enable:
                    self._send(s.EndOfContinuousUpdates())
            case c.ClientFence():
                self._fence(event)
            case c.SetDesktopSize():
                if event.layout is None:
                    self.layout_answered(LayoutStatus.INVALID)
                else:
                    self._commands.append(RequestLayout(event.layout))
            case c.ClientHello():
                self._open_radterm(event)
            case c.UpdateAcknowledged():
                self.ledger.acknowledged += 1
                if self._updates.pace is not None:
                    self._updates.pace.acknowledged(event.update, event.decode_us + event.present_us)
            case c.ResyncRequest():
                self._resync(event)
            case c.InputTag() | c.KeyEvent() | c.QemuKeyEvent() | c.PointerEvent() | c.ClientCutText():
                self._commands.extend(self._input.handle(event, self.size))
            case _:
                pass  # nothing else asks for an answer

    def ended(self) -> None:
        """The viewer is gone; the last commands let go of what it holds."""
        self._writable = False
        self._commands = list(self._input.release())

    def writable(self, writable: bool) -> None:
        """False while the socket cannot take more: then nothing new is chosen or encoded."""
        self._writable = writable

    def update_encoded(self, job: UpdateJob, results: tuple[EncodedHead, ...]) -> None:
        """The lanes encoded a job: it becomes a message."""
        for result in results:
            head = result.job.picture.frame.head
            self._updates.encoded(head.id, frozenset(p.encoded.encoding for p in result.rects))
            self.ledger.encoded(result)
        if any(result.job.picture.frame.head not in self.heads for result in results):
            self._drop(results)  # the layout changed meanwhile
            return
        if job.heads and job.format != self._formats:
            self._drop(results)
            self._updates.all_owed()
            return
        self.ledger.updates += 1
        self._number += 1
        if self.radterm:
            tag = self._input.own_tag(results[0].job.picture.frame.input_tag)
            update = proven_update(results[0], number=self._number, tag=tag, seed=self._seed)
        else:
            update = plain_update(self._pending, results)
            self._pending = []
        self._send(update)
        if self._updates.pace is not None:
            self._updates.pace.sent(self._number, update_size(results))
            if not self.radterm:
                flags = FenceFlag.REQUEST | FenceFlag.BLOCK_BEFORE
                self._send(s.ServerFence(int(flags), struct.pack(">I", self._number)))

    def layout_answered(self, status: LayoutStatus) -> None:
        """The desktop's answer to RequestLayout."""
        if Encoding.EXTENDED_DESKTOP_SIZE in self._listed:
            self._send(layout_update(self.heads, LayoutReason.THIS_CLIENT, status))

    # --- Looker: what the shared desktop tells ---

    def picture_captured(self, picture: CapturedPicture) -> None:
        self._updates.picture_captured(picture)

    def heartbeat(self, beat: s.Heartbeat) -> None:
        if self.radterm and self._writable:
            self._send(beat)

    def cursor_changed(self, cursor: Cursor) -> None:
        self._cursor = cursor
        if Encoding.CURSOR_WITH_ALPHA in self._listed:
            self._pseudo(cursor_with_alpha_rectangle(cursor))
        elif Encoding.CURSOR in self._listed:
            self._pseudo(cursor_rectangle(cursor, self.pixel_format))

    def clipboard_changed(self, text: str) -> None:
        self._send(s.ServerCutText(text.encode("latin-1", "replace")))

    def heads_changed(self, heads: tuple[Head, ...]) -> None:
        self.heads = heads
        self._updates.heads_changed(heads)
        self._commands.append(NewLines())
        if Encoding.EXTENDED_DESKTOP_SIZE in self._listed:
            self._send(layout_update(self.heads, LayoutReason.SERVER, LayoutStatus.DONE))
            if Encoding.RADTERM in self._listed:
                self._send(heads_message(self.heads))
        elif Encoding.DESKTOP_SIZE in self._listed:
            self._send(s.FramebufferUpdate((r.DesktopSizeRectangle(*self.size),)))
        else:
            error = RemoteProtocolError(
                "the desktop changed its size and this viewer cannot follow; connect again"
            )
            self._commands.append(Close(error))

    def desktop_failed(self, error: CaptureError) -> None:
        if self.radterm:
            self._send(s.Notice(NoticeCode.DESKTOP_LOST, str(error)))
        self._commands.append(Close(error))

    # --- inside ---

    def _offer(self, listed: Sequence[int]) -> None:
        """A standard viewer gets what it lists, in its order; Raw it always takes."""
        offered = [self._others[number] for number in dict.fromkeys(listed) if number in self._others]
        raw = [codec for codec in self._codecs if codec.encoding == Encoding.RAW and codec not in offered]
        if tuple(offered + raw) != self.offered:
            self.offered = tuple(offered + raw)
            self._commands.append(NewLines())

    def _drop(self, results: tuple[EncodedHead, ...]) -> None:
        """What was encoded is not sent: a stream that cannot be reset has a hole now and ends."""
        lost = {proven.encoded.encoding for result in results for proven in result.rects}
        for number in lost:
            codec = self._others.get(number)
            if not self.radterm and codec is not None and not codec.resettable:
                self._updates.withdrawn.add(number)

    def _send(self, message: Message) -> None:
        self._commands.append(Send(message))

    def _flush(self) -> None:
        if not self._writable or (Encoding.RADTERM in self._listed and not self.radterm):
            return
        while (job := self._updates.next_job()) is not None:
            if job.heads:
                self._commands.append(EncodeUpdate(replace(job, format=self._formats)))
            else:
                self.update_encoded(job, ())
        if self._pending and self._updates.asked_only:
            self._send(s.FramebufferUpdate(tuple(self._pending)))
            self._pending = []
            self._updates.answered()
        if self._updates.wants_frame:
            self._commands.append(WantFrame())

    def _pseudo(self, rectangle: r.Rectangle) -> None:
        """Cursor and the like: at once to a radterm viewer, with the next update to a standard one (it
        may take any update for the answer to its request)."""
        if self.radterm:
            self._send(s.FramebufferUpdate((rectangle,)))
        else:
            self._pending = [p for p in self._pending if type(p) is not type(rectangle)] + [rectangle]

    def _greet(self) -> None:
        """Answers to what a client lists for the first time."""
        new = self._listed - self._greeted
        self._greeted |= new
        if Encoding.FENCE in new:
            self._send(s.ServerFence(int(FenceFlag.REQUEST), b""))
        if Encoding.CONTINUOUS_UPDATES in new:
            self._send(s.EndOfContinuousUpdates())
        if Encoding.RADTERM in new:
            if any(needed not in self._listed for needed in NEEDED):
                sentence = "a radterm viewer must list LastRect and the others of PROTOCOL.md section 2"
                self._commands.append(Close(RemoteProtocolError(sentence)))
                return
            capabilities = (0 if self._view_only else CAN_INPUT) | CAN_CLIPBOARD
            encodings = tuple(int(codec.encoding) for codec in self._codecs)
            product = f"radterm {__version__}"
            self._send(s.ServerHello(PROTOCOL_VERSION, self._seed, capabilities, encodings, product))
            self._send(heads_message(self.heads))
        elif Encoding.EXTENDED_DESKTOP_SIZE in new:
            self._send(layout_update(self.heads, LayoutReason.SERVER, LayoutStatus.DONE))
        if Encoding.QEMU_EXTENDED_KEY in new:
            self._pseudo(r.QemuKeyRectangle())
        if self._cursor is not None:
            self.cursor_changed(self._cursor)
        if {Encoding.FENCE, Encoding.CONTINUOUS_UPDATES} <= self._listed and self._updates.pace is None:
            self._updates.pace = Pace(self._clock)

    def _open_radterm(self, hello: c.ClientHello) -> None:
        self.radterm = self._updates.radterm = True
        self._updates.pace = Pace(self._clock, hello.window)
        known = set(hello.encodings) | {int(Encoding.RAW)}
        self.offered = tuple(codec for codec in self._codecs if codec.encoding in known)
        self._updates.all_owed()
        self._commands.append(NewLines())
        self._send(layout_update(self.heads, LayoutReason.SERVER, LayoutStatus.DONE))
        for pending in self._pending:
            self._send(s.FramebufferUpdate((pending,)))
        self._pending = []

    def _fence(self, fence: c.ClientFence) -> None:
        if fence.flags & FenceFlag.REQUEST:
            known = FenceFlag.BLOCK_BEFORE | FenceFlag.BLOCK_AFTER | FenceFlag.SYNC_NEXT
            self._send(s.ServerFence(int(fence.flags & known), fence.payload))
        elif len(fence.payload) == 4 and self._updates.pace is not None and not self.radterm:
            self._updates.pace.acknowledged(struct.unpack(">I", fence.payload)[0])

    def _resync(self, request: c.ResyncRequest) -> None:
        self.ledger.resyncs += 1
        withdrawn = self._updates.resync(request.head, request.rect, request.encoding)
        if withdrawn is not None:
            name = next((k.name for k in self._codecs if k.encoding == withdrawn), str(withdrawn))
            self.ledger.withdrawn.append(name)
            text = f"codec {name} failed twice and is not used in this session any more"
            self._send(s.Notice(NoticeCode.CODEC_WITHDRAWN, text))
