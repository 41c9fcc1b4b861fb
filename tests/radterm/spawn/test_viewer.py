"""A viewer as a process: its lines, its end, its last words; a small script stands in for it."""

import asyncio
import sys

from radterm.spawn.viewer import ViewerProcess

SCRIPT = """
import json, sys, time
session = json.load(sys.stdin)
hello = {"event": "hello", "events_version": 1, "argv": sys.argv[1:], "session": session}
print(json.dumps(hello), flush=True)
print("no event", flush=True)
print(json.dumps({"exact": True}), flush=True)
print("first", file=sys.stderr)
print("radterm: nobody there", file=sys.stderr, flush=True)
if session.get("stay"):
    time.sleep(60)
sys.exit(10)
"""


def command() -> tuple[str, ...]:
    return (sys.executable, "-c", SCRIPT)


def test_lines_session_and_exit_code():
    viewer = ViewerProcess(("view", "-"), {"v": 1, "address": "127.0.0.1:5900"})

    async def follow() -> list[dict]:
        return [event async for event in viewer.events(command=command())]

    events = asyncio.run(follow())
    assert events == [
        {
            "event": "hello",
            "events_version": 1,
            "argv": ["view", "-"],
            "session": {"v": 1, "address": "127.0.0.1:5900"},
        },
        {"event": "exited", "exit_code": 10},
    ]
    assert viewer.last_words == "radterm: nobody there"


def test_ending_one_that_stays():
    viewer = ViewerProcess(("view", "-"), {"stay": True})

    async def follow() -> list[dict]:
        events = []
        async for event in viewer.events(command=command()):
            events.append(event)
            if event["event"] == "hello":
                await viewer.end()
        return events

    assert asyncio.run(follow())[-1] == {"event": "exited", "exit_code": -15}
