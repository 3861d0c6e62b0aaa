"""Answers and the question in; the answers ranked, with the figures that tell how sure the first one is, out."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from service.answering.answer_type import AnswerType, asks_for_several, expected_type, fits
from service.answering.contradiction import denial_unmet, year_contradicted
from service.answering.group_answers import AnswerGroup
from service.answering.question_names import Name, is_found, named, prepare_text, share_found
from service.answering.read_passages import Reading
from service.answering.understand_question import Understood

# Log-odds that stand for those of other articles where none was read: their mean on the development questions.
OTHER_ARTICLES = -4.5
# What the ranking adds to the reader's log-odds and the passage's score; chosen on the development questions.
NAMES_WEIGHT = 2.0  # all names of the question stand in the passage, against none
UNFIT = 4.0  # the span cannot be what is asked for: a name for a number
AGREEMENT_WEIGHT = 0.5  # a further article says the same


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for."""

    text: str
    language: str
    names: tuple[Name, ...]
    type: AnswerType | None
    several: bool

    @classmethod
    def of(cls, understood: Understood, is_common: Callable[[str], bool]) -> "Asked":
        """Look at the words of the question; `is_common` tells words that are no names (see common_words.py)."""
        text, language = understood.standalone, understood.language
        return cls(
            text,
            language,
            named(text, language, is_common),
            expected_type(text, language),
            asks_for_several(text, language),
        )


@dataclass(frozen=True, slots=True)
class RankedAnswer:
    """An answer with what speaks for it."""

    group: AnswerGroup
    names: float
    """Share of the question's names that the best reading's passage holds, its article's title included."""
    fits: bool | None
    """Whether it can be what is asked for; None where that cannot be told."""

    @property
    def best(self) -> Reading:
        """The reading that speaks for it."""
        return self.group.best

    @property
    def total(self) -> float:
        """What answers are ranked by, in log-odds."""
        return (
            self.best.total
            + NAMES_WEIGHT * self.names
            - UNFIT * (self.fits is False)
            + AGREEMENT_WEIGHT * (self.group.articles - 1)
        )


def rank_answers(
    groups: Sequence[AnswerGroup], asked: Asked, headings: Mapping[str, str]
) -> list[RankedAnswer]:
    """Best first; `headings` by article: title and date, which every passage of it tells too."""
    shares: dict[str, float] = {}
    ranked = []
    for group in groups:
        passage, language = group.best.found.passage, group.best.found.language
        if passage.id not in shares:
            text = prepare_text(f"{headings[passage.article_id]}\n{passage.text}", language)
            shares[passage.id] = share_found(asked.names, text, asked.language)
        fitting = fits(asked.type, group.best.text, language) if asked.type else None
        ranked.append(RankedAnswer(group, shares[passage.id], fitting))
    return sorted(ranked, key=lambda answer: -answer.total)


def missing_names(readings: Sequence[Reading], asked: Asked, headings: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the question that no passage of the readings mentions, as the question writes them."""
    found = {reading.found.passage.id: reading.found for reading in readings}.values()
    texts = [
        prepare_text(f"{headings[one.passage.article_id]}\n{one.passage.text}", one.language) for one in found
    ]
    return tuple(
        name.text
        for name in asked.names
        if all(is_found(name, text, asked.language) is False for text in texts)
    )


def language_pair(asked: Asked, answer: RankedAnswer) -> str:
    """Languages of the question and of the article, as "en-fr": what the calibration may tell apart."""
    return f"{asked.language.split('-')[0]}-{answer.best.found.language.split('-')[0]}"


def _best_of_other_articles(ranked: Sequence[RankedAnswer]) -> list[float]:
    """The highest score of each article that does not say the same as the first answer."""
    agreeing = {reading.found.passage.article_id for reading in ranked[0].group.readings}
    best: dict[str, float] = {}
    for reading in (reading for answer in ranked[1:] for reading in answer.group.readings):
        article = reading.found.passage.article_id
        if article not in agreeing:
            best[article] = max(reading.score, best.get(article, reading.score))
    return list(best.values())


def signals(ranked: Sequence[RankedAnswer], asked: Asked, headings: Mapping[str, str]) -> dict[str, float]:
    """The signals of the first answer; `confidence.json` holds what each is worth. NaN where one cannot be told.

    How high the reader scores depends on the kind of text and on the languages: right answers in French news have lower
    log-odds than written near misses in an encyclopaedia. So what other articles give for the same question counts
    beside it, as in the test normalisation of Auckenthaler et al. 2000: their mean, since the best of them may tell the
    same story.
    """
    first = ranked[0]
    best = first.best
    passage, language = best.found.passage, best.found.language
    others = _best_of_other_articles(ranked)
    sentence = passage.text[best.sentence[0] - passage.start : best.sentence[1] - passage.start]
    told = f"{headings[passage.article_id]}\n{passage.text}"
    return {
        "score": best.score,
        "others_below": -(fmean(others) if others else OTHER_ARTICLES),
        "sharpness": best.sharpness,
        "agreement": float(first.group.articles - 1),
        "names": first.names if asked.names else math.nan,
        # Leads are smaller where question and passage differ in language, also those of right answers.
        "crossing": float(asked.language.split("-")[0] != language.split("-")[0]),
        "denial_met": float(not denial_unmet(asked.text, asked.language, sentence, language)),
        "year_met": float(not year_contradicted(asked.text, sentence, told)),
        "type_fits": math.nan if first.fits is None else float(first.fits),
    }
