"""From what a viewer says of a key (X keysym, XT code) to an X keycode and its level.

XT codes are set 1 as in QEMU's extended key event: bit 7 for the E0 prefix. X keycodes of an evdev keymap
are Linux key codes (linux/input-event-codes.h) plus 8.
"""

from __future__ import annotations

from collections.abc import Sequence

_EVDEV_OFFSET = 8
_PLAIN_SAME = range(0x01, 0x54)
"""XT codes whose Linux code is the same number."""

_TO_LINUX = {
    0x54: 99, 0x56: 86, 0x57: 87, 0x58: 88, 0x59: 117, 0x5C: 95, 0x5D: 183, 0x5E: 184, 0x5F: 185,
    0x70: 93, 0x73: 89, 0x76: 85, 0x77: 91, 0x78: 90, 0x79: 92, 0x7B: 94, 0x7D: 124, 0x7E: 121,
    0x90: 165, 0x99: 163, 0x9C: 96, 0x9D: 97, 0xA0: 113, 0xA1: 140, 0xA2: 164, 0xA4: 166, 0xAE: 114,
    0xB0: 115, 0xB2: 172, 0xB5: 98, 0xB7: 99, 0xB8: 100, 0xC6: 119, 0xC7: 102, 0xC8: 103, 0xC9: 104,
    0xCB: 105, 0xCD: 106, 0xCF: 107, 0xD0: 108, 0xD1: 109, 0xD2: 110, 0xD3: 111, 0xDB: 125, 0xDC: 126,
    0xDD: 127, 0xDE: 116, 0xDF: 142, 0xE3: 143, 0xE5: 217, 0xE6: 156, 0xE7: 173, 0xE8: 128, 0xE9: 159,
    0xEA: 158, 0xEB: 157, 0xEC: 155, 0xED: 226,
}  # fmt: skip

SHIFT_L, ALT_GR, TAB = 0xFFE1, 0xFE03, 0xFF09
SHIFT_KEYS = (0xFFE1, 0xFFE2)
MODIFIERS = {*range(0xFFE1, 0xFFEF), 0xFE03, 0xFF7E, 0xFF7F}
SHIFT, LOCK, NUM_LOCK, LEVEL_3 = 1 << 0, 1 << 1, 1 << 4, 1 << 7
"""Bits of the modifier mask (X protocol, SETofKEYBUTMASK); Mod2 and Mod5 by the convention of XKB's rules."""


def x_keycode(xt: int) -> int:
    """X keycode of an XT code, 0 if there is none."""
    if xt in _PLAIN_SAME:
        return xt + _EVDEV_OFFSET
    linux = _TO_LINUX.get(xt)
    return 0 if linux is None else linux + _EVDEV_OFFSET


def plain_keysym(keysym: int) -> int:
    """The one form of a keysym: Latin-1 letters also have a Unicode form (X protocol, appendix A)."""
    return keysym & 0xFF if 0x01000020 <= keysym <= 0x010000FF else keysym


def has_levels(keysym: int) -> bool:
    """True for what shift changes: characters and the keypad. Arrows, Tab, F1 mean the same with any."""
    return not 0xFD00 <= keysym <= 0xFFFF or 0xFF80 <= keysym <= 0xFFBD


class KeyboardMapping:
    """A server's keyboard: `keysyms` of all keycodes from `first`, `per` for each (GetKeyboardMapping).

    Levels: 0 plain, 1 shift, 2 AltGr, 3 both; only the first group is looked at.
    """

    def __init__(self, first: int, per: int, keysyms: Sequence[int]) -> None:
        self._columns: dict[int, tuple[int, int, int, int]] = {}
        self._places: dict[int, tuple[int, int]] = {}  # keysym -> (level, keycode), the lowest
        self.spare: list[int] = []
        for start in range(0, len(keysyms), per):
            keycode, row = first + start // per, keysyms[start : start + per]
            if not any(row):
                self.spare.append(keycode)
                continue
            wide = [plain_keysym(k) for k in row] + [0] * 6
            third = (wide[4], wide[5]) if per >= 6 else (0, 0)
            self._columns[keycode] = (wide[0], wide[1], *third)
            for level, keysym in enumerate(self._columns[keycode]):
                if keysym and (level, keycode) < self._places.get(keysym, (4, 0)):
                    self._places[keysym] = (level, keycode)

    def find(self, keysym: int) -> tuple[int, int] | None:
        """Keycode and level that give `keysym`."""
        place = self._places.get(keysym)
        return None if place is None else (place[1], place[0])

    def keycodes(self, keysyms: Sequence[int]) -> set[int]:
        """Every keycode that gives one of these at its first level."""
        return {code for code, columns in self._columns.items() if columns[0] in keysyms}

    def has(self, keycode: int, keysym: int) -> bool:
        """True if the key gives that keysym at any level."""
        return keysym in self._columns.get(keycode, ())

    def level(self, keycode: int, mask: int) -> int:
        """The level the key has with modifiers `mask`."""
        columns = self._columns.get(keycode, (0, 0, 0, 0))
        level = bool(mask & SHIFT)
        if mask & LOCK and _is_case_pair(columns[0], columns[1]):
            level = not level
        if mask & NUM_LOCK and 0xFF80 <= columns[1] <= 0xFFBD:
            level = not level
        return int(level) + 2 * bool(mask & LEVEL_3 and any(columns[2:]))

    def gives(self, keycode: int, keysym: int, mask: int) -> bool:
        """True if the key gives `keysym` with modifiers `mask`."""
        columns = self._columns.get(keycode)
        if columns is None:
            return False
        level = self.level(keycode, mask)
        return (columns[level] or columns[level & 2] or columns[0]) == keysym

    def shift_for(self, keycode: int, level: int, mask: int) -> bool:
        """Whether shift must be down for `level`, given the locks in `mask`."""
        unshifted = self.level(keycode, mask & ~SHIFT) & 1
        return bool((level & 1) ^ unshifted)


def _is_case_pair(lower: int, upper: int) -> bool:
    first, second = _character(lower), _character(upper)
    return first != second and first.upper() == second


def _character(keysym: int) -> str:
    if 0x20 <= keysym <= 0xFF:
        return chr(keysym)
    if 0x01000100 <= keysym <= 0x0110FFFF:
        return chr(keysym & 0xFFFFFF)
    return ""
