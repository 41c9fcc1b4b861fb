"""Servers that were trusted on first use, and their keys' fingerprints: one HOST:PORT sha256:HEX a line."""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path

from rfb_ext.errors import ConfigError, NotFoundError
from rfb_ext.security.private_file import read_private, write_private

WHAT = "the file of known servers"
_LINE = re.compile(r"(\S{1,300}) (sha256:[0-9a-f]{64})")


class KnownServers:
    """One file; several viewers may use it at once. `server` is HOST:PORT."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def meet(self, server: str, fingerprint: str) -> str | None:
        """The fingerprint known for `server`, or None: it is met for the first time and known from now on.

        Raises ConfigError for a file that is not valid, cannot be written, or is open to others.
        """
        with self._alone():
            known = self._read()
            if server in known:
                return known[server]
            known[server] = fingerprint
            write_private(self.path, "".join(f"{each} {key}\n" for each, key in known.items()).encode())
            return None

    def _read(self) -> dict[str, str]:
        try:
            text = read_private(self.path, WHAT).decode(errors="replace")
        except NotFoundError:
            if self.path.exists():
                raise
            return {}
        known = {}
        for number, line in enumerate(text.splitlines(), 1):
            match = _LINE.fullmatch(line)
            if match is None:
                raise ConfigError(f"{WHAT} {self.path}, line {number}: no HOST:PORT sha256:HEX")
            known[match[1]] = match[2]
        return known

    def _alone(self) -> _Locked:
        return _Locked(self.path.with_name(f"{self.path.name}.lock"))


class _Locked:
    """A lock file, held while the block runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror}") from None
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)
