"""Session profiles from a folder of YAML files. Every error says file, line and column.

PyYAML composes the nodes (for their places) and constructs the values; pydantic checks them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from radterm.profiles.schema import SessionProfile

MAX_BYTES = 1 << 16
MAX_FILES = 5000
ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file, and where; line and column count from 1."""

    file: Path
    line: int
    column: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Profiles in the order of their names, and every problem of the files that gave none."""

    profiles: tuple[SessionProfile, ...]
    problems: tuple[Problem, ...]


def load_folder(folder: Path) -> Loaded:
    """Reads every .yaml and .yml file of `folder`; a folder that does not exist holds none."""
    profiles: list[SessionProfile] = []
    problems: list[Problem] = []
    files = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS) if folder.is_dir() else []
    for path in files[:MAX_FILES]:
        result = load_file(path)
        if isinstance(result, SessionProfile):
            if any(other.name == result.name for other in profiles):
                problems.append(Problem(path, 1, 1, f"the name {result.name!r} is taken by another file"))
            else:
                profiles.append(result)
        else:
            problems += result
    return Loaded(tuple(sorted(profiles, key=lambda profile: profile.name.casefold())), tuple(problems))


def load_file(path: Path) -> SessionProfile | list[Problem]:
    """One profile, or everything that is wrong with the file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return [Problem(path, 1, 1, f"cannot be read ({error.strerror})")]
    if len(data) > MAX_BYTES:
        return [Problem(path, 1, 1, f"is longer than {MAX_BYTES} bytes")]
    try:
        text = data.decode("utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        refused = list(_refused(path, node, text))
        if refused:
            return refused
        values = yaml.safe_load(text)
    except UnicodeDecodeError:
        return [Problem(path, 1, 1, "is not UTF-8")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        return [Problem(path, line, column, error.problem or "is not YAML")]
    except yaml.YAMLError:
        return [Problem(path, 1, 1, "is not YAML")]
    if not isinstance(node, yaml.MappingNode):
        return [Problem(path, 1, 1, "a profile is a mapping: name, address, ...")]
    try:
        return SessionProfile.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return [Problem(path, *_place(node, entry), _sentence(entry)) for entry in found]


def _refused(path: Path, node: yaml.Node | None, text: str) -> Iterator[Problem]:
    """Anchors and aliases (a short file could be a long one) and keys that come twice."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
            mark = token.start_mark
            yield Problem(path, mark.line + 1, mark.column + 1, "anchors and aliases are not taken here")
            return
    seen: set[str] = set()
    if isinstance(node, yaml.MappingNode):
        for key, _ in node.value:
            if key.value in seen:
                mark = key.start_mark
                yield Problem(path, mark.line + 1, mark.column + 1, f"{key.value} comes twice")
            seen.add(key.value)


def _place(node: yaml.MappingNode, entry: Any) -> tuple[int, int]:
    """Of the value, of the key where that is what is wrong, of the file's begin where it is missing."""
    name = str(entry["loc"][0]) if entry["loc"] else ""
    for key, value in node.value:
        if key.value == name:
            mark = (key if entry["type"] == "extra_forbidden" else value).start_mark
            return mark.line + 1, mark.column + 1
    return 1, 1


def _sentence(entry: Any) -> str:
    name = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, SessionProfile.model_fields, 1)
        return f"{name} is not a field of a session" + (f"; did you mean {near[0]}?" if near else "")
    if entry["type"] == "missing":
        return f"{name} is missing"
    return f"{name}: {entry['msg']}"
