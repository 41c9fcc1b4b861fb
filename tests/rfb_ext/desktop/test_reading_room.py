import time

import numpy as np
import pydicom
import pytest

from rfb_ext.desktop.reading_room import DEMO, MARGIN, TEXT, ReadingRoom
from rfb_ext.desktop.text import rendered, word
from rfb_ext.desktop.windowing import Window, scaled, window_table
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


def test_contract_wants(desktop):
    contract.check_wants(desktop, lambda desktop: None)


def test_contract_input_tags(desktop):
    contract.check_input_tags(desktop)


def test_contract_heartbeats(desktop):
    contract.check_heartbeats(desktop)


def test_contract_stop(desktop):
    contract.check_stop(desktop)


class Room:
    """A reading room whose clock and steps are the test's."""

    def __init__(self, folder=None, depth: int = 8, size=(640, 512)) -> None:
        self.now = 5_000_000
        self.room = ReadingRoom(folder, size, depth, lambda: self.now, rate=25)
        self.sink = contract.RecordingSink(keep=3)
        self.room.attach(self.sink)
        self.room.step()

    def frame(self, after_us: int = 0) -> np.ndarray:
        self.now += after_us
        self.room.want_frame()
        self.room.step()
        return self.sink.newest(1).pixels

    def pointer(self, x: int, y: int, buttons: int) -> None:
        self.room.inject_pointer(x, y, buttons, 1)

    def shown(self, index: int) -> Window:
        """The window that a slice would be shown with."""
        return self.room._shown_window(self.room.folder.slices[index], self.room._prepare(index, 8))

    def mapped(self, item, window: Window) -> np.ndarray:
        """What the viewport shows of a square slice, by pydicom's own numbers (see test_windowing)."""
        view, samples = self.room._viewport, item.samples()
        height, width = (round(side * view.w / max(samples.shape)) for side in samples.shape)
        table = window_table(window, item.rescale, samples.dtype, depth=8, inverted=item.is_inverted)
        out = np.zeros((view.h, view.w), "<u4")
        top, left = (view.h - height) // 2, (view.w - width) // 2
        out[top : top + height, left : left + width] = table[scaled(samples, width, height).view("u2")]
        return out

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
    item = room.room.folder.slices[room.index]
    own = item.window(item.samples())
    grain = own.width / 256
    window = Window(own.centre - 10 * max(1, grain), own.width + 50 * max(1, grain))
    assert room.shown(room.index) == window
    other = next(i for i, s in enumerate(room.room.folder.slices) if s.series != item.series)
    other_item = room.room.folder.slices[other]
    assert room.shown(other) == other_item.window(other_item.samples()), "another series keeps its own"
    wanted = room.mapped(item, window)
    view = room.room._viewport
    assert (second[view.y : view.bottom, view.x : view.right][wanted != 0] == wanted[wanted != 0]).all()


def test_colour_has_no_window_to_drag(tmp_path):
    room = Room(folder_of(tmp_path, "SC_rgb_small_odd.dcm"))
    first = room.frame().copy()
    room.pointer(100, 100, 1)
    room.pointer(150, 90, 1)
    assert (room.frame() == first).all()
    view = room.room._viewport
    part = room.frame()[view.y : view.bottom, view.x : view.right]
    samples = room.room.folder.slices[0].samples().astype(int)
    red, green, blue = np.moveaxis(samples, 2, 0)
    assert set(np.unique(part)) == set((red << 16 | green << 8 | blue).ravel().tolist())


LOUD = word(90, 8)
"""The ground of a warning."""


def test_lossy_images_are_marked_on_the_picture(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    clean = Room(folder_of(tmp_path / "a", "MR_small.dcm"))
    lossy = Room(folder_of(tmp_path / "b", "JPEG2000.dcm"), size=(256, 256))
    assert not (clean.frame()[:MARGIN] == LOUD).any()
    assert (lossy.frame()[:MARGIN] == LOUD).any()


def test_a_fault_is_a_sentence_on_the_picture_not_an_empty_room(tmp_path):
    room = Room(folder_of(tmp_path, "MR_small.dcm"))
    assert not (room.frame()[:MARGIN] == LOUD).any()
    (tmp_path / "MR_small.dcm").write_bytes(b"gone")
    anew(room)
    picture = room.frame()
    assert (picture[:MARGIN] == LOUD).any()
    view = room.room._viewport
    assert (picture[view.y : view.bottom, view.x : view.right] == 0).all()


def anew(room: Room) -> None:
    """The same room, with nothing drawn or prepared yet."""
    room.room._prepared.clear()
    room.room._drawn.clear()


@pytest.mark.parametrize("size", [(256, 256), (640, 512)])
def test_it_says_that_it_is_a_demo(size):
    room = Room(size=size)
    assert DEMO in room.room.name
    coverage = rendered(DEMO, TEXT)
    assert coverage.shape[1] + 8 <= size[0], "never cut, however small the head is"
    top = size[1] - MARGIN + 2
    shown = room.frame()[top : top + coverage.shape[0], 8 : 8 + coverage.shape[1]]
    assert ((shown[: MARGIN - 2] != 0) >= (coverage[: MARGIN - 2] > 2)).all()


def test_nothing_of_the_patient_is_kept_or_shown(tmp_path):
    room = Room(folder_of(tmp_path, "CT_small.dcm"))
    whole = pydicom.dcmread(tmp_path / "CT_small.dcm")
    item = room.room.folder.slices[0]
    words = ("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "InstitutionName")
    identity = {str(whole.get(word, "")) for word in words} - {""}
    assert identity
    for text in (room.room.name, item.label, item.lossy, str(item.dataset), *room.room.folder.warnings):
        assert not any(part in text for part in identity)


def test_it_keeps_a_bounded_number_of_slices(tmp_path):
    room = Room(folder_of(tmp_path, "examples_ybr_color.dcm"))
    room.room._most_prepared = 5
    for _ in range(12):
        room.frame(40_000)
        assert len(room.room._prepared) <= 5
    assert room.index == 12


def test_a_played_second_has_25_changed_frames():
    room = Room(size=None)
    before = room.sink.newest(1).serial
    for _ in range(100):
        room.frame(10_000)
    assert room.sink.newest(1).serial - before == 25


def test_too_small_a_head_is_refused():
    with pytest.raises(ValueError, match="at least 256x256"):
        ReadingRoom(None, (100, 100), 8, clock)


def test_the_first_frame_comes_within_a_second():
    started = time.monotonic()
    with contract.recorded(ReadingRoom(None, None, 8, clock)) as sink:
        sink.wait(lambda: bool(sink.frames))
    assert time.monotonic() - started < 1.0
