"""Where radterm keeps what on this system; RADTERM_HOME puts all of it into one folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

HOME = "RADTERM_HOME"


def config(environ: Mapping[str, str] = os.environ) -> Path:
    """What the user wrote: session profiles and settings. Not created here."""
    return _place("config", environ)


def state(environ: Mapping[str, str] = os.environ) -> Path:
    """What the program remembers: logs, window places. Not created here."""
    return _place("state", environ)


def data(environ: Mapping[str, str] = os.environ) -> Path:
    """What must not be lost: this server's key, the servers that were trusted. Not created here."""
    return _place("data", environ)


def cache(environ: Mapping[str, str] = os.environ) -> Path:
    """What may be deleted at any time. Not created here."""
    return _place("cache", environ)


def _place(kind: str, environ: Mapping[str, str]) -> Path:
    if home := environ.get(HOME):
        return Path(home).absolute() / kind
    import platformdirs

    places = platformdirs.PlatformDirs("radterm", appauthor=False)
    return {
        "config": places.user_config_path,
        "state": places.user_state_path,
        "data": places.user_data_path,
        "cache": places.user_cache_path,
    }[kind]
