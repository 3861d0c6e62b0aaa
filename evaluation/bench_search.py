"""A large archive and real questions in; how long retrieval takes in it without embedding out."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.bench_archive import bench_archive, remembering_encoder
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.evaluation_sets import load_sets
from evaluation.metrics import percentiles
from evaluation.rankings import HYBRID_DEPTH, TOP_K
from indexing.archive.encoder import Encoder
from indexing.archive.filters import Filters
from indexing.archive.search_passages import PassageQuery
from service.answering.question import Question
from service.answering.retrieve import Retrieve
from service.answering.understand_question import UnderstandQuestion, Understood

P50_MS, P95_MS = 15.0, 30.0
WARM = 20  # questions before the clock: the first ones read the archive into memory


@dataclass(frozen=True, slots=True)
class Asked:
    """An understood question with its vector."""

    understood: Understood
    vector: NDArray[np.float32]


def measure_search(options: BenchOptions) -> PartResult:
    """Time retrieval, one question at a time, and a dense search and a plain hybrid search beside it."""
    return asyncio.run(_measure(options))


async def _measure(options: BenchOptions) -> PartResult:
    encoder = remembering_encoder(options)
    asked = asked_questions(options, encoder)
    async with bench_archive(options, encoder, options.large_archive) as archive:
        encoder.save()
        status = await archive.status()
        terms = encoder.terms
        retrieve = Retrieve(archive, terms)

        async def citewell(one: Asked) -> None:
            await retrieve.run_async(one.understood, one.vector)

        async def dense(one: Asked) -> None:
            [hits] = await archive.search([PassageQuery(TOP_K, vector=one.vector)], Filters())
            await archive.passages([hit.id for hit in hits])

        async def hybrid(one: Asked) -> None:
            vector = PassageQuery(HYBRID_DEPTH, vector=one.vector)
            words = PassageQuery(HYBRID_DEPTH, terms=terms.question(one.understood.standalone))
            hits, _ = await archive.search([vector, words], Filters())
            await archive.passages([hit.id for hit in hits[:TOP_K]])

        first = (await _times([asked[0]], citewell))[0]
        await _times(asked[:WARM], citewell)
        times = {
            "Citewell": await _times(asked, citewell),
            "dense alone": await _times(asked, dense),
            "plain hybrid": await _times(asked, hybrid),
        }
    told = {name: percentiles(values) for name, values in times.items()}
    ours = told["Citewell"]
    beside = f"dense alone {told['dense alone']['p50']:.1f} / {told['dense alone']['p95']:.1f} ms"
    what = f"retrieval among {status['passages']:,} passages, without embedding"
    return PartResult(
        figures=[
            Figure(f"{what}, p50", ours["p50"], "ms", f"at most {P50_MS:g}", ours["p50"] <= P50_MS, beside),
            Figure(f"{what}, p95", ours["p95"], "ms", f"at most {P95_MS:g}", ours["p95"] <= P95_MS, beside),
        ],
        details={
            "passages": status["passages"],
            "articles": status["articles"],
            "articles_by_language": status["languages"],
            "first_question_ms": round(first, 1),
            "milliseconds": told,
        },
        times=times,
    )


def asked_questions(options: BenchOptions, encoder: Encoder) -> list[Asked]:
    """Questions of all sets in their languages, mixed."""
    sets = load_sets(options.data, options.questions, options.seed)
    listed = [question.text for questions in sets.xquad_questions.values() for question in questions]
    listed += [question.text for question in (*sets.piaf_questions, *sets.news_questions)]
    texts = random.Random(options.seed).sample(listed, min(options.questions, len(listed)))
    understand = UnderstandQuestion()
    vectors = encoder.encode_questions(texts)
    return [
        Asked(understand.run(Question(text, top_k=TOP_K))["understood"], vector)
        for text, vector in zip(texts, vectors, strict=True)
    ]


async def _times(asked: Sequence[Asked], search: Callable[[Asked], Awaitable[None]]) -> list[float]:
    times = []
    for one in asked:
        started = time.perf_counter()
        await search(one)
        times.append(1000 * (time.perf_counter() - started))
    return times
