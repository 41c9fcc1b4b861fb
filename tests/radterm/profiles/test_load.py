"""Profiles from YAML: what is right, and where exactly something is wrong."""

from pathlib import Path

import pytest

from radterm.profiles.load import load_file, load_folder
from radterm.profiles.schema import SessionProfile

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
GOOD = "apiVersion: radterm/v1\nkind: SessionProfile\nname: CT 1\naddress: 127.0.0.1:5900\n"


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    path = tmp_path / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = load_file(path)
    assert isinstance(result, list), result
    return [str(problem).removeprefix(f"{path}:") for problem in result]


def test_the_examples_load():
    loaded = load_folder(CONFIGS)
    assert loaded.problems == ()
    assert [profile.name for profile in loaded.profiles] == ["Reading room 1"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert load_folder(tmp_path / "nowhere").profiles == ()


def test_names_are_sorted_and_taken_once(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yml").write_text(GOOD.replace("CT 1", "a first"))
    (tmp_path / "c.yaml").write_text(GOOD)
    (tmp_path / "letter.txt").write_text("nothing")
    loaded = load_folder(tmp_path)
    assert [profile.name for profile in loaded.profiles] == ["a first", "CT 1"]
    assert [problem.file.name for problem in loaded.problems] == ["c.yaml"]


def test_a_good_file(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(GOOD + "heads: 2\nfullscreen: true\n")
    profile = load_file(path)
    assert isinstance(profile, SessionProfile)
    assert (profile.heads, profile.fullscreen, profile.view_only) == (2, True, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "adress: x\n", "5:1: adress is not a field of a session; did you mean address?"),
        (GOOD + "heads: many\n", "5:8: heads: Input should be a valid integer"),
        (GOOD + "heads: 99\n", "5:8: heads: Input should be less than or equal to 16"),
        (GOOD + "view_only: yes please\n", "5:12: view_only: Input should be a valid boolean"),
        (GOOD.replace("name: CT 1\n", ""), "1:1: name is missing"),
        (GOOD + "name: again\n", "5:1: name comes twice"),
        (GOOD + "heads: &a 1\n", "5:8: anchors and aliases are not taken here"),
        ("name: [unclosed\n", "2:1: expected ',' or ']', but got '<stream end>'"),
        ("- a\n- list\n", "1:1: a profile is a mapping: name, address, ..."),
        ("", "1:1: a profile is a mapping: name, address, ..."),
        (b"\xff\xfe\x00", "1:1: is not UTF-8"),
        ("x" * 70_000, "1:1: is longer than 65536 bytes"),
        ("!!python/object/apply:os.system ['true']\n", "1:1: could not determine a constructor for the tag"),
    ],
)
def test_every_error_says_where(tmp_path, text, said):
    assert problems(tmp_path, text)[0].startswith(said)


def test_every_error_at_once(tmp_path):
    assert len(problems(tmp_path, "apiVersion: radterm/v1\nkind: Policy\nheads: 0\nfoo: 1\n")) == 5
