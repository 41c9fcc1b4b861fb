"""The zlib streams of one connection, bounded: what comes out of a stream never takes more than asked.

RFC 6143 section 7.7.6 and rfbproto, "zlib Encoding" and "Tight Encoding": a stream lives as long as the
connection; each rectangle continues it. So it outlives codec contexts, and none can be made anew unless
the encoding itself can say so (Tight).
"""

from __future__ import annotations

import zlib
from typing import Protocol

from rfb_ext.errors import DecodeError

LEVEL = 1
"""Screens change faster than a slow level gains anything."""


class _Deflater(Protocol):
    def compress(self, data: bytes | memoryview, /) -> bytes: ...
    def flush(self, mode: int, /) -> bytes: ...


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, /, max_length: int) -> bytes: ...


class Streams:
    """The streams of one connection by name; used by one lane only. `level`: that of zlib."""

    def __init__(self, level: int = LEVEL) -> None:
        self._level = level
        self._deflaters: dict[str, _Deflater] = {}
        self._inflaters: dict[str, _Inflater | None] = {}

    def deflates(self, name: str) -> bool:
        """True if something was deflated in this stream."""
        return name in self._deflaters

    def deflate(self, name: str, data: bytes | memoryview) -> bytes:
        """All of `data`, so that the other end can inflate all of it without waiting for more."""
        stream = self._deflaters.get(name)
        if stream is None:
            stream = self._deflaters[name] = zlib.compressobj(self._level)
        return stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)

    def inflate(self, name: str, data: bytes | memoryview, most: int) -> bytes:
        """What `data` holds, at most `most` bytes. Raises DecodeError for more, for what is no zlib data,
        and ever after a failure in this stream."""
        stream = self._inflaters.get(name, _UNUSED)
        if stream is _UNUSED:
            stream = zlib.decompressobj()
        self._inflaters[name] = None
        if stream is None:
            raise DecodeError(f"{name}: an earlier failure broke its stream")
        try:
            # one more than allowed: a stream that is right never fills it, so it takes all its input
            inflated = stream.decompress(data, max_length=most + 1)
        except zlib.error as error:
            raise DecodeError(f"{name}: {error}") from None
        if len(inflated) > most or stream.unconsumed_tail:
            raise DecodeError(f"{name}: it inflates to more than {most} bytes")
        if stream.eof:
            raise DecodeError(f"{name}: its stream ended")
        self._inflaters[name] = stream
        return inflated

    def inflate_exactly(self, name: str, data: bytes | memoryview, size: int) -> bytes:
        """As inflate; raises DecodeError too for fewer than `size` bytes."""
        inflated = self.inflate(name, data, size)
        if len(inflated) != size:
            self.break_off(name)
            raise DecodeError(f"{name}: it inflates to {len(inflated)} bytes, not {size}")
        return inflated

    def break_off(self, name: str) -> None:
        """Nothing more can be inflated in this stream: a part of it was lost."""
        self._inflaters[name] = None

    def start_anew(self, name: str) -> None:
        """The next bytes to inflate begin a new stream."""
        self._inflaters.pop(name, None)


_UNUSED: _Inflater = zlib.decompressobj()
