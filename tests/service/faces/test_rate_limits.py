"""How often somebody may do something: so often, each for himself, and again when he was told."""

import time

from service.faces.rate_limits import RateLimit


def test_each_caller_may_so_often() -> None:
    limit = RateLimit("3/hour")
    assert [limit.wait("a", "page") for _ in range(3)] == [0, 0, 0]
    assert 1 <= limit.wait("a", "page") <= 3600
    assert limit.wait("b", "page") == limit.wait("a", "other page") == 0


def test_of_several_limits_the_one_that_lasts_longest_says_when() -> None:
    limit = RateLimit("5/second; 2/hour")
    assert [limit.wait("a"), limit.wait("a")] == [0, 0]
    assert limit.wait("a") > 60


def test_refused_one_may_go_on_when_he_was_told() -> None:
    limit = RateLimit("1/second")
    assert limit.wait("a") == 0
    for _ in range(3):  # asking again and again makes nobody wait longer
        seconds = limit.wait("a")
        if seconds == 0:  # the second went by between two lines of this test
            return
    assert seconds == 1
    time.sleep(seconds)
    assert limit.wait("a") == 0
