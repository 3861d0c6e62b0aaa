"""Ranks, recall and fusion on rankings made by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics import Counted, fuse_ranks, percentiles, rank_of, scores, share_of


def test_rank_counts_each_article_once_at_its_best_passage() -> None:
    assert rank_of("c", ["a", "a", "b", "c", "c"]) == 3
    assert rank_of("a", ["a", "a"]) == 1
    assert rank_of("d", ["a", "b"]) is None
    assert rank_of("d", []) is None


def test_scores_keep_counts_and_an_absent_article_counts_nothing() -> None:
    found = scores([1, 2, 6, None])
    assert found.recall == {1: Counted(1, 4), 5: Counted(2, 4), 8: Counted(3, 4)}
    assert found.mrr == pytest.approx((1 + 1 / 2 + 1 / 6) / 4)
    assert found.to_dict()["r5"] == {"count": 2, "of": 4, "share": 0.5}


def test_scores_of_no_questions_are_zero() -> None:
    assert scores([]).to_dict()["r1"] == {"count": 0, "of": 0, "share": 0.0}
    assert scores([]).mrr == 0.0


def test_share_counts_what_is_true() -> None:
    assert share_of([True, False, True]) == Counted(2, 3)
    assert share_of([]).share == 0.0


def test_fusion_adds_reciprocal_ranks() -> None:
    # b: 1/62 + 1/61, a: 1/61, c: 1/62.
    assert fuse_ranks([["a", "b"], ["b", "c"]]) == ["b", "a", "c"]


def test_fusion_of_equal_sums_keeps_the_order_of_the_first_list() -> None:
    assert fuse_ranks([["a", "b"], ["b", "a"]]) == ["a", "b"]
    assert fuse_ranks([["a"], ["b"]]) == ["a", "b"]


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), max_size=3))
def test_fusion_returns_everything_once(rankings: list[list[str]]) -> None:
    fused = fuse_ranks(rankings)
    assert len(fused) == len(set(fused))
    assert set(fused) == {one for ranking in rankings for one in ranking}


@given(st.lists(st.none() | st.integers(1, 20)))
def test_recall_never_falls_with_a_deeper_cut(ranks: list[int | None]) -> None:
    found = scores(ranks)
    counts = [found.recall[cut].count for cut in (1, 5, 8)]
    assert counts == sorted(counts)
    assert found.recall[1].share <= found.mrr + 1e-9 <= 1 + 1e-9


def test_percentiles_of_times() -> None:
    assert percentiles([]) == {"count": 0}
    assert percentiles([float(n) for n in range(1, 102)]) == {
        "count": 101,
        "p50": 51.0,
        "p95": 96.0,
        "max": 101.0,
    }
