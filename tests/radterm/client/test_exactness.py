"""The account of one head, state by state."""

from hypothesis import given
from hypothesis import strategies as st

from radterm.client.base import State
from radterm.client.exactness import BEHIND_SECONDS, HeadExactness


def proven_head(now: float = 100.0) -> HeadExactness:
    head = HeadExactness(now)
    head.beat(now, 5, 0.0)
    head.proven(5)
    return head


def test_nothing_is_exact_before_a_head_digest_matched():
    head = HeadExactness(100.0)
    assert head.state(100.0).state is State.NOT_FOR_DIAGNOSIS
    head.beat(100.1, 1, 0.0)
    head.partial()
    assert head.state(100.1).state is State.NOT_FOR_DIAGNOSIS
    head.proven(1)
    assert head.state(100.1).state is State.EXACT
    assert head.state(100.1).serial == 1


def test_a_failure_counts_until_a_digest_matches_again():
    head = proven_head()
    head.failed("a bit was wrong")
    exactness = head.state(100.1)
    assert (exactness.state, exactness.reason) == (State.NOT_FOR_DIAGNOSIS, "a bit was wrong")
    head.partial()
    assert head.state(100.1).state is State.NOT_FOR_DIAGNOSIS
    head.proven(6)
    assert head.state(100.1).state is State.EXACT


def test_silence_of_a_second_is_stale_and_a_beat_ends_it():
    head = proven_head()
    assert head.state(100.99).state is State.EXACT
    assert head.next_change(100.0) == 101.0
    stale = head.state(101.0)
    assert (stale.state, stale.stale_since) == (State.STALE, 100.0)
    head.beat(101.5, 5, 0.0)
    assert head.state(101.5).state is State.EXACT


def test_a_screen_that_was_not_read_is_stale_though_beats_arrive():
    head = proven_head()
    head.beat(100.2, 5, 0.9)
    assert head.state(100.25).state is State.EXACT
    assert head.state(100.31).state is State.STALE
    head.beat(100.4, 5, 1.2)
    assert head.state(100.4).state is State.STALE


def test_a_newer_frame_that_does_not_come_is_catching_up():
    head = proven_head()
    head.beat(100.2, 6, 0.0)
    assert head.state(100.2).state is State.EXACT
    assert head.next_change(100.2) == 100.2 + BEHIND_SECONDS
    assert head.state(100.2 + BEHIND_SECONDS).state is State.CATCHING_UP
    head.proven(6)
    assert head.state(100.2 + BEHIND_SECONDS).state is State.EXACT
    head.partial()
    assert head.state(100.4).state is State.CATCHING_UP


def test_where_nothing_can_be_proven_nothing_is_ever_exact():
    head = HeadExactness(100.0, "a server of another maker")
    head.proven(1)
    head.beat(100.0, 1, 0.0)
    assert head.state(100.0).state is State.NOT_FOR_DIAGNOSIS
    assert not head.trusted
    assert head.next_change(100.0) is None


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("proven"), st.integers(1, 9)),
            st.tuples(st.just("partial"), st.just(0)),
            st.tuples(st.just("failed"), st.just(0)),
            st.tuples(st.just("beat"), st.integers(1, 9)),
            st.tuples(st.just("wait"), st.integers(1, 1500)),
        ),
        max_size=30,
    )
)
def test_exact_only_if_the_rules_of_the_text_hold(steps):
    """A slow, separate reading of the rules, over all histories."""
    now, head = 0.0, HeadExactness(0.0)
    last_result, beats, proven = "none", [(0.0, 0)], 0
    for what, value in steps:
        if what == "wait":
            now += value / 1000
        elif what == "beat":
            head.beat(now, value, 0.0)
            beats.append((now, value))
        else:
            last_result = what
            if what == "proven":
                proven = max(proven, value)  # serials never go back; the session refuses it
                head.proven(proven)
            elif what == "partial":
                if last_result != "failed":
                    head.partial()
            else:
                head.failed("x")
        state = head.state(now).state
        if state is State.EXACT:
            assert last_result == "proven"
            assert now - beats[-1][0] < 1.0
            newer = [at for at, serial in beats if serial > proven]
            assert all(now - at < BEHIND_SECONDS for at in newer)
        change = head.next_change(now)
        if change is not None:
            assert change > now
            middle = (now + change) / 2
            if middle < change:
                assert head.state(middle).state is state
