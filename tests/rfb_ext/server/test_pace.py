from hypothesis import given
from hypothesis import strategies as st

from rfb_ext.server.pace import MAX_WINDOW, MIN_WINDOW, MOST_UPDATES, START_WINDOW, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def trip(pace: Pace, clock: Clock, update: int, size: int, us: int) -> None:
    pace.sent(update, size)
    clock.now += us
    assert pace.acknowledged(update)


def test_an_update_of_any_size_may_go_when_nothing_is_on_its_way():
    pace = Pace(Clock())
    assert pace.may_send()
    pace.sent(1, 10 * MAX_WINDOW)
    assert not pace.may_send()
    assert pace.acknowledged(1)
    assert pace.may_send()


def test_at_most_so_many_updates():
    pace = Pace(Clock())
    for update in range(MOST_UPDATES):
        assert pace.may_send()
        pace.sent(update, 1)
    assert not pace.may_send()


def test_without_acknowledgement_it_stops_for_good():
    pace = Pace(Clock())
    sent = 0
    while pace.may_send():
        pace.sent(sent, START_WINDOW // 4)
        sent += 1
    assert sent == 4


def test_grows_while_the_delay_is_small_and_shrinks_when_it_is_not():
    clock = Clock()
    pace = Pace(clock)
    for update in range(10):
        trip(pace, clock, update, 1000, 2000)
    grown = pace.window
    assert grown > START_WINDOW
    for update in range(10, 20):
        trip(pace, clock, update, 1000, 300_000)
    assert pace.window < grown
    assert pace.round_trip_us == 2000


def test_time_the_viewer_spent_itself_is_not_delay_of_the_line():
    clock = Clock()
    pace = Pace(clock)
    pace.sent(1, 1)
    clock.now += 50_000
    pace.acknowledged(1, viewer_us=48_000)
    assert pace.round_trip_us == 2000


def test_an_unknown_acknowledgement_changes_nothing():
    pace = Pace(Clock())
    assert not pace.acknowledged(7)
    assert pace.window == START_WINDOW


@given(
    st.lists(st.tuples(st.integers(0, 1 << 24), st.integers(0, 10**6), st.integers(0, 10**7)), max_size=60)
)
def test_the_window_keeps_its_bounds(trips):
    clock = Clock()
    pace = Pace(clock, wish=1 << 22)
    for update, (size, us, viewer_us) in enumerate(trips):
        pace.sent(update, size)
        clock.now += us
        pace.acknowledged(update, viewer_us)
        assert MIN_WINDOW <= pace.window <= 1 << 22
        assert pace.in_flight == 0
