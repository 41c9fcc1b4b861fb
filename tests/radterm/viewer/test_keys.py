"""Keysyms and keycodes against SDL's own names, X's own names, and rows of QEMU's key map."""

from __future__ import annotations

import pytest

from radterm.viewer import keys
from radterm.viewer.sdl import sdl2

# QEMU's name of a key (qapi/ui.json, QKeyCode), its number there, SDL's name of the scancode
QEMU = """
esc 0x01 ESCAPE · 1 0x02 1 · 0 0x0b 0 · minus 0x0c MINUS · equal 0x0d EQUALS · backspace 0x0e BACKSPACE
tab 0x0f TAB · q 0x10 Q · p 0x19 P · bracket_left 0x1a LEFTBRACKET · ret 0x1c RETURN · ctrl 0x1d LCTRL
a 0x1e A · semicolon 0x27 SEMICOLON · apostrophe 0x28 APOSTROPHE · grave_accent 0x29 GRAVE · shift 0x2a LSHIFT
backslash 0x2b BACKSLASH · z 0x2c Z · m 0x32 M · slash 0x35 SLASH · shift_r 0x36 RSHIFT
kp_multiply 0x37 KP_MULTIPLY · alt 0x38 LALT · spc 0x39 SPACE · caps_lock 0x3a CAPSLOCK · f1 0x3b F1
f10 0x44 F10 · num_lock 0x45 NUMLOCKCLEAR · scroll_lock 0x46 SCROLLLOCK · kp_7 0x47 KP_7
kp_subtract 0x4a KP_MINUS · kp_5 0x4c KP_5 · kp_add 0x4e KP_PLUS · kp_1 0x4f KP_1 · kp_0 0x52 KP_0
kp_decimal 0x53 KP_PERIOD · less 0x56 NONUSBACKSLASH · f11 0x57 F11 · f12 0x58 F12 · ro 0x73 INTERNATIONAL1
kp_enter 0x9c KP_ENTER · ctrl_r 0x9d RCTRL · kp_divide 0xb5 KP_DIVIDE
print 0xb7 PRINTSCREEN · alt_r 0xb8 RALT
pause 0xc6 PAUSE · home 0xc7 HOME · up 0xc8 UP · pgup 0xc9 PAGEUP · left 0xcb LEFT · right 0xcd RIGHT
end 0xcf END · down 0xd0 DOWN · pgdn 0xd1 PAGEDOWN · insert 0xd2 INSERT · delete 0xd3 DELETE
meta_l 0xdb LGUI · meta_r 0xdc RGUI · menu 0xdd APPLICATION · yen 0x7d INTERNATIONAL3
audiomute 0xa0 MUTE · volumeup 0xb0 VOLUMEUP · volumedown 0xae VOLUMEDOWN
"""

# X11/keysymdef.h
KEYSYMS = {
    "RETURN": 0xFF0D, "ESCAPE": 0xFF1B, "BACKSPACE": 0xFF08, "TAB": 0xFF09, "DELETE": 0xFFFF, "HOME": 0xFF50,
    "LEFT": 0xFF51, "UP": 0xFF52, "RIGHT": 0xFF53, "DOWN": 0xFF54, "PAGEUP": 0xFF55, "PAGEDOWN": 0xFF56,
    "END": 0xFF57, "INSERT": 0xFF63, "F1": 0xFFBE, "F5": 0xFFC2, "F12": 0xFFC9, "F13": 0xFFCA, "F24": 0xFFD5,
    "LSHIFT": 0xFFE1, "RSHIFT": 0xFFE2, "LCTRL": 0xFFE3, "RCTRL": 0xFFE4, "CAPSLOCK": 0xFFE5, "LALT": 0xFFE9,
    "RALT": 0xFFEA, "LGUI": 0xFFEB, "RGUI": 0xFFEC, "MODE": 0xFE03, "PRINTSCREEN": 0xFF61, "PAUSE": 0xFF13,
    "SCROLLLOCK": 0xFF14, "NUMLOCKCLEAR": 0xFF7F, "APPLICATION": 0xFF67, "KP_ENTER": 0xFF8D,
}  # fmt: skip


