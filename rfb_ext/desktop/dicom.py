"""What a folder of DICOM images holds, for the reading room: headers now, pixels when they are shown.

Only the elements named here are read of a file, so names, dates and numbers of patients are never in
memory, in a log or on a picture.
"""

from __future__ import annotations

import itertools
import logging
import math
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from rfb_ext.desktop.dicom_slice import DEFLATED, READ, ImageFile, Slice, broken, lossy_reason, own_rescale
from rfb_ext.errors import ConfigError, NotFoundError

MOST_FILES = 2000
MOST_FILE_BYTES = 1 << 30
MOST_INFLATED = 1 << 28
MOST_ELEMENT = 1 << 20
MOST_PIXELS = 1 << 26
MOST_FRAMES = 10_000
MOST_SLICES = 20_000
OWN_IMAGES = ("CT_small.dcm", "J2K_pixelrep_mismatch.dcm", "examples_overlay.dcm", "MR_small.dcm")
"""Real CT and MR, never compressed with loss, that pydicom's package brings."""

PIXEL_DATA = 0x7FE00010


class UnfitError(ValueError):
    """A file is not shown; the words say why and quote nothing of it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The slices of a folder, in order, and a sentence for each file that is not shown."""

    slices: tuple[Slice, ...]
    warnings: tuple[str, ...]

    @property
    def skipped(self) -> int:
        return len(self.warnings)


def read_folder(folder: Path | None) -> Folder:
    """Reads headers only. None: the images that pydicom's package brings. Raises NotFoundError if there is
    no folder, or nothing in it that can be shown; ConfigError for a folder of too many files."""
    if folder is None:
        return _read(_own_images())
    if not folder.is_dir():
        raise NotFoundError(f"{folder} is no folder; --dicom takes a folder of DICOM images")
    try:
        found = (path for path in folder.rglob("*") if path.is_file())
        files = list(itertools.islice(found, MOST_FILES + 1))
    except OSError as error:
        raise NotFoundError(f"{folder} cannot be read ({error.strerror}); check its permissions") from None
    if len(files) > MOST_FILES:
        raise ConfigError(f"{folder} has more than {MOST_FILES} files; choose the folder of one study")
    read = _read(sorted(files))
    if not read.slices:
        raise NotFoundError(
            f"{folder} has no DICOM image that can be shown ({read.skipped} files looked at); "
            "choose a folder with images"
        )
    return read


def _own_images() -> list[Path]:
    import pydicom

    return [Path(pydicom.__file__).parent / "data" / "test_files" / name for name in OWN_IMAGES]


def _read(files: Sequence[Path]) -> Folder:
    """Files are named by their place: a file's name may be that of a patient."""
    _silence()
    images: list[ImageFile] = []
    unfit: list[str] = []
    frames = 0
    for number, path in enumerate(files, 1):
        try:
            image = read_image(path)
            if frames + image.frames > MOST_SLICES:
                raise UnfitError(f"the folder has more than {MOST_SLICES} slices")
        except UnfitError as error:
            unfit.append(f"file {number} of {len(files)}, by name, is not shown: {error}")
        except broken():
            unfit.append(f"file {number} of {len(files)}, by name, is not shown: it is no sound DICOM image")
        else:
            images.append(image)
            frames += image.frames
    images.sort(key=lambda image: image.place)  # stable: by name where the headers say nothing
    slices = (Slice(image, frame) for image in images for frame in range(image.frames))
    return Folder(tuple(slices), tuple(unfit))


def _silence() -> None:
    """What pydicom warns of and logs quotes values and names of files: none of it gets out."""
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"pydicom\.")


