"""Which key it was, for the other side: X keysym and XT set 1 keycode from what SDL says.

SDL scancodes are USB HID usages (page 7); SDL keycodes are characters, or 0x40000000 | scancode for keys
without one. Sources: SDL_scancode.h, SDL_keycode.h, X11/keysymdef.h; keycodes as in QEMU's extended key
event (rfbproto): XT set 1, 0xE0-prefixed ones with bit 7.
"""

from __future__ import annotations

NO_CHARACTER = 0x40000000
DEAD = NO_CHARACTER
"""What SDL says of a dead key (an accent that waits for its letter)."""
EURO = 0x20AC

SHIFT, CTRL, ALT, GUI = 0x0003, 0x00C0, 0x0300, 0x0C00
NUM_LOCK, CAPS_LOCK, ALT_GR = 0x1000, 0x2000, 0x4000
"""Bits of SDL_Keymod."""


def _row(first: int, *codes: int) -> dict[int, int]:
    return {first + place: code for place, code in enumerate(codes)}


KEYCODES: dict[int, int] = {
    # a to z, 1 to 0
    **_row(4, 0x1E, 0x30, 0x2E, 0x20, 0x12, 0x21, 0x22, 0x23, 0x17, 0x24, 0x25, 0x26, 0x32),
    **_row(17, 0x31, 0x18, 0x19, 0x10, 0x13, 0x1F, 0x14, 0x16, 0x2F, 0x11, 0x2D, 0x15, 0x2C),
    **_row(30, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B),
    # Return, Escape, BackSpace, Tab, Space, - = [ ] \ (and the ISO one) ; ' ` , . /
    **_row(40, 0x1C, 0x01, 0x0E, 0x0F, 0x39, 0x0C, 0x0D, 0x1A, 0x1B, 0x2B, 0x2B, 0x27, 0x28, 0x29),
    **_row(54, 0x33, 0x34, 0x35),
    # Caps Lock, F1 to F12, Print, Scroll Lock, Pause
    **_row(57, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x40, 0x41, 0x42, 0x43, 0x44, 0x57, 0x58),
    **_row(70, 0xB7, 0x46, 0xC6),
    # Insert, Home, Page Up, Delete, End, Page Down, Right, Left, Down, Up
    **_row(73, 0xD2, 0xC7, 0xC9, 0xD3, 0xCF, 0xD1, 0xCD, 0xCB, 0xD0, 0xC8),
    # Num Lock and the keypad: / * - + Enter, 1 to 0, .
    **_row(83, 0x45, 0xB5, 0x37, 0x4A, 0x4E, 0x9C),
    **_row(89, 0x4F, 0x50, 0x51, 0x4B, 0x4C, 0x4D, 0x47, 0x48, 0x49, 0x52, 0x53),
    # the ISO key beside the left Shift, Menu, Power, keypad =
    **_row(100, 0x56, 0xDD, 0xDE, 0x59),
    # F13 to F24
    **_row(104, 0x5D, 0x5E, 0x5F, 0x55, 0x83, 0xF7, 0x84, 0x5A, 0x74, 0xF9, 0x6D, 0x6F),
    # Help, Stop, Again, Undo, Cut, Copy, Paste, Find, Mute, louder, softer, keypad ,
    117: 0xF5, 120: 0xE8, 121: 0x85, 122: 0x87, 123: 0xBC, 124: 0xF8, 125: 0x65, 126: 0xC1,
    127: 0xA0, 128: 0xB0, 129: 0xAE, 133: 0x7E,
    # Ro, Katakana Hiragana, Yen, Henkan, Muhenkan; Hangul, Hanja, Katakana, Hiragana
    **_row(135, 0x73, 0x70, 0x7D, 0x79, 0x7B),
    **_row(144, 0x72, 0x71, 0x78, 0x77),
    # left and right Control, Shift, Alt, Super
    **_row(224, 0x1D, 0x2A, 0x38, 0xDB, 0x9D, 0x36, 0xB8, 0xDC),
    # AltGr on some layouts; media: next, previous, stop, play, mute
    257: 0xB8, 258: 0x99, 259: 0x90, 260: 0xA4, 261: 0xA2, 262: 0xA0,
}  # fmt: skip

