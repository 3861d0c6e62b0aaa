"""Follow-ups are asked in four ways, judged by article and story, and shown beside one another."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.conversations import load_conversations
from evaluation.evaluation_sets import load_sets
from evaluation.follow_ups import (
    ALWAYS,
    BY_HAND,
    CITEWELL,
    METHODS,
    NEVER,
    Case,
    Reached,
    all_rows,
    measure_follow_ups,
    news_cases,
    own_cases,
)
from evaluation.follow_ups_page import follow_ups_page
from evaluation.provenance import provenance
from indexing.archive.encoder import Encoder
from service.answering.question import Turn

KHOROG = Case(
    "c1",
    "ellipsis",
    True,
    (Turn("user", "How many came via Ishkashim?"), Turn("assistant", "102 [1]")),
    "And via Khorog?",
    "How many came via Khorog?",
    frozenset("a"),
    frozenset("ab"),
    ("312",),
)


@pytest.mark.parametrize(
    ("method", "text", "turns"),
    [
        (CITEWELL, "And via Khorog?", 2),
        (NEVER, "And via Khorog?", 0),
        (ALWAYS, "How many came via Ishkashim? And via Khorog?", 0),
        (BY_HAND, "How many came via Khorog?", 0),
    ],
)
def test_each_method_asks_in_its_own_way(method: str, text: str, turns: int) -> None:
    asked = KHOROG.asked(method)
    assert (asked.text, len(asked.history)) == (text, turns)


def test_every_own_conversation_is_a_case() -> None:
    cases = own_cases(load_conversations())
    assert len(cases) == 96
    assert all(case.stating <= case.story for case in cases)


def _report(carried: bool) -> str:
    change = replace(KHOROG, id="c2", kind="topic_change", follow_up=False)
    found = {
        method: [
            Reached(KHOROG, method != NEVER, True, method == CITEWELL, True, "full"),
            Reached(change, True, True, True, carried and method == CITEWELL, "changed"),
        ]
        for method in METHODS
    }
    parts = {"samples": [row.to_dict() for row in all_rows(found)]}
    mistaken = [{"id": "c2", "kind": "topic_change", "understood": "changed"}] if carried else []
    return follow_ups_page({"made": provenance(), "seconds": 1.0, "parts": parts, "mistaken": mistaken})


def test_the_page_shows_every_method_and_what_was_mistaken() -> None:
    page = _report(carried=True)
    assert "| ellipsis | citewell | 1/1 (100.0 %) |" in page
    assert "| ellipsis | never | 0/1 (0.0 %) |" in page
    assert "| changes of subject wrongly carried over, own | 1/1 (100.0 %) | under 5 % |" in page
    assert "- c2 (topic_change): changed" in page


def test_nothing_mistaken_is_said_too() -> None:
    assert "Mistaken for or as a follow-up: 0." in _report(carried=False)


def test_real_conversations_are_asked_and_written_down(
    encoder: Encoder, reader_folder: Path, tmp_path: Path
) -> None:
    page = measure_follow_ups(encoder, None, tmp_path, 2, reader_folder)
    written = json.loads((tmp_path / "follow_ups.json").read_text("utf-8"))
    assert {row["method"] for row in written["parts"]["samples"]} == set(METHODS)
    assert page.read_text("utf-8").startswith("# Follow-ups")


def test_news_questions_come_after_a_turn_on_another_article(sets: Path) -> None:
    loaded = load_sets(sets, 0, 0)
    homes = {article.id: article.id for article in loaded.news_articles}
    cases = news_cases(loaded, homes)
    assert [case.kind for case in cases] == ["unrelated", "unrelated"]
    asked = {case.question for case in cases}
    assert all(case.history[0].content in asked - {case.question} for case in cases)