def read_image(path: Path) -> ImageFile:
    """The header of a file, checked. Raises UnfitError for what cannot be shown or is beyond a bound, any
    of broken() for what is no DICOM."""
    import pydicom
    from pydicom.dataelem import RawDataElement
    from pydicom.filereader import read_file_meta_info

    size = path.stat().st_size
    if size > MOST_FILE_BYTES:
        raise UnfitError(f"it has more than {MOST_FILE_BYTES >> 20} MiB")
    meta = read_file_meta_info(path)
    syntax = str(meta.TransferSyntaxUID)
    with path.open("rb") as file:
        if syntax == DEFLATED:
            _check_inflated(file, int(meta.FileMetaInformationGroupLength))
        file.seek(0)
        header = pydicom.dcmread(
            file, stop_before_pixels=True, specific_tags=list(READ), defer_size=MOST_ELEMENT
        )
        # what the elements are written in, whatever the transfer syntax says (iterating would parse them)
        items: list[Any] = [header.get_item(tag) for tag in header.keys()]  # noqa: SIM118
        elements = [item for item in items if isinstance(item, RawDataElement)]
        if any(element.length > MOST_ELEMENT for element in elements):
            raise UnfitError("its header has an element of impossible size")
        is_implicit = any(element.is_implicit_VR for element in elements)
        is_little = all(element.is_little_endian for element in elements)
        header.decode()
        for element in header:  # each value is parsed here and now, so that none fails later
            str(element.value)
        image = _checked(path, syntax, header)
        if syntax == DEFLATED:
            return image
        offset, length = _pixel_data(file, implicit=is_implicit, little=is_little)
    needed = _native_bytes(image)
    is_native = not meta.TransferSyntaxUID.is_encapsulated
    if is_native and (length is None or length < needed or offset + needed > size):
        raise UnfitError("its pixels are cut short")
    return replace(image, offset=offset)


def _check_inflated(file: BinaryIO, group_length: int) -> None:
    """Inflates a deflated data set without keeping it (DICOM PS3.5 annex A.5). Raises UnfitError if it
    becomes larger than MOST_INFLATED, zlib.error for what is not deflated."""
    file.seek(128 + len(b"DICM") + 12 + group_length)
    inflater, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    data = file.read()
    while data and not inflater.eof:
        total += len(inflater.decompress(data, MOST_ELEMENT))
        data = inflater.unconsumed_tail
        if total > MOST_INFLATED:
            raise UnfitError(f"it inflates to more than {MOST_INFLATED >> 20} MiB")


def _pixel_data(file: BinaryIO, *, implicit: bool, little: bool) -> tuple[int, int | None]:
    """Where the value of Pixel Data begins in the file, which stands at its tag, and its length in bytes,
    None for encapsulated pixels (DICOM PS3.5 sections 7.1 and A.4)."""
    order = "<" if little else ">"
    head = file.read(8 if implicit else 12)
    if len(head) < (8 if implicit else 12):
        raise UnfitError("it has no pixels")
    group, element = struct.unpack(f"{order}HH", head[:4])
    if group << 16 | element != PIXEL_DATA:
        raise UnfitError("it has no integer pixels")
    length: int = struct.unpack(f"{order}I", head[-4:])[0]
    return file.tell(), None if length == 0xFFFFFFFF else length


def _native_bytes(image: ImageFile) -> int:
    ds = image.dataset
    pixels = image.rows * image.columns * image.frames
    if ds.PhotometricInterpretation == "YBR_FULL_422":
        return pixels * 2
    return pixels * int(ds.SamplesPerPixel) * int(ds.BitsAllocated) // 8


def _checked(path: Path, syntax: str, header: Any) -> ImageFile:
    rows, columns = int(header.Rows), int(header.Columns)
    frames = int(header.get("NumberOfFrames", 1) or 1)
    if not (0 < rows <= 1 << 16 and 0 < columns <= 1 << 16 and rows * columns <= MOST_PIXELS):
        raise UnfitError("its size is impossible")
    if not 1 <= frames <= MOST_FRAMES:
        raise UnfitError(f"it has {frames} frames, more than {MOST_FRAMES} or none")
    allocated, stored = int(header.BitsAllocated), int(header.BitsStored)
    if int(header.SamplesPerPixel) not in (1, 3) or allocated not in (8, 16) or not 1 <= stored <= allocated:
        raise UnfitError("its samples are of a kind that is not shown here")
    if not all(map(math.isfinite, own_rescale(header))):
        raise UnfitError("its rescale is not a number")
    kind = "".join(c for c in str(header.get("Modality") or "OT")[:4] if c.isascii() and c.isalnum())
    series = int(header.get("SeriesNumber") or 0)
    place = (
        str(header.get("StudyInstanceUID", "")),
        series,
        str(header.get("SeriesInstanceUID", "")),
        int(header.get("InstanceNumber") or 0),
    )
    return ImageFile(
        path=path,
        dataset=header,
        syntax=syntax,
        offset=None,
        rows=rows,
        columns=columns,
        frames=frames,
        label=f"{kind} series {series}",
        place=place,
        lossy=lossy_reason(header, syntax),
    )
