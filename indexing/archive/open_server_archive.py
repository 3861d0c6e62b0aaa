"""Opens the archive of an installation on a Qdrant server: reached, version and collection checked, ready to write."""

from contextlib import suppress
from dataclasses import replace

from indexing.archive.archive import Archive
from indexing.archive.connect_server import connect_client
from indexing.archive.manifest import Manifest
from indexing.archive.server import ServerEngine
from indexing.archive.server_address import Server, checked_collection, checked_url
from indexing.archive.server_collection import prepare_collection, require_version
from indexing.archive.server_faults import explained
from indexing.archive.write_lease import WriteLease
from indexing.errors import ArchiveFull

REMEDY = "export its articles with the encoder that it has and add them under another CITEWELL_COLLECTION"


async def open_server_archive(server: Server, wanted: Manifest) -> Archive:
    """Open or create the collection; nothing in it is changed but what a crash interrupted.

    Raises ArchiveUnreachable, ArchiveForbidden, ArchiveIncompatible (another program's collection, another encoder
    or dimension, an unsupported server), and ArchiveError for an address that is none.
    """
    server = replace(server, url=checked_url(server.url), collection=checked_collection(server.collection))
    client = connect_client(server)
    try:
        with explained(server.url):
            version = await require_version(client, server.url)
            found = await prepare_collection(client, server, wanted)
        found.manifest.require(wanted, server.place, REMEDY)
        engine = ServerEngine(
            client,
            server.collection,
            server.url,
            replicated=found.replicated,
            quantized=found.quantized,
        )
        engine.name = f"Qdrant server {version}"
        archive = Archive(engine, found.manifest, server.place)
        archive.writing = WriteLease(client, server.collection, server.url)
        with suppress(ArchiveFull):  # half written articles are not seen; the next write clears them up
            await archive.repair()  # under the lease, since another process may be at work
    except BaseException:
        await client.close()
        raise
    return archive
