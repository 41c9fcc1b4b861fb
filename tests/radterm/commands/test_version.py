"""What `--version --verbose` says of codecs."""

from __future__ import annotations

import argparse
import json

import pytest

from radterm.commands import version
from rfb_ext.codecs import registry


def broken() -> list[tuple[str, bool, str]]:
    return [("planes", True, "bit for bit."), ("h264", False, "One pixel of 4096 came back wrong.")]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_broken_codec_is_named_and_counts(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(registry, "self_test_report", broken)
    assert version.run(argparse.Namespace(verbose=True, json=as_json)) == 31
    told = capsys.readouterr().out
    if as_json:
        assert [codec["ok"] for codec in json.loads(told)["codecs"]] == [True, False]
    else:
        assert "h264: FAILS, not offered. One pixel of 4096 came back wrong." in told
        assert "planes: works. bit for bit." in told


def test_every_foundation_is_installed() -> None:
    assert all(version.collect()["foundations"].values())
