"""One frame of a DICOM file: its samples, read and decoded when they are asked for."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rfb_ext.desktop.windowing import FUNCTIONS, Window
from rfb_ext.errors import DecodeError

DEFLATED = "1.2.840.10008.1.2.1.99"
LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
}
"""Transfer syntaxes that may lose (DICOM PS3.6 annex A); lossless ones of the same standards are others."""

READ = (
    "SpecificCharacterSet", "Modality", "SeriesNumber", "InstanceNumber", "StudyInstanceUID",
    "SeriesInstanceUID", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration", "PhotometricInterpretation",
    "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth", "VOILUTFunction",
    "LossyImageCompression", "LossyImageCompressionRatio",
    *(f"{colour}PaletteColorLookupTable{what}"
      for colour in ("Red", "Green", "Blue") for what in ("Descriptor", "Data")),
    *(f"Segmented{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")),
)  # fmt: skip
"""The elements that are read of a file, by keyword, besides its pixels: none of them speaks of a patient."""


def broken() -> tuple[type[Exception], ...]:
    """What pydicom and codecs raise over bytes that are no sound DICOM."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    return (
        InvalidDicomError, BytesLengthException, OSError, EOFError, ValueError, TypeError, AttributeError,
        LookupError, ArithmeticError, RuntimeError, MemoryError, struct.error, zlib.error,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ImageFile:
    """A file whose header was read and checked. `dataset`: pydicom's, the elements of READ alone; `offset`:
    where the value of Pixel Data begins, None in a deflated file; `place`: what it is sorted by; `lossy`:
    why it is or was lossy, "" if nothing says so (which is no proof that it never was)."""

    path: Path
    dataset: Any
    syntax: str
    offset: int | None
    rows: int
    columns: int
    frames: int
    label: str
    place: tuple[str, int, str, int]
    lossy: str


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """One frame, counted from 0, of one file."""

    image: ImageFile
    frame: int

    @property
    def dataset(self) -> Any:
        return self.image.dataset

    @property
    def label(self) -> str:
        return self.image.label

    @property
    def lossy(self) -> str:
        return self.image.lossy

    @property
    def series(self) -> tuple[str, int, str]:
        """What slices of one series have in common; for comparing, never shown."""
        return self.image.place[:3]

    @property
    def is_colour(self) -> bool:
        ds = self.dataset
        return int(ds.SamplesPerPixel) > 1 or ds.PhotometricInterpretation == "PALETTE COLOR"

    @property
    def is_inverted(self) -> bool:
        """MONOCHROME1: the smallest value is white."""
        return bool(self.dataset.PhotometricInterpretation == "MONOCHROME1")

    @property
    def rescale(self) -> tuple[float, float]:
        """Slope and intercept from stored values to modality units (1, 0 where there are none)."""
        return own_rescale(self.dataset)

    def samples(self) -> npt.NDArray[Any]:
        """Grey: stored values, integer (h, w). Colour: uint8 RGB (h, w, 3). Raises DecodeError."""
        image = self.image
        try:
            pixels = _decoded(image, self.frame)
        except DecodeError:
            raise
        except broken() as error:
            kind = type(error).__name__
            raise DecodeError(f"an image of {image.label} cannot be decoded ({kind})") from error
        wanted = (image.rows, image.columns, 3) if self.is_colour else (image.rows, image.columns)
        if pixels.shape != wanted or pixels.dtype.kind not in "iu" or pixels.dtype.itemsize > 2:
            raise DecodeError(f"an image of {image.label} is not what its header says")
        if self.is_colour:
            extra = max(0, int(self.dataset.BitsStored) - 8) if pixels.dtype.itemsize > 1 else 0
            return (pixels >> extra).astype(np.uint8)
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)

    def window(self, pixels: npt.NDArray[Any]) -> Window:
        """The file's own window, the first if there are several, else the range of `pixels`."""
        ds = self.dataset
        try:
            centre, width = (float(_first(ds.get(word))) for word in ("WindowCenter", "WindowWidth"))
        except (TypeError, ValueError):
            centre = width = math.nan
        function = str(ds.get("VOILUTFunction") or "LINEAR")
        function = function if function in FUNCTIONS else "LINEAR"
        lowest = 1 if function == "LINEAR" else 0
        if math.isfinite(centre) and math.isfinite(width) and width >= lowest and width > 0:
            return Window(centre, width, function)
        slope, intercept = self.rescale
        ends = sorted((float(pixels.min()) * slope + intercept, float(pixels.max()) * slope + intercept))
        return Window((ends[0] + ends[1]) / 2, max(1.0, ends[1] - ends[0]))


def own_rescale(dataset: Any) -> tuple[float, float]:
    """Rescale Slope and Intercept (DICOM PS3.3 C.11.1); 1 and 0 where there are none. Raises ValueError or
    TypeError for what is no number."""
    return float(dataset.get("RescaleSlope", 1) or 1), float(dataset.get("RescaleIntercept", 0) or 0)


def lossy_reason(dataset: Any, syntax: str) -> str:
    """Why an image is or was lossy (DICOM PS3.3 C.7.6.1.1.5, and its transfer syntax); "" if nothing says
    so."""
    if str(dataset.get("LossyImageCompression", "00")) == "01":
        ratio = _first(dataset.get("LossyImageCompressionRatio"))
        return "compressed with loss" + (f" {ratio:.4g}:1" if isinstance(ratio, float) else "")
    return LOSSY_SYNTAXES.get(syntax, "")


def _first(value: Any) -> Any:
    """The first of several values, the value if there is one."""
    return value[0] if not isinstance(value, int | float | str | None) and len(value) else value


def _decoded(image: ImageFile, frame: int) -> npt.NDArray[Any]:
    import pydicom
    from pydicom.encaps import get_frame
    from pydicom.pixels.processing import apply_color_lut, convert_color_space
    from pydicom.pixels.utils import pixel_array

    from rfb_ext.codecs.dicom_pixels import DECODED, JPEG_BASELINE, JPEG_EXTENDED, decode_fragment

    ds = image.dataset
    photometric = str(ds.PhotometricInterpretation)
    if image.offset is None:
        whole = pydicom.dcmread(image.path, specific_tags=[*READ, "PixelData"])
        pixels = pixel_array(whole, index=frame)
    elif image.syntax in DECODED:
        with image.path.open("rb") as file:
            file.seek(image.offset)
            data = get_frame(file, frame, number_of_frames=image.frames)
        size = (image.rows, image.columns, int(ds.SamplesPerPixel))
        pixels = decode_fragment(image.syntax, data, *size, is_rgb=photometric == "RGB")
        if image.syntax not in (JPEG_BASELINE, JPEG_EXTENDED) and photometric in ("YBR_FULL", "YBR_FULL_422"):
            pixels = convert_color_space(pixels, "YBR_FULL", "RGB")
        spare = 8 * pixels.dtype.itemsize - int(ds.BitsStored)
        if int(ds.get("PixelRepresentation", 0)) == 1 and pixels.dtype.kind == "u" and spare >= 0:
            pixels = (pixels << spare).view(f"i{pixels.dtype.itemsize}") >> spare
    else:
        pixels = pixel_array(image.path, index=frame)
    if photometric == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, ds)
        return (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    return pixels
