"""An archive in, the same articles cut and encoded anew out; the old index stays until the new one is complete."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from indexing.add_articles import encode_plans
from indexing.archive.archive import Archive
from indexing.archive.edge import EdgeEngine
from indexing.archive.encoder import Encoder
from indexing.archive.manifest import write_manifest
from indexing.archive.open_archive import manifest_for, next_generation, open_any_archive
from indexing.archive.terms import Terms
from indexing.archive.versions import Plan


async def reindex_archive(folder: Path, encoder: Encoder, progress: Callable[[], object]) -> int:
    """Rebuild the archive in `folder` with `encoder`; returns how many articles it holds.

    The manifest is the commit point: killed before it, the archive is what it was and the next opening clears up.
    """
    folder = folder.resolve()
    terms = Terms(encoder.tokenizer)
    wanted = manifest_for(encoder, terms)
    old = await open_any_archive(folder, wanted)
    try:
        await old.repair()
        following = next_generation(folder, old.manifest, wanted)
        new = Archive(EdgeEngine.load(folder / following.data), following)
        try:
            await new.copy_records(old)
            count = 0
            async for article, record, copies in old.current():
                plan = Plan(article, "updated", embed=True, record=record)
                [encoded] = await asyncio.to_thread(encode_plans, [plan], encoder, terms)
                await new.put_passages(encoded, copies)
                count += 1
                progress()
        finally:
            await new.close()
        write_manifest(folder, following)
    finally:
        await old.close()
    return count
