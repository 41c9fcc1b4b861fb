"""Bounded numbers and sizes."""

from __future__ import annotations

import argparse
import json

import pytest

from radterm.commands import arguments


def test_values_in_bounds() -> None:
    assert arguments.seconds("0.5") == 0.5
    assert arguments.heads("16") == 16
    assert arguments.size("1880x2000") == (1880, 2000)


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "inf", "nan", "86401", "1,5"])
def test_no_time(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.seconds(text)


@pytest.mark.parametrize("text", ["", "0", "17", "-1", "1.0", "²", "9" * 5000])
def test_no_heads(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.heads(text)


@pytest.mark.parametrize(
    "text",
    ["", "x", "100", "100x", "x100", "15x100", "100x16385", "1x1x", "100x100x", "-99x99", "9" * 5000 + "x99"],
)
def test_no_size(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.size(text)


def test_json_is_one_line_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    arguments.print_json({"exact": True, "text": "a\nb"})
    arguments.say("for people")
    told = capsys.readouterr()
    assert told.out.count("\n") == 1
    assert json.loads(told.out) == {"exact": True, "text": "a\nb"}
    assert told.err == "for people\n"
