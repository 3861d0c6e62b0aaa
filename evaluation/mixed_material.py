"""Evaluation sets and samples in; articles that stay, articles that change, and questions on them out."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.ask_own import sample_files
from evaluation.bench_archive import other_figures, real_articles
from evaluation.conversations import load_conversations
from evaluation.evaluation_sets import EvaluationSets, SetQuestion, SourceArticle, load_sets
from evaluation.mixed_editions import Edition, edition_of
from service.answering.question import Turn

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the turns before it."""

    text: str
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Articles as lines of JSON would bring them in, and what is asked."""

    staying: list[dict[str, str]]
    changing: list[SourceArticle]
    questions: list[Asked]
    about: dict[str, list[Asked]]
    """Questions on the articles that change, by their ids."""


def mixed_material(data: Path, seed: int, staying: int, changing: int) -> Material:
    """Draw articles that stay (the samples beside them) and such that change; raises EvaluationError."""
    sets = load_sets(data, 0, seed)
    chance = random.Random(seed)
    articles = real_articles(sets)
    drawn = chance.sample(articles, min(len(articles), staying + changing))
    asked_about: dict[str, list[SetQuestion]] = {}
    for question in _questions(sets):
        asked_about.setdefault(question.article_id or "", []).append(question)
    # What changes must be asked for, so that an answer on an old version would be seen.
    with_questions = [one for one in drawn if one.id in asked_about][:changing]
    ids = {one.id for one in with_questions}
    kept = [one for one in drawn if one.id not in ids][:staying]
    # Three of four on a story that is there, in whatever language; the others are refused.
    stories = {one.story for one in (*kept, *with_questions)}
    known = [one for one in _questions(sets) if one.story in stories]
    others = [one for one in _questions(sets) if one.story not in stories]
    others = chance.sample(others, min(len(others), len(known) // 3))
    questions = [Asked(one.text, one.history) for one in (*known, *others)]
    questions += [Asked(one.question, one.history) for one in load_conversations()]
    return Material(
        staying=[*(_plain(one).to_item() for one in kept), *_samples()],
        changing=[_plain(one) for one in with_questions],
        questions=questions,
        about={
            _plain(one).id: [Asked(question.text) for question in asked_about[one.id]]
            for one in with_questions
        },
    )


def changed(source: SourceArticle, chance: random.Random, number: int) -> tuple[dict[str, str], Edition]:
    """A version of an article that none before was: other figures, and `number`, never the same, at its end."""
    item = replace(source, text=other_figures(source.text, chance, number)).to_item()
    return item, edition_of(item)


def _plain(article: SourceArticle) -> SourceArticle:
    """With an id that the service uses as it is."""
    return replace(article, id=_NOT_PLAIN.sub("-", article.id))


def _questions(sets: EvaluationSets) -> Iterator[SetQuestion]:
    lists: Sequence[Sequence[SetQuestion]] = (
        *sets.xquad_questions.values(),
        sets.squad2_questions,
        sets.piaf_questions,
        sets.news_questions,
    )
    return (question for questions in lists for question in questions)


def _samples() -> Iterator[dict[str, str]]:
    for path in sample_files():
        for line in path.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            del item["tags"]  # without the mark of a sample, with which the first other article removes them
            yield item
