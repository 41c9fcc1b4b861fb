"""The main job as a newcomer starts it: real DICOM pixels, real processes, every codec."""

import json
import os
import subprocess
import sys

import pytest

from tests.kit.glass import RADTERM, ROOT

KEYS = {
    "exact",
    "updates",
    "rectangles",
    "mismatches",
    "decode_errors",
    "resyncs",
    "unverified_pixels",
    "codecs",
    "heads",
}
HEAD_KEYS = {"id", "size", "depth", "exact", "unverified_pixels", "frames"}


def demo(*words: str) -> dict:
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    command = (*RADTERM, "demo", "--headless", "--json", *words)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])


def assert_exact(report: dict, updates: int) -> None:
    assert report.keys() >= KEYS
    assert report["exact"] is True
    assert report["updates"] > updates
    for key in ("mismatches", "decode_errors", "resyncs", "unverified_pixels"):
        assert report[key] == 0, key
    for head in report["heads"]:
        assert head.keys() >= HEAD_KEYS
        assert head["exact"] is True
        assert head["frames"]["captured"] >= head["frames"]["shown"] > 0


def share(report: dict, codec: str) -> float:
    total = sum(counts["bytes"] for counts in report["codecs"].values())
    return report["codecs"].get(codec, {"bytes": 0})["bytes"] / total


def test_ten_seconds_of_the_reading_room():
    report = demo("--seconds", "10")
    assert_exact(report, 100)
    assert share(report, "raw") < 0.05


@pytest.mark.parametrize("codec", ["raw", "planes", "h264"])
def test_each_codec_forced(codec):
    report = demo("--seconds", "7", "--codec", codec)
    assert_exact(report, 100)
    assert share(report, codec) >= 0.9


@pytest.mark.parametrize("words", [("--heads", "3"), ("--depth", "10"), ("--heads", "2", "--codec", "h264")])
def test_the_testcard(words):
    report = demo("--seconds", "4", "--desktop", "testcard", *words)
    assert_exact(report, 10)
    if "--depth" in words:
        assert {head["depth"] for head in report["heads"]} == {10}
    if "--heads" in words:
        assert len(report["heads"]) == int(words[1])


def test_an_unknown_codec_is_said_in_a_sentence():
    command = (sys.executable, "-m", "radterm", "demo", "--headless", "--codec", "nonsense")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"nonsense" in done.stderr
    assert b"Traceback" not in done.stderr
