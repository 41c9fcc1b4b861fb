from __future__ import annotations

import threading

import pytest

from rfb_ext.codecs.lanes import LaneClosed, LaneFull, Lanes
from rfb_ext.errors import LocalProtocolError

SOON = 10
"""Seconds after which a test gives up; nothing here waits that long unless it is broken."""


@pytest.fixture
def lanes_of():
    """Makes Lanes that are stopped even when the test fails; `gates` are opened first."""
    made, gates = [], []

    def make(workers, post=lambda call: call(), **options):
        made.append(Lanes(workers, post, **options))
        return made[-1]

    make.gates = gates
    yield make
    for gate in gates:
        gate.set()
    for lanes in made:
        lanes.stop()


@pytest.fixture
def gate(lanes_of):
    event = threading.Event()
    lanes_of.gates.append(event)
    return event


def held(gate, lane):
    """Occupies the lane until the gate opens; returns when a worker has begun with it."""
    begun = threading.Event()

    def work():
        begun.set()
        assert gate.wait(SOON)

    lane.submit(work, lambda _: None)
    assert begun.wait(SOON)


def test_tasks_and_results_of_a_lane_keep_their_order(lanes_of):
    lanes = lanes_of(4, bound=200)
    ran, told = [], []
    lane = lanes.lane()
    for i in range(200):
        lane.submit(lambda i=i: (ran.append(i), i)[1], told.append)
    lanes.stop()
    assert ran == told == list(range(200))


def test_no_two_tasks_of_a_lane_run_at_once(lanes_of):
    lanes = lanes_of(4, bound=100)
    lane, busy, clashes = lanes.lane(), threading.Lock(), []

    def work():
        if not busy.acquire(blocking=False):
            clashes.append(1)
            return
        busy.release()

    for _ in range(100):
        lane.submit(work, lambda _: None)
    lanes.stop()
    assert clashes == []


def test_lanes_run_in_parallel(lanes_of):
    lanes = lanes_of(3)
    meeting = threading.Barrier(3)
    results = []
    for _ in range(3):
        lanes.lane().submit(lambda: meeting.wait(SOON), results.append)
    lanes.stop()
    assert sorted(results) == [0, 1, 2]


def test_a_busy_lane_does_not_starve_another(lanes_of, gate):
    lanes = lanes_of(1)
    first, second, ran = lanes.lane(), lanes.lane(), []
    held(gate, first)
    for i in range(3):
        first.submit(lambda i=i: ran.append(("first", i)), lambda _: None)
    second.submit(lambda: ran.append(("second", 0)), lambda _: None)
    gate.set()
    lanes.stop()
    assert ran.index(("second", 0)) < ran.index(("first", 2))


def test_results_go_through_post(lanes_of):
    posted, told = [], []
    lanes = lanes_of(2, post=posted.append)
    lanes.lane().submit(lambda: 7, told.append)
    lanes.stop()
    assert told == []
    (call,) = posted
    call()
    assert told == [7]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(1)])
def test_what_a_task_raises_reaches_done(lanes_of, error):
    lanes = lanes_of(1)
    told, lane = [], lanes.lane()

    def fail():
        raise error

    lane.submit(fail, told.append)
    lane.submit(lambda: "after", told.append)
    lanes.stop()
    assert told == [error, "after"]


def test_an_exception_in_done_is_told_and_the_worker_lives(lanes_of):
    failed, told = [], []
    lanes = lanes_of(1, failed=failed.append)
    lane = lanes.lane()
    lane.submit(lambda: 1, lambda result: [][result])
    lane.submit(lambda: 2, told.append)
    lanes.stop()
    assert [type(error) for error in failed] == [IndexError]
    assert told == [2]


def test_by_default_such_an_exception_is_shown(lanes_of, monkeypatch):
    shown = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    lanes = lanes_of(1)
    lanes.lane().submit(lambda: 1, lambda result: [][result])
    lanes.stop()
    assert [args.exc_type for args in shown] == [IndexError]


def test_a_full_lane_refuses_and_another_does_not(lanes_of, gate):
    lanes = lanes_of(1, bound=2)
    lane, told = lanes.lane(), []
    held(gate, lane)
    lane.submit(lambda: 1, told.append)
    lane.submit(lambda: 2, told.append)
    with pytest.raises(LaneFull) as refused:
        lane.submit(lambda: 3, told.append)
    assert isinstance(refused.value, LocalProtocolError)
    lanes.lane().submit(lambda: "other", told.append)
    gate.set()
    lanes.stop()
    assert sorted(map(str, told)) == ["1", "2", "other"]


def test_close_runs_what_was_submitted_and_then_final(lanes_of, gate):
    lanes = lanes_of(2, bound=1)
    lane, ran = lanes.lane(), []
    held(gate, lane)
    lane.submit(lambda: ran.append("task"), lambda _: ran.append("done"))
    lane.close(lambda: ran.append("final"))  # the queue is full: a final fits all the same
    lane.close(lambda: ran.append("again"))
    with pytest.raises(LaneClosed):
        lane.submit(lambda: None, lambda _: None)
    assert ran == []
    gate.set()
    lanes.stop()
    assert ran == ["task", "done", "final"]


def test_an_exception_in_final_is_told(lanes_of):
    failed = []
    lanes = lanes_of(1, failed=failed.append)

    def final():
        raise OSError

    lanes.lane().close(final)
    lanes.lane().close()
    lanes.stop()
    assert [type(error) for error in failed] == [OSError]


def test_stop_waits_ends_the_threads_and_refuses_more(lanes_of):
    before = set(threading.enumerate())
    lanes = lanes_of(3)
    lane = lanes.lane()
    assert len(set(threading.enumerate()) - before) == 3
    lanes.stop()
    lanes.stop()
    assert set(threading.enumerate()) - before == set()
    with pytest.raises(LaneClosed):
        lane.submit(lambda: None, lambda _: None)
    with pytest.raises(LaneClosed):
        lane.close(lambda: None)
    with pytest.raises(LaneClosed):
        lanes.lane()


def test_a_worker_cannot_wait_for_itself(lanes_of):
    lanes, told = lanes_of(1), []
    lanes.lane().submit(lanes.stop, told.append)
    lanes.stop()
    assert [type(error) for error in told] == [RuntimeError]


@pytest.mark.parametrize(("workers", "bound"), [(0, 1), (1, 0)])
def test_impossible_numbers_are_refused(workers, bound):
    with pytest.raises(ValueError):
        Lanes(workers, lambda call: call(), bound=bound)
