"""Reindexing: the same articles under another encoder, or, when it does not come to its end, nothing changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indexing.archive.filters import Filters
from indexing.archive.kept_feedback import given_now
from indexing.archive.manifest import read_manifest
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.records import CitedPlace, Feedback, feedback_id, pending_point, text_point
from indexing.archive.search_passages import PassageQuery
from indexing.errors import ArchiveFull, ArchiveIncompatible, ArchiveLocked
from indexing.reindex import reindex_archive
from tests.indexing.archive.synthetic import (
    ENCODER,
    TERMS,
    Expected,
    TinyEncoder,
    article,
    check,
    check_ids,
    long_text,
    open_edge,
    passages_of,
    put,
    vector,
)
from tests.indexing.archive.write_at_random import killed, reindex_slowly

OTHER: Any = TinyEncoder("other", dimension=12, max_tokens=64)
MANIFEST = manifest_for(ENCODER, TERMS)
WANTED = manifest_for(OTHER, OTHER.terms)
WRITES = [
    article("first", long_text("the river"), source="Echo", tags=("x",)),
    article("copy", long_text("the river"), source="Bote", language="fr"),
    article("moved", long_text("the bridge")),
    article("moved", long_text("the harbour", 3)),
    *(article(f"a{number}", long_text(f"place {number}", 2)) for number in range(40)),
]


async def filled(folder: Path) -> Expected:
    """An archive with copies and earlier versions, written with the tiny encoder."""
    archive = await open_archive(folder, MANIFEST)
    expected = Expected()
    for one in WRITES:
        await put(archive, one)
        expected.put(one)
    await archive.close()
    return expected


async def unchanged(folder: Path, expected: Expected) -> None:
    archive = await open_archive(folder, MANIFEST)
    await check(archive, expected)
    await archive.close()
    assert [path.name for path in folder.glob("points-*")] == ["points-1"]


async def test_articles_are_cut_and_encoded_anew(tmp_path: Path) -> None:
    expected = await filled(tmp_path)
    with pytest.raises(ArchiveIncompatible, match="citewell reindex"):
        await open_archive(tmp_path, WANTED)
    done: list[None] = []
    assert await reindex_archive(tmp_path, OTHER, lambda: done.append(None)) == len(done) == 42
    archive = await open_archive(tmp_path, WANTED)
    await check(archive, expected, max_tokens=64)
    await check_ids(archive, expected, ["first", "copy", "moved", "a7"])
    passage = passages_of(WRITES[-1], 64)[0]
    query = PassageQuery(1, vector=vector(f"{WRITES[-1].title}\n{passage.text}", 12))
    [[hit]] = await archive.search([query], Filters())
    assert (hit.id, hit.score) == (passage.id, pytest.approx(1.0, abs=1e-5))
    await archive.close()
    assert read_manifest(tmp_path) == archive.manifest
    assert [path.name for path in tmp_path.glob("points-*")] == ["points-2"]


async def test_feedback_survives(tmp_path: Path) -> None:
    archive = await open_archive(tmp_path, MANIFEST)
    cited = article("one", long_text("the river"))
    await put(archive, cited)
    kept = Feedback(
        id=feedback_id("ans_1", "anybody"),
        answer_id="ans_1",
        rating="down",
        comment="Wrong: it was the bridge 😀",
        question="What rose?",
        answer="The river [1]",
        citations=(CitedPlace("one", cited.version, 0, 9),),
        given=given_now(),
    )
    await archive.put_feedback(kept)
    await archive.close()
    assert await reindex_archive(tmp_path, OTHER, lambda: None) == 1
    archive = await open_archive(tmp_path, WANTED)
    assert (await archive.feedback(10)).feedback == [kept]
    assert (await archive.status())["articles"] == 1
    await archive.close()


async def test_same_encoder_cuts_anew_and_again(tmp_path: Path) -> None:
    expected = await filled(tmp_path)
    for _ in range(2):
        await reindex_archive(tmp_path, ENCODER, lambda: None)
    archive = await open_archive(tmp_path, MANIFEST)
    await check(archive, expected)
    await archive.close()
    assert [path.name for path in tmp_path.glob("points-*")] == ["points-3"]


async def test_articles_can_be_written_after(tmp_path: Path) -> None:
    expected = await filled(tmp_path)
    await reindex_archive(tmp_path, ENCODER, lambda: None)
    archive = await open_archive(tmp_path, MANIFEST)
    for one in (
        article("first", "A new text."),
        article("copy", long_text("the harbour", 3)),
        article("z", "New."),
    ):
        assert await put(archive, one) == [expected.put(one)]
    assert await archive.remove("moved") and expected.remove("moved")
    await check(archive, expected)
    await archive.close()


async def test_empty_archive_takes_the_new_encoder(tmp_path: Path) -> None:
    await (await open_archive(tmp_path / "archive", MANIFEST)).close()
    assert await reindex_archive(tmp_path / "archive", OTHER, lambda: None) == 0
    await (await open_archive(tmp_path / "archive", WANTED)).close()


class FailingEncoder(TinyEncoder):
    """An encoder that fails on its second batch."""

    def __init__(self, error: BaseException) -> None:
        super().__init__("other", dimension=12)
        self._errors: list[BaseException | None] = [error, None]

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if error := self._errors.pop():
            raise error
        return super().encode_passages(texts)


@pytest.mark.parametrize("error", [ArchiveFull("no room"), MemoryError()])
async def test_failed_run_changes_nothing(error: Exception, tmp_path: Path) -> None:
    expected = await filled(tmp_path)
    failing: Any = FailingEncoder(error)
    with pytest.raises(type(error)):
        await reindex_archive(tmp_path, failing, lambda: None)
    await unchanged(tmp_path, expected)


async def test_killed_run_changes_nothing(tmp_path: Path) -> None:
    expected = await filled(tmp_path)
    for wait in (0.0, 0.1, 0.3):
        killed(reindex_slowly, tmp_path, once="encoding", wait=wait).close()
        await unchanged(tmp_path, expected)


async def test_archive_in_use_is_left_alone(tmp_path: Path) -> None:
    expected = await filled(tmp_path)
    archive = await open_archive(tmp_path, MANIFEST)
    with pytest.raises(
        ArchiveLocked, match=r"in use by another process \(a running `citewell serve` or `add`\)"
    ):
        await reindex_archive(tmp_path, OTHER, lambda: None)
    await archive.close()
    await unchanged(tmp_path, expected)


async def test_what_a_crash_left_is_cleared_up_first(tmp_path: Path) -> None:
    expected = await filled(tmp_path)
    archive = open_edge(tmp_path / "points-1")
    lost = article("first", long_text("a text that was never committed"))
    await archive._engine.upsert(
        [pending_point({lost.id}, {lost.version}), text_point(lost.version, lost.text)]
    )
    await archive.close()
    await reindex_archive(tmp_path, ENCODER, lambda: None)
    archive = await open_archive(tmp_path, MANIFEST)
    await check(archive, expected)
    await archive.close()
