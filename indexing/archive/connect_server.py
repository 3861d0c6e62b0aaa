"""The address of a Qdrant server in, a client out that waits so long and tries so often as is set."""

import math
from urllib.parse import urlsplit

from qdrant_client import AsyncQdrantClient

from indexing.archive.retry_requests import RetryRequests
from indexing.archive.server_address import Server

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def connect_client(server: Server) -> AsyncQdrantClient:
    """A client for this server; nothing is sent yet."""
    client = AsyncQdrantClient(
        url=server.url,
        # Not as `api_key`, with which qdrant-client warns of plain http on every start: within a
        # container network that is how it is done, and docs/operations.md says when it is not enough.
        headers={"api-key": server.api_key} if server.api_key else None,
        timeout=math.ceil(server.seconds),
        check_compatibility=False,  # asks in a thread and warns; `require_version` refuses
        trust_env=urlsplit(server.url).hostname not in LOOPBACK,  # no proxy leads to this machine itself
    )
    client.http.client.add_middleware(RetryRequests(server.attempts, server.seconds))
    return client
