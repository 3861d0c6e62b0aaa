"""The folder of evaluation sets in; articles and sampled questions with exact answer spans out."""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from evaluation.errors import EvaluationError
from indexing.canonical_text import canonical_text
from service.answering.question import Turn

XQUAD_LANGUAGES = ("en", "es", "de", "ru")
NEEDED = (
    *(
        f"xquad/{kind}.{language}.jsonl.gz"
        for kind in ("articles", "questions")
        for language in XQUAD_LANGUAGES
    ),
    "squad2/articles.en.jsonl.gz",
    "squad2/questions.en.jsonl.gz",
    "squad-es-v2/articles.es.jsonl.gz",
    "squad-es-v2/questions.es.jsonl.gz",
    "afriqa/articles.jsonl.gz",
    "afriqa/questions.jsonl.gz",
    "piaf/articles.fr.jsonl.gz",
    "piaf/questions.fr.jsonl.gz",
    "wikinews-fr/articles.fr.jsonl.gz",
    "news-en-on-fr/questions.jsonl",
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SourceArticle:
    """An article as a set has it; `story` joins the translations of one paragraph (else it is the id)."""

    id: str
    story: str
    language: str
    title: str
    text: str
    source: str

    def to_item(self) -> dict[str, str]:
        """The article as a line of JSON would bring it in: without a language, which is left to detection."""
        return {"id": self.id, "title": self.title, "text": self.text, "source": self.source}


@dataclass(frozen=True, slots=True)
class Span:
    """An acceptable answer: offsets in the canonical text of its article."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """A question of a set with the article that answers it; an unanswerable one has no spans."""

    id: str
    language: str
    text: str
    article_id: str | None
    story: str | None
    answers: tuple[Span, ...]
    answerable: bool
    kind: str
    standalone: str = ""
    """A follow-up in full; empty for a question that needs no turn before it."""
    all_spans: tuple[Span, ...] = ()
    """Of a list: every span that is needed."""
    pivot: str = ""
    """The same question in the language of its passage, where the set has it."""
    history: tuple[Turn, ...] = ()
    """Of a follow-up: the turns before it."""


@dataclass(frozen=True, slots=True)
class EvaluationSets:
    """Every set that the report measures; XQuAD by language."""

    xquad_articles: dict[str, list[SourceArticle]]
    xquad_questions: dict[str, list[SetQuestion]]
    squad2_articles: list[SourceArticle]
    squad2_questions: list[SetQuestion]
    """All of them: whoever asks draws, so that answerable and unanswerable ones can be drawn apart."""
    squad_es_articles: list[SourceArticle]
    squad_es_questions: list[SetQuestion]
    """All of them, too."""
    afriqa_articles: list[SourceArticle]
    afriqa_questions: list[SetQuestion]
    piaf_articles: list[SourceArticle]
    piaf_questions: list[SetQuestion]
    news_articles: list[SourceArticle]
    news_questions: list[SetQuestion]


def load_sets(folder: Path, sample: int, seed: int) -> EvaluationSets:
    """Read the sets; at most `sample` questions of each (0: all), the same ones in every language of XQuAD.

    Raises EvaluationError when the folder or a file of it is missing.
    """
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise EvaluationError(
            f"the evaluation sets are not in {folder} (missing: {missing[0]}"
            f"{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}); "
            "set EVALUATION_DATA, or --data, to the folder that holds them"
        )
    stories = sorted({row["parallel_id"] for row in _rows(folder / "xquad/questions.en.jsonl.gz")})
    drawn = set(draw(stories, sample, seed))
    xquad_articles = {
        language: _articles(folder / f"xquad/articles.{language}.jsonl.gz") for language in XQUAD_LANGUAGES
    }
    xquad_questions = {
        language: _questions(
            (
                row
                for row in _rows(folder / f"xquad/questions.{language}.jsonl.gz")
                if row["parallel_id"] in drawn
            ),
            xquad_articles[language],
        )
        for language in XQUAD_LANGUAGES
    }
    piaf_articles = _articles(folder / "piaf/articles.fr.jsonl.gz")
    piaf_questions = _questions(_rows(folder / "piaf/questions.fr.jsonl.gz"), piaf_articles)
    news_articles = _articles(folder / "wikinews-fr/articles.fr.jsonl.gz")
    squad2_articles = _articles(folder / "squad2/articles.en.jsonl.gz")
    squad_es_articles = _articles(folder / "squad-es-v2/articles.es.jsonl.gz")
    squad_es_questions = _questions(_rows(folder / "squad-es-v2/questions.es.jsonl.gz"), squad_es_articles)
    afriqa_articles = _articles(folder / "afriqa/articles.jsonl.gz")
    afriqa_questions = _questions(_rows(folder / "afriqa/questions.jsonl.gz"), afriqa_articles)
    return EvaluationSets(
        xquad_articles=xquad_articles,
        xquad_questions=xquad_questions,
        squad2_articles=squad2_articles,
        squad2_questions=_questions(_rows(folder / "squad2/questions.en.jsonl.gz"), squad2_articles),
        squad_es_articles=squad_es_articles,
        squad_es_questions=squad_es_questions,
        afriqa_articles=afriqa_articles,
        afriqa_questions=draw(afriqa_questions, sample, seed),
        piaf_articles=piaf_articles,
        piaf_questions=draw(piaf_questions, sample, seed),
        news_articles=news_articles,
        # The smallest set and the mission's own case: never sampled.
        news_questions=_questions(_rows(folder / "news-en-on-fr/questions.jsonl"), news_articles),
    )


def draw(everything: Sequence[T], sample: int, seed: int) -> list[T]:
    """Draw `sample` of them (0: all) in their own order; the same seed draws the same."""
    if sample <= 0 or sample >= len(everything):
        return list(everything)
    places = random.Random(seed).sample(range(len(everything)), sample)
    return [everything[place] for place in sorted(places)]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    for line in (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines():
        yield json.loads(line)


def _articles(path: Path) -> list[SourceArticle]:
    return [
        SourceArticle(
            row["id"],
            row.get("parallel_id", row["id"]),
            row["lang"],
            row["title"],
            row["text"],
            row["source"],
        )
        for row in _rows(path)
    ]


def _questions(rows: Iterator[dict[str, Any]], articles: Sequence[SourceArticle]) -> list[SetQuestion]:
    known = {article.id: article for article in articles}
    return [_question(row, known.get(row["article_id"])) for row in rows]


def _question(row: dict[str, Any], article: SourceArticle | None) -> SetQuestion:
    return SetQuestion(
        id=row["id"],
        language=row["lang"],
        text=row["question"],
        article_id=row["article_id"],
        story=article.story if article else None,
        answers=tuple(_span(answer, article.text) for answer in row["answers"]) if article else (),
        answerable=row["answerable"],
        kind=row.get("kind", ""),
        standalone=row.get("standalone", ""),
        all_spans=tuple(_span(one, article.text) for one in row.get("all_spans", ())) if article else (),
        pivot=row.get("question_pivot", ""),
        history=tuple(Turn(turn["role"], turn["content"]) for turn in row.get("history", ())),
    )


def _span(answer: dict[str, Any], text: str) -> Span:
    """Bring offsets of the set's text to the canonical text that the archive keeps."""
    start: int = answer["start"]
    before = len(canonical_text(text[:start]))
    wanted = canonical_text(answer["text"])
    return Span(before, before + len(wanted), wanted)
