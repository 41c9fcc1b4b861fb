"""Signals reach a thread at once, also while the main thread is busy elsewhere."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from radterm.viewer.signals import stop_signals


def test_told_from_another_thread_and_restored() -> None:
    told: list[tuple[int, str]] = []
    came = threading.Event()

    def stop(number: int) -> None:
        told.append((number, threading.current_thread().name))
        came.set()

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stop_signals(stop) as looking:
        looking()
        os.kill(os.getpid(), signal.SIGTERM)
        assert came.wait(5)
    assert told == [(signal.SIGTERM, "signals")]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert signal.set_wakeup_fd(-1) == -1


def test_who_does_not_look_yet_is_interrupted() -> None:
    told: list[int] = []

    def wait_in_vain() -> None:
        with stop_signals(told.append):
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(5)

    with pytest.raises(KeyboardInterrupt):
        wait_in_vain()
    assert told == [signal.SIGTERM]


def test_other_threads_leave_signals_alone() -> None:
    inside: list[object] = []

    def run() -> None:
        with stop_signals(lambda number: None):
            inside.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(5)
    assert inside == [before]
