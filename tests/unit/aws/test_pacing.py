from fakes.aws import World
from hypothesis import given
from hypothesis import strategies as st

from lockage.aws.pacing import Pace


def test_a_burst_is_free_and_then_it_waits() -> None:
    world = World()
    pace = Pace(10.0, burst=3, clock=world.clock, sleep=world.sleep)
    for _ in range(3):
        pace.take()
    assert world.seconds == 0.0
    pace.take()
    assert round(world.seconds, 6) == 0.1


@given(st.lists(st.floats(0, 2), max_size=60))
def test_no_stretch_of_time_ever_sees_more_than_burst_and_rate(pauses: list[float]) -> None:
    world, taken = World(), []
    pace = Pace(12.0, burst=3, clock=world.clock, sleep=world.sleep)
    for pause in pauses:
        world.sleep(pause)
        pace.take()
        taken.append(world.seconds)
    for first, begin in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= 3 + 12.0 * (taken[last] - begin) + 1e-6
