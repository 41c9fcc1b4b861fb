"""SDL2, imported in one place: the wheel that brings the library says so with a warning, which the reader
of a terminal has no use for."""

from __future__ import annotations

import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sdl2 as _sdl2

sdl2: Any = _sdl2


def sdl_error() -> str:
    """What SDL says went wrong last."""
    text: bytes = sdl2.SDL_GetError()
    return text.decode("utf-8", "replace") or "SDL gave no reason"
