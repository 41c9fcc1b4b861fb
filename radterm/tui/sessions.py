"""What the list of sessions shows: one row a session, fed by the events of its viewer. No Textual here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from radterm.profiles.schema import SessionProfile

DEMO = "Demo reading room"
MARKS = {
    "EXACT": "✓ EXACT",
    "CATCHING UP": "» CATCHING UP",
    "NOT FOR DIAGNOSIS": "△ NOT FOR DIAGNOSIS",
    "STALE": "⧖ STALE",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that can be started: `words` of `radterm`, and what its stdin is given."""

    name: str
    address: str
    security: str
    heads: str
    words: tuple[str, ...]
    session: dict[str, Any] | None = None


def demo_entry() -> Entry:
    """Serve and view on this machine; nothing else is needed to see what radterm is."""
    return Entry(DEMO, "this machine", "none", "1", ("demo", "--events"))


def profile_entry(profile: SessionProfile) -> Entry:
    session = {
        "v": 1,
        "address": profile.address,
        "fullscreen": profile.fullscreen,
        "view_only": profile.view_only,
    }
    heads = "" if profile.heads is None else str(profile.heads)
    return Entry(profile.name, profile.address, profile.security, heads, ("view", "-", "--events"), session)


def matching(entries: Iterable[Entry], text: str) -> list[Entry]:
    """Entries in which every word of `text` occurs, in name or address, whatever the case."""
    words = text.casefold().split()
    return [e for e in entries if all(word in f"{e.name} {e.address}".casefold() for word in words)]


@dataclass(slots=True)
class Running:
    """What is known of a session's viewer. `state` is empty when none runs."""

    state: str = ""
    frames: str = ""
    size: str = ""

    def take(self, event: dict[str, Any], last_words: str) -> str:
        """Takes one event of the viewer; returns the sentence for the log, "" for none."""
        match event.get("event"):
            case "state":
                word = str(event.get("state", ""))
                self.state = MARKS.get(word, word)
                reason = str(event.get("reason") or "")
                return f"head {event.get('head')}: {word}" + (f", {reason}" if reason else "")
            case "figures":
                report = event.get("report") or {}
                self.frames = f"{event.get('shown', 0)} shown"
                self.size = _bytes(int(report.get("bytes") or 0))
                return ""
            case "exited":
                code = event.get("exit_code")
                self.state = "" if code == 0 else f"ended ({code})"
                return "ended" if code == 0 else f"ended with code {code}: {last_words}"
            case _:
                return ""


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
