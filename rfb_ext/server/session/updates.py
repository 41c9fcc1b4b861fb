"""What one viewer is still owed, and when it gets it.

Pure: no socket, thread or clock of its own. A region stays owed until it was put into an update; what
the viewer cannot take now merges into that region, no picture is ever queued.
"""

from __future__ import annotations

from dataclasses import dataclass

from rfb_ext.frame.frames import Head
from rfb_ext.frame.region import TILE, Region
from rfb_ext.server.pace import Pace
from rfb_ext.server.pictures import CapturedPicture, HeadJob, UpdateJob
from rfb_ext.wire.numbers import Encoding
from rfb_ext.wire.types import Rect

RAW = int(Encoding.RAW)
FAILURES_TO_WITHDRAW = 2


@dataclass(eq=False, slots=True)
class _HeadAccount:
    head: Head
    owed: Region
    newest: CapturedPicture | None = None
    encoding: bool = False
    avoid_once: frozenset[int] = frozenset()
    last_encodings: frozenset[int] = frozenset()


class Updates:
    """`radterm`: one update a head, proven; else one update carries all heads (standard viewers).

    `pace` bounds what is on its way; None: the viewer gives no sign of having received, then only its
    requests bound it.
    """

    def __init__(self, heads: tuple[Head, ...]) -> None:
        self.radterm = False
        self.pace: Pace | None = None
        self.withdrawn: set[int] = set()
        self._failures: dict[int, int] = {}
        self._accounts: dict[int, _HeadAccount] = {}
        self._requested: Rect | None = None
        self._insisted = False  # a non-incremental request: answered even if nothing is owed
        self._continuous: Rect | None = None
        self.heads_changed(heads)

    def heads_changed(self, heads: tuple[Head, ...]) -> None:
        """Everything of the new heads is owed; what was asked for before stays asked for. What is on its way
        belongs to heads that are gone and may never be acknowledged."""
        if self.pace is not None:
            self.pace.forget()
        self._accounts = {
            head.id: _HeadAccount(head, Region.whole(head.rect.w, head.rect.h)) for head in heads
        }

    def picture_captured(self, picture: CapturedPicture) -> None:
        """A newer picture of a head; its damage is owed from now on."""
        account = self._accounts.get(picture.frame.head.id)
        if account is None or account.head != picture.frame.head:
            return  # of a layout that is gone
        account.newest = picture
        account.owed.add(picture.damage)

    def requested(self, incremental: bool, rect: Rect) -> None:
        """FramebufferUpdateRequest (RFC 6143 section 7.5.3)."""
        self._requested = rect if self._requested is None else self._requested.union(rect)
        if not incremental:
            self._insisted = True
            for account in self._accounts.values():
                account.owed.add_rect(_inside(account.head, rect))

    def continuous(self, enable: bool, rect: Rect) -> None:
        """EnableContinuousUpdates (rfbproto)."""
        self._continuous = rect if enable else None

    def resync(self, head_id: int, rect: Rect, encoding: int | None) -> int | None:
        """The viewer wants pixels again. Returns the encoding withdrawn by this, if one was.

        What failed is avoided once; what failed twice is withdrawn for the session. Raw stays.
        """
        account = self._accounts.get(head_id)
        if account is None:
            return None
        account.owed.add_rect(_inside(account.head, rect))
        blamed = account.last_encodings if encoding is None else frozenset({encoding})
        account.avoid_once |= blamed - {RAW}
        if encoding is None or encoding == RAW or encoding in self.withdrawn:
            return None
        self._failures[encoding] = self._failures.get(encoding, 0) + 1
        if self._failures[encoding] < FAILURES_TO_WITHDRAW:
            return None
        self.withdrawn.add(encoding)
        return encoding

    @property
    def asked_only(self) -> bool:
        """True if an update was asked for and there is nothing new for it."""
        idle = not any(account.encoding or account.owed for account in self._accounts.values())
        return self._area() is not None and idle

    def answered(self) -> None:
        """The request was answered by an update without pixels."""
        self._requested, self._insisted = None, False

    def all_owed(self) -> None:
        """Everything again: the viewer's pixel format or encodings changed."""
        for account in self._accounts.values():
            account.owed = Region.whole(account.head.rect.w, account.head.rect.h)

    @property
    def wants_frame(self) -> bool:
        """True if a new frame of some head could be sent as soon as it comes."""
        return (
            self._area() is not None
            and self._paced()
            and not all(a.encoding for a in self._accounts.values())
        )

    def next_job(self) -> UpdateJob | None:
        """The next update to encode, if the viewer can take one now; call again until None."""
        area = self._area()
        if area is None or not self._paced():
            return None
        return self._radterm_job() if self.radterm else self._standard_job(area)

    def encoded(self, head_id: int, encodings: frozenset[int]) -> None:
        """The lanes are done with a head's part of the last job."""
        account = self._accounts.get(head_id)
        if account is not None:
            account.encoding = False
            if encodings:
                account.last_encodings = encodings

    def _paced(self) -> bool:
        return self.pace is None or self.pace.may_send()

    def _area(self) -> Rect | None:
        return self._continuous if self._continuous is not None else self._requested

    def _radterm_job(self) -> UpdateJob | None:
        for account in self._accounts.values():
            if account.newest is None or account.encoding or not account.owed:
                continue
            rects = account.owed.rects()
            account.owed.clear()
            return self._job([self._head_job(account, rects)])
        return None

    def _standard_job(self, area: Rect) -> UpdateJob | None:
        accounts = list(self._accounts.values())
        if any(account.encoding for account in accounts):
            return None
        if self._insisted and any(account.newest is None for account in accounts):
            return None
        jobs = []
        for account in accounts:
            if account.newest is None or not account.owed:
                continue
            here = _inside(account.head, area)
            cut = tuple(r for r in (rect.intersect(here) for rect in account.owed.rects()) if r)
            if cut:
                _pay(account.owed, here)
                jobs.append(self._head_job(account, cut))
        if not jobs and not self._insisted:
            return None
        return self._job(jobs)

    def _job(self, heads: list[HeadJob]) -> UpdateJob:
        self._requested, self._insisted = None, False
        return UpdateJob(tuple(heads))

    def _head_job(self, account: _HeadAccount, rects: tuple[Rect, ...]) -> HeadJob:
        if account.newest is None:
            raise ValueError("a job for a head without a picture")
        account.encoding = True
        avoided = frozenset(self.withdrawn) | account.avoid_once
        account.avoid_once = frozenset()
        return HeadJob(account.newest, rects, not account.owed, avoided)


def _inside(head: Head, rect: Rect) -> Rect:
    """`rect` of the framebuffer in coordinates of the head, cut to it."""
    cut = rect.intersect(head.rect)
    return cut.moved(-head.rect.x, -head.rect.y) if cut else Rect(0, 0, 0, 0)


def _pay(owed: Region, area: Rect) -> None:
    """Takes from `owed` the tiles that lie wholly in `area`; a tile cut by it stays owed."""
    columns, rows = owed.mask.shape[1], owed.mask.shape[0]
    left, top = -(-area.x // TILE), -(-area.y // TILE)
    right = columns if area.right >= owed.width else area.right // TILE
    bottom = rows if area.bottom >= owed.height else area.bottom // TILE
    if right > left and bottom > top:
        owed.mask[top:bottom, left:right] = False
