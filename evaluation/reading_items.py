"""The evaluation sets in; questions beside the very passage that answers them, or does not, out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from evaluation.evaluation_sets import (
    XQUAD_LANGUAGES,
    EvaluationSets,
    SetQuestion,
    SourceArticle,
    draw,
)
from indexing.canonical_text import canonical_text

CROSSED = (("en", "es"), ("en", "de"), ("en", "ru"), ("ru", "en"))
OTHER = "other"

KindOf = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class ReadingItem:
    """One question on one passage; without answers the passage does not state it."""

    question: str
    passage: str
    answers: tuple[str, ...]
    kind: str
    group: str
    """The source article: its questions stay together when a threshold is chosen."""
    id: str = ""
    """Of the question; in a crossing set, of its wording in the passage's language."""


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """Items of one pair of languages, and under which heading the report shows them."""

    name: str
    heading: str
    asked: str
    told: str
    items: list[ReadingItem]


def reading_sets(sets: EvaluationSets, kind_of: KindOf, sample: int, seed: int) -> list[ReadingSet]:
    """Every set that is read on its gold passages; `kind_of` names what a question of a language asks for."""
    return list(_reading_sets(sets, kind_of, sample, seed))


def _reading_sets(sets: EvaluationSets, kind_of: KindOf, sample: int, seed: int) -> Iterator[ReadingSet]:
    for language in XQUAD_LANGUAGES:
        yield _xquad(sets, kind_of, language, language, "same language")
    for asked, told in CROSSED:
        yield _xquad(sets, kind_of, asked, told, "crossing")
    yield ReadingSet("piaf", "french", "fr", "fr", _items(sets.piaf_questions, sets.piaf_articles, kind_of))
    yield _news(sets, kind_of)
    squad2 = draw(sets.squad2_questions, sample, seed)
    yield ReadingSet("squad2", "refusals", "en", "en", _items(squad2, sets.squad2_articles, kind_of))
    yield ReadingSet(
        "squad-es-v2",
        "refusals",
        "es",
        "es",
        _items(draw(sets.squad_es_questions, sample, seed), sets.squad_es_articles, kind_of),
    )
    afriqa = sets.afriqa_questions
    yield ReadingSet("afriqa, Fon", "extra", "fon", "fr", _items(afriqa, sets.afriqa_articles, kind_of))
    worded = [_reworded(question) for question in afriqa]
    yield ReadingSet(
        "afriqa, French wording", "extra", "fr", "fr", _items(worded, sets.afriqa_articles, kind_of)
    )


def _xquad(sets: EvaluationSets, kind_of: KindOf, asked: str, told: str, heading: str) -> ReadingSet:
    """The wording of one language on the passage and answers of another, joined by the parallel question."""
    wordings = {_parallel(question): question for question in sets.xquad_questions[asked]}
    questions = [
        (wordings[_parallel(question)], question)
        for question in sets.xquad_questions[told]
        if _parallel(question) in wordings
    ]
    texts = {article.id: article for article in sets.xquad_articles[told]}
    items = [
        _item(wording.text, question, texts[str(question.article_id)], kind_of(wording.text, asked) or OTHER)
        for wording, question in questions
    ]
    return ReadingSet(f"xquad {asked} → {told}", heading, asked, told, items)


def _parallel(question: SetQuestion) -> str:
    return question.id.rpartition("-")[0]


def _news(sets: EvaluationSets, kind_of: KindOf) -> ReadingSet:
    """All news questions on their whole article; follow-ups by their full wording. Off-topic ones have no article."""
    questions = [question for question in sets.news_questions if question.article_id is not None]
    items = _items(questions, sets.news_articles, kind_of)
    return ReadingSet("news, gold article", "news", "en+de+es+ru", "fr", items)


def _reworded(question: SetQuestion) -> SetQuestion:
    return SetQuestion(
        id=question.id,
        language="fr",
        text=question.pivot or question.text,
        article_id=question.article_id,
        story=question.story,
        answers=question.answers,
        answerable=question.answerable,
        kind=question.kind,
    )


def _items(
    questions: Sequence[SetQuestion], articles: Sequence[SourceArticle], kind_of: KindOf
) -> list[ReadingItem]:
    known = {article.id: article for article in articles}
    return [
        _item(
            question.standalone or question.text,
            question,
            known[str(question.article_id)],
            question.kind or kind_of(question.text, question.language) or OTHER,
        )
        for question in questions
    ]


def _item(wording: str, question: SetQuestion, article: SourceArticle, kind: str) -> ReadingItem:
    answers = tuple(span.text for span in question.answers) if question.answerable else ()
    return ReadingItem(
        wording, canonical_text(article.text), answers, kind, article.title or article.id, question.id
    )
