"""Settings and the folder of evaluation sets in; `retrieval.json`, `report.md` and plots out."""

import asyncio
import importlib.util
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import (
    XQUAD_LANGUAGES,
    EvaluationSets,
    SetQuestion,
    SourceArticle,
    load_sets,
)
from evaluation.follow_ups import measure_follow_ups
from evaluation.goals import retrieval_goals
from evaluation.measure_answers import AnswerRow, measure_answers
from evaluation.measure_retrieval import RetrievalMeasure, Row
from evaluation.metrics import percentiles
from evaluation.open_reader import OpenedReader, open_reader
from evaluation.pools import Pool, open_pool
from evaluation.provenance import ROOT, provenance
from evaluation.rankings import HYBRID_DEPTH, TOP_K
from evaluation.remember_vectors import RememberingEncoder
from evaluation.report_page import retrieval_page
from service.answering.reader import FOLDER
from service.open_local import encoder_of
from service.settings import Settings

CACHE = ROOT / ".cache" / "evaluation"
DEFAULT_SEED = 20261123
OTHER_SUBJECTS = 60  # XQuAD questions a language, asked of news that hold nothing on them
SHOWN_SETTINGS = {"embedding_model", "question_prefix", "passage_prefix", "max_article_characters"}


def run_evaluation(
    settings: Settings, data: Path, results: Path, sample: int, seed: int, cache: Path = CACHE
) -> Path:
    """Measure everything and write the report; returns its path. `sample` questions a set, 0 for all.

    Vectors are kept in `cache`, so that the next run of the same model encodes only what changed.

    Raises EvaluationError when the sets or the package that draws the plots are missing.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise EvaluationError(
            "the report's plots need matplotlib, which is not installed; run: make setup-dev"
        )
    started = time.perf_counter()
    made = provenance()
    sets = load_sets(data, sample, seed)
    prefixes = f"{settings.question_prefix!r} {settings.passage_prefix!r}"
    encoder = RememberingEncoder(encoder_of(settings), cache, prefixes)
    with tempfile.TemporaryDirectory(prefix="citewell-evaluate-") as folder:
        opened = open_reader(encoder, FOLDER)
        evaluation = _Evaluation(encoder, opened, Path(folder), settings.max_article_characters)
        try:
            asyncio.run(evaluation.measure(sets))
        finally:
            encoder.save()
    report = {
        "made": made,
        "seconds": round(time.perf_counter() - started, 1),
        "asked": {"sample": sample, "seed": seed, "top_k": TOP_K, "hybrid_depth": HYBRID_DEPTH},
        "model": {"name": encoder.name, "fingerprint": encoder.fingerprint, "encoded_texts": encoder.encoded},
        "settings": settings.model_dump(mode="json", include=SHOWN_SETTINGS),
        **evaluation.to_dict(),
    }
    page = _write(report, evaluation, results)
    _measure_reading(settings, data, results, sample, seed, cache)
    print(measure_follow_ups(encoder, data, results, sample), flush=True)
    return page


def _measure_reading(
    settings: Settings, data: Path, results: Path, sample: int, seed: int, cache: Path
) -> None:
    # Only here, as in _write: it draws plots too.
    from evaluation.reading_report import PARTS, ReadingReport  # noqa: PLC0415

    report = ReadingReport(settings, data, results, sample, seed, cache)
    print(report.run(PARTS, FOLDER), flush=True)


class _Evaluation:
    """Measures pool after pool; each archive is open only while its questions are asked."""

    def __init__(
        self, encoder: RememberingEncoder, opened: OpenedReader, folder: Path, max_characters: int
    ) -> None:
        self.rows: list[Row] = []
        self.answers: list[AnswerRow] = []
        self.pools: list[Pool] = []
        self.milliseconds: dict[str, list[float]] = {}
        self._encoder = encoder
        self._opened = opened
        self._folder = folder
        self._max_characters = max_characters

    def to_dict(self) -> dict[str, Any]:
        """Everything that was measured, as JSON."""
        return {
            "goals": [goal.to_dict() for goal in retrieval_goals(self.rows)],
            "rows": [row.to_dict() for row in self.rows],
            "answers": [row.to_dict() for row in self.answers],
            "pools": [pool.to_dict() for pool in self.pools],
            "retrieval_ms": {name: percentiles(values) for name, values in self.milliseconds.items()},
        }

    async def measure(self, sets: EvaluationSets) -> None:
        for language in XQUAD_LANGUAGES:
            async with self._pool(f"xquad-{language}", sets.xquad_articles[language]) as (_, measure):
                for asked in XQUAD_LANGUAGES:
                    group = "same language" if asked == language else "crossing"
                    row = await measure.parallel(
                        f"xquad {asked} → {language}", group, sets.xquad_questions[asked]
                    )
                    self._done(row)
        together = [article for language in XQUAD_LANGUAGES for article in sets.xquad_articles[language]]
        async with self._pool("mixed", together) as (_, measure):
            for asked in XQUAD_LANGUAGES:
                self._done(await measure.mixed(f"mixed {asked}", sets.xquad_questions[asked]))
        for name, articles in (
            ("alone", sets.news_articles),
            ("diluted", [*sets.news_articles, *sets.squad2_articles]),
        ):
            async with self._pool(f"news-{name}", articles) as (pool, measure):
                foreign = [
                    replace(question, kind=f"other subject, {language}", id=f"{language} {question.id}")
                    for language in XQUAD_LANGUAGES
                    for question in sets.xquad_questions[language][:OTHER_SUBJECTS]
                ]
                await self._news(f"news {name}", pool, measure, sets.news_questions, foreign)
        async with self._pool("piaf", sets.piaf_articles) as (_, measure):
            self._done(await measure.single("piaf fr → fr", "french", sets.piaf_questions))

    async def _news(
        self,
        name: str,
        pool: Pool,
        measure: RetrievalMeasure,
        questions: Sequence[SetQuestion],
        other_subjects: Sequence[SetQuestion],
    ) -> None:
        answerable = [one for one in questions if one.answerable and one.kind != "followup"]
        self._done(await measure.single(name, "news", answerable))
        unanswerable = [*(one for one in questions if not one.answerable), *other_subjects]
        row = await measure_answers(name, pool, self._encoder, self._opened, answerable, unanswerable)
        self.answers.append(row)
        first = row.first_statement
        print(f"{name}: first statement holds the answer {first.count}/{first.of}", flush=True)

    @asynccontextmanager
    async def _pool(
        self, name: str, articles: Sequence[SourceArticle]
    ) -> AsyncIterator[tuple[Pool, RetrievalMeasure]]:
        print(f"archive {name}: {len(articles)} articles ...", flush=True)
        async with open_pool(name, articles, self._encoder, self._folder, self._max_characters) as pool:
            print(f"archive {name}: {pool.passages} passages, {pool.seconds:.0f} s", flush=True)
            self._encoder.save()
            self.pools.append(pool)
            measure = RetrievalMeasure(pool, self._encoder)
            yield pool, measure
            self.milliseconds[name] = measure.milliseconds

    def _done(self, row: Row) -> None:
        self.rows.append(row)
        shares = "   ".join(f"{name} {one.recall[1].share:.3f}" for name, one in row.scores.items())
        print(f"{row.name}: first of {row.questions}:   {shares}", flush=True)


def _write(report: dict[str, Any], evaluation: _Evaluation, results: Path) -> Path:
    # Only here: plots need a package that nothing else does, and its absence is told in one line above.
    from evaluation.plots import draw_retrieval  # noqa: PLC0415

    results.mkdir(parents=True, exist_ok=True)
    plots = draw_retrieval(evaluation.rows, evaluation.milliseconds, results)
    (results / "retrieval.json").write_text(
        json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    page = results / "report.md"
    page.write_text(retrieval_page(report, plots), encoding="utf-8")
    return page