@pytest.mark.parametrize("row", [row.strip() for row in QEMU.replace("\n", "·").split("·") if row.strip()])
def test_keycodes_are_qemus(row: str) -> None:
    _, number, name = row.split()
    assert keys.keycode_of(getattr(sdl2, f"SDL_SCANCODE_{name}")) == int(number, 16)


def test_no_two_keys_share_a_keycode() -> None:
    pairs = {}
    for scancode, keycode in keys.KEYCODES.items():
        assert 0 < keycode < 0x100
        pairs.setdefault(keycode, set()).add(scancode)
    shared = {frozenset(scancodes) for scancodes in pairs.values() if len(scancodes) > 1}
    # the ISO # key is the US backslash; AltGr has a second scancode, Mute too
    assert shared == {frozenset({49, 50}), frozenset({230, 257}), frozenset({127, 262})}


@pytest.mark.parametrize("name", KEYSYMS)
def test_keysyms_of_keys_without_a_character(name: str) -> None:
    assert keys.keysym_of_key(getattr(sdl2, f"SDLK_{name}"), 0) == KEYSYMS[name]


@pytest.mark.parametrize(
    ("key", "modifiers", "keysym"),
    [
        ("a", 0, ord("a")), ("a", sdl2.KMOD_LSHIFT, ord("A")), ("a", sdl2.KMOD_CAPS, ord("A")),
        ("a", sdl2.KMOD_RSHIFT | sdl2.KMOD_CAPS, ord("a")), ("1", sdl2.KMOD_SHIFT, ord("!")),
        ("1", sdl2.KMOD_CAPS, ord("1")), ("/", sdl2.KMOD_SHIFT, ord("?")), ("é", 0, 0xE9),
        ("é", sdl2.KMOD_SHIFT, 0xC9), ("ß", sdl2.KMOD_SHIFT, 0xDF), ("я", 0, 0x0100044F), ("€", 0, 0x20AC),
        (" ", 0, 0x20),
    ],
)  # fmt: skip
def test_keysyms_of_characters(key: str, modifiers: int, keysym: int) -> None:
    assert keys.keysym_of_key(ord(key), modifiers) == keysym


def test_the_keypad_follows_num_lock() -> None:
    names = ("INSERT", "END", "DOWN", "PAGEDOWN", "LEFT", None, "RIGHT", "HOME", "UP", "PAGEUP")
    for digit in range(10):
        key = getattr(sdl2, f"SDLK_KP_{digit}")
        assert keys.keysym_of_key(key, sdl2.KMOD_NUM) == 0xFFB0 + digit
        unlocked = keys.keysym_of_key(key, 0)
        assert 0xFF95 <= unlocked <= 0xFF9F
        assert (unlocked == 0xFF9D) == (names[digit] is None)


@pytest.mark.parametrize("key", [0, 1, keys.NO_CHARACTER, keys.NO_CHARACTER | 511, 0x110000, 0x3FFFFFFF])
def test_unknown_keys_have_no_keysym(key: int) -> None:
    assert keys.keysym_of_key(key, 0) == 0
    assert keys.keycode_of(511) == 0


def test_modifier_bits_are_sdls() -> None:
    assert (keys.SHIFT, keys.CTRL, keys.ALT, keys.GUI) == (
        sdl2.KMOD_SHIFT, sdl2.KMOD_CTRL, sdl2.KMOD_ALT, sdl2.KMOD_GUI,
    )  # fmt: skip
    assert (keys.NUM_LOCK, keys.CAPS_LOCK, keys.ALT_GR) == (sdl2.KMOD_NUM, sdl2.KMOD_CAPS, sdl2.KMOD_MODE)
