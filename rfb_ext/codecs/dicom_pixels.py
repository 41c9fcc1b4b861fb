"""Encapsulated DICOM pixels to samples, by imagecodecs (DICOM PS3.5 section 8.2, annex A.4)."""

from __future__ import annotations

from collections.abc import Callable
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


def decode_fragment(syntax: str, data: bytes, rows: int, columns: int, samples: int) -> npt.NDArray[Any]:
    """One frame's samples, shape (rows, columns) or (rows, columns, samples), of the stream's own dtype.

    `syntax`: a transfer syntax UID of DECODED. Colour of JPEG 2000 comes as RGB, of JPEG as the stream
    says. Raises DecodeError for what cannot be decoded, or is not of the size the header names.
    """
    import imagecodecs

    decoders: dict[str, Callable[[bytes], Any]] = {
        JPEG_BASELINE: imagecodecs.jpeg8_decode,
        JPEG_EXTENDED: imagecodecs.jpeg_decode,
        **dict.fromkeys(JPEG_LOSSLESS, imagecodecs.ljpeg_decode),
        **dict.fromkeys(JPEG_LS, imagecodecs.jpegls_decode),
        **dict.fromkeys(JPEG_2000, imagecodecs.jpeg2k_decode),
        **dict.fromkeys(HTJ2K, imagecodecs.htj2k_decode),
    }
    decode = decoders.get(syntax)
    if decode is None:
        raise DecodeError(f"transfer syntax {syntax} is not one that is decoded here")
    try:
        pixels = np.asarray(decode(data))
    except Exception as error:
        raise DecodeError(f"an encapsulated image cannot be decoded ({type(error).__name__})") from error
    wanted = (rows, columns) if samples == 1 else (rows, columns, samples)
    if pixels.shape != wanted:
        raise DecodeError(f"an encapsulated image has the shape {pixels.shape}, its header says {wanted}")
    return pixels
