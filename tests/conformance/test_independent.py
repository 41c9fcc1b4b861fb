"""PROTOCOL.md is enough: a client that knows nothing of our code reproduces pixels and digests."""

import ast
from pathlib import Path

import pytest

from rfb_ext.desktop.testcard import INFO, card_heads, card_picture
from tests.conformance import independent_client as independent
from tests.kit.glass import serve

SOURCE = Path(independent.__file__)


def test_it_is_short_and_imports_nothing_of_ours():
    text = SOURCE.read_text()
    assert text.count("\n") <= 200
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & {"rfb_ext", "radterm", "tests", ""}


@pytest.mark.parametrize("codec", ["planes", "h264", "raw"])
@pytest.mark.parametrize("depth", [8, 10])
def test_pixels_and_digests(codec, depth):
    number = {"planes": independent.PLANES, "h264": independent.H264, "raw": independent.RAW}[codec]
    words = ("--desktop", "testcard", "--heads", "2", "--depth", str(depth), "--size", "400x300")
    with serve(*words, "--codec", codec) as port:
        encodings = (independent.PLANES, independent.H264, independent.RAW)
        seen = independent.watch("127.0.0.1", port, 3.0, encodings)
    assert seen.faults == []
    assert seen.updates == seen.proven > 20
    assert seen.beats > 5
    assert set(seen.rectangles) == {number}
    info = INFO.format(keysym=0, x=0, y=0, buttons=0)
    for head in card_heads(2, (400, 300), depth):
        pixels = seen.heads[head.id].pixels
        assert any((pixels == card_picture(head, step, info)).all() for step in range(1000))
