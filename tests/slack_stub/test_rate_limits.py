"""Minutes of the limits pass by a clock that the test turns."""

from tests.slack_stub.rate_limits import RateLimits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_later_calls_are_taken_again() -> None:
    clock = Clock()
    limits = RateLimits(1.0, clock)
    assert [limits.wait_s("chat.stopStream", "T1") for _ in range(21)] == [0] * 20 + [60]
    assert limits.wait_s("chat.stopStream", "T2") == 0
    clock.now = 59.5
    assert limits.wait_s("chat.stopStream", "T1") == 1
    clock.now = 60.0
    assert limits.wait_s("chat.stopStream", "T1") == 0


def test_a_channel_takes_a_message_a_second_after_a_burst() -> None:
    clock = Clock()
    limits = RateLimits(1.0, clock)
    assert [limits.wait_s("chat.postMessage", "T1", "C1") for _ in range(6)] == [0] * 5 + [1]
    assert limits.wait_s("chat.postMessage", "T1", "C2") == 0
    clock.now = 1.0
    assert [limits.wait_s("chat.postMessage", "T1", "C1") for _ in range(2)] == [0, 1]


def test_a_faster_pace_shortens_the_minute() -> None:
    clock = Clock()
    limits = RateLimits(60.0, clock)
    for _ in range(20):
        limits.wait_s("chat.startStream", "T1")
    assert limits.wait_s("chat.startStream", "T1") == 1
    clock.now = 1.0
    assert limits.wait_s("chat.startStream", "T1") == 0
