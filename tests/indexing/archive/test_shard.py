"""How the index of a shard is laid out: segments that are searched side by side, with every point in one of them."""

import uuid
from pathlib import Path

import numpy as np
import pytest
import qdrant_edge as edge

from indexing.archive import shard as shards
from indexing.archive.shard import PlainPoint, PlainQuery, Shard

DIMENSION = 4096  # so that few passages are enough for an index of their own
PASSAGES, TEXTS = 2_700, 300


def points() -> list[PlainPoint]:
    """Passages in two languages, and texts, which have no vectors."""
    drawn = np.random.default_rng(1).normal(size=(PASSAGES, DIMENSION)).round(3).tolist()
    made: list[PlainPoint] = [
        (
            str(uuid.uuid5(uuid.NAMESPACE_URL, f"passage {number}")),
            {
                "content": f"مرحبا {number} 🙂",
                "meta": {"kind": "passage", "branch": ("en", "fr")[number % 2]},
            },
            vector,
            ([number % 50, 50 + number % 7], [1.0, 0.5]),
        )
        for number, vector in enumerate(drawn)
    ]
    return made + [
        (str(uuid.uuid5(uuid.NAMESPACE_URL, f"text {number}")), {"meta": {"kind": "text"}}, None, None)
        for number in range(TEXTS)
    ]


def everything(shard: Shard) -> list[tuple[str, object, bytes | None, object]]:
    """Every point, its vector as the bytes of 16 bits a number: as lists they would take gigabytes."""
    found, cursor = [], None
    while True:
        page, cursor = shard.scroll({}, 500, cursor, True, None)
        found += [
            (id, payload, None if dense is None else np.asarray(dense, np.float16).tobytes(), terms)
            for id, payload, dense, terms in page
        ]
        if cursor is None:
            return found


@pytest.mark.parametrize(("largest", "segments"), [(PASSAGES, 1), (PASSAGES - 1, 2)])
def test_what_one_segment_may_not_hold_is_written_to_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: int, segments: int
) -> None:
    monkeypatch.setattr(shards, "SEGMENT", largest)
    monkeypatch.setattr(shards, "PAGE", 20)
    folder = tmp_path / "points-1"
    Shard.create(folder, DIMENSION)
    shard = Shard.load(folder)
    written = points()
    for start in range(0, len(written), 300):
        shard.upsert(written[start : start + 300])
    before = everything(shard)
    query = PlainQuery(
        20, {"must": [("is", "meta.branch", "fr")]}, written[1][2], None, idf_corpus=None, exact=True
    )
    terms = PlainQuery(20, {}, None, ([3, 51], [1.0, 1.0]), idf_corpus=None, exact=False)
    nearest = shard.nearest([query, terms], ())
    shard.optimize(DIMENSION, PASSAGES)
    info = shard._shard.info()
    assert (info.segments_count, info.indexed_vectors_count) == (
        segments + 1,
        2 * PASSAGES,
    )  # one to write to
    assert everything(shard) == before and len(before) == PASSAGES + TEXTS
    again = shard.nearest([query, terms], ())
    assert [[hit[1] for hit in hits] for hits in again] == pytest.approx(
        np.array([[hit[1] for hit in hits] for hits in nearest]), abs=1e-5
    )
    assert [hit[0] for hit in again[0]] == [hit[0] for hit in nearest[0]]
    assert [path.name for path in tmp_path.iterdir()] == ["points-1"]
    later: PlainPoint = (written[0][0], {"meta": {"kind": "passage", "branch": "de"}}, written[1][2], None)
    shard.upsert([later])
    shard.delete([written[1][0]])
    assert shard.count({}) == PASSAGES + TEXTS - 1
    [[found]] = shard.nearest([PlainQuery(1, {}, written[1][2], None, None, exact=False)], ("meta.branch",))
    assert found[0] == later[0] and found[2] == {"meta": {"branch": "de"}}
    shard.close()


def test_vectors_of_32_bits_become_such_of_16_with_the_index(tmp_path: Path) -> None:
    folder = tmp_path / "points-1"
    folder.mkdir()
    wide = edge.EdgeVectorParams(size=DIMENSION, distance=edge.Distance.Cosine)
    terms = edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)
    config = edge.EdgeConfig(vectors={shards.DENSE: wide}, sparse_vectors={shards.SPARSE: terms})
    edge.EdgeShard.create(str(folder), config).close()
    shard = Shard.load(folder)
    written = points()
    for start in range(0, len(written), 300):
        shard.upsert(written[start : start + 300])
    before = everything(shard)
    shard.optimize(DIMENSION, PASSAGES)
    shard.close()
    shard = Shard.load(folder)
    info = shard._shard.info()
    assert (info.segments_count, info.indexed_vectors_count) == (2, 2 * PASSAGES)
    [storage] = folder.glob(f"segments/*/vector_storage-{shards.DENSE}/matrix.dat")
    assert storage.stat().st_size < 3 * (PASSAGES + TEXTS) * DIMENSION
    after = everything(shard)
    assert [(id, payload, terms) for id, payload, _, terms in after] == [
        (id, payload, terms) for id, payload, _, terms in before
    ]
    for (_, _, there, _), (_, _, here, _) in zip(before, after, strict=True):
        assert (there is None) == (here is None)
        if there is not None and here is not None:
            vectors = np.frombuffer(there, np.float16), np.frombuffer(here, np.float16)
            assert np.allclose(*vectors, rtol=2e-3, atol=1e-6)
    shard.close()
