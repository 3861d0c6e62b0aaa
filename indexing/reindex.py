"""An archive in, its articles cut and encoded anew out; the old index stays until the new one is complete."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from indexing.add_articles import BATCH_ARTICLES, BATCH_CHARACTERS
from indexing.archive.archive import Archive
from indexing.archive.edge import EdgeEngine
from indexing.archive.encoder import Encoder
from indexing.archive.open_archive import (
    delete_other_generations,
    manifest_for,
    next_generation,
    open_any_archive,
    switch_generation,
)
from indexing.archive.terms import Terms
from indexing.archive.versions import Plan
from indexing.encode_plans import encode_plans


async def reindex_archive(folder: Path, encoder: Encoder, progress: Callable[[], object]) -> int:
    """Rebuild the archive in `folder` with `encoder`; returns how many articles it holds.

    The manifest is the commit point: killed before, the archive is what it was; the next opening clears up.
    """
    folder = folder.resolve()
    terms = encoder.terms
    wanted = manifest_for(encoder, terms)
    old = await open_any_archive(folder, wanted)
    try:
        following = next_generation(folder, old.manifest, wanted)
        new = Archive(EdgeEngine.load(folder / following.data), following, str(folder))
        try:
            await new.copy_records(old)
            count = await _encode_all(old, new, encoder, terms, progress)
        finally:
            await new.close()
        switch_generation(folder, following)
    finally:
        await old.close()
    delete_other_generations(folder, folder / following.data)
    return count


async def _encode_all(
    old: Archive, new: Archive, encoder: Encoder, terms: Terms, progress: Callable[[], object]
) -> int:
    count = characters = 0
    plans: list[Plan] = []
    async for article, record in old.current():
        plans.append(Plan(article, "updated", embed=True, record=record))
        characters += len(article.text)
        if len(plans) == BATCH_ARTICLES or characters >= BATCH_CHARACTERS:
            count += await _encode(plans, new, encoder, terms, progress)
            plans, characters = [], 0
    return count + await _encode(plans, new, encoder, terms, progress)


async def _encode(
    plans: Sequence[Plan], new: Archive, encoder: Encoder, terms: Terms, progress: Callable[[], object]
) -> int:
    await new.put_passages(await asyncio.to_thread(encode_plans, plans, encoder, terms))
    for _ in plans:
        progress()
    return len(plans)
