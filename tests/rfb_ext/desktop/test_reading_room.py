import time

import numpy as np
import pytest

from rfb_ext.desktop.dicom import Window
from rfb_ext.desktop.reading_room import DEMO, ReadingRoom
from rfb_ext.desktop.windowing import scaled, window_table
from tests.kit import desktop_contract as contract
from tests.rfb_ext.desktop.test_dicom import folder_of


def clock() -> int:
    return time.monotonic_ns() // 1000


@pytest.fixture(params=[8, 10])
def desktop(request):
    return ReadingRoom(None, (400, 300), request.param, clock, rate=100)


def test_contract_first_frames(desktop):
    contract.check_first_frames(desktop)


def test_contract_frames_on_demand(desktop):
    contract.check_frames_on_demand(desktop, lambda desktop: None)


def test_contract_heartbeats(desktop):
    contract.check_heartbeats(desktop)


def test_contract_stop(desktop):
    contract.check_stop(desktop)


class Room:
    """A reading room whose clock and steps are the test's."""

    def __init__(self, folder=None, depth: int = 8, size=(640, 512)) -> None:
        self.now = 5_000_000
        self.room = ReadingRoom(folder, size, depth, lambda: self.now, rate=25)
        self.sink = contract.RecordingSink()
        self.room.attach(self.sink)
        self.room.step()

    def frame(self, after_us: int = 0) -> np.ndarray:
        self.now += after_us
        self.room.want_frame()
        self.room.step()
        return self.sink.newest(1).pixels

    def pointer(self, x: int, y: int, buttons: int) -> None:
        self.room.inject_pointer(x, y, buttons, 1)

    @property
    def index(self) -> int:
        return self.room.index_at(self.now)


def test_it_plays_every_slice_and_every_picture_differs_from_the_one_before():
    room = Room()
    for expected in (1, 2, 3, 0, 1):
        before = room.sink.newest(1).pixels.copy()
        after = room.frame(40_000)
        assert room.index == expected
        assert (before != after).any()
    assert room.sink.newest(1).serial == 6


def test_the_viewport_shows_the_file_s_own_window():
    room = Room()
    for depth in (8, 10):
        room = Room(depth=depth)
        item, view = room.room.folder.slices[0], room.room._viewport
        samples = item.samples()
        table = window_table(item.window(samples), item.rescale, samples.dtype, depth=depth, inverted=False)
        shrink = view.w / max(samples.shape)
        height, width = (round(side * shrink) for side in samples.shape)
        wanted = table[scaled(samples, width, height).view("u2")]
        top, left = view.y + (view.h - height) // 2, view.x + (view.w - width) // 2
        assert (room.frame()[top : top + height, left : left + width] == wanted).all()


def test_the_wheel_scrolls_and_stops_the_playing():
    room = Room()
    room.pointer(50, 50, 16)
    room.pointer(50, 50, 0)
    room.frame()
    assert room.index == 1
    room.frame(1_000_000)
    assert room.index == 1
    room.pointer(50, 50, 8)
    room.pointer(50, 50, 0)
    room.pointer(50, 50, 8)
    room.frame()
    assert room.index == 3


def test_space_pauses_and_plays_on():
    room = Room()
    room.frame(80_000)
    room.room.inject_key(0x20, 57, True, 1)
    room.room.inject_key(0x20, 57, False, 2)
    room.frame(500_000)
    assert room.index == 2 or room.index == (80_000 + 500_000) // 40_000 % 4
    paused = room.index
    room.frame(500_000)
    assert room.index == paused
    room.room.inject_key(0x20, 57, True, 3)
    room.frame()
    room.frame(40_000)
    assert room.index == (paused + 1) % 4


def test_left_drag_changes_window_and_level():
    room = Room()
    room.pointer(10, 10, 16)
    room.pointer(10, 10, 0)
    first = room.frame().copy()
    room.pointer(100, 100, 1)
    room.pointer(150, 90, 1)
    room.pointer(150, 90, 0)
    room.pointer(300, 300, 0)
    second = room.frame()
    assert (first != second).any()
    own = room.room._prepare(room.index, 8).window
    window = room.room._window
    assert window.width > own.width
    assert window.centre < own.centre
    assert isinstance(window, Window)


def test_lossy_images_and_faults_are_marked_on_the_picture(tmp_path):
    clean = Room(folder_of(tmp_path / "a", "MR_small.dcm") if (tmp_path / "a").mkdir() is None else None)
    lossy = Room(folder_of(tmp_path / "b", "JPEG2000.dcm") if (tmp_path / "b").mkdir() is None else None)
    strip = np.s_[0:26, 320:600]
    assert (clean.frame()[strip] == 0).all()
    assert (lossy.frame()[strip] != 0).any()
    broken = Room(tmp_path / "a")
    del broken.room.folder.slices[0].dataset.PixelData
    broken.room._prepared.clear()
    broken.room._drawn.clear()
    assert (broken.frame()[strip] != 0).any(), "a fault is a sentence on the picture, not an empty room"


def test_it_says_that_it_is_a_demo():
    room = Room()
    assert DEMO in room.room.name
    assert (room.frame()[-24:, :300] != 0).any()


def test_nothing_of_the_patient_is_kept_or_shown(tmp_path):
    room = Room(folder_of(tmp_path, "CT_small.dcm"))
    item = room.room.folder.slices[0]
    identity = {str(item.dataset.get(tag, "")) for tag in ("PatientName", "PatientID", "AccessionNumber")} - {
        ""
    }
    assert identity
    for text in (room.room.name, item.label, item.lossy):
        assert not any(part in text for part in identity)


def test_too_small_a_head_is_refused():
    with pytest.raises(ValueError, match="at least 256x256"):
        ReadingRoom(None, (100, 100), 8, clock)


def test_the_first_frame_comes_within_a_second():
    started = time.monotonic()
    with contract.recorded(ReadingRoom(None, None, 8, clock)) as sink:
        sink.wait(lambda: bool(sink.frames))
    assert time.monotonic() - started < 1.0
