"""The desktops by the word that `serve --desktop` takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rfb_ext.desktop.base import Clock, Desktop
from rfb_ext.errors import UsageError


@dataclass(frozen=True, slots=True)
class DesktopOptions:
    """What a desktop may be told. `display`: of the X server; `dicom`: a folder; `size` of each head in
    pixels (None: the desktop's own); `depth`: 8 or 10 bits a channel; `rate`: pictures a second where
    something moves by itself (None: the desktop's own); `seed`: of what is drawn at random."""

    display: str | None = None
    dicom: Path | None = None
    heads: int = 1
    size: tuple[int, int] | None = None
    depth: int = 8
    rate: float | None = None
    seed: int = 0


def _testcard(options: DesktopOptions, clock: Clock) -> Desktop:
    from rfb_ext.desktop.testcard import Testcard

    rate = 30.0 if options.rate is None else options.rate
    return Testcard(options.heads, options.size, options.depth, clock, rate=rate, seed=options.seed)


def _reading(options: DesktopOptions, clock: Clock) -> Desktop:
    from rfb_ext.desktop.reading_room import ReadingRoom

    if options.heads != 1:
        raise UsageError("the reading room has one head so far; leave out --heads")
    rate = 25.0 if options.rate is None else options.rate
    return ReadingRoom(options.dicom, options.size, options.depth, clock, rate=rate)


def _x11(options: DesktopOptions, clock: Clock) -> Desktop:
    from rfb_ext.desktop.x11.desktop import X11Desktop

    return X11Desktop(options.display, clock)


DESKTOPS: dict[str, Callable[[DesktopOptions, Clock], Desktop]] = {
    "testcard": _testcard,
    "reading": _reading,
    "x11": _x11,
}


def open_desktop(word: str, options: DesktopOptions, clock: Clock) -> Desktop:
    """The desktop of that word, not started. Raises UsageError for an unknown word or options that do not
    fit, NotFoundError and ConfigError for what it needs and does not find."""
    opener = DESKTOPS.get(word)
    if opener is None:
        raise UsageError(f"desktop {word!r} is unknown; there are {', '.join(DESKTOPS)}")
    try:
        return opener(options, clock)
    except ValueError as error:
        raise UsageError(str(error)) from None
