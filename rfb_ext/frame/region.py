"""A region of one head: a set of tiles, given and taken as rectangles."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from rfb_ext.wire.types import Rect

TILE = 64
"""Side of a tile in pixels; the same number of rows makes a digest's band."""


class Region:
    """A set of 64x64 tiles of a head of `width` x `height` pixels (the last column and row may be cut).

    `mask`: bool, shape (tile rows, tile columns). A rectangle is rounded outward to whole tiles: a
    region may name pixels that did not change, never miss one that did.
    """

    __slots__ = ("height", "mask", "width")

    def __init__(self, width: int, height: int, rects: Iterable[Rect] = ()) -> None:
        self.width, self.height = width, height
        self.mask: npt.NDArray[np.bool_] = np.zeros((-(-height // TILE), -(-width // TILE)), dtype=np.bool_)
        for rect in rects:
            self.add_rect(rect)

    @classmethod
    def whole(cls, width: int, height: int) -> Region:
        """Every tile of the head."""
        region = cls(width, height)
        region.mask[:] = True
        return region

    def __bool__(self) -> bool:
        return bool(self.mask.any())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Region)
            and (self.width, self.height) == (other.width, other.height)
            and bool((self.mask == other.mask).all())
        )

    __hash__ = None  # type: ignore[assignment]

    def copy(self) -> Region:
        region = Region(self.width, self.height)
        region.mask[:] = self.mask
        return region

    def add(self, other: Region) -> None:
        """Adds the tiles of `other`, a region of a head of the same size (ValueError if it is not)."""
        if (self.width, self.height) != (other.width, other.height):
            raise ValueError("regions of heads of different size")
        self.mask |= other.mask

    def add_rect(self, rect: Rect) -> None:
        """Adds every tile that `rect` (head coordinates) touches; what lies outside the head is cut off."""
        rect = rect.intersect(Rect(0, 0, self.width, self.height))
        if rect:
            self.mask[
                rect.y // TILE : -(-rect.bottom // TILE),
                rect.x // TILE : -(-rect.right // TILE),
            ] = True

    def clear(self) -> None:
        self.mask[:] = False

    def rects(self) -> tuple[Rect, ...]:
        """Rectangles in head coordinates that cover exactly the region's tiles, none overlapping:
        runs of tiles in a row, joined with the row above where the run is the same."""
        done: list[Rect] = []
        open_runs: dict[tuple[int, int], int] = {}  # (first column, end column) -> first row
        for row in range(self.mask.shape[0] + 1):
            runs = self._runs(row) if row < self.mask.shape[0] else set()
            for run in [run for run in open_runs if run not in runs]:
                done.append(self._rect(run, open_runs.pop(run), row))
            for run in runs:
                open_runs.setdefault(run, row)
        return tuple(sorted(done, key=lambda r: (r.y, r.x)))

    def _runs(self, row: int) -> set[tuple[int, int]]:
        line = np.zeros(self.mask.shape[1] + 2, dtype=np.int8)
        line[1:-1] = self.mask[row]
        edges = np.flatnonzero(np.diff(line))
        return {(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)}

    def _rect(self, run: tuple[int, int], first_row: int, end_row: int) -> Rect:
        x, y = run[0] * TILE, first_row * TILE
        return Rect(x, y, min(run[1] * TILE, self.width) - x, min(end_row * TILE, self.height) - y)
