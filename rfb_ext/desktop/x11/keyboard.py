"""Presses keys through XTEST (XTEST protocol 2.2, FakeInput) so that the wanted keysym comes out, whatever
the server's layout."""

from __future__ import annotations

from collections.abc import Iterable

import xcffib.xproto

from rfb_ext.desktop.x11.display import Display
from rfb_ext.desktop.x11.keys import (
    ALT_GR,
    LEVEL_3,
    MODIFIERS,
    SHIFT,
    SHIFT_KEYS,
    SHIFT_L,
    KeyboardMapping,
    has_levels,
    plain_keysym,
    x_keycode,
)

MAX_SPARE = 8
"""Keycodes without a meaning that are lent to keysyms the keyboard does not have, in turn."""
_MOST_KEYSYM = 0x1FFFFFFF
_PRESS, _RELEASE = 2, 3


class Keyboard:
    """The server's keyboard, and what we hold down on it. Used from the input thread only."""

    def __init__(self, display: Display) -> None:
        self._display, self._core = display, display.core
        self._mapping = self._read()
        self._is_stale = False
        self._held: dict[tuple[int, int], int] = {}  # (XT code, 0) or (0, keysym) -> X keycode
        self._lent: dict[int, int] = {}  # X keycode -> keysym, the oldest first

    def take(self, events: Iterable[object]) -> None:
        """Somebody may have changed the layout."""
        if any(isinstance(event, xcffib.xproto.MappingNotifyEvent) for event in events):
            self._is_stale = True

    def key(self, keysym: int, xt: int, down: bool) -> None:
        """A viewer's key. The XT code is believed where it gives that keysym here; else the keysym is
        looked for, with shift and AltGr as it needs them, and put on a spare keycode if it is nowhere."""
        keysym = plain_keysym(keysym)
        if not 0 <= keysym <= _MOST_KEYSYM:
            return
        identity = (xt, 0) if x_keycode(xt) else (0, keysym)
        if not down:
            self._up(identity, keysym)
        elif identity not in self._held:
            self._down(identity, keysym, xt)
        elif keysym not in MODIFIERS:  # a repeat, as a keyboard makes it
            self._fake(_RELEASE, self._held.pop(identity))
            self._down(identity, keysym, xt)

    def release_all(self) -> None:
        for keycode in self._held.values():
            self._fake(_RELEASE, keycode)
        self._held.clear()

    def restore(self) -> None:
        """Gives back the spare keycodes."""
        for keycode in self._lent:
            self._core.ChangeKeyboardMapping(1, keycode, 1, [0])
        self._lent.clear()

    def _down(self, identity: tuple[int, int], keysym: int, xt: int) -> None:
        if self._is_stale:
            self._mapping, self._is_stale = self._read(), False
        mask = self._core.QueryPointer(self._display.root).reply().mask
        keycode = self._usable(x_keycode(xt))
        place: tuple[int, int] | None = None
        if not keycode or not self._is_right(keycode, keysym, mask):
            place = self._mapping.find(keysym) or self._lend(keysym)
            keycode = place[0] if place else keycode
        if not keycode:
            return
        self._held[identity] = keycode
        if place and has_levels(keysym):
            self._press_at(keycode, place[1], mask)
        else:
            self._fake(_PRESS, keycode)

    def _is_right(self, keycode: int, keysym: int, mask: int) -> bool:
        if not keysym:
            return True
        if not has_levels(keysym):
            return self._mapping.has(keycode, keysym)
        return self._mapping.gives(keycode, keysym, mask)

    def _up(self, identity: tuple[int, int], keysym: int) -> None:
        keycode = self._held.pop(identity, None)
        if keycode is None and (place := self._mapping.find(keysym)):
            # shift went up first: 'A' was pressed, 'a' is released
            other = next((key for key, held in self._held.items() if held == place[0]), None)
            keycode = None if other is None else self._held.pop(other)
        if keycode is not None:
            self._fake(_RELEASE, keycode)

    def _press_at(self, keycode: int, level: int, mask: int) -> None:
        """Presses a key with shift and AltGr as `level` needs them, and puts both back."""
        wanted = self._mapping.shift_for(keycode, level, mask)
        added: list[int] = []
        removed: list[int] = []
        if wanted != bool(mask & SHIFT):
            self._change(wanted, SHIFT_L, SHIFT_KEYS, added, removed)
        if (level >= 2) != bool(mask & LEVEL_3):
            self._change(level >= 2, ALT_GR, (ALT_GR,), added, removed)
        for modifier in removed:
            self._fake(_RELEASE, modifier)
        for modifier in added:
            self._fake(_PRESS, modifier)
        self._fake(_PRESS, keycode)
        for modifier in added:
            self._fake(_RELEASE, modifier)
        for modifier in removed:
            self._fake(_PRESS, modifier)

    def _change(
        self, wanted: bool, keysym: int, keysyms: tuple[int, ...], added: list[int], removed: list[int]
    ) -> None:
        if wanted:
            place = self._mapping.find(keysym)
            added += [place[0]] if place else []
        else:
            down = bytes(self._core.QueryKeymap().reply().keys)
            removed += [code for code in self._mapping.keycodes(keysyms) if down[code // 8] & 1 << code % 8]

    def _lend(self, keysym: int) -> tuple[int, int] | None:
        """Puts a keysym on a keycode that means nothing; the one lent first is lent again."""
        if not has_levels(keysym) or not keysym:
            return None
        lent = next((code for code, held in self._lent.items() if held == keysym), None)
        if lent is not None:
            return lent, 0
        free = [code for code in self._mapping.spare if code not in self._lent]
        if free and len(self._lent) < MAX_SPARE:
            keycode = free[-1]
        else:
            idle = [code for code in self._lent if code not in self._held.values()]
            if not idle:
                return None
            keycode = idle[0]
            del self._lent[keycode]
        self._lent[keycode] = keysym
        self._core.ChangeKeyboardMapping(1, keycode, 2, [keysym, keysym])
        self._display.round_trip()
        self._is_stale = True
        return keycode, 0

    def _usable(self, keycode: int) -> int:
        return keycode if self._display.min_keycode <= keycode <= self._display.max_keycode else 0

    def _read(self) -> KeyboardMapping:
        first = self._display.min_keycode
        count = self._display.max_keycode - first + 1
        reply = self._core.GetKeyboardMapping(first, count).reply()
        return KeyboardMapping(first, reply.keysyms_per_keycode, list(reply.keysyms))

    def _fake(self, kind: int, keycode: int) -> None:
        self._display.xtest.FakeInput(kind, keycode, 0, 0, 0, 0, 0)
