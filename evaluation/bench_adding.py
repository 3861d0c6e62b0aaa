"""The same articles in; how fast Citewell adds them, and Haystack with the same model in float32, out."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from haystack import Document
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
)
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore
from tokenizers import Tokenizer

from evaluation.bench_bulk import measure_bulk
from evaluation.bench_options import BenchOptions, Figure, PartResult
from evaluation.evaluation_sets import SourceArticle, load_sets
from evaluation.float_model import save_float_model
from evaluation.resident_memory import peak_mb
from indexing.add_articles import add_articles, article_input, read_paths
from indexing.archive.bundled_model import NAME, TOKENIZER
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.make_article import make_article
from indexing.split_passages import embedding_text, split_passages
from service.open_local import encoder_of
from service.settings import Settings

RATIO = 2.0
PREFIX = "passage: "
DIMENSION = 384
SAMPLE = 16  # texts whose vectors are compared


@dataclass(frozen=True, slots=True)
class Timed:
    """One system's run: everything from the file on disk to the stored vector, without loading the model."""

    texts: int
    seconds: float
    peak_mb: float
    vectors: list[list[float]]
    """Of the first few texts, to see that both systems run the same model."""

    @property
    def rate(self) -> float:
        """Texts a second."""
        return self.texts / self.seconds


def measure_adding(options: BenchOptions) -> PartResult:
    """XQuAD en by Citewell and by Haystack: whole paragraphs there, and then Citewell's own passages."""
    articles = load_sets(options.data, 1, options.seed).xquad_articles["en"]
    paragraphs = options.work / "paragraphs.jsonl"
    passages = options.work / "passages.jsonl"
    _write(paragraphs, [article.to_item() for article in articles])
    texts = _passages(articles, options.settings)
    _write(passages, [{"text": text} for text in texts])
    model = save_float_model(options.settings.models, options.work / "float-model")
    ours, whole, same = _rounds(options, paragraphs, passages, model, texts[:SAMPLE])
    cosine = float(np.mean(np.sum(np.array(ours.vectors) * np.array(same.vectors), axis=1)))
    by_article = whole.seconds / ours.seconds
    by_passage = ours.rate / same.rate
    bulk = measure_bulk(options, articles, paragraphs)
    return PartResult(
        figures=[
            Figure(
                f"adding {len(articles)} articles, times faster than Haystack storing whole paragraphs",
                round(by_article, 2),
                "x",
                f"at least {RATIO:g}",
                by_article >= RATIO,
                f"{ours.seconds:.1f} s against {whole.seconds:.1f} s",
            ),
            Figure(
                "adding, times faster than Haystack on the same passages",
                round(by_passage, 2),
                "x",
                f"at least {RATIO:g}",
                by_passage >= RATIO,
                f"{ours.rate:.1f} against {same.rate:.1f} passages/s",
            ),
            Figure(
                "adding, passages a second",
                round(ours.rate, 1),
                "passages/s",
            ),
            Figure(
                "memory while adding, at most", ours.peak_mb, "MB", beside=f"Haystack {whole.peak_mb:.0f} MB"
            ),
            *bulk.figures,
        ],
        details={
            "articles": len(articles),
            "rounds": options.rounds,
            "citewell": _told(ours),
            "haystack_paragraphs": _told(whole),
            "haystack_same_passages": _told(same),
            "cosine_of_the_two_models": round(cosine, 4),
            "ways": bulk.details,
        },
    )


def _told(timed: Timed) -> dict[str, float]:
    return {name: value for name, value in asdict(timed).items() if name != "vectors"} | {
        "texts_per_second": round(timed.rate, 2),
        "seconds": round(timed.seconds, 2),
    }


def _rounds(
    options: BenchOptions, paragraphs: Path, passages: Path, model: Path, sample: list[str]
) -> tuple[Timed, Timed, Timed]:
    """Each system in a process of its own, in turn, `rounds` times; the quickest run of each."""
    runs: tuple[list[Timed], list[Timed], list[Timed]] = ([], [], [])
    for number in range(options.rounds):
        store = options.work / f"store-{number}"
        runs[0].append(_alone(add_by_citewell, options.settings, paragraphs, store / "citewell", sample))
        runs[1].append(_alone(add_by_haystack, model, paragraphs, store / "paragraphs"))
        runs[2].append(_alone(add_by_haystack, model, passages, store / "passages"))
        print(
            f"adding, round {number + 1}: Citewell {runs[0][-1].seconds:.1f} s, "
            f"Haystack {runs[1][-1].seconds:.1f} s (paragraphs), {runs[2][-1].seconds:.1f} s (same passages)",
            flush=True,
        )
    ours, whole, same = (min(timed, key=lambda one: one.seconds) for timed in runs)
    return ours, whole, same


def _alone(work: Callable[..., Timed], *arguments: Any) -> Timed:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        return executor.submit(work, *arguments).result()


def add_by_citewell(settings: Settings, file: Path, folder: Path, sample: list[str]) -> Timed:
    """Read, cut, encode and store in Qdrant Edge, as `citewell add` does."""
    return asyncio.run(_add_by_citewell(settings, file, folder, sample))


async def _add_by_citewell(settings: Settings, file: Path, folder: Path, sample: list[str]) -> Timed:
    encoder = encoder_of(settings)
    vectors = encoder.encode_passages(sample)
    limit = settings.max_article_characters
    archive = await open_archive(folder, manifest_for(encoder, encoder.terms))
    started = time.perf_counter()
    readings = read_paths([str(file)], max_characters=limit)
    count = 0
    async for added in add_articles(readings, archive, encoder, max_characters=limit):
        count += added.passages
    await archive.flush()
    seconds = time.perf_counter() - started
    await archive.close()
    return Timed(count, seconds, peak_mb(), vectors.tolist())


def add_by_haystack(model: Path, file: Path, folder: Path) -> Timed:
    """Read, encode in torch float32 and store in a local Qdrant folder, with Haystack's own components."""
    embedder = SentenceTransformersDocumentEmbedder(
        model=str(model), prefix=PREFIX, progress_bar=False, local_files_only=True
    )
    embedder.warm_up()
    embedder.run(documents=[Document(content="warm")])
    store = QdrantDocumentStore(path=str(folder), embedding_dim=DIMENSION, progress_bar=False)
    started = time.perf_counter()
    with file.open(encoding="utf-8") as lines:
        documents = [Document(content=json.loads(line)["text"]) for line in lines]
    embedded = embedder.run(documents=documents)["documents"]
    store.write_documents(embedded)
    seconds = time.perf_counter() - started
    return Timed(len(embedded), seconds, peak_mb(), [list(one.embedding or ()) for one in embedded[:SAMPLE]])


def _passages(articles: Sequence[SourceArticle], settings: Settings) -> list[str]:
    """What the encoder sees of these articles: the passages that Citewell cuts, with their titles."""
    tokenizer = Tokenizer.from_file(str(settings.models / NAME / TOKENIZER))
    texts: list[str] = []
    for source in articles:
        article = make_article(
            article_input(source.to_item()), max_characters=settings.max_article_characters
        )
        cut = split_passages(
            article.text,
            article.language,
            article_id=article.id,
            version=article.version,
            tokenizer=tokenizer,
            title=article.title,
        )
        texts += [embedding_text(article.title, passage) for passage in cut]
    return texts


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
