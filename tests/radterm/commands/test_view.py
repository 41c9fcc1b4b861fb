"""What `radterm view` makes of its arguments, its stdin and the session's report; client and viewer are
stand-ins here."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from types import ModuleType, SimpleNamespace
from unittest.mock import ANY

import pytest

from radterm import cli
from radterm.address import Address
from radterm.commands import view
from radterm.viewer.options import ViewerOptions
from rfb_ext.security.credentials import Credentials
from rfb_ext.security.trust import Trust

REPORT = {
    "exact": True, "updates": 120, "rectangles": 480, "mismatches": 0, "decode_errors": 0, "resyncs": 0,
    "unverified_pixels": 0, "codecs": {"planes": {"rectangles": 480, "bytes": 9000}}, "heads": [],
}  # fmt: skip


class Stand:
    """Stands in for client and viewer; remembers what it was asked."""

    def __init__(self) -> None:
        self.report = dict(REPORT)
        self.code = 0
        self.runner = ""
        self.options: dict[str, object] = {}
        self.connected: list[tuple[str, int]] = []
        self.security: dict[str, object] = {}

    def open_session(self, host: str, port: int, listener: object, **security: object) -> object:
        self.connected.append((host, port))
        self.security = security
        return SimpleNamespace(report=lambda: self.report)

    def runs(self, name: str) -> object:
        def run(connect: object, options: ViewerOptions) -> int:
            self.runner, self.options = name, dataclasses.asdict(options)
            connect(object())  # type: ignore[operator]
            return self.code

        return run


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    it = Stand()
    rooms = {
        "radterm.client.connect": {"open_session": it.open_session},
        "radterm.viewer.process": {"run_viewer": it.runs("window"), "ViewerOptions": SimpleNamespace},
        "radterm.viewer.headless": {"run_headless": it.runs("headless")},
    }
    for name, contents in rooms.items():
        module = ModuleType(name)
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, name, module)
    return it


def give_stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


@pytest.mark.parametrize(("flag", "runner"), [([], "window"), (["--headless"], "headless")])
def test_options_reach_the_viewer(flag: list[str], runner: str, stand: Stand) -> None:
    assert cli.main(["view", "[::1]:5901", "--view-only", "--seconds", "2.5", "--events", *flag]) == 0
    assert stand.connected == [("::1", 5901)]
    assert stand.runner == runner
    asked = {"fullscreen": False, "view_only": True, "seconds": 2.5, "events": True}
    assert {name: stand.options[name] for name in asked} == asked


def test_the_report_is_the_last_line_of_stdout(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["view", "127.0.0.1:5900", "--headless", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out.splitlines()[-1]) == REPORT
    assert told.err == ""


def test_words_go_to_stderr_without_json(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["view", "127.0.0.1:5900", "--headless"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "exact at the end; 120 updates" in told.err


def test_the_viewers_code_is_ours_and_the_report_comes_all_the_same(
    stand: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    stand.report["exact"] = False
    stand.code = 32
    assert cli.main(["view", "127.0.0.1:5900", "--headless", "--json"]) == 32
    assert json.loads(capsys.readouterr().out)["exact"] is False


def test_a_session_on_stdin(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    give_stdin(monkeypatch, '{"v": 1, "address": "127.0.0.1:5907", "view_only": true}')
    assert cli.main(["view", "-", "--fullscreen"]) == 0
    assert stand.connected == [("127.0.0.1", 5907)]
    assert (stand.options["fullscreen"], stand.options["view_only"]) == (True, True)


def test_a_password_comes_on_stdin_only(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give_stdin(monkeypatch, '{"v": 1, "address": "h:1", "user": "ana", "password": "geheim"}')
    assert cli.main(["view", "-", "--pin", "ab" * 32]) == 0
    assert stand.security["credentials"] == Credentials("ana", b"geheim")
    assert stand.security["trust"] == dataclasses.replace(Trust(pin=b"\xab" * 32), met=ANY)
    assert "geheim" not in repr(stand.security)
    assert cli.main(["view", "h:1", "--password", "geheim"]) == 2


def test_a_password_is_in_no_error(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even in the traceback of --verbose."""
    for text in (
        '{"v": 1, "address": 5, "password": "geheim"}',
        '{"v": 1, "address": "h:1", "password": "geheim", "colour": 1}',
        '{"v": 1, "address": "h:1", "password": ["geheim"]}',
        '{"v": 1, "address": "h:1", "password": "geheim" x',
        json.dumps({"v": 1, "address": "h:1", "password": "geheim" * 400}),
        json.dumps({"v": 1, "address": "h:1", "password": "geheim" + "é" * 600}),
    ):
        give_stdin(monkeypatch, text)
        assert cli.main(["view", "-", "--verbose"]) == 7
    told = capsys.readouterr()
    assert "geheim" not in told.out + told.err


@pytest.mark.parametrize(
    "words",
    [["--pin", "12"], ["--pin", "ab" * 32, "--trust-on-first-use"], ["--ca", "x", "--trust-on-first-use"]],
)
def test_trust_that_does_not_fit(words: list[str], stand: Stand) -> None:
    assert cli.main(["view", "h:1", *words]) == 2
    assert stand.connected == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 7),
        ('{"v": 1, "address": "127.0.0.1:5907", "colour": "red"}', 7),
        ('{"v": 1, "address": "127.0.0.1"}', 2),
        (" " * 70000, 7),
    ],
)
def test_a_bad_session_on_stdin(
    text: str, code: int, stand: Stand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give_stdin(monkeypatch, text)
    assert cli.main(["view", "-"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert stand.connected == []


def test_viewing_has_what_was_asked() -> None:
    parsed = cli.build_parser().parse_args(["view", "host:1", "--headless", "--json"])
    assert view.viewing_of(parsed) == view.Viewing(Address("host", 1), headless=True, json=True)
