"""Samples of real files against pydicom's own decoders; what is called lossy; streams that lie."""

import dataclasses
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array

from rfb_ext.desktop.dicom import UnfitError, read_folder, read_image
from rfb_ext.desktop.dicom_slice import Slice, broken
from rfb_ext.desktop.windowing import Window
from rfb_ext.errors import DecodeError
from tests.rfb_ext.desktop.test_dicom import FILES, folder_of


def the_slice(name: str, frame: int = 0) -> Slice:
    return Slice(read_image(FILES / name), frame)


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_bigendian.dcm",
    ],
)
def test_every_lossless_syntax_gives_the_same_pixels(tmp_path, name):
    truth = pixel_array(pydicom.dcmread(FILES / "MR_small.dcm"))
    (item,) = read_folder(folder_of(tmp_path, name)).slices
    assert (item.samples() == truth).all()
    assert item.lossy == ""


def test_jpeg_lossless_colour_and_palette(tmp_path):
    names = ("SC_rgb_jpeg_gdcm.dcm", "examples_palette.dcm", "examples_rgb_color.dcm")
    for item in read_folder(folder_of(tmp_path, *names)).slices:
        assert item.is_colour
        pixels = item.samples()
        assert pixels.dtype == np.uint8
        assert pixels.shape == (item.dataset.Rows, item.dataset.Columns, 3)


def test_frames_of_one_file_are_slices_in_order(tmp_path):
    found = read_folder(folder_of(tmp_path, "examples_ybr_color.dcm"))
    assert [item.frame for item in found.slices] == list(range(30))
    assert all(item.lossy.startswith("compressed with loss") for item in found.slices)
    assert (found.slices[0].samples() != found.slices[9].samples()).any()


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("JPEG2000.dcm", "with loss"),
        ("693_J2KI.dcm", "with loss"),
        ("JPEGLSNearLossless_08.dcm", "near-lossless"),
        ("SC_ybr_full_422_uncompressed.dcm", "with loss"),
    ],
)
def test_what_is_or_was_lossy_is_called_so(tmp_path, name, word):
    (item,) = read_folder(folder_of(tmp_path, name)).slices
    assert word in item.lossy


def readable() -> list[str]:
    """The images of pydicom's package that are shown, all but those that are only small or rare."""
    names = []
    for path in sorted(FILES.glob("*.dcm")):
        try:
            read_image(path)
        except broken():
            continue
        names.append(path.name)
    return names


def test_every_image_is_what_pydicom_decodes():
    compared = 0
    for name in readable():
        dataset, item = pydicom.dcmread(FILES / name), the_slice(name)
        try:
            truth = pixel_array(dataset, index=0)
        except RuntimeError:  # no decoder of pydicom's is installed for this one
            continue
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            continue
        if item.is_colour and truth.dtype == np.uint16:
            truth = (truth >> 8).astype(np.uint8)
        assert (item.samples() == truth).all(), name
        compared += 1
    assert compared >= 38


def test_colour_of_jpeg_that_says_nothing_of_its_colours_is_what_the_header_says():
    truth = the_slice("SC_rgb_jpeg_dcmd.dcm").samples()
    for name in ("SC_rgb_jpeg.dcm", "SC_jpeg_no_color_transform.dcm"):
        assert (the_slice(name).samples() == truth).all()


def test_a_header_that_lies_about_its_stream_is_a_decode_error(tmp_path):
    image = read_image(FILES / "MR_small_jp2klossless.dcm")
    with pytest.raises(DecodeError, match="header says"):
        Slice(dataclasses.replace(image, rows=32), 0).samples()
    with pytest.raises(DecodeError):
        Slice(dataclasses.replace(image, frames=2), 1).samples()
    whole = (FILES / "MR_small_jp2klossless.dcm").read_bytes()
    (tmp_path / "short.dcm").write_bytes(whole[:-3000])
    with pytest.raises(DecodeError):
        Slice(read_image(tmp_path / "short.dcm"), 0).samples()


def test_a_stream_without_an_end_is_refused_at_once(tmp_path):
    whole = (FILES / "MR_small_jpeg_ls_lossless.dcm").read_bytes()
    image = read_image(FILES / "MR_small_jpeg_ls_lossless.dcm")
    with image.path.open("rb") as file:
        file.seek(image.offset + 8 + 4)
        length = int.from_bytes(file.read(4), "little")
    value = image.offset + 16
    assert whole[value : value + 2] == b"\xff\xd8"
    cut = bytearray(whole)
    cut[value + length - 64 : value + length] = bytes(64)
    (tmp_path / "cut.dcm").write_bytes(cut)
    with pytest.raises(DecodeError, match="cut short"):
        Slice(read_image(tmp_path / "cut.dcm"), 0).samples()


def test_a_stream_that_names_another_size_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    whole = bytearray((FILES / "MR_small_jp2klossless.dcm").read_bytes())
    at = whole.index(b"\xff\x4f\xff\x51") + 8
    whole[at : at + 8] = (60_000).to_bytes(4, "big") * 2
    (tmp_path / "bomb.dcm").write_bytes(whole)
    monkeypatch.setattr("imagecodecs.jpeg2k_decode", lambda data: pytest.fail("it was decoded"))
    with pytest.raises(DecodeError, match="60000"):
        Slice(read_image(tmp_path / "bomb.dcm"), 0).samples()


def with_window(centre: object, width: object, **more: object) -> Slice:
    ds = Dataset()
    ds.WindowCenter, ds.WindowWidth = centre, width
    for word, value in more.items():
        setattr(ds, word, value)
    return Slice(dataclasses.replace(read_image(FILES / "CT_small.dcm"), dataset=ds), 0)


def test_the_window_is_the_file_s_first_or_the_range_of_its_values():
    pixels = np.array([[0, 100]], np.int16)
    assert with_window(40, 400).window(pixels) == Window(40, 400)
    assert with_window([50, 60], [500, 600]).window(pixels) == Window(50, 500)
    assert with_window(40, 0.5, VOILUTFunction="SIGMOID").window(pixels) == Window(40, 0.5, "SIGMOID")
    whole = Window(60, 200)
    for centre, width in ((40, 0), (None, None), ([], []), ("nan", 5), (1, "1e999")):
        item = with_window(centre, width, RescaleSlope=2, RescaleIntercept=-40)
        assert item.window(pixels) == whole


def test_a_rescale_that_is_no_number_is_refused(tmp_path):
    dataset = pydicom.dcmread(FILES / "CT_small.dcm")
    dataset.RescaleSlope = "nan"
    dataset.save_as(tmp_path / "nan.dcm")
    with pytest.raises(UnfitError, match="rescale"):
        read_image(Path(tmp_path / "nan.dcm"))
