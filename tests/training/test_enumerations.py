"""Written lists: every answer is where its offsets say and belongs to the member asked for."""

import re
import tomllib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.enumerations import (
    FOLDER,
    LANGUAGES,
    Enumeration,
    Name,
    names_in_questions,
    respelt,
    unit_form,
    with_enumerations,
    write_enumeration,
    written_figure,
)
from training.training_data import Context, TrainingData, TrainingQuestion

NAMES = ["Lovell", "Quimby", "Arbroath", "Tennant", "Osmond", "Kilburn"]


def written(seed: int) -> Enumeration:
    return write_enumeration(np.random.default_rng(seed), NAMES)


@given(st.integers(0, 2**40))
@settings(max_examples=150, deadline=None)
def test_passage_has_no_field_or_mark_left_and_spans_lie_inside(seed: int) -> None:
    passage = written(seed)
    for text in (passage.text, *(asked.text for asked in passage.questions)):
        assert not re.search(r"[{}\ue000-\uf8ff]", text)
        assert text == text.strip() and "  " not in text
    for asked in passage.questions:
        assert asked.language in LANGUAGES
        if asked.span:
            start, end = asked.span
            assert passage.text[start:end].strip() == passage.text[start:end] != ""
            assert not passage.text[end : end + 1].isdigit() and not passage.text[start - 1 : start].isdigit()


@given(st.integers(0, 2**40))
@settings(max_examples=150, deadline=None)
def test_answer_is_the_figure_or_the_name_of_the_member_asked_for(seed: int) -> None:
    passage = written(seed)
    for asked in passage.questions:
        if asked.kind in ("absent", "absent-figure", "other", "without-figure"):
            assert asked.span is None
        if asked.member is None or asked.span is None or asked.member.value is None:
            continue
        answer = passage.text[slice(*asked.span)]
        if asked.kind == "reverse":
            assert answer.lower() in {
                form.lower() for form in asked.member.name.cases(passage.language).values()
            }
            continue
        digits = re.sub(r"\D", "", answer)
        kept = (str(asked.member.value), str(asked.member.value // 10))  # whole, or tenths that end in .0
        assert not digits or digits in kept or re.search(r"[^\W\d]", answer)
        name = asked.member.name.cases(passage.language).values()
        assert any(form.lower() in passage.text.lower() for form in name)


@given(st.integers(0, 2**40))
@settings(max_examples=100, deadline=None)
def test_figure_in_brackets_follows_the_name_asked_for(seed: int) -> None:
    passage = written(seed)
    for asked in passage.questions:
        if asked.kind != "member" or asked.member is None or asked.span is None or asked.member.district:
            continue
        start, end = asked.span
        if passage.text[start - 2 : start] == " (" and passage.text[end : end + 1] == ")":
            assert (
                passage.text[: start - 2].lower().endswith(asked.member.name.forms[passage.language].lower())
            )


def test_kinds_and_languages_of_many_passages_are_as_planned() -> None:
    questions = [(passage, asked) for passage in map(written, range(600)) for asked in passage.questions]
    kinds = Counter(asked.kind for _, asked in questions)
    assert set(kinds) == {
        "member",
        "total",
        "reverse",
        "absent",
        "other",
        "absent-figure",
        "without-figure",
    }
    assert 0.18 < sum(asked.span is None for _, asked in questions) / len(questions) < 0.32
    assert (
        0.44 < sum(asked.language == passage.language for passage, asked in questions) / len(questions) < 0.56
    )
    pairs = {(passage.language, asked.language) for passage, asked in questions}
    assert len(pairs) == len(LANGUAGES) ** 2


def test_training_data_gets_stable_passages_behind_its_own() -> None:
    own = TrainingQuestion("q", "en", "qamr-sentences", "Where did Lovell go?", 0, 0, 2)
    data = TrainingData([Context("c", "en", "He went home.")], [own], [own])
    first, longer = with_enumerations(data, 5, seed=7), with_enumerations(data, 9, seed=7)
    assert first.contexts == longer.contexts[:6] and first.contexts[0].id == "c"
    assert first.questions == longer.questions[: len(first.questions)]
    assert first.held_out == [own] and first.questions[0] == own
    added = first.questions[1:]
    assert {question.source for question in added} == {"list"}
    assert len({question.id for question in added}) == len(added)
    assert all(question.text and 1 <= question.context < 6 for question in added)
    assert with_enumerations(data, 5, seed=8).contexts[1:] != first.contexts[1:]


def test_names_of_questions_leave_out_common_and_first_words() -> None:
    texts = ["Where did Quimby meet Lovell in December?", "Tennant won what?"]
    questions = [TrainingQuestion(text, "en", "s", text, 0, None, None) for text in texts]
    assert names_in_questions(TrainingData([], questions, [])) == ["Lovell", "Quimby"]


@pytest.mark.parametrize(
    ("value", "form"),
    [(1, "голос"), (2, "голоса"), (5, "голосов"), (11, "голосов"), (21, "голос"), (113, "голосов")],
)
def test_russian_unit_has_the_form_of_its_number(value: int, form: str) -> None:
    assert unit_form(["голос", "голоса", "голосов"], value, "count", "ru") == form


def test_figures_are_written_the_way_of_the_language() -> None:
    assert written_figure(1037, "count", "de", ".", False, "") == "1.037"
    assert written_figure(1037, "count", "ru", "\u00a0", True, "") == "1\u00a0037"
    assert written_figure(7, "count", "fr", " ", True, "") == "sept"
    assert written_figure(125, "decimal", "en", ",", False, "") == "12.5"
    assert written_figure(120, "decimal", "es", ".", False, "") == "12"
    assert written_figure(59, "date", "en", ",", False, "{day} {month}") == "1 March"
    assert written_figure(364, "date", "de", ".", False, "{day}. {month}") == "31. Dezember"


def test_names_are_respelt_by_sound_and_inflected_in_russian() -> None:
    assert [respelt("Khushor", language) for language in LANGUAGES] == [
        "Khushor",
        "Khouchor",
        "Jushor",
        "Chuschor",
        "Хушор",
    ]
    cases = Name({"ru": "Гулдара"}).cases("ru")
    assert cases["name_in"] == "Гулдаре" and cases["name_acc"] == "Гулдару" and cases["name_gen"] == "Гулдары"
    kept = Name({"ru": "Тосково"}).cases("ru")
    assert kept["name_in"] == "Тосково" and kept["name_adj"] == "Тосковского"


def test_every_language_has_the_same_subjects_with_the_same_fields() -> None:
    texts = {language: tomllib.loads((FOLDER / f"{language}.toml").read_text()) for language in LANGUAGES}
    told = tomllib.loads((FOLDER / "members.toml").read_text())
    for subject in told["subjects"]:
        for field in ("ask", "reverse", "other", "leads", "prose"):
            assert all(texts[language][subject][field] for language in LANGUAGES)
        assert len({"total" in texts[language][subject] for language in LANGUAGES}) == 1
        assert len({"after" in texts[language][subject] for language in LANGUAGES}) == 1
    for kind in told["members"]["en"]:
        assert len({len(told["members"][language][kind]) for language in LANGUAGES}) == 1
