"""XT codes and levels, against independent tables."""

from __future__ import annotations

import pytest

from rfb_ext.desktop.x11 import keys
from rfb_ext.desktop.x11.keys import LEVEL_3, LOCK, NUM_LOCK, SHIFT, KeyboardMapping

# Names, XT set 1 with bit 7 for E0 (as QEMU sends it), X keycode of xkeyboard-config's keycodes/evdev.
KNOWN = {
    "ESC": (0x01, 9), "AE01": (0x02, 10), "BKSP": (0x0E, 22), "TAB": (0x0F, 23), "AD01": (0x10, 24),
    "RTRN": (0x1C, 36), "LCTL": (0x1D, 37), "AC01": (0x1E, 38), "LFSH": (0x2A, 50), "RTSH": (0x36, 62),
    "KPMU": (0x37, 63), "LALT": (0x38, 64), "SPCE": (0x39, 65), "CAPS": (0x3A, 66), "FK01": (0x3B, 67),
    "FK10": (0x44, 76), "NMLK": (0x45, 77), "SCLK": (0x46, 78), "KP7": (0x47, 79), "KPDL": (0x53, 91),
    "LSGT": (0x56, 94), "FK11": (0x57, 95), "FK12": (0x58, 96), "KPEN": (0x9C, 104), "RCTL": (0x9D, 105),
    "KPDV": (0xB5, 106), "PRSC": (0x54, 107), "RALT": (0xB8, 108), "HOME": (0xC7, 110), "UP": (0xC8, 111),
    "PGUP": (0xC9, 112), "LEFT": (0xCB, 113), "RGHT": (0xCD, 114), "END": (0xCF, 115), "DOWN": (0xD0, 116),
    "PGDN": (0xD1, 117), "INS": (0xD2, 118), "DELE": (0xD3, 119), "PAUS": (0xC6, 127), "LWIN": (0xDB, 133),
    "RWIN": (0xDC, 134), "COMP": (0xDD, 135), "MUTE": (0xA0, 121), "AE13": (0x7D, 132), "AB11": (0x73, 97),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_known_keys(name):
    xt, keycode = KNOWN[name]
    assert keys.x_keycode(xt) == keycode


def test_no_two_codes_are_one_key_but_print():
    codes = [keys.x_keycode(xt) for xt in range(256) if keys.x_keycode(xt)]
    assert {code for code in codes if codes.count(code) > 1} == {107}


@pytest.mark.parametrize("xt", [0, -1, 0x55, 0x80, 0xFF, 0x100, 1 << 31])
def test_codes_that_name_no_key(xt):
    assert keys.x_keycode(xt) == 0


def test_a_latin_letter_has_one_form():
    assert keys.plain_keysym(0x010000E9) == 0xE9
    assert keys.plain_keysym(0x01000439) == 0x01000439
    assert keys.plain_keysym(0xFF0D) == 0xFF0D


ROWS = {
    10: (0x31, 0x21, 0, 0, 0xB9, 0xA1),  # 1 ! superscript and inverted
    11: (0x61, 0x41, 0x61, 0x41, 0xE6, 0xC6),  # a A, ae
    12: (0xFF95, 0xFFB7, 0, 0, 0, 0),  # KP_Home KP_7
    13: (0xFFE1, 0, 0, 0, 0, 0),
    14: (0, 0, 0, 0, 0, 0),
    15: (0x10004D0, 0x10004D1, 0, 0, 0, 0),
    16: (0xFF09, 0xFE20, 0, 0, 0, 0),  # Tab, ISO_Left_Tab
}
MAPPING = KeyboardMapping(10, 6, [keysym for code in sorted(ROWS) for keysym in ROWS[code]])


def test_where_a_keysym_is():
    assert MAPPING.find(0x41) == (11, 1)
    assert MAPPING.find(0xE6) == (11, 2)
    assert MAPPING.find(0x21) == (10, 1)
    assert MAPPING.find(0x20AC) is None
    assert MAPPING.spare == [14]
    assert MAPPING.keycodes((0xFFE1, 0xFFE2)) == {13}


@pytest.mark.parametrize(
    ("keycode", "mask", "keysym"),
    [
        (10, 0, 0x31), (10, SHIFT, 0x21), (10, LOCK, 0x31), (10, LEVEL_3, 0xB9), (10, SHIFT | LEVEL_3, 0xA1),
        (11, 0, 0x61), (11, SHIFT, 0x41), (11, LOCK, 0x41), (11, LOCK | SHIFT, 0x61), (11, LEVEL_3, 0xE6),
        (12, 0, 0xFF95), (12, NUM_LOCK, 0xFFB7), (12, SHIFT, 0xFFB7), (12, NUM_LOCK | SHIFT, 0xFF95),
        (13, SHIFT, 0xFFE1), (13, LEVEL_3, 0xFFE1),
    ],
)  # fmt: skip
def test_what_a_key_gives(keycode, mask, keysym):
    assert MAPPING.gives(keycode, keysym, mask)
    others = {k for row in ROWS.values() for k in row if k} - {keysym}
    assert not any(MAPPING.gives(keycode, other, mask) for other in others)


def test_an_unknown_key_gives_nothing():
    assert not MAPPING.gives(99, 0x61, 0)
    assert not MAPPING.has(99, 0x61)


@pytest.mark.parametrize("mask", [0, LOCK, NUM_LOCK, SHIFT, LOCK | SHIFT, NUM_LOCK | SHIFT])
@pytest.mark.parametrize("keysym", [0x31, 0x21, 0x61, 0x41, 0xFF95, 0xFFB7])
def test_shift_is_found_for_every_lock(mask, keysym):
    keycode, level = MAPPING.find(keysym)
    wanted = mask & ~SHIFT | (SHIFT if MAPPING.shift_for(keycode, level, mask) else 0)
    assert MAPPING.gives(keycode, keysym, wanted)


def test_what_shift_changes():
    assert all(map(keys.has_levels, (0x61, 0xE9, 0xFFB7, 0xFF95, 0x10004D0, 0x1008FF11)))
    assert not any(map(keys.has_levels, (0xFF09, 0xFE20, 0xFF0D, 0xFF51, 0xFFBE, 0xFFE1, 0xFFFF, 0xFE03)))
