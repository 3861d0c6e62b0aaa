"""Evaluation sets in; archives for the bench out: the real articles, and as many as wanted made from them."""

import itertools
import random
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluation.bench_options import BenchOptions
from evaluation.evaluation_sets import EvaluationSets, SourceArticle, load_sets
from evaluation.provenance import ROOT
from evaluation.remember_vectors import RememberingEncoder
from indexing.add_articles import article_input, encode_plans
from indexing.archive.archive import Archive
from indexing.archive.article import Article, Passage
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.terms import SparseTerms
from indexing.archive.versions import Encoded, Plan
from indexing.make_article import make_article
from indexing.split_passages import embedding_text
from service.open_local import encoder_of

CACHE = ROOT / ".cache" / "evaluation"
BATCH = 32
NOISE = 0.3  # length of the noise on a unit vector: cosine .958 to the real passage
CHARACTERS_A_PASSAGE = 400  # an estimate, on the low side: 470 on the XQuAD paragraphs

T = TypeVar("T")
_DIGIT = re.compile(r"[0-9]")


def remembering_encoder(options: BenchOptions) -> RememberingEncoder:
    """The encoder of the settings with the memory that the quality report keeps."""
    settings = options.settings
    prefixes = f"{settings.question_prefix!r} {settings.passage_prefix!r}"
    return RememberingEncoder(encoder_of(settings), CACHE, prefixes)


def real_articles(sets: EvaluationSets) -> list[SourceArticle]:
    """Every article of the sets, each text once."""
    xquad = [article for articles in sets.xquad_articles.values() for article in articles]
    every = [*xquad, *sets.squad2_articles, *sets.piaf_articles, *sets.news_articles]
    return list({article.text: article for article in reversed(every)}.values())[::-1]


def many_articles(sets: EvaluationSets, passages: int, seed: int) -> Iterator[SourceArticle]:
    """Real texts again and again with other figures, until there are some `passages` of them."""
    chance = random.Random(seed)
    real = real_articles(sets)
    characters = round_number = 0
    while True:
        for article in chance.sample(real, len(real)):
            text = other_figures(article.text, chance, round_number)
            yield replace(article, id=f"{article.id}-{round_number}", text=text)
            characters += len(text)
            if characters >= passages * CHARACTERS_A_PASSAGE:
                return
        round_number += 1


@asynccontextmanager
async def bench_archive(options: BenchOptions, encoder: Encoder, passages: int) -> AsyncIterator[Archive]:
    """An archive of `passages` (0: the real ones only), filled when it is first asked for, opened anew."""
    folder = options.work / f"archive-{passages}"
    manifest = manifest_for(encoder, encoder.terms)
    if not folder.exists():
        archive = await open_archive(folder, manifest)
        sets = load_sets(options.data, 1, options.seed)
        await _fill(archive, encoder, real_articles(sets), passages, options)
        await archive.close()
    archive = await open_archive(folder, manifest)
    try:
        yield archive
    finally:
        await archive.close()


async def _fill(
    archive: Archive, encoder: Encoder, sources: Sequence[SourceArticle], passages: int, options: BenchOptions
) -> None:
    """Store the real articles, then copies with other figures, other terms and slightly other vectors."""
    print(f"archive of {passages or 'the real'} passages: {len(sources)} real articles ...", flush=True)
    terms = encoder.terms
    limit = options.settings.max_article_characters
    articles = [make_article(article_input(one.to_item()), max_characters=limit) for one in sources]
    real: list[Encoded] = []
    for batch in batches(articles):
        encoded = encode_plans(await archive.plan(batch), encoder, terms)
        await archive.commit(encoded)
        real += encoded
    stored = sum(len(one.passages) for one in real)
    chance, noise = random.Random(options.seed), np.random.default_rng(options.seed)
    for number in itertools.count(1):
        for originals in batches(real):
            if stored >= passages:
                return
            copies = [with_other_figures(one.plan.article, chance, number) for one in originals]
            plans = await archive.plan(copies)
            made = []
            for one, plan in zip(originals, plans, strict=True):
                texts = [
                    embedding_text(plan.article.title, passage) for passage in passages_in(one, plan.article)
                ]
                vectors = near(one.vectors, noise)
                made.append(copied(one, plan, [terms.document(text) for text in texts], vectors))
            await archive.commit(made)
            stored += sum(len(one.passages) for one in made)
        print(f"archive of {passages} passages: {stored} stored", flush=True)


def batches(everything: Sequence[T]) -> Iterator[list[T]]:
    """Runs of BATCH in a row."""
    for start in range(0, len(everything), BATCH):
        yield list(everything[start : start + BATCH])


def with_other_figures(article: Article, chance: random.Random, number: int | str) -> Article:
    """The article with other figures and an id of its own."""
    return replace(article, id=f"{article.id}.{number}", text=other_figures(article.text, chance, number))


def other_figures(text: str, chance: random.Random, number: int | str) -> str:
    """Every digit drawn anew, so that all offsets stay, and a last line that makes it a text of its own."""
    return f"{_DIGIT.sub(lambda _: chance.choice('0123456789'), text)}\n{number}"


def copied(
    original: Encoded, plan: Plan, terms: Sequence[SparseTerms], vectors: NDArray[np.float32]
) -> Encoded:
    """An article encoded as another one, with these vectors and terms."""
    return Encoded(plan, passages_in(original, plan.article), vectors, terms)


def passages_in(original: Encoded, article: Article) -> list[Passage]:
    """The passages of `original` with the text that another article of the same length has there."""
    return [
        replace(
            passage,
            article_id=article.id,
            version=article.version,
            text=article.text[passage.start : passage.end],
        )
        for passage in original.passages
    ]


def near(
    vectors: NDArray[np.float32], noise: np.random.Generator, length: float = NOISE
) -> NDArray[np.float32]:
    """Unit vectors, each moved a little in a direction of its own."""
    drawn = noise.standard_normal(vectors.shape).astype(np.float32)
    drawn *= length / np.linalg.norm(drawn, axis=1, keepdims=True)
    moved: NDArray[np.float32] = vectors + drawn
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    return moved
