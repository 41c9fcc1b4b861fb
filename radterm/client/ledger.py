"""One session's counts on the reader's side, as `view --json` prints them."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from radterm.client.picture import Outcome
from rfb_ext.wire.numbers import ResyncReason

LATENCIES_KEPT = 512


@dataclass(eq=False)
class HeadCounts:
    """Frames of one head: `first`/`last` serial heard of, complete updates shown."""

    first_serial: int = 0
    last_serial: int = 0
    shown: int = 0

    def heard(self, serial: int) -> None:
        if serial and not self.first_serial:
            self.first_serial = serial
        self.last_serial = max(self.last_serial, serial)

    def report(self) -> dict[str, int]:
        captured = self.last_serial - self.first_serial + 1 if self.first_serial else 0
        return {"captured": captured, "shown": self.shown, "skipped": max(0, captured - self.shown)}


@dataclass(eq=False)
class Ledger:
    """Counts since the session began; never pixels, never text."""

    updates: int = 0
    rectangles: int = 0
    bytes: int = 0
    mismatches: int = 0
    decode_errors: int = 0
    bad_headers: int = 0
    resyncs: int = 0
    decode_us: int = 0
    codec_rectangles: Counter[str] = field(default_factory=Counter)
    codec_bytes: Counter[str] = field(default_factory=Counter)
    heads: dict[int, HeadCounts] = field(default_factory=dict)
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))

    def head(self, head_id: int) -> HeadCounts:
        return self.heads.setdefault(head_id, HeadCounts())

    def rectangle(self, codec: str, size: int) -> None:
        self.rectangles += 1
        self.codec_rectangles[codec] += 1
        self.codec_bytes[codec] += size

    def checked(self, outcome: Outcome) -> None:
        self.updates += 1
        self.decode_us += outcome.decode_us
        for fault in outcome.faults:
            if fault.reason in (ResyncReason.MISMATCH, ResyncReason.HEAD_DIGEST):
                self.mismatches += 1
            elif fault.reason is ResyncReason.DECODE_ERROR:
                self.decode_errors += 1
            else:
                self.bad_headers += 1

    def report(self) -> dict[str, Any]:
        """The part of the report that is counts; the session adds what it knows of each head."""
        latencies = sorted(self.latencies_ms)
        return {
            "updates": self.updates,
            "rectangles": self.rectangles,
            "bytes": self.bytes,
            "mismatches": self.mismatches,
            "decode_errors": self.decode_errors,
            "bad_headers": self.bad_headers,
            "resyncs": self.resyncs,
            "decode_ms": round(self.decode_us / 1000, 1),
            "input_to_glass_ms": round(latencies[len(latencies) // 2], 1) if latencies else None,
            "codecs": {
                name: {"rectangles": count, "bytes": self.codec_bytes[name]}
                for name, count in sorted(self.codec_rectangles.items())
            },
        }
