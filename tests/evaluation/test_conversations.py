"""The conversations load, fit the samples and are as many and as mixed as they should be; bad rows are told."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evaluation.conversations import KINDS, Conversation, load_conversations
from evaluation.errors import EvaluationError
from evaluation.own_questions import sample_texts

CONVERSATIONS = load_conversations()
TEXTS = sample_texts()
LANGUAGES = ("en", "fr", "de", "es")
OF_EACH_LANGUAGE = {
    "pronoun": 4,
    "ellipsis": 5,
    "time": 3,
    "lacking": 3,
    "correction": 2,
    "switch": 2,
    "topic_change": 5,
}
MARK = re.compile(r" \[\d\](?: |$)")

ROW: dict[str, Any] = {
    "id": "conv-1",
    "language": "en",
    "kind": "ellipsis",
    "follow_up": True,
    "history": [
        {"role": "user", "content": "How many came by the gate?"},
        {"role": "assistant", "content": "102 [1]"},
    ],
    "question": "And by the door?",
    "standalone": "How many came by the door?",
    "article_ids": ["a"],
    "answers": ["50"],
    "about": ["a", "b"],
}


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "conversations.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def values(conversation: Conversation) -> list[str]:
    """What the assistant's turns quote, oldest first; a refusal quotes nothing."""
    said = [turn.content for turn in conversation.history if turn.role == "assistant"]
    return [value for text in said if MARK.search(text) for value in MARK.split(text) if value]


def stands(value: str, article_ids: tuple[str, ...]) -> bool:
    return any(value in TEXTS[article_id] for article_id in article_ids)


# The conversations


def test_conversations_are_as_many_of_each_kind_in_each_language() -> None:
    counts = Counter((one.language, one.kind) for one in CONVERSATIONS)
    assert counts == {(language, kind): n for language in LANGUAGES for kind, n in OF_EACH_LANGUAGE.items()}
    assert set(OF_EACH_LANGUAGE) == set(KINDS)


def test_a_third_of_the_conversations_has_several_turns_before_the_question() -> None:
    pairs = Counter(len(one.history) // 2 for one in CONVERSATIONS)
    assert 28 <= pairs[2] + pairs[3] <= 40 and pairs[3] >= 4 and set(pairs) == {1, 2, 3}, pairs


def test_answers_stand_verbatim_in_the_articles_and_each_article_has_one() -> None:
    for one in CONVERSATIONS:
        assert set(one.about) <= set(TEXTS), one.origin
        assert all(stands(answer, one.article_ids) for answer in one.answers), one.origin
        for article_id in one.article_ids:
            assert any(answer in TEXTS[article_id] for answer in one.answers), (one.origin, article_id)


def test_every_sample_answers_and_most_questions_cross_languages() -> None:
    assert {article_id for one in CONVERSATIONS for article_id in one.article_ids} == set(TEXTS)
    languages = [{id.split("-")[1] for id in one.article_ids} for one in CONVERSATIONS]
    crossing = [one for one, told in zip(CONVERSATIONS, languages, strict=True) if one.language not in told]
    assert len(crossing) >= 70


def test_about_is_the_same_whole_story_wherever_one_of_its_articles_stands() -> None:
    stories = {frozenset(one.about) for one in CONVERSATIONS}
    assert sorted(article_id for story in stories for article_id in story) == sorted(TEXTS)


def test_assistants_quote_the_samples_and_refuse_at_times() -> None:
    for one in CONVERSATIONS:
        assert all(stands(value, tuple(TEXTS)) for value in values(one)), one.origin
    refused = [one for one in CONVERSATIONS if any("27" in turn.content for turn in one.history)]
    assert {one.language for one in refused} == set(LANGUAGES)


def test_a_follow_up_is_on_the_story_of_the_turn_before() -> None:
    for one in CONVERSATIONS:
        if one.follow_up and values(one):
            assert stands(values(one)[-1], one.about), one.origin


def test_a_topic_change_is_not_on_the_story_of_the_history() -> None:
    for one in CONVERSATIONS:
        if not one.follow_up:
            assert values(one) and not any(stands(value, one.about) for value in values(one)), one.origin


def test_a_question_does_not_stand_in_its_history_nor_its_answer() -> None:
    for one in CONVERSATIONS:
        assert one.question not in {turn.content for turn in one.history}, one.origin
        assert not set(one.answers) & set(values(one)), one.origin


# Bad rows


@pytest.mark.parametrize("name", list(ROW))
def test_a_missing_field_is_told_with_file_and_line(tmp_path: Path, name: str) -> None:
    row = {field: value for field, value in ROW.items() if field != name}
    with pytest.raises(EvaluationError, match=rf"^conversations\.jsonl:2: the field '{name}' is missing"):
        load_conversations(written(tmp_path, {**ROW, "id": "conv-0"}, row))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "riddle"}, "allowed: pronoun, ellipsis"),
        ({"language": "English"}, "allowed: a code"),
        ({"question": " "}, "got an empty id, question or standalone"),
        ({"question": 3}, "wrong type"),
        ({"follow_up": 1}, "wrong type"),
        ({"answers": "50"}, "wrong type"),
        ({"note": None}, "wrong type"),
        ({"answer": "50"}, "got the field 'answer'"),
        ({"follow_up": False}, "every other kind is"),
        ({"kind": "topic_change"}, "is no follow_up"),
        ({"kind": "topic_change", "follow_up": False}, "standalone is the question itself"),
        ({"standalone": ROW["question"]}, "standalone is the question itself"),
        ({"answers": []}, "one text or more"),
        ({"answers": [""]}, "one text or more"),
        ({"about": ["a", 1]}, "one text or more"),
        ({"answers": ["50", "50"]}, "twice"),
        ({"article_ids": ["a", "c"]}, "not in about"),
        ({"history": []}, "a history of 0 turns"),
        ({"history": ROW["history"][:1]}, "a history of 1 turns"),
        ({"history": ROW["history"][::-1]}, "an object with the role user"),
        ({"history": ["How many?", "102 [1]"]}, "an object with the role user"),
        ({"history": [ROW["history"][0], {"role": "assistant", "content": ""}]}, "with the role assistant"),
        ({"history": [{**ROW["history"][0], "name": "x"}, ROW["history"][1]]}, "with the role user"),
        ({"id": "conv-0"}, "stands in conversations.jsonl:1 already"),
    ],
)
def test_a_bad_row_is_told_with_file_and_line(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    path = written(tmp_path, {**ROW, "id": "conv-0"}, {**ROW, **change})
    with pytest.raises(EvaluationError, match=told) as caught:
        load_conversations(path)
    assert str(caught.value).startswith("conversations.jsonl:2: ")


@pytest.mark.parametrize("line", [b"{", b"\xff\xfe", b"[1]", b""])
def test_a_line_that_is_no_object_is_told(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "conversations.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b"\n" + line + b"\n")
    with pytest.raises(EvaluationError, match=r"^conversations\.jsonl:2: "):
        load_conversations(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no file of conversations"):
        load_conversations(tmp_path / "absent.jsonl")
