"""Real files of pydicom's package: what is shown, what is skipped, what is called lossy."""

import contextlib
import random
import shutil
import socket
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest

from rfb_ext.desktop import dicom
from rfb_ext.desktop.dicom import OWN_IMAGES, UnfitError, read_folder, read_image
from rfb_ext.errors import ConfigError, DecodeError, NotFoundError

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


def test_what_cannot_be_shown_is_skipped_counted_and_named_by_its_place(tmp_path):
    folder = folder_of(
        tmp_path, "CT_small.dcm", "rtstruct.dcm", "rtdose.dcm", "MR_truncated.dcm", "no_meta.dcm"
    )
    (folder / "letter to SMITH^JOHN.txt").write_text("not an image")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "half.dcm").write_bytes((FILES / "CT_small.dcm").read_bytes()[:3000])
    found = read_folder(folder)
    assert [item.dataset.Modality for item in found.slices] == ["CT"]
    assert found.skipped == 7
    places = sorted(path.name for path in folder.iterdir())
    for name, reason in (
        ("MR_truncated.dcm", "its pixels are cut short"),
        ("rtdose.dcm", "its samples are of a kind that is not shown here"),
        ("letter to SMITH^JOHN.txt", "it is no sound DICOM image"),
    ):
        place = places.index(name) + 1
        assert f"file {place} of 8, by name, is not shown: {reason}" in found.warnings
    assert not any("SMITH" in warning for warning in found.warnings), "a file's name may be a patient's"


def test_an_empty_folder_and_no_folder_are_said(tmp_path):
    with pytest.raises(NotFoundError, match="no DICOM image that can be shown"):
        read_folder(tmp_path)
    with pytest.raises(NotFoundError, match="is no folder"):
        read_folder(tmp_path / "nowhere")


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom, "MOST_FILES", 2)
    with pytest.raises(ConfigError, match="choose the folder of one study"):
        read_folder(folder_of(tmp_path, "CT_small.dcm", "MR_small.dcm", "image_dfl.dcm"))


def test_slices_and_bytes_are_bounded(tmp_path, monkeypatch):
    folder_of(tmp_path, "CT_small.dcm", "examples_ybr_color.dcm")
    monkeypatch.setattr(dicom, "MOST_SLICES", 30)
    found = read_folder(tmp_path)
    assert len(found.slices) == 1
    assert "more than 30 slices" in found.warnings[0]
    monkeypatch.setattr(dicom, "MOST_FILE_BYTES", 100_000)
    assert "more than 0 MiB" in read_folder(tmp_path).warnings[0]


def test_hostile_sizes_are_refused_before_anything_is_allocated(tmp_path):
    dataset = pydicom.dcmread(FILES / "CT_small.dcm")
    dataset.Rows, dataset.Columns = 65535, 65535
    dataset.save_as(tmp_path / "huge.dcm")
    with pytest.raises(UnfitError, match="size is impossible"):
        read_image(tmp_path / "huge.dcm")
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 128, 128, 1_000_000
    dataset.save_as(tmp_path / "long.dcm")
    with pytest.raises(UnfitError, match="1000000 frames"):
        read_image(tmp_path / "long.dcm")


def test_what_inflates_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom, "MOST_INFLATED", 1 << 24)
    good = (FILES / "image_dfl.dcm").read_bytes()
    meta = pydicom.dcmread(FILES / "image_dfl.dcm", stop_before_pixels=True).file_meta
    start = 144 + meta.FileMetaInformationGroupLength
    deflater = zlib.compressobj(9, wbits=-15)
    bomb = deflater.compress(bytes(1 << 26)) + deflater.flush()
    (tmp_path / "bomb.dcm").write_bytes(good[:start] + bomb)
    with pytest.raises(UnfitError, match="inflates to more than 16 MiB"):
        read_image(tmp_path / "bomb.dcm")
    (tmp_path / "good.dcm").write_bytes(good)
    assert read_image(tmp_path / "good.dcm").rows == 512


def test_what_pydicom_complains_of_is_not_repeated(tmp_path, recwarn, caplog):
    """Its complaints quote values and names of files."""
    shutil.copy(FILES / "SC_rgb_jpeg.dcm", tmp_path / "SMITH^JOHN.dcm")
    pydicom.dcmread(tmp_path / "SMITH^JOHN.dcm")
    assert "found implicit VR" in str(recwarn.pop().message)
    caplog.clear()
    for item in read_folder(tmp_path).slices:
        item.samples()
    assert len(recwarn) == 0
    assert caplog.text == ""


def test_nothing_is_fetched(monkeypatch):
    def connect(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", connect)
    for item in read_folder(None).slices:
        item.samples()


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_are_skipped_or_decode_errors(tmp_path, seed):
    rng = random.Random(seed)
    path = tmp_path / "flipped.dcm"
    for name in ("CT_small.dcm", "MR_small_jp2klossless.dcm", "image_dfl.dcm", "examples_palette.dcm"):
        good = (FILES / name).read_bytes()
        for _ in range(25):
            data = bytearray(good)
            for _ in range(3):
                data[rng.randrange(132, min(len(data), 3000))] = rng.choice((0, 255, rng.randrange(256)))
            path.write_bytes(data)
            try:
                found = read_folder(tmp_path)
            except NotFoundError:
                continue
            for item in found.slices[:2]:
                with contextlib.suppress(DecodeError):
                    samples = item.samples()
                    assert item.is_colour or item.window(samples).width > 0
