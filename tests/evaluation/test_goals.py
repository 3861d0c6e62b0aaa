"""Goals against rows made by hand: fixed numbers, and dense search of the same run."""

from evaluation.goals import retrieval_goals
from evaluation.measure_retrieval import Row
from evaluation.metrics import Counted, scores


def row(
    name: str, group: str, ours: int, dense: int, extra: dict[str, dict[str, Counted]] | None = None
) -> Row:
    def ranks(first: int) -> list[int | None]:
        return [1] * first + [None] * (100 - first)

    return Row(
        name=name,
        group=group,
        pool="pool",
        question_language="en",
        questions=100,
        scores={"citewell": scores(ranks(ours)), "dense": scores(ranks(dense)), "hybrid": scores(ranks(50))},
        won=0,
        lost=0,
        detected={},
        extra=extra or {},
    )


def test_a_fixed_goal_is_met_at_its_number_and_missed_below() -> None:
    assert [goal.met for goal in retrieval_goals([row("xquad en → en", "same language", 96, 90)])] == [True]
    assert [goal.met for goal in retrieval_goals([row("xquad en → en", "same language", 95, 90)])] == [False]


def test_a_crossing_is_held_against_dense_search_of_the_same_run() -> None:
    [equal] = retrieval_goals([row("xquad en → ru", "crossing", 70, 70)])
    assert equal.met
    assert equal.to_dict()["goal"] == "dense in the same run"
    [below] = retrieval_goals([row("xquad en → ru", "crossing", 70, 71)])
    assert not below.met


def test_the_mixed_pool_has_two_goals_a_language() -> None:
    complete = {"citewell": Counted(93, 100), "dense": Counted(44, 100), "hybrid": Counted(5, 100)}
    goals = retrieval_goals([row("mixed en", "mixed", 94, 93, {"all_versions_in_top_8": complete})])
    assert [(goal.least, goal.met) for goal in goals] == [(0.935, True), (0.93, True)]


def test_a_set_that_was_not_measured_has_no_goal() -> None:
    assert retrieval_goals([row("mixed de", "mixed", 94, 93), row("xquad de → es", "crossing", 1, 2)]) == []
