"""Keys and pointer of the reader on their way to the session. Knows SDL's numbers, not SDL.

What is down at the hospital side is known here, so that nothing stays down there: on losing the focus,
when the picture goes stale, and at the end everything is released.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from radterm.viewer import keys

MAX_WHEEL = 20
"""Most wheel steps that one event sends."""

SendKey = Callable[[int, int, bool], None]
SendPointer = Callable[[int, int, int, int], None]


class Command(Enum):
    """What Ctrl+Alt+Shift and a key do in the viewer itself."""

    FULLSCREEN = auto()
    BADGE = auto()
    DISCONNECT = auto()
    RELEASE_GRAB = auto()
    LEFT = auto()
    RIGHT = auto()
    UP = auto()
    DOWN = auto()


COMMANDS: dict[int, Command] = {
    ord("f"): Command.FULLSCREEN,
    ord("b"): Command.BADGE,
    ord("d"): Command.DISCONNECT,
    27: Command.RELEASE_GRAB,
    keys.NO_CHARACTER | 79: Command.RIGHT,
    keys.NO_CHARACTER | 80: Command.LEFT,
    keys.NO_CHARACTER | 81: Command.DOWN,
    keys.NO_CHARACTER | 82: Command.UP,
}


def command_of(key: int, modifiers: int) -> Command | None:
    """The command behind an SDL keycode, if Control, Alt and Shift are all down."""
    if all(modifiers & needed for needed in (keys.CTRL, keys.ALT, keys.SHIFT)):
        return COMMANDS.get(key)
    return None


class Keyboard:
    """SDL's key and text events to keysyms and keycodes.

    A printable key waits for the text that SDL puts right behind it, for only the text knows layout and
    modifiers; without one (Control is down) its keysym is made from the key. A dead key sends nothing: the
    letter it changes does, without a keycode, since no single key makes it. A release is matched by scancode:
    whatever went down comes up.
    """

    def __init__(self, send: SendKey) -> None:
        self._send = send
        self._down: dict[int, tuple[int, int]] = {}
        self._waiting: tuple[int, int, int] | None = None
        self._text_is_known = False
        self._after_dead = False

    def pressed(self, scancode: int, key: int, modifiers: int) -> None:
        """KEYDOWN, repeats too."""
        self.settle()
        if key == keys.DEAD and keys.keycode_of(scancode):
            self._after_dead = True
        elif keys.is_printable(key):
            self._waiting = (scancode, key, modifiers)
        else:
            self._press(scancode, keys.keysym_of_key(key, modifiers))
            self._text_is_known = True

    def text(self, text: str) -> None:
        """TEXTINPUT: belongs to the key right before it, or comes from nowhere (an input method)."""
        typed = [character for character in text if character >= " " and character != "\x7f"]
        waiting, self._waiting = self._waiting, None
        known, self._text_is_known = self._text_is_known, False
        if waiting is not None:
            scancode, key, modifiers = waiting
            keysym = keys.keysym_of_character(typed.pop(0)) if typed else keys.keysym_of_key(key, modifiers)
            self._press(scancode, keysym, bare=self._after_dead)
            self._after_dead = False
        elif known:
            return
        for character in typed:
            keysym = keys.keysym_of_character(character)
            self._send(keysym, 0, True)
            self._send(keysym, 0, False)

    def released(self, scancode: int) -> None:
        """KEYUP."""
        self.settle()
        if scancode in self._down:
            keysym, keycode = self._down.pop(scancode)
            self._send(keysym, keycode, False)

    def settle(self) -> None:
        """Nothing more follows the last key: it is sent without text."""
        waiting, self._waiting = self._waiting, None
        self._text_is_known = False
        if waiting is not None:
            scancode, key, modifiers = waiting
            self._press(scancode, keys.keysym_of_key(key, modifiers))

    def release_all(self) -> None:
        """Nothing stays down, in the order reverse to that of pressing."""
        self._waiting = None
        while self._down:
            _, (keysym, keycode) = self._down.popitem()
            self._send(keysym, keycode, False)

    def _press(self, scancode: int, keysym: int, *, bare: bool = False) -> None:
        keycode = 0 if bare else keys.keycode_of(scancode)
        before = self._down.get(scancode)
        if before is not None and before != (keysym, keycode):
            self._send(*before, False)  # the same key gives another symbol now: Shift came between
        if keysym or keycode:
            self._down.pop(scancode, None)
            self._down[scancode] = (keysym, keycode)
            self._send(keysym, keycode, True)


class Pointer:
    """Position and buttons on one head. Motion is held back until something else happens or the loop's
    turn ends, so that a fast mouse sends one position a turn."""

    # SDL button to RFB bit: left, middle, right, back
    BITS = {1: 0x01, 2: 0x02, 3: 0x04, 4: 0x80}  # noqa: RUF012

    def __init__(self, send: SendPointer) -> None:
        self._send = send
        self._head: int | None = None
        self._x = self._y = 0
        self._buttons = 0
        self._moved = False

    def moved(self, head_id: int, x: int, y: int) -> None:
        """Position in head coordinates; not sent yet."""
        place = (head_id, x, y)
        self._moved |= place != (self._head, self._x, self._y)
        self._head, self._x, self._y = place

    def button(self, head_id: int, x: int, y: int, button: int, down: bool) -> None:
        """An SDL mouse button; what RFB has no bit for is ignored."""
        bit = self.BITS.get(button, 0)
        buttons = self._buttons | bit if down else self._buttons & ~bit
        if buttons != self._buttons:
            self.moved(head_id, x, y)
            self.flush()
            self._buttons = buttons
            self._tell(buttons)

    def wheel(self, steps_x: int, steps_y: int) -> None:
        """Steps to the right and up; each is a press and a release of buttons 4 (up) to 7 (right)."""
        self.flush()
        turns = ((steps_y, 0x08, 0x10), (-steps_x, 0x20, 0x40))
        for steps, positive, negative in turns:
            for _ in range(min(abs(steps), MAX_WHEEL)):
                self._tell(self._buttons | (positive if steps > 0 else negative))
                self._tell(self._buttons)

    def flush(self) -> None:
        """Sends the last position if it was not sent."""
        if self._moved:
            self._tell(self._buttons)

    def release_all(self) -> None:
        """No button stays down."""
        self._moved = False
        if self._buttons:
            self._buttons = 0
            self._tell(0)

    def _tell(self, buttons: int) -> None:
        self._moved = False
        if self._head is not None:
            self._send(self._head, self._x, self._y, buttons)
