"""Evaluation sets in; answers of the whole service to questions of all of them, and whole articles as answers, out."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from evaluation.evaluation_sets import EvaluationSets, SetQuestion, SourceArticle, draw
from evaluation.kept_answers import KeptAnswers
from evaluation.open_reader import OpenedReader
from evaluation.pools import open_pool
from evaluation.remember_vectors import RememberingEncoder
from service.answering.answer import Answer, Citation, CitedArticle, Statement
from service.answering.question import QUESTION_LIMIT, Question

AT_ONCE = 2
MAX_CHARACTERS = 5_000_000


def questions_of(sets: EvaluationSets, each: int, seed: int) -> list[SetQuestion]:
    """At most `each` questions of every set and language; of the news, all."""
    drawn = [
        *(draw(questions, each, seed) for questions in sets.xquad_questions.values()),
        draw(sets.squad2_questions, each, seed),
        draw(sets.squad_es_questions, each, seed),
        draw(sets.afriqa_questions, each, seed),
        draw(sets.piaf_questions, each, seed),
        sets.news_questions,
    ]
    return [question for questions in drawn for question in questions]


def articles_of(sets: EvaluationSets) -> list[SourceArticle]:
    """The articles of every set."""
    return [
        *(article for articles in sets.xquad_articles.values() for article in articles),
        *sets.squad2_articles,
        *sets.squad_es_articles,
        *sets.afriqa_articles,
        *sets.piaf_articles,
        *sets.news_articles,
    ]


async def ask_all(
    articles: Sequence[SourceArticle],
    questions: Sequence[SetQuestion],
    encoder: RememberingEncoder,
    opened: OpenedReader,
    folder: Path,
    kept: KeptAnswers,
) -> list[Answer]:
    """Ask one archive of all articles as a face would, follow-ups by their full wording; refusals are answers too.

    What `kept` has is not asked again.
    """
    left = [question for question in questions if kept.get(question.id) is None]
    if left:
        await _ask(articles, left, encoder, opened, folder, kept)
    return [answer for question in questions if (answer := kept.get(question.id)) is not None]


async def _ask(
    articles: Sequence[SourceArticle],
    questions: Sequence[SetQuestion],
    encoder: RememberingEncoder,
    opened: OpenedReader,
    folder: Path,
    kept: KeptAnswers,
) -> None:
    async with open_pool("slack", articles, encoder, folder, MAX_CHARACTERS) as pool:
        answering = opened.answering(pool.archive, encoder)
        progress = tqdm(
            total=len(questions), desc="answers", delay=2, disable=None, leave=False, file=sys.stderr
        )
        turns = asyncio.Semaphore(AT_ONCE)

        async def ask(question: SetQuestion) -> None:
            async with turns:
                text = (question.standalone or question.text)[:QUESTION_LIMIT]
                kept.keep(question.id, await answering.ask(Question(text)))
                progress.update()

        await asyncio.gather(*map(ask, questions))


def whole_article(article: SourceArticle) -> Answer:
    """An answer that quotes all of an article, which no block can hold where the article is long."""
    cited = CitedArticle(article.id, "v1", article.title, None, None, article.language, None)
    citation = Citation(1, article.text, 0, len(article.text), "p1", cited, translation=article.text)
    return Answer(
        id="ans_whole",
        question=article.title,
        standalone_question=article.title,
        language=article.language,
        answered=True,
        answer=f"{article.text} [1]",
        statements=(Statement(article.text, (1,), 0, len(article.text)),),
        citations=(citation,),
    )
