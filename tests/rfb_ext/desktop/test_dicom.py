"""Real files of pydicom's package: what is shown, what is skipped, what is called lossy."""

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels.utils import pixel_array

from rfb_ext.desktop.dicom import OWN_IMAGES, read_folder
from rfb_ext.errors import DecodeError, NotFoundError

FILES = Path(pydicom.__file__).parent / "data" / "test_files"


def folder_of(tmp_path: Path, *names: str) -> Path:
    for name in names:
        shutil.copy(FILES / name, tmp_path / name)
    return tmp_path


def test_the_own_images_are_ct_and_mr_without_loss_and_on_disk():
    found = read_folder(None)
    assert len(found.slices) == len(OWN_IMAGES)
    assert found.skipped == 0
    for item in found.slices:
        assert item.lossy == ""
        assert item.dataset.Modality in ("CT", "MR")
        pixels = item.samples()
        assert pixels.shape == (item.dataset.Rows, item.dataset.Columns)
        assert len(np.unique(pixels)) > 200


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


def test_what_cannot_be_shown_is_skipped_and_counted(tmp_path):
    folder = folder_of(
        tmp_path, "CT_small.dcm", "rtstruct.dcm", "rtdose.dcm", "MR_truncated.dcm", "no_meta.dcm"
    )
    (folder / "letter.txt").write_text("not an image")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "half.dcm").write_bytes((FILES / "CT_small.dcm").read_bytes()[:3000])
    found = read_folder(folder)
    assert [item.dataset.Modality for item in found.slices] == ["CT"]
    assert found.skipped == 7


def test_an_empty_folder_and_no_folder_are_said(tmp_path):
    with pytest.raises(NotFoundError, match="no DICOM image that can be shown"):
        read_folder(tmp_path)
    with pytest.raises(NotFoundError, match="is no folder"):
        read_folder(tmp_path / "nowhere")


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("rfb_ext.desktop.dicom.MOST_FILES", 2)
    with pytest.raises(NotFoundError, match="choose one study"):
        read_folder(folder_of(tmp_path, "CT_small.dcm", "MR_small.dcm", "image_dfl.dcm"))


def test_a_header_that_lies_about_its_stream_is_a_decode_error(tmp_path):
    (item,) = read_folder(folder_of(tmp_path, "MR_small_jp2klossless.dcm")).slices
    item.dataset.Rows = 32
    with pytest.raises(DecodeError, match="shape"):
        item.samples()
    item.dataset.Rows = 64
    item.dataset.PixelData = item.dataset.PixelData[:200]
    with pytest.raises(DecodeError):
        item.samples()


def test_hostile_sizes_are_refused_before_anything_is_allocated(tmp_path):
    dataset = pydicom.dcmread(FILES / "CT_small.dcm")
    dataset.Rows, dataset.Columns = 65535, 65535
    dataset.save_as(tmp_path / "huge.dcm")
    with pytest.raises(NotFoundError):
        read_folder(tmp_path)
