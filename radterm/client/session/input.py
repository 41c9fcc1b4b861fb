"""Keys and pointer of the reader, as messages; each event bears a tag, so that its way to the glass can
be measured."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from rfb_ext.frame.frames import Head
from rfb_ext.wire import client_messages as c
from rfb_ext.wire.fields import Message

MOST_WAITING = 256


class Input:
    """`clock`: monotonic seconds. `qemu_keys`: the server takes keycodes (QEMU extended key event)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.qemu_keys = False
        self._clock = clock
        self._heads: dict[int, Head] = {}
        self._tag = 0
        self._waiting: OrderedDict[int, float] = OrderedDict()

    def heads_changed(self, heads: tuple[Head, ...]) -> None:
        self._heads = {head.id: head for head in heads}

    def key(self, keysym: int, keycode: int, down: bool, *, tagged: bool) -> list[Message]:
        """The messages for a key; none if it is unknown to both tables."""
        if self.qemu_keys and keycode:
            message: Message = c.QemuKeyEvent(down, keysym, keycode)
        elif keysym:
            message = c.KeyEvent(down, keysym)
        else:
            return []
        return [*self._tagged(tagged), message]

    def pointer(self, head_id: int, x: int, y: int, buttons: int, *, tagged: bool) -> list[Message]:
        """`x`, `y` in head coordinates, taken to the head's edge when outside."""
        head = self._heads.get(head_id)
        if head is None:
            return []
        x = head.rect.x + min(max(x, 0), head.rect.w - 1)
        y = head.rect.y + min(max(y, 0), head.rect.h - 1)
        return [*self._tagged(tagged), c.PointerEvent(buttons & 0xFF, x, y)]

    def seen(self, tag: int) -> float | None:
        """An update bearing `tag` is on the glass: seconds since that event was sent, the first time."""
        sent = self._waiting.get(tag)
        while self._waiting and next(iter(self._waiting)) <= tag:
            self._waiting.popitem(last=False)
        return None if sent is None else self._clock() - sent

    def _tagged(self, tagged: bool) -> list[Message]:
        if not tagged:
            return []
        self._tag = self._tag % 0xFFFFFFFF + 1
        self._waiting[self._tag] = self._clock()
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)
        return [c.InputTag(self._tag)]