_CONTROLS = {8: 0xFF08, 9: 0xFF09, 13: 0xFF0D, 27: 0xFF1B, 127: 0xFFFF}

_OTHERS: dict[int, int] = {
    57: 0xFFE5, **_row(58, *range(0xFFBE, 0xFFCA)), 70: 0xFF61, 71: 0xFF14, 72: 0xFF13,
    73: 0xFF63, 74: 0xFF50, 75: 0xFF55, 77: 0xFF57, 78: 0xFF56, 79: 0xFF53, 80: 0xFF51, 81: 0xFF54,
    82: 0xFF52, 83: 0xFF7F, 101: 0xFF67, **_row(104, *range(0xFFCA, 0xFFD6)),
    117: 0xFF6A, 118: 0xFF67, 120: 0xFF69, 121: 0xFF66, 122: 0xFF65, 126: 0xFF68,
    127: 0x1008FF12, 128: 0x1008FF13, 129: 0x1008FF11,
    136: 0xFF27, 138: 0xFF23, 139: 0xFF22, 144: 0xFF31, 145: 0xFF34, 146: 0xFF26, 147: 0xFF25,
    **_row(224, 0xFFE3, 0xFFE1, 0xFFE9, 0xFFEB, 0xFFE4, 0xFFE2, 0xFFEA, 0xFFEC),
    257: 0xFE03, 258: 0x1008FF17, 259: 0x1008FF16, 260: 0x1008FF15, 261: 0x1008FF14, 262: 0x1008FF12,
}  # fmt: skip

_KEYPAD: dict[int, tuple[int, int]] = {
    # with and without Num Lock
    84: (0xFFAF, 0xFFAF), 85: (0xFFAA, 0xFFAA), 86: (0xFFAD, 0xFFAD), 87: (0xFFAB, 0xFFAB),
    88: (0xFF8D, 0xFF8D), 89: (0xFFB1, 0xFF9C), 90: (0xFFB2, 0xFF99), 91: (0xFFB3, 0xFF9B),
    92: (0xFFB4, 0xFF96), 93: (0xFFB5, 0xFF9D), 94: (0xFFB6, 0xFF98), 95: (0xFFB7, 0xFF95),
    96: (0xFFB8, 0xFF97), 97: (0xFFB9, 0xFF9A), 98: (0xFFB0, 0xFF9E), 99: (0xFFAE, 0xFF9F),
    103: (0xFFBD, 0xFFBD), 133: (0xFFAC, 0xFFAC),
}  # fmt: skip

_SHIFTED = dict(zip("`1234567890-=[]\\;',./", '~!@#$%^&*()_+{}|:"<>?', strict=True))


def keycode_of(scancode: int) -> int:
    """XT set 1 keycode of an SDL scancode; 0 if it has none."""
    return KEYCODES.get(scancode, 0)


def keysym_of_character(character: str) -> int:
    """X keysym of one character: Latin-1 and the euro as they are, others as Unicode keysyms."""
    point = ord(character)
    as_it_is = 0x20 <= point <= 0x7E or 0xA0 <= point <= 0xFF or point == EURO
    return point if as_it_is else 0x01000000 | point


def is_printable(key: int) -> bool:
    """True for an SDL keycode whose character depends on layout and modifiers."""
    return 0x20 <= key < NO_CHARACTER and key != 0x7F


def keysym_of_key(key: int, modifiers: int) -> int:
    """X keysym of an SDL keycode under SDL modifiers; 0 if unknown. For printable keys this is a guess (a
    US layout's shifted symbols): the text that SDL sends behind the key is better where there is one."""
    if key in _CONTROLS:
        return _CONTROLS[key]
    if key & NO_CHARACTER:
        place = key & ~NO_CHARACTER
        if place in _KEYPAD:
            locked, unlocked = _KEYPAD[place]
            return locked if modifiers & NUM_LOCK else unlocked
        return _OTHERS.get(place, 0)
    if not is_printable(key) or key > 0x10FFFF:
        return 0
    character, shifted = chr(key), bool(modifiers & SHIFT)
    if character.isalpha():
        upper = character.upper()
        return keysym_of_character(
            upper if shifted != bool(modifiers & CAPS_LOCK) and len(upper) == 1 else character
        )
    return keysym_of_character(_SHIFTED.get(character, character) if shifted else character)
