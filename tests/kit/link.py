"""Two real ends on a link in memory: server session, client session, wire and codecs, but no socket,
thread or clock. What crosses the link can be looked at and tampered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from radterm.client.base import Exactness, State
from radterm.client.picture import HeadPicture
from radterm.client.session import commands as cc
from radterm.client.session.viewing import ViewingSession
from rfb_ext.codecs.registry import sent_to_others, taken_from_others, usable
from rfb_ext.codecs.streams import Streams
from rfb_ext.errors import RadtermError, RemoteProtocolError
from rfb_ext.frame.frames import Head, Pixels
from rfb_ext.security.none import NoneSecurity
from rfb_ext.server.frame_line import FrameLine
from rfb_ext.server.session import commands as sc
from rfb_ext.server.session.viewer import ViewerSession
from rfb_ext.server.share import SharedDesktop
from rfb_ext.wire.connection import NEED_DATA, Connection, HandshakeDone, Role
from rfb_ext.wire.server_messages import ServerInit
from rfb_ext.wire.types import CANONICAL_8, canonical_format
from tests.kit.still_desktop import StillDesktop

SEED = 0xFEEDFACECAFEBEEF
Tamper = Callable[[bytes], bytes]


class Link:
    """One viewer on one StillDesktop. `now`: seconds, moved by the test.

    `to_viewer` and `to_server` see all bytes that cross and return what arrives; `edit` sees each message
    of the server (None: lost). `glass`: what the reader sees, by head.
    """

    def __init__(
        self, heads: tuple[Head, ...], *, codec: str | None = None, names: tuple[str, ...] = ()
    ) -> None:
        self.now = 1000.0
        self.to_viewer: Tamper = lambda data: data
        self.to_server: Tamper = lambda data: data
        self.edit: Callable[[Any], Any] = lambda message: message
        self.sent_to_viewer = 0
        self.codecs = tuple(k for k in usable() if not names or k.name in names)
        self.forced = codec
        self.desktop = StillDesktop(heads, self.clock_us)
        self.share = SharedDesktop(self.desktop, seed=SEED, post=lambda call: call(), lost=lambda error: None)
        self.share.start()
        self.server = Connection(Role.SERVER, (NoneSecurity(),))
        self.viewer = Connection(Role.CLIENT, (NoneSecurity(),))
        self.session: ViewerSession | None = None
        self.others = {int(k.encoding): k for k in taken_from_others()}
        self.viewing = ViewingSession(
            {int(k.encoding): k for k in self.codecs}, clock=lambda: self.now, others=self.others
        )
        self.server_streams, self.viewer_streams = Streams(), Streams()
        self.lines: dict[int, FrameLine] = {}
        self.pictures: dict[int, HeadPicture] = {}
        self.glass: dict[int, Pixels] = {}
        self.states: dict[int, Exactness] = {}
        self.history: list[tuple[int, State]] = []
        self.told: list[object] = []
        self.closed: RadtermError | None = None
        self.server_closed: RadtermError | None = None
        self._to_viewer: list[bytes] = [self.server.data_to_send()]
        self._to_server: list[bytes] = [self.viewer.data_to_send()]
        self._tag = 0

    def clock_us(self) -> int:
        return int(self.now * 1e6)

    # --- what tests do ---

    def run(self) -> None:
        """Moves bytes until nothing moves any more."""
        while True:
            self._server_commands()
            self._viewer_commands()
            if not self._to_viewer and not self._to_server:
                return
            to_viewer, self._to_viewer = b"".join(self._to_viewer), []
            to_server, self._to_server = b"".join(self._to_server), []
            if to_viewer and self.closed is None:
                self.sent_to_viewer += len(to_viewer)
                self._viewer_receives(self.to_viewer(to_viewer))
            if to_server and self.server_closed is None:
                self._server_receives(self.to_server(to_server))

    def beat(self, seconds: float = 0.25) -> None:
        """Time passes, the capture thread beats, everything moves."""
        self.now += seconds
        self.desktop.beat()
        self.pass_time()
        self.run()

    def pass_time(self) -> None:
        self.viewing.passed()
        self.run()

    def state(self, head_id: int) -> State:
        """What the badge says now; a closed session says nothing good."""
        if self.closed is not None:
            return State.NOT_FOR_DIAGNOSIS
        self._viewer_commands()
        return self.states[head_id].state if head_id in self.states else State.NOT_FOR_DIAGNOSIS

    def equal(self, head_id: int) -> bool:
        """True if the glass shows what the desktop shows."""
        glass = self.glass.get(head_id)
        truth = self.desktop.pixels[head_id]
        return glass is not None and glass.shape == truth.shape and bool((glass == truth).all())

    def send(self, messages: list[Any]) -> None:
        """The reader does something."""
        for message in messages:
            self._to_server.append(b"".join(self.viewer.send(message)))

    # --- the hospital side ---

    def _server_receives(self, data: bytes) -> None:
        try:
            self.server.receive_data(data)
            while self.server_closed is None and (event := self.server.next_event()) is not NEED_DATA:
                self._out(self._to_viewer, self.server.data_to_send())
                if isinstance(event, HandshakeDone):
                    self.session = ViewerSession(
                        self.share.heads,
                        seed=SEED,
                        codecs=self.codecs,
                        others=sent_to_others(),
                        clock=self.clock_us,
                        next_tag=self._next_tag,
                        pixel_format=CANONICAL_8,
                    )
                    init = ServerInit(*self.session.size, CANONICAL_8, self.desktop.name)
                    self._out(self._to_viewer, b"".join(self.server.send(init)))
                    self.share.join(self.session, self._server_commands)
                elif self.session is not None:
                    self.session.received(event)
                    self._server_commands()
            self._out(self._to_viewer, self.server.data_to_send())
        except RemoteProtocolError as error:
            self.server_closed = error

    def _server_commands(self) -> None:
        while self.session is not None and self.server_closed is None:
            commands = self.session.take_commands()
            for command in commands:
                self._server_command(self.session, command)
            if all(isinstance(command, sc.WantFrame) for command in commands):
                return

    def _server_command(self, session: ViewerSession, command: sc.Command) -> None:
        match command:
            case sc.Send():
                message = self.edit(command.message)
                if message is not None:
                    self._out(self._to_viewer, b"".join(bytes(part) for part in self.server.send(message)))
            case sc.EncodeUpdate():
                results = tuple(
                    self._line(session, job.picture.frame.head).encode(job) for job in command.job.heads
                )
                session.update_encoded(command.job, results)
            case sc.NewLines():
                for line in self.lines.values():
                    line.close()
                self.lines.clear()
            case sc.WantFrame():
                self.desktop.want_frame()
            case sc.InjectKey():
                self.desktop.inject_key(command.keysym, command.keycode, command.down, command.tag)
            case sc.InjectPointer():
                self.desktop.inject_pointer(command.x, command.y, command.buttons, command.tag)
            case sc.SetClipboard():
                self.desktop.set_clipboard(command.text)
            case sc.RequestLayout():
                session.layout_answered(self.desktop.request_layout(command.layout))
            case sc.Close():
                self.server_closed = command.error

    def _line(self, session: ViewerSession, head: Head) -> FrameLine:
        if head.id not in self.lines:
            self.lines[head.id] = FrameLine(
                head,
                session.offered,
                session.pixel_format,
                seed=SEED,
                radterm=session.radterm,
                forced=self.forced,
                clock=self.clock_us,
                streams=self.server_streams,
            )
        return self.lines[head.id]

    def _next_tag(self) -> int:
        self._tag += 1
        return self._tag

    # --- the reader's side ---

    def _viewer_receives(self, data: bytes) -> None:
        if not data:
            return
        self.viewing.bytes_arrived(len(data))
        try:
            self.viewer.receive_data(data)
            while self.closed is None and (event := self.viewer.next_event()) is not NEED_DATA:
                self._out(self._to_server, self.viewer.data_to_send())
                self.viewing.received(event)
                self._viewer_commands()
            self._out(self._to_server, self.viewer.data_to_send())
        except RemoteProtocolError as error:
            self.closed = error

    def _viewer_commands(self) -> None:
        while self.closed is None and (commands := self.viewing.take_commands()):
            for command in commands:
                self._viewer_command(command)

    def _viewer_command(self, command: cc.Command) -> None:
        match command:
            case cc.Send():
                self._out(self._to_server, b"".join(self.viewer.send(command.message)))
            case cc.NewHeads():
                for picture in self.pictures.values():
                    picture.close()
                self.pictures = {head.id: self._picture(head, command.seed) for head in command.heads}
                self.glass = {h.id: np.full((h.rect.h, h.rect.w), 0xDEAD, "<u4") for h in command.heads}
            case cc.Decode():
                self.pictures[command.head_id].rectangle(command.begin, command.digest, command.rectangle)
            case cc.Finish():
                picture = self.pictures[command.head_id]
                self.viewing.update_checked(picture.finish(command.begin, command.end, command.faults))
            case cc.Present():
                head_id = command.outcome.head.id
                for r in command.region:
                    view = np.s_[r.y : r.bottom, r.x : r.right]
                    self.glass[head_id][view] = self.pictures[head_id].pixels[view]
                self.viewing.update_released(command.outcome, shown=True, present_us=0)
            case cc.TellExactness():
                self.states[command.head_id] = command.exactness
                self.history.append((command.head_id, command.exactness.state))
            case cc.Close():
                self.closed = command.error
            case _:
                self.told.append(command)

    def _picture(self, head: Head, seed: int | None) -> HeadPicture:
        return HeadPicture(
            head,
            seed=seed,
            codecs=self.others if seed is None else {int(k.encoding): k for k in self.codecs},
            streams=self.viewer_streams,
            pixel_format=CANONICAL_8 if seed is None else canonical_format(head.depth),
            clock=self.clock_us,
        )

    @staticmethod
    def _out(queue: list[bytes], data: bytes) -> None:
        if data:
            queue.append(data)
