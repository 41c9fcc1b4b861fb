"""One viewer's counts on the hospital side."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rfb_ext.server.pictures import EncodedHead


@dataclass(eq=False)
class Ledger:
    """Counts since the session began; never pixels, never text."""

    updates: int = 0
    rectangles: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    encode_failures: Counter[str] = field(default_factory=Counter)
    encode_us: int = 0
    resyncs: int = 0
    acknowledged: int = 0
    withdrawn: list[str] = field(default_factory=list)

    def encoded(self, result: EncodedHead) -> None:
        self.encode_us += result.encode_us
        self.encode_failures.update(result.failed)
        for proven in result.rects:
            self.rectangles[proven.codec] += 1
            self.bytes[proven.codec] += len(proven.encoded.payload)

    def report(self) -> dict[str, Any]:
        """As `serve --json` prints it when a session ends."""
        return {
            "updates": self.updates,
            "acknowledged": self.acknowledged,
            "resyncs": self.resyncs,
            "withdrawn": list(self.withdrawn),
            "encode_failures": dict(self.encode_failures),
            "encode_ms": round(self.encode_us / 1000, 1),
            "codecs": {
                name: {"rectangles": count, "bytes": self.bytes[name]}
                for name, count in sorted(self.rectangles.items())
            },
        }
