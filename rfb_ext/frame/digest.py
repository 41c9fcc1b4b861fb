"""Digests of pixels: what makes a rectangle, and a whole head, provably the captured one.

PROTOCOL.md section 4, "Digests". XXH3 with a seed drawn at random by each server process. It guards
against faults, not against forgers: who may speak at all is the security room's task.
"""

from __future__ import annotations

import struct

import numpy as np
import xxhash

from rfb_ext.frame.frames import Head, Pixels
from rfb_ext.frame.region import TILE, Region

NO_DIGEST = bytes(16)


def content_digest(seed: int, pixels: Pixels, depth: int) -> bytes:
    """16 bytes over canonical pixels of shape (h, w), any strides, with size and depth."""
    height, width = pixels.shape
    state = xxhash.xxh3_128(struct.pack(">HHBBH", width, height, depth, 0, 0), seed=seed)
    if pixels.flags.c_contiguous:
        state.update(pixels.data)
    else:
        for y in range(0, height, TILE):
            state.update(np.ascontiguousarray(pixels[y : y + TILE]).data)
    return state.digest()


def placed_digest(
    seed: int,
    content: bytes,
    *,
    head: int,
    x: int,
    y: int,
    update: int,
    serial: int,
    captured_us: int,
    input_tag: int,
) -> bytes:
    """8 bytes that tie a content digest to its place (framebuffer coordinates) and to its update."""
    placed = struct.pack(">IHHIQQI", head, x, y, update, serial, captured_us, input_tag)
    return xxhash.xxh3_64(content + placed, seed=seed).digest()


def chain_digest(seed: int, placed: list[bytes]) -> bytes:
    """8 bytes over the placed digests of an update, in order."""
    return xxhash.xxh3_64(b"".join(placed), seed=seed).digest()


class HeadDigest:
    """The digest of a whole head, kept by bands of 64 rows so that only touched ones are read again."""

    def __init__(self, seed: int, head: Head) -> None:
        self._seed = seed
        self._head = head
        self._bands: list[bytes | None] = [None] * -(-head.rect.h // TILE)

    def touch_rows(self, top: int, bottom: int) -> None:
        """Rows top up to, not including, bottom were written to."""
        for band in range(top // TILE, min(-(-bottom // TILE), len(self._bands))):
            self._bands[band] = None

    def touch(self, region: Region) -> None:
        """The region's pixels were written to."""
        for band in np.flatnonzero(region.mask.any(axis=1)):
            self._bands[int(band)] = None

    def digest(self, pixels: Pixels, serial: int) -> bytes:
        """16 bytes over the head's pixels, canonical, shape (h, w); bands not touched since the last call
        are taken as they were. Raises ValueError for pixels of another shape."""
        head = self._head
        if pixels.shape != (head.rect.h, head.rect.w):
            raise ValueError(f"pixels of shape {pixels.shape} are not of head {head.id}")
        r = head.rect
        state = xxhash.xxh3_128(
            struct.pack(">IHHHHBBHQ", head.id, r.x, r.y, r.w, r.h, head.depth, 0, 0, serial),
            seed=self._seed,
        )
        for i, known in enumerate(self._bands):
            band = known
            if band is None:
                rows = np.ascontiguousarray(pixels[i * TILE : (i + 1) * TILE])
                band = self._bands[i] = xxhash.xxh3_128(rows.data, seed=self._seed).digest()
            state.update(band)
        return state.digest()
