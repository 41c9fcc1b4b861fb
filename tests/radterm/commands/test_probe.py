"""`radterm probe` against a server that shares no code with ours."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.kit import plain_server

PICTURE = np.random.default_rng(8).integers(0, 256, (33, 47, 3), dtype=np.uint8)
DIGEST = hashlib.sha256(PICTURE.tobytes()).hexdigest()


def probe(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "radterm", "probe", *words],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_reports_size_and_digest_and_saves(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    with plain_server.serving(PICTURE, [[(0, 0, 47, 33)]]) as port:
        done = probe(f"127.0.0.1:{port}", "--json", "--save", str(file))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "address": f"127.0.0.1:{port}",
        "width": 47,
        "height": 33,
        "sha256": DIGEST,
    }
    assert np.array_equal(np.asarray(Image.open(file)), PICTURE)


def test_words_without_json() -> None:
    with plain_server.serving(PICTURE, [[(0, 0, 47, 33)]]) as port:
        done = probe(f"127.0.0.1:{port}")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"47x33 sha256 {DIGEST}\n", "")


def test_a_picture_that_cannot_be_saved(tmp_path: Path) -> None:
    with plain_server.serving(PICTURE, [[(0, 0, 47, 33)]]) as port:
        done = probe(f"127.0.0.1:{port}", "--save", str(tmp_path / "none" / "picture.png"))
    assert done.returncode == 5
    assert done.stdout == ""
    assert "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


def test_nobody_there() -> None:
    done = probe("127.0.0.1:1")
    assert done.returncode == 10
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
