"""What stages 1 to 3 leave behind: a captured picture with its damage and its head digest, and jobs."""

from __future__ import annotations

from dataclasses import dataclass

from rfb_ext.codecs.base import EncodedRect
from rfb_ext.frame.frames import Frame
from rfb_ext.frame.region import Region
from rfb_ext.wire.types import Rect


@dataclass(frozen=True, slots=True, eq=False)
class CapturedPicture:
    """A frame that differs from the one before in `damage`; `head_digest`: 16 bytes over all of it."""

    frame: Frame
    damage: Region
    head_digest: bytes


@dataclass(frozen=True, slots=True, eq=False)
class HeadJob:
    """Encode `rects` (head coordinates) of `picture`; `complete`: the viewer then has all of it.
    `avoided`: encodings not to use."""

    picture: CapturedPicture
    rects: tuple[Rect, ...]
    complete: bool
    avoided: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class UpdateJob:
    """One update to come: a job a head; exactly one in a radterm session, none when only asked for.
    `format`: counts the pixel formats the viewer has set; pixels in an older one are not sent."""

    heads: tuple[HeadJob, ...]
    format: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ProvenRect:
    """An encoded rectangle with the digest that was taken before the codec saw its pixels."""

    encoded: EncodedRect
    content: bytes
    codec: str


@dataclass(frozen=True, slots=True, eq=False)
class EncodedHead:
    """What a lane made of a HeadJob. `failed`: names of codecs that could not encode (another did)."""

    job: HeadJob
    rects: tuple[ProvenRect, ...]
    failed: tuple[str, ...]
    encode_us: int
