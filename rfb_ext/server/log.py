"""What the hospital side says of itself, one line an event: never pixels, text or secrets."""

from __future__ import annotations

from typing import IO, Any

from twisted.logger import LogLevel, formatEvent, globalLogBeginner


def begin_logging(stream: IO[str], *, verbose: bool) -> None:
    """From now on warnings and faults are written to `stream`; with `verbose` also when sessions begin and
    end, and tracebacks. Once a process."""

    def observe(event: dict[str, Any]) -> None:
        ours = str(event.get("log_namespace", "")).startswith("rfb_ext.")
        if event["log_level"] < LogLevel.warn and not (verbose and ours):
            return
        sentence = formatEvent(event) or "an event without words"
        failure = event.get("log_failure")
        if failure is not None:
            sentence += f": {failure.type.__name__}"
            if verbose:
                sentence += "\n" + failure.getTraceback(detail="brief")
        print(f"radterm: {sentence}", file=stream, flush=True)

    observers: Any = [observe]
    globalLogBeginner.beginLoggingTo(observers, discardBuffer=True, redirectStandardIO=False)
