"""Encapsulated DICOM pixels to samples, by imagecodecs (DICOM PS3.5 section 8.2, annex A.4)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from rfb_ext.errors import DecodeError

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
HTJ2K = ("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203")
DECODED = {JPEG_BASELINE, JPEG_EXTENDED, *JPEG_LOSSLESS, *JPEG_LS, *JPEG_2000, *HTJ2K}

PADDED_END = 64
"""A JPEG-LS stream ends within so many bytes of its fragment. One without an end is not decoded: CharLS takes
seconds over it, the thread that draws with it."""


def decode_fragment(
    syntax: str, data: bytes, rows: int, columns: int, samples: int, *, is_rgb: bool = False
) -> npt.NDArray[Any]:
    """One frame's samples, shape (rows, columns) or (rows, columns, samples), of the stream's own dtype.

    `syntax`: a transfer syntax UID of DECODED. Colour of JPEG 2000 and of lossy JPEG comes as RGB; others
    as the stream has it. `is_rgb`: the header says RGB, which counts where a lossy JPEG stream says
    nothing. Raises DecodeError for what cannot be decoded, or is not of the size the header names: that is
    looked up before anything is allocated.
    """
    import imagecodecs

    def baseline(data: bytes) -> Any:
        space = "RGB" if samples == 3 and is_rgb and not _names_its_colours(data) else None
        return imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace=space)

    decoders: dict[str, Callable[[bytes], Any]] = {
        JPEG_BASELINE: baseline,
        JPEG_EXTENDED: imagecodecs.jpeg_decode,
        **dict.fromkeys(JPEG_LOSSLESS, imagecodecs.ljpeg_decode),
        **dict.fromkeys(JPEG_LS, imagecodecs.jpegls_decode),
        **dict.fromkeys(JPEG_2000, imagecodecs.jpeg2k_decode),
        **dict.fromkeys(HTJ2K, imagecodecs.htj2k_decode),
    }
    decode = decoders.get(syntax)
    if decode is None:
        raise DecodeError(f"transfer syntax {syntax} is not one that is decoded here")
    size, wanted = stream_size(data), (rows, columns, samples)
    if size != wanted:
        raise DecodeError(f"an encapsulated image has the size {size}, its header says {wanted}")
    if syntax in JPEG_LS and not data[-PADDED_END:].rstrip(b"\0").endswith(b"\xff\xd9"):
        raise DecodeError("an encapsulated image is cut short")
    try:
        pixels = np.asarray(decode(data))
    except (RuntimeError, ValueError, TypeError, IndexError, MemoryError) as error:
        raise DecodeError(f"an encapsulated image cannot be decoded ({type(error).__name__})") from error
    shape = (rows, columns) if samples == 1 else wanted
    if pixels.shape != shape:
        raise DecodeError(f"an encapsulated image has the shape {pixels.shape}, its header says {shape}")
    return pixels


def stream_size(data: bytes) -> tuple[int, int, int] | None:
    """Rows, columns and components that a JPEG, JPEG-LS or JPEG 2000 stream names for itself, None if it
    is neither (ITU-T T.81 B.2.2, T.87 C.2.2, T.800 A.5.1)."""
    if data[:2] == b"\xff\xd8":
        for marker, body in _segments(data):
            if (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)) or marker == 0xF7:
                return struct.unpack_from(">HHB", body, 1) if len(body) >= 6 else None
        return None
    start = data.find(b"\xff\x4f\xff\x51")  # behind the boxes of a JP2 file, where there are any
    if start < 0 or len(data) < start + 42:
        return None
    right, bottom, left, top = struct.unpack_from(">IIII", data, start + 8)
    return bottom - top, right - left, struct.unpack_from(">H", data, start + 40)[0]


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and body of each segment of a JPEG stream up to the first scan (ITU-T T.81 B.1.1)."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        if data[at + 1] == 0xFF:  # a fill byte
            at += 1
            continue
        length = struct.unpack_from(">H", data, at + 2)[0]
        yield data[at + 1], data[at + 4 : at + 2 + length]
        at += 2 + length


def _names_its_colours(data: bytes) -> bool:
    """A JFIF or Adobe segment, whole enough to be believed by libjpeg, says what colours the stream has."""
    return any(
        (marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14)
        or (marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12)
        for marker, body in _segments(data)
    )
