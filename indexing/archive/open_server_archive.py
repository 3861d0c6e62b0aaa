"""Opens the archive of an installation on a Qdrant server: reached, version and collection checked, ready to write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from qdrant_client import AsyncQdrantClient

from indexing.archive.archive import Archive
from indexing.archive.connect_server import connect_client
from indexing.archive.manifest import Manifest
from indexing.archive.seen_events import StoredEvents
from indexing.archive.server import ServerEngine
from indexing.archive.server_address import Server, checked_collection, checked_url
from indexing.archive.server_collection import (
    Collection,
    mark_migration,
    prepare_collection,
    require_version,
)
from indexing.archive.server_faults import explained
from indexing.archive.write_lease import WriteLease
from indexing.errors import ArchiveFull, ArchiveIncompatible

REMEDY = "export its articles with the encoder that it has and add them under another CITEWELL_COLLECTION"


async def open_server_archive(server: Server, wanted: Manifest) -> Archive:
    """Open or create the collection; nothing in it is changed but what a crash interrupted.

    Raises ArchiveUnreachable, ArchiveForbidden, ArchiveIncompatible (another program's collection, another encoder
    or dimension, a migration under way, an unsupported server), and ArchiveError for an address that is none.
    """
    server = _checked(server)
    client = connect_client(server)
    try:
        found, archive = await _open(client, server, wanted)
        found.manifest.require(wanted, server.place, REMEDY)
        if found.filled_from is not None:
            raise ArchiveIncompatible(
                f"the collection {server.place} is still being filled from the archive {found.filled_from}; "
                f"finish `citewell migrate --to {server.url}` there, or set CITEWELL_COLLECTION to another name"
            )
        archive.writing = WriteLease(client, server.collection, server.url)
        archive.seen = StoredEvents(client, server)
        with suppress(ArchiveFull):  # half written articles are not seen; the next write clears them up
            await archive.repair()  # under the lease, since another process may be at work
    except BaseException:
        await client.close()
        raise
    return archive


@dataclass(slots=True)
class MigrationTarget:
    """A collection that an archive is to be copied into; while `under_way` nobody else opens it."""

    archive: Archive
    under_way: bool
    _client: AsyncQdrantClient
    _server: Server
    _origin: str

    async def begin(self) -> None:
        """Mark the collection as not yet whole; raises ArchiveError."""
        await self._mark(finished=False)

    async def finish(self) -> None:
        """Mark the collection as an archive like any other; raises ArchiveError."""
        await self._mark(finished=True)

    async def _mark(self, *, finished: bool) -> None:
        with explained(self._server.url):
            await mark_migration(self._client, self._server, self._origin, finished=finished)
        self.under_way = not finished


@asynccontextmanager
async def migration_target(server: Server, wanted: Manifest, origin: str) -> AsyncIterator[MigrationTarget]:
    """Open the collection for a migration from the archive `origin`, made and marked unless it is there.

    Raises what `open_server_archive` does, and ArchiveIncompatible when it is being filled from another archive.
    """
    server = _checked(server)
    client = connect_client(server)
    try:
        found, archive = await _open(client, server, wanted, origin)
        if (found.manifest.encoder_fingerprint, found.manifest.terms) != (
            wanted.encoder_fingerprint,
            wanted.terms,
        ):
            raise ArchiveIncompatible(
                f"the collection {server.place} was made for an archive of {found.manifest.encoder} "
                f"({found.manifest.encoder_fingerprint}, {found.manifest.terms}), the archive {origin} is one of "
                f"{wanted.encoder} ({wanted.encoder_fingerprint}, {wanted.terms}); set CITEWELL_COLLECTION to "
                "another name, or delete that collection first"
            )
        if found.filled_from not in (None, origin):
            raise ArchiveIncompatible(
                f"the collection {server.place} is being filled from another archive, {found.filled_from}; finish "
                f"that migration, delete the collection, or set CITEWELL_COLLECTION to another name than "
                f"{server.collection}"
            )
        yield MigrationTarget(archive, found.filled_from is not None, client, server, origin)
    finally:
        await client.close()


def _checked(server: Server) -> Server:
    return replace(server, url=checked_url(server.url), collection=checked_collection(server.collection))


async def _open(
    client: AsyncQdrantClient, server: Server, wanted: Manifest, fill_from: str | None = None
) -> tuple[Collection, Archive]:
    with explained(server.url):
        version = await require_version(client, server.url)
        found = await prepare_collection(client, server, wanted, fill_from)
    engine = ServerEngine(
        client,
        server.collection,
        server.url,
        replicated=found.replicated,
        quantized=found.quantized,
    )
    engine.name = f"Qdrant server {version}"
    return found, Archive(engine, found.manifest, server.place)
