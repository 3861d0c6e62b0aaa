"""Settings and sets in; every question of the diluted news pool, asked with the reader and without, judged, out."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluation.attempts import Ask, Attempts, DenseBestSentence, Unfiltered, WholeService
from evaluation.evaluation_sets import EvaluationSets
from evaluation.judge_answers import Judged
from evaluation.measure_reading import NO_READER, READER
from evaluation.measure_whole import attempt_all, questions_of_the_pool, questions_on_spanish
from evaluation.open_reader import OpenedReader
from evaluation.pools import Pool, open_pool
from evaluation.remember_vectors import RememberingEncoder
from indexing.archive.encoder import Encoder
from service.answering.pipeline import Answering
from service.answering.question import Question


async def ask_pool(
    sets: EvaluationSets,
    encoder: Encoder,
    remembering: RememberingEncoder,
    opened: OpenedReader,
    folder: Path,
    sample: int,
    seed: int,
    max_characters: int,
) -> dict[str, list[Judged]]:
    """Judged answers by method; the service itself encodes anew, so that its times are those of a user.

    The Spanish paragraphs stand in an archive of their own, so that the pool of the goals stays what it is.
    """
    pools = (
        ("news-diluted-whole", sets.squad2_articles, questions_of_the_pool(sets, sample, seed)),
        ("news-diluted-spanish", sets.squad_es_articles, questions_on_spanish(sets, sample, seed)),
    )
    found: dict[str, list[Judged]] = {}
    for name, others, asked in pools:
        articles = [*sets.news_articles, *others]
        async with open_pool(name, articles, remembering, folder, max_characters) as pool:
            for method, attempts in _methods(pool, encoder, remembering, opened).items():
                judged = await attempt_all(method, attempts, asked, pool.homes)
                found.setdefault(method, []).extend(judged)
    return found


def _methods(
    pool: Pool, encoder: Encoder, remembering: RememberingEncoder, opened: OpenedReader
) -> Mapping[str, Attempts]:
    answering = opened.answering(pool.archive, encoder, threshold=0.0)
    answering.warm_up()
    return {
        READER: WholeService(pool.archive, without_threshold(answering, opened.confidence.threshold)),
        NO_READER: DenseBestSentence(pool.archive, remembering),
    }


def without_threshold(answering: Answering, threshold: float) -> Ask:
    """Ask `answering`, which refuses nothing that it can read; an answer of `threshold` or more would be given."""

    async def ask(question: Question) -> Unfiltered:
        answer, signals = await answering.ask_with_signals(question)
        sure = answer.confidence is not None and answer.confidence >= threshold
        return Unfiltered(answer, signals, answer.answered and sure)

    return ask


def cases_as_rows(judged: Sequence[Judged]) -> list[dict[str, object]]:
    """One row a question for a JSON lines file: what it was, what came out, and its signals."""
    return [
        {
            "id": one.question.id,
            "part": one.part,
            "kind": one.question.kind,
            "group": one.group,
            "answerable": one.question.answerable,
            "right": one.right,
            "holds": one.holds,
            "article_first": one.article_first,
            "question": one.question.standalone or one.question.text,
            "answer": one.attempt.text,
            "quotes": [quoted.quote for quoted in one.attempt.quoted],
            "acceptable": [span.text for span in one.question.answers],
            "confidence": one.attempt.confidence,
            "given": one.attempt.given,
            "pair": one.case().pair,
            "attempted": bool(one.attempt.text),
            # JSON has no NaN.
            "features": {
                name: value if math.isfinite(value) else None for name, value in one.attempt.features.items()
            },
        }
        for one in judged
    ]
