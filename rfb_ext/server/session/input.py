"""Keys, pointer and clipboard of one viewer, on their way to the desktop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from rfb_ext.server.session.commands import Command, InjectKey, InjectPointer, SetClipboard
from rfb_ext.wire.client_messages import ClientCutText, InputTag, KeyEvent, PointerEvent, QemuKeyEvent

MOST_TAGS = 1024
MOST_KEYS = 256


class Input:
    """Turns messages into injections, and remembers which tag of the viewer belongs to which of the
    desktop: viewers tag their events each for itself, the desktop numbers the events of all.

    `next_tag` gives the desktop's next number; `allowed`: False for a viewer that may only look.
    """

    def __init__(self, next_tag: Callable[[], int], *, allowed: bool = True) -> None:
        self._next_tag = next_tag
        self._allowed = allowed
        self._pending = 0
        self._tags: deque[tuple[int, int]] = deque(maxlen=MOST_TAGS)
        self._seen = 0
        self._keys: dict[tuple[int, int], InjectKey] = {}
        self._pointer = InjectPointer(0, 0, 0, 0)

    def handle(
        self,
        message: InputTag | KeyEvent | QemuKeyEvent | PointerEvent | ClientCutText,
        size: tuple[int, int],
    ) -> list[Command]:
        """`size` of the framebuffer: a pointer outside is taken to its edge."""
        if not self._allowed:
            return []
        match message:
            case InputTag():
                self._pending = message.tag
                return []
            case KeyEvent():
                return [self._key(message.keysym, 0, message.down)]
            case QemuKeyEvent():
                return [self._key(message.keysym, message.keycode, message.down)]
            case PointerEvent():
                x, y = min(message.x, size[0] - 1), min(message.y, size[1] - 1)
                self._pointer = InjectPointer(x, y, message.buttons, self._tag())
                return [self._pointer]
            case ClientCutText():
                return [SetClipboard(message.data.decode("latin-1"))]

    def release(self) -> list[Command]:
        """The viewer is gone: what it holds down is let go, or it would repeat for ever."""
        ups: list[Command] = [
            InjectKey(key.keysym, key.keycode, False, self._next_tag()) for key in self._keys.values()
        ]
        if self._pointer.buttons:
            ups.append(InjectPointer(self._pointer.x, self._pointer.y, 0, self._next_tag()))
        self._keys.clear()
        return ups

    def _key(self, keysym: int, keycode: int, down: bool) -> InjectKey:
        key = InjectKey(keysym, keycode, down, self._tag())
        if not down:
            self._keys.pop((keysym, keycode), None)
        elif len(self._keys) < MOST_KEYS:
            self._keys[keysym, keycode] = key
        return key

    def own_tag(self, desktop_tag: int) -> int:
        """The viewer's tag of its last event that had been injected when `desktop_tag` was; 0: none."""
        while self._tags and self._tags[0][0] <= desktop_tag:
            self._seen = self._tags.popleft()[1]
        return self._seen

    def _tag(self) -> int:
        number = self._next_tag()
        if self._pending:
            self._tags.append((number, self._pending))
            self._pending = 0
        return number
