"""One desktop shared by many viewers: damage and digests once per head, whoever looks.

The desktop's sink. Runs on the capture thread up to the moment a picture is handed to the reactor's
thread by `post`; the viewers' sessions live there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rfb_ext.desktop.base import HEARTBEAT_MS, Cursor, Desktop, HeadPulse
from rfb_ext.errors import CaptureError
from rfb_ext.frame.damage import compare
from rfb_ext.frame.digest import NO_DIGEST, HeadDigest
from rfb_ext.frame.frames import Frame, Head
from rfb_ext.frame.region import Region
from rfb_ext.server.pictures import CapturedPicture
from rfb_ext.wire.server_messages import Heartbeat, PulseEntry

Post = Callable[[Callable[[], None]], None]


class Looker(Protocol):
    """A viewer's session as the shared desktop knows it; called on the reactor's thread."""

    def picture_captured(self, picture: CapturedPicture) -> None: ...

    def heartbeat(self, beat: Heartbeat) -> None: ...

    def cursor_changed(self, cursor: Cursor) -> None: ...

    def clipboard_changed(self, text: str) -> None: ...

    def heads_changed(self, heads: tuple[Head, ...]) -> None: ...

    def desktop_failed(self, error: CaptureError) -> None: ...


class _HeadSource:
    """Capture thread only: the frame before, and the digest of a head."""

    def __init__(self, seed: int, head: Head) -> None:
        self.before: Frame | None = None
        self.digest = HeadDigest(seed, head)
        self.head_digest = NO_DIGEST

    def take(self, frame: Frame) -> CapturedPicture | None:
        before = self.before
        if before is None:
            damage = Region.whole(frame.head.rect.w, frame.head.rect.h)
        else:
            damage = compare(before.pixels, frame.pixels, frame.hint)
            if not damage:
                return None
        self.digest.touch(damage)
        self.head_digest = self.digest.digest(frame.pixels, frame.serial)
        self.before = frame
        return CapturedPicture(frame, damage, self.head_digest)


class SharedDesktop:
    """`post`: runs a call on the reactor's thread, in order. `seed`: of all digests of this process.

    `lost`: called on the reactor's thread when the desktop is gone.
    """

    def __init__(
        self, desktop: Desktop, *, seed: int, post: Post, lost: Callable[[CaptureError], None]
    ) -> None:
        self.desktop = desktop
        self.seed = seed
        self._post = post
        self._lost = lost
        self._sources = {head.id: _HeadSource(seed, head) for head in desktop.heads}
        # from here on: the reactor's thread only
        self.heads = desktop.heads
        self.newest: dict[int, CapturedPicture] = {}
        self.cursor: Cursor | None = None
        self._lookers: dict[Looker, Callable[[], None]] = {}

    def start(self) -> None:
        self.desktop.start(self)

    def stop(self) -> None:
        self.desktop.stop()

    def join(self, looker: Looker, told: Callable[[], None]) -> None:
        """A viewer came; it is given the newest picture of each head at once. `told` is called after
        everything that the looker was told later."""
        self._lookers[looker] = told
        for picture in list(self.newest.values()):
            looker.picture_captured(picture)
        if self.cursor is not None:
            looker.cursor_changed(self.cursor)

    def leave(self, looker: Looker) -> None:
        self._lookers.pop(looker, None)

    # --- DesktopSink, on the capture thread ---

    def frame_captured(self, frame: Frame) -> bool:
        picture = self._sources[frame.head.id].take(frame)
        if picture is None:
            return False
        self._post(lambda: self._deliver(picture))
        return True

    def heartbeat(self, now_us: int, heads: tuple[HeadPulse, ...]) -> None:
        pulses = tuple(
            PulseEntry(p.head_id, p.serial, p.captured_us, p.read_us, self._sources[p.head_id].head_digest)
            for p in heads
            if p.head_id in self._sources
        )
        beat = Heartbeat(now_us, HEARTBEAT_MS, pulses)
        self._post(lambda: self._each(lambda looker: looker.heartbeat(beat)))

    def cursor_changed(self, cursor: Cursor) -> None:
        def tell() -> None:
            self.cursor = cursor
            self._each(lambda looker: looker.cursor_changed(cursor))

        self._post(tell)

    def clipboard_changed(self, text: str) -> None:
        self._post(lambda: self._each(lambda looker: looker.clipboard_changed(text)))

    def layout_changed(self, heads: tuple[Head, ...]) -> None:
        self._sources = {head.id: _HeadSource(self.seed, head) for head in heads}

        def tell() -> None:
            self.heads = heads
            self.newest.clear()
            self._each(lambda looker: looker.heads_changed(heads))

        self._post(tell)

    def desktop_failed(self, error: CaptureError) -> None:
        def tell() -> None:
            self._each(lambda looker: looker.desktop_failed(error))
            self._lost(error)

        self._post(tell)

    # --- the reactor's thread ---

    def _deliver(self, picture: CapturedPicture) -> None:
        self.newest[picture.frame.head.id] = picture
        self._each(lambda looker: looker.picture_captured(picture))

    def _each(self, call: Callable[[Looker], None]) -> None:
        for looker, told in tuple(self._lookers.items()):
            call(looker)
            told()
