"""An article is committed between two attempts of a retrieval: its new version is found, never neither of them."""

from collections.abc import Collection
from pathlib import Path

import numpy as np

from indexing.archive.archive import Archive
from indexing.archive.edge import EdgeEngine
from indexing.archive.records import filter_fields, passage_point
from indexing.archive.search_passages import Candidate, CandidateSearch, Version
from service.answering.question import Question
from service.answering.retrieve import Retrieve
from service.answering.understand_question import UnderstandQuestion
from tests.indexing.archive.synthetic import (
    DIMENSION,
    MANIFEST,
    TERMS,
    article,
    long_text,
    passages_of,
    put,
    vector,
)

QUESTION = "What happened to the river on that day?"
OLD, NEW = article("busy", long_text("the river")), article("busy", long_text("the river and the sea"))


class CommittingArchive(Archive):
    """An archive in which the new version becomes current just before the second search."""

    searches = 0

    async def candidates(self, search: CandidateSearch, without: Collection[Version] = ()) -> list[Candidate]:
        self.searches += 1
        if self.searches == 2:
            await put(self, NEW)
        return await super().candidates(search, without)


async def test_new_version_is_found_when_it_comes_between_two_attempts(tmp_path: Path) -> None:
    EdgeEngine.create(tmp_path / "points", DIMENSION)
    archive = CommittingArchive(EdgeEngine.load(tmp_path / "points"), MANIFEST, "here")
    await put(archive, OLD, article("still", long_text("the hills")))
    near = vector(QUESTION)
    fields = filter_fields(NEW.metadata(), [])
    half_written = [
        passage_point(passage, fields, near.tolist(), TERMS.document(passage.text))
        for passage in passages_of(NEW)
    ]
    await archive._engine.upsert(half_written)
    understood = UnderstandQuestion().run(Question(QUESTION))["understood"]
    found = await Retrieve(archive, TERMS).run_async(understood, near.astype(np.float32))
    assert archive.searches > 2
    versions = {one.passage.version for one in found["found"] if one.passage.article_id == "busy"}
    assert versions == {NEW.version}
    await archive.close()
