"""Trigger ids and response addresses expire by a clock that the test turns."""

from tests.slack_stub.interactions import Interactions


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_trigger_expires_after_three_seconds() -> None:
    clock = Clock()
    interactions = Interactions(clock)
    first, second = interactions.new_trigger(), interactions.new_trigger()
    clock.now = 3.0
    assert interactions.use_trigger(first) == ""
    clock.now = 3.1
    assert interactions.use_trigger(second) == "expired_trigger_id"


def test_a_response_address_expires_after_thirty_minutes() -> None:
    clock = Clock()
    interactions = Interactions(clock)
    key = interactions.new_response_url("T1", "C1", "U1")
    clock.now = 1800.0
    assert not isinstance(interactions.use_response_url(key), str)
    clock.now = 1800.1
    assert interactions.use_response_url(key) == "expired_url"
