"""An independent RFB client (vncdotool) captures the testcard bit for bit."""

import json
import subprocess

import numpy as np
import pytest
from PIL import Image

from rfb_ext.desktop.testcard import INFO, card_heads, card_picture
from tests.kit.glass import RADTERM, ROOT, serve

NOTHING = INFO.format(keysym=0, x=0, y=0, buttons=0)


@pytest.mark.parametrize("depth", [8, 10])
def test_probe_captures_the_testcard(tmp_path, depth):
    saved = tmp_path / "shot.png"
    with serve("--desktop", "testcard", "--depth", str(depth), "--size", "333x251") as port:
        command = (*RADTERM, "probe", f"127.0.0.1:{port}", "--json", "--save", str(saved))
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["width"], report["height"]) == (333, 251)
    captured = np.asarray(Image.open(saved).convert("RGB")).astype("<u4")
    words = captured[:, :, 0] << 16 | captured[:, :, 1] << 8 | captured[:, :, 2]
    head = card_heads(1, (333, 251), depth)[0]
    for step in range(1000):
        picture = card_picture(head, step, NOTHING)
        if depth == 10:  # a standard viewer sees the upper eight bits
            picture = (picture >> 22 & 255) << 16 | (picture >> 12 & 255) << 8 | picture >> 2 & 255
        if (picture == words).all():
            return
    pytest.fail("what the witness captured is no picture of the testcard")


def test_nobody_to_probe():
    done = subprocess.run(
        (*RADTERM, "probe", "127.0.0.1:1"), cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 10
    assert b"Traceback" not in done.stderr
