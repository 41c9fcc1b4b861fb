"""DICOM images for the reading room: what a folder holds, and the samples of one slice at a time.

Names, dates and numbers of patients are never read into anything that is kept, shown or logged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rfb_ext.errors import DecodeError, NotFoundError

MOST_FILES = 2000
MOST_BYTES = 1 << 30
MOST_PIXELS = 1 << 26
MOST_FRAMES = 10_000
OWN_IMAGES = ("CT_small.dcm", "J2K_pixelrep_mismatch.dcm", "examples_overlay.dcm", "MR_small.dcm")
"""Real CT and MR, never compressed with loss, that pydicom's package brings."""

LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
}


@dataclass(frozen=True, slots=True)
class Window:
    """Window centre and width in modality units (DICOM PS3.3 C.11.2.1.2)."""

    centre: float
    width: float


@dataclass(frozen=True)
class Slice:
    """One frame of one file. `dataset`: pydicom's, pixels not decoded. `lossy`: why it is or was lossy, ""
    if nothing says so (which is no proof that it never was)."""

    dataset: Any
    frame: int
    frames: int
    label: str
    lossy: str

    @property
    def is_colour(self) -> bool:
        return (
            int(self.dataset.SamplesPerPixel) > 1 or self.dataset.PhotometricInterpretation == "PALETTE COLOR"
        )

    @property
    def is_inverted(self) -> bool:
        """MONOCHROME1: the smallest value is white."""
        return bool(self.dataset.PhotometricInterpretation == "MONOCHROME1")

    @cached_property
    def rescale(self) -> tuple[float, float]:
        """Slope and intercept from stored values to modality units (1, 0 where there are none)."""
        ds = self.dataset
        return float(ds.get("RescaleSlope", 1) or 1), float(ds.get("RescaleIntercept", 0) or 0)

    def samples(self) -> npt.NDArray[Any]:
        """Grey: stored values, integer (h, w). Colour: uint8 RGB (h, w, 3). Raises DecodeError."""
        try:
            pixels = _decoded(self.dataset, self.frame)
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(f"image {self.label} cannot be decoded ({type(error).__name__})") from error
        if self.is_colour:
            if pixels.ndim != 3 or pixels.shape[2] != 3:
                raise DecodeError(f"image {self.label} is no RGB picture")
            extra = max(0, int(self.dataset.BitsStored) - 8) if pixels.dtype != np.uint8 else 0
            return (pixels >> extra).astype(np.uint8)
        if pixels.ndim != 2 or pixels.dtype.kind not in "iu":
            raise DecodeError(f"image {self.label} has no integer grey values")
        return pixels

    def window(self, pixels: npt.NDArray[Any]) -> Window:
        """The file's own window, else the range of its values."""
        centre, width = self.dataset.get("WindowCenter"), self.dataset.get("WindowWidth")
        if centre is not None and width is not None:
            first = [
                v if isinstance(v, int | float | str) else v[0] if len(v) else 0 for v in (centre, width)
            ]
            if float(first[1]) >= 1:
                return Window(float(first[0]), float(first[1]))
        slope, intercept = self.rescale
        ends = sorted((float(pixels.min()) * slope + intercept, float(pixels.max()) * slope + intercept))
        return Window((ends[0] + ends[1]) / 2, max(1.0, ends[1] - ends[0]))


@dataclass(frozen=True, slots=True)
class Folder:
    """The slices of a folder, in order, and how many files could not be used."""

    slices: tuple[Slice, ...]
    skipped: int


def read_folder(folder: Path | None) -> Folder:
    """Reads headers only. None: the images that pydicom's package brings. Raises NotFoundError if there is
    no folder, or nothing in it that can be shown."""
    if folder is None:
        return _read(_own_images(), "demo")
    if not folder.is_dir():
        raise NotFoundError(f"{folder} is no folder; --dicom takes a folder of DICOM images")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if len(files) > MOST_FILES:
        raise NotFoundError(
            f"{folder} has {len(files)} files; at most {MOST_FILES} are read: choose one study"
        )
    found = _read(files, str(folder))
    if not found.slices:
        raise NotFoundError(
            f"{folder} has no DICOM image that can be shown ({found.skipped} files looked at); "
            "choose a folder with images"
        )
    return found


def _own_images() -> list[Path]:
    import pydicom

    return [Path(pydicom.__file__).parent / "data" / "test_files" / name for name in OWN_IMAGES]


def _read(files: Iterable[Path], where: str) -> Folder:
    import pydicom
    from pydicom.errors import InvalidDicomError

    slices: list[Slice] = []
    skipped = 0
    for number, path in enumerate(files):
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError("too large")
            dataset = pydicom.dcmread(path)
            frames = _frames(dataset)
        except (InvalidDicomError, OSError, ValueError, TypeError, AttributeError, KeyError, EOFError):
            skipped += 1
            continue
        lossy = _lossy(dataset)
        kind = str(dataset.get("Modality", "OT"))[:4]
        for frame in range(frames):
            slices.append(Slice(dataset, frame, frames, f"{kind} {number + 1}", lossy))
    slices.sort(key=_order)
    return Folder(tuple(slices), skipped)


def _frames(dataset: Any) -> int:
    """How many frames there are. Raises ValueError for what is no image, or beyond the bounds."""
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    if not (0 < rows <= 1 << 16 and 0 < columns <= 1 << 16 and rows * columns <= MOST_PIXELS):
        raise ValueError("impossible size")
    if not 1 <= frames <= MOST_FRAMES or "PixelData" not in dataset:
        raise ValueError("no pixels")
    if int(dataset.SamplesPerPixel) not in (1, 3) or int(dataset.BitsAllocated) not in (8, 16):
        raise ValueError("samples that are not shown here")
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated:
        needed = rows * columns * frames * int(dataset.SamplesPerPixel) * int(dataset.BitsAllocated) // 8
        if dataset.PhotometricInterpretation == "YBR_FULL_422":
            needed = needed * 2 // 3
        if len(dataset.PixelData) < needed:
            raise ValueError("truncated")
    return frames


def _lossy(dataset: Any) -> str:
    if str(dataset.get("LossyImageCompression", "00")) == "01":
        ratio = dataset.get("LossyImageCompressionRatio")
        return "compressed with loss" + (f" {ratio}:1" if isinstance(ratio, int | float) else "")
    return LOSSY_SYNTAXES.get(str(dataset.file_meta.TransferSyntaxUID), "")


def _order(item: Slice) -> tuple[str, str, float, int]:
    ds = item.dataset
    return (
        str(ds.get("StudyInstanceUID", "")),
        str(ds.get("SeriesInstanceUID", "")),
        float(ds.get("InstanceNumber") or 0),
        item.frame,
    )


def _decoded(dataset: Any, frame: int) -> npt.NDArray[Any]:
    from pydicom.encaps import get_frame
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array

    from rfb_ext.codecs.dicom_pixels import DECODED, decode_fragment

    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if syntax in DECODED:
        frames = int(dataset.get("NumberOfFrames", 1) or 1)
        data = get_frame(dataset.PixelData, frame, number_of_frames=frames)
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        pixels = decode_fragment(syntax, data, rows, columns, int(dataset.SamplesPerPixel))
        if int(dataset.get("PixelRepresentation", 0)) == 1 and pixels.dtype.kind == "u":
            spare = 8 * pixels.dtype.itemsize - int(dataset.BitsStored)
            pixels = (pixels << spare).view(f"i{pixels.dtype.itemsize}") >> spare
    else:
        pixels = pixel_array(dataset, index=frame)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
        return (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    return pixels
