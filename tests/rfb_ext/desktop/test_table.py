import subprocess
import sys
from pathlib import Path

import pytest

from rfb_ext.desktop.reading_room import ReadingRoom
from rfb_ext.desktop.table import DESKTOPS, DesktopOptions, open_desktop
from rfb_ext.desktop.testcard import Testcard, card_picture
from rfb_ext.errors import NotFoundError, UsageError
from tests.kit.desktop_contract import RecordingSink


def clock() -> int:
    return 7


def test_words_and_what_they_open():
    assert list(DESKTOPS) == ["testcard", "reading", "x11"]
    options = DesktopOptions(heads=3, size=(320, 200), depth=10, seed=5)
    card = open_desktop("testcard", options, clock)
    assert isinstance(card, Testcard)
    assert [(head.rect.w, head.rect.h, head.depth) for head in card.heads] == [
        (320, 200, 10), (187, 125, 10), (320, 200, 10),
    ]  # fmt: skip
    sink = RecordingSink()
    card.attach(sink)
    card.step()
    head = card.heads[0]
    assert (sink.newest(1).pixels == card_picture(head, 0, card._info, seed=5)).all()
    room = open_desktop("reading", DesktopOptions(size=(300, 280), depth=10), clock)
    assert isinstance(room, ReadingRoom)
    assert (room.heads[0].rect.w, room.heads[0].rect.h, room.heads[0].depth) == (300, 280, 10)


def test_each_has_a_rate_of_its_own_and_takes_another():
    for word, period in (("testcard", 33_333), ("reading", 40_000)):
        assert open_desktop(word, DesktopOptions(), clock).next_change(7) == 7 + period
        assert open_desktop(word, DesktopOptions(rate=50), clock).next_change(7) == 7 + 20_000


@pytest.mark.parametrize(
    ("word", "options", "sentence"),
    [
        ("teletext", DesktopOptions(), "there are testcard, reading, x11"),
        ("testcard", DesktopOptions(heads=0), "1 to 4 heads"),
        ("testcard", DesktopOptions(heads=5), "1 to 4 heads"),
        ("testcard", DesktopOptions(depth=9), "neither 8 nor 10"),
        ("testcard", DesktopOptions(size=(0, 10)), "outside 1"),
        ("testcard", DesktopOptions(size=(-1, 10)), "outside 0"),
        ("testcard", DesktopOptions(size=(16384, 16384)), "pixels"),
        ("testcard", DesktopOptions(heads=4, size=(16384, 100)), "outside"),
        ("testcard", DesktopOptions(rate=0), "outside 0..1000"),
        ("testcard", DesktopOptions(rate=float("nan")), "outside 0..1000"),
        ("testcard", DesktopOptions(seed=-1), "seed"),
        ("reading", DesktopOptions(rate=-25), "outside 0..1000"),
        ("reading", DesktopOptions(heads=2), "one head so far"),
        ("reading", DesktopOptions(size=(100, 2000)), "at least 256x256"),
    ],
)
def test_options_that_do_not_fit_are_usage_errors(word, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        open_desktop(word, options, clock)


def test_what_is_named_and_does_not_exist_is_not_found(tmp_path):
    with pytest.raises(NotFoundError, match="is no folder"):
        open_desktop("reading", DesktopOptions(dicom=tmp_path / "nowhere"), clock)
    with pytest.raises(NotFoundError, match=":4711"):
        open_desktop("x11", DesktopOptions(display=":4711"), clock)


def test_the_table_itself_imports_no_desktop():
    heavy = "numpy_free = not any(n.split('.')[0] in ('pydicom', 'xcffib', 'PIL') for n in sys.modules)"
    code = f"import sys, rfb_ext.desktop.table; {heavy}; sys.exit(0 if numpy_free else 1)"
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
