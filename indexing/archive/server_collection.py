"""A Qdrant server and a collection name in, the manifest of our collection there out; made if it is not there.

A collection of ours carries its manifest in its metadata, written by the request that makes it: so there is never
one that is ours in part, and one without it belongs to another program and is left alone.
"""

import json
import re
from dataclasses import asdict
from typing import Any, NamedTuple

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from indexing.archive.engine import DATETIME_FIELDS, DENSE, KEYWORD_FIELDS, SPARSE
from indexing.archive.manifest import FORMAT, Manifest, manifest_of
from indexing.archive.server_address import Layout, Server
from indexing.errors import ArchiveIncompatible

MARK = "citewell"  # the key of our manifest in a collection's metadata
MIGRATION = (
    "citewell_migration"  # another, beside it: which archive the collection was or is being filled from
)
OLDEST, NEXT_MAJOR = (1, 19), 2  # 1.19 has the first IDF over a corpus of one's own
CONFLICT = 409


class Collection(NamedTuple):
    """A collection of ours as it was made, which need not be as the settings would make it now.

    `filled_from`: the archive from which a migration is under way, so that nobody else may open it.
    """

    manifest: Manifest
    replicated: bool
    quantized: bool
    filled_from: str | None


async def require_version(client: AsyncQdrantClient, url: str) -> str:
    """The version of the server; raises ArchiveIncompatible for one that this program does not know."""
    version = (await client.info()).version
    match = re.match(r"(\d+)\.(\d+)", version)
    found = (int(match[1]), int(match[2])) if match else (0, 0)
    if found < OLDEST:
        raise ArchiveIncompatible(
            f"the Qdrant server at {url} has version {version}, needed is {OLDEST[0]}.{OLDEST[1]} or newer; update it"
        )
    if found[0] >= NEXT_MAJOR:
        raise ArchiveIncompatible(
            f"the Qdrant server at {url} has version {version}, this version of Citewell knows "
            f"{OLDEST[0]}.{OLDEST[1]} up to, not including, {NEXT_MAJOR}.0; update Citewell"
        )
    return version


async def prepare_collection(
    client: AsyncQdrantClient, server: Server, wanted: Manifest, fill_from: str | None = None
) -> Collection:
    """Make the collection unless it is there, complete its payload indexes, return what it was made with.

    One that is made is marked at once as being filled by a migration from the archive `fill_from`, if one is given.
    Raises ArchiveIncompatible for a collection that is not ours or of other vectors than its manifest says.
    """
    name = server.collection
    if not await client.collection_exists(name):
        await _create(client, server, wanted, fill_from)
    info = await client.get_collection(name)
    manifest = _manifest(info, server)
    _require_vectors(info, manifest, server)
    wanted_indexes: dict[str, Any] = dict.fromkeys(KEYWORD_FIELDS, models.PayloadSchemaType.KEYWORD)
    wanted_indexes |= dict.fromkeys(DATETIME_FIELDS, models.PayloadSchemaType.DATETIME)
    for field, schema in wanted_indexes.items():
        if field not in info.payload_schema:
            await client.create_payload_index(name, field, schema, wait=True)
    return Collection(
        manifest,
        replicated=(info.config.params.replication_factor or 1) > 1,
        quantized=info.config.quantization_config is not None,
        filled_from=_filled_from(info),
    )


async def mark_migration(client: AsyncQdrantClient, server: Server, origin: str, *, finished: bool) -> None:
    """Note that a migration from the archive `origin` is under way, or that it has come to its end."""
    await client.update_collection(server.collection, metadata=_migration(origin, finished))


def _migration(origin: str, finished: bool) -> dict[str, Any]:
    return {MIGRATION: {"from": origin, "finished": finished}}


def _filled_from(info: models.CollectionInfo) -> str | None:
    said = (info.config.metadata or {}).get(MIGRATION)
    if said is None or (isinstance(said, dict) and said.get("finished") is True):
        return None
    return str(said.get("from")) if isinstance(said, dict) else str(said)


async def _create(
    client: AsyncQdrantClient, server: Server, manifest: Manifest, fill_from: str | None
) -> None:
    layout = server.layout
    migration = {} if fill_from is None else _migration(fill_from, finished=False)
    try:
        await client.create_collection(
            server.collection,
            vectors_config={DENSE: _dense(manifest.dimension, layout)},
            sparse_vectors_config={SPARSE: _sparse(layout)},
            shard_number=layout.shards,
            replication_factor=layout.replicas,
            write_consistency_factor=layout.write_consistency,
            quantization_config=_quantization(layout),
            metadata={MARK: asdict(manifest), **migration},
        )
    except UnexpectedResponse as error:
        if error.status_code != CONFLICT:  # another of our processes was faster
            raise


def _dense(dimension: int, layout: Layout) -> models.VectorParams:
    cold = models.Memory.COLD if "vectors" in layout.on_disk else None
    return models.VectorParams(size=dimension, distance=models.Distance.COSINE, memory=cold)


def _sparse(layout: Layout) -> models.SparseVectorParams:
    index = models.SparseIndexParams(memory=models.Memory.COLD) if "terms" in layout.on_disk else None
    return models.SparseVectorParams(modifier=models.Modifier.IDF, index=index)


def _quantization(layout: Layout) -> models.QuantizationConfig | None:
    # Pinned: the originals may lie on disk, what every search goes through may not.
    match layout.quantization:
        case "scalar":
            return models.ScalarQuantization(
                scalar=models.ScalarQuantizationConfig(
                    type=models.ScalarType.INT8, quantile=0.99, memory=models.Memory.PINNED
                )
            )
        case "turbo":
            return models.TurboQuantization(
                turbo=models.TurboQuantQuantizationConfig(
                    bits=models.TurboQuantBitSize.BITS4, memory=models.Memory.PINNED
                )
            )
    return None


def _manifest(info: models.CollectionInfo, server: Server) -> Manifest:
    said = (info.config.metadata or {}).get(MARK)
    if said is None:
        raise ArchiveIncompatible(
            f"the collection {server.collection} on {server.url} was not made by Citewell (it has no mark "
            f"{MARK!r} in its metadata) and is left alone; set CITEWELL_COLLECTION to another name"
        )
    try:
        if int(said["format"]) > FORMAT:
            raise ArchiveIncompatible(
                f"the archive {server.place} has format {said['format']}, this version reads up to {FORMAT}; "
                "update Citewell"
            )
        return manifest_of(said)
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveIncompatible(
            f"the metadata of the collection {server.place} cannot be read ({error}: "
            f"{json.dumps(said)[:200]}); restore the collection from a snapshot"
        ) from error


def _require_vectors(info: models.CollectionInfo, manifest: Manifest, server: Server) -> None:
    params = info.config.params
    dense = params.vectors.get(DENSE) if isinstance(params.vectors, dict) else None
    if dense is None or dense.size != manifest.dimension or SPARSE not in (params.sparse_vectors or {}):
        size = "none" if dense is None else dense.size
        raise ArchiveIncompatible(
            f"the collection {server.place} has vectors of dimension {size} under {DENSE!r}, but its own metadata "
            f"says {manifest.dimension}; another program changed it: set CITEWELL_COLLECTION to another name, or "
            "restore the collection from a snapshot"
        )
