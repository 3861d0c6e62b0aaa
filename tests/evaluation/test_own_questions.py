"""Own questions load and fit their texts, are as many and as mixed as they should be; bad rows are told."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import EvaluationError
from evaluation.own_questions import (
    KINDS,
    OtherArticle,
    OwnQuestion,
    check_against,
    load_gate_questions,
    load_seed_questions,
    place,
    sample_texts,
    seed_text,
)

LANGUAGES = {"en", "fr", "de", "es", "ru", "ar", "zh"}
QUOTE_CHARACTERS = 140  # the longest names three quarters of a town and what is not restored there
SEED_QUOTE_CHARACTERS = 80  # a few words: the seed article itself is not part of the project

SEED = load_seed_questions()
GATE = load_gate_questions()
TEXTS = sample_texts()

ROW: dict[str, Any] = {
    "id": "q-1",
    "language": "en",
    "article_id": "a",
    "question": "How many came to the gate?",
    "kind": "number",
    "answerable": True,
    "short_answers": ["102", "102 people"],
    "quotes": ["gate (102 people)"],
    "start": 13,
}
NOT_STATED: dict[str, Any] = {
    **ROW,
    "answerable": False,
    "short_answers": [],
    "quotes": [],
    "start": None,
    "note": "no gate is named",
}
TEXT = "By the gate (102 people), by the door (50 people)."


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "questions.jsonl"
    path.write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows),
        encoding="utf-8",
    )
    return path


@pytest.fixture
def seed_folder(evaluation_data: Path) -> Path:
    if not any((evaluation_data / "seed").glob("*.txt")):
        pytest.skip(f"no seed/*.txt in {evaluation_data} (EVALUATION_DATA names it)")
    return evaluation_data


def article_language(article_id: str | None) -> str:
    assert article_id is not None
    return article_id.split("-")[1]


# The seed questions


def test_seed_questions_are_enough_in_each_of_four_languages() -> None:
    counts = Counter(question.language for question in SEED)
    assert set(counts) == {"en", "de", "es", "ru"} and min(counts.values()) >= 7, counts
    assert {question.kind for question in SEED} == set(KINDS)
    assert sum(not question.answerable for question in SEED) >= 8


def test_seed_questions_fit_the_seed_article(seed_folder: Path) -> None:
    text = seed_text(seed_folder)
    for question in SEED:
        placed = place(question, text)
        for span in (*placed.short_answers, *placed.quotes, *placed.all_answers):
            assert text[span.start : span.end] == span.text, question.origin


def test_the_seed_file_is_canonical_as_it_is(seed_folder: Path) -> None:
    [path] = (seed_folder / "seed").glob("*.txt")
    with path.open(encoding="utf-8", newline="") as file:
        assert file.read() == seed_text(seed_folder)


def test_the_crossing_and_the_district_are_told_apart() -> None:
    crossing = [question for question in SEED if question.quotes[:1] == ("Ishkashim (102 personnes)",)]
    district = [question for question in SEED if question.quotes[:1] == ("Langar (50 personnes)",)]
    assert "How many soldiers entered via Ishkashim?" in {question.text for question in crossing}
    assert all(question.short_answers[0] == "102" for question in crossing)
    assert all(question.short_answers[0] == "50" for question in district)
    assert len(crossing) >= 2 and len(district) >= 2


# The gate questions


def test_gate_questions_fit_the_samples() -> None:
    check_against(GATE, TEXTS)


def test_every_placed_span_is_verbatim() -> None:
    for question in GATE:
        text = TEXTS[question.article_id or ""]
        placed = place(question, text)
        for span in (*placed.short_answers, *placed.quotes, *placed.all_answers):
            assert text[span.start : span.end] == span.text, question.origin


def test_gate_questions_are_sixty_and_mixed() -> None:
    assert len(GATE) == 60
    assert {question.language for question in GATE} == LANGUAGES
    assert {article_language(question.article_id) for question in GATE} == LANGUAGES
    crossing = [question for question in GATE if question.language != article_language(question.article_id)]
    assert len(crossing) >= 35
    assert {question.kind for question in GATE if question.answerable} == set(KINDS)
    assert sum(not question.answerable for question in GATE) == 14


def test_every_language_is_asked_in_and_about_with_an_answer() -> None:
    answerable = [question for question in GATE if question.answerable]
    asked = Counter(question.language for question in answerable)
    told = Counter(article_language(question.article_id) for question in answerable)
    assert min(asked[language] for language in LANGUAGES) >= 5, asked
    assert min(told[language] for language in LANGUAGES) >= 5, told


def test_articles_that_agree_or_differ_are_others_than_the_first() -> None:
    for question in GATE:
        others = [other.article_id for other in (*question.also, *question.differs)]
        assert question.article_id not in others, question.origin
        assert (question.article_id in question.proving_articles) == question.answerable


def test_some_gate_questions_have_articles_that_agree_or_differ() -> None:
    assert sum(bool(question.also) for question in GATE) >= 3
    assert sum(bool(question.differs) for question in GATE) >= 4


@pytest.mark.parametrize("question", [*SEED, *GATE], ids=lambda question: str(question.id))
def test_quotes_are_short(question: OwnQuestion) -> None:
    most = QUOTE_CHARACTERS if question.article_id else SEED_QUOTE_CHARACTERS
    assert all(len(quote) <= most for quote in question.quotes)


def test_ids_are_unique_over_both_files() -> None:
    ids = [question.id for question in (*SEED, *GATE)]
    assert len(set(ids)) == len(ids)


# Bad rows and texts


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "riddle"}, "allowed: number, person"),
        ({"language": "English"}, "allowed: a code"),
        ({"question": "  "}, "empty id or question"),
        ({"start": -1}, "allowed: 0 or more"),
        ({"start": True}, "wrong type"),
        ({"start": None}, "are missing"),
        ({"answerable": "yes"}, "wrong type"),
        ({"short_answers": []}, "are missing"),
        ({"short_answers": ["102", ""]}, "not empty"),
        ({"short_answers": ["102", "102"]}, "twice"),
        ({"quotes": ["gate ("]}, "contains no short answer"),
        ({"all_answers": ["102", "50"]}, "another kind has none"),
        ({"kind": "list"}, "two or more all_answers"),
        ({"answerable": False}, "but it has answers"),
        ({"also": ["b"]}, "objects with article_id"),
        ({"also": [{"article_id": "b", "short_answers": []}]}, "a list of texts"),
        ({"differs": [{"article_id": "b", "short_answers": "50"}]}, "a list of texts"),
        ({"answer": "102"}, "got the field 'answer'"),
    ],
)
def test_a_bad_row_is_told_with_file_and_line(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    path = written(tmp_path, {**ROW, "id": "q-0", "question": "Who?"}, {**ROW, **change})
    with pytest.raises(EvaluationError, match=told) as caught:
        load_gate_questions(path)
    assert str(caught.value).startswith("questions.jsonl:2: ")


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    row = {name: value for name, value in ROW.items() if name != "article_id"}
    with pytest.raises(EvaluationError, match=r"questions\.jsonl:1: the field 'article_id' is missing"):
        load_gate_questions(written(tmp_path, row))
    assert load_seed_questions(written(tmp_path, row))[0].article_id is None


def test_a_question_that_is_not_stated_says_why(tmp_path: Path) -> None:
    [question] = load_gate_questions(written(tmp_path, NOT_STATED))
    assert question.proving_articles == frozenset()
    assert place(question, TEXT).short_answers == ()
    with pytest.raises(EvaluationError, match="no note says why"):
        load_gate_questions(written(tmp_path, {**NOT_STATED, "note": ""}))


@pytest.mark.parametrize("twice", ["id", "question"])
def test_the_same_twice_is_refused(tmp_path: Path, twice: str) -> None:
    other = {**ROW, "id": "q-2", "question": "Who came?", twice: ROW[twice]}
    with pytest.raises(EvaluationError, match=r"questions\.jsonl:2: .* stands in questions\.jsonl:1"):
        load_gate_questions(written(tmp_path, ROW, other))


@pytest.mark.parametrize("line", [b"{", b"\xff\xfe", b"[1]", b""])
def test_a_line_that_is_no_object_is_told(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b"\n" + line + b"\n")
    with pytest.raises(EvaluationError, match=r"questions\.jsonl:2: "):
        load_gate_questions(path)


def test_a_missing_file_or_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no question file"):
        load_seed_questions(tmp_path / "absent.jsonl")
    with pytest.raises(EvaluationError, match="set EVALUATION_DATA"):
        seed_text(tmp_path)
    with pytest.raises(EvaluationError, match=r"no \*\.jsonl"):
        sample_texts(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"start": 12}, "allowed: the first short answer"),
        ({"start": 2000}, "allowed: the first short answer"),
        ({"short_answers": ["102", "102 persons"]}, "'102 persons' stands nowhere within"),
        ({"quotes": ["door (102 people)"]}, "stands nowhere within"),
        ({"article_id": "b"}, "got the article 'b'"),
        ({"also": [{"article_id": "c", "short_answers": ["102"]}]}, "got the article 'c'"),
        ({"differs": [{"article_id": "a", "short_answers": ["77"]}]}, "'77' is not in a"),
    ],
)
def test_a_row_that_does_not_fit_its_text_is_told(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    row = {**ROW, **change}
    questions = load_gate_questions(written(tmp_path, row))
    with pytest.raises(EvaluationError, match=told) as caught:
        check_against(questions, {"a": TEXT})
    assert str(caught.value).startswith("questions.jsonl:1: ")


def test_a_quote_at_another_place_than_the_answer_is_refused(tmp_path: Path) -> None:
    text = "Here 102. There " + "and so on " * 60 + "gate (102 people)."
    row = {**ROW, "start": text.index("102"), "short_answers": ["102"]}
    with pytest.raises(EvaluationError, match="stands nowhere within"):
        place(load_gate_questions(written(tmp_path, row))[0], text)


def test_other_articles_are_typed(tmp_path: Path) -> None:
    other = {"article_id": "b", "short_answers": ["102"]}
    [question] = load_gate_questions(written(tmp_path, {**ROW, "also": [other]}))
    assert question.also == (OtherArticle("b", ("102",)),)
    assert question.proving_articles == {"a", "b"}


@settings(deadline=None)
@given(
    before=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200),
    after=st.text(max_size=50),
)
def test_placing_finds_the_answer_at_its_start_whatever_stands_around(before: str, after: str) -> None:
    text = f"{before}{TEXT}{after}"
    question = next(one for one in GATE if one.kind == "number")
    start = len(before) + TEXT.index("102")
    changed = replace(
        question, short_answers=("102", "102 people"), quotes=("gate (102 people)",), start=start
    )
    placed = place(changed, text)
    assert placed.short_answers[0].start == start
    for span in (*placed.short_answers, *placed.quotes):
        assert text[span.start : span.end] == span.text
