"""Whatever a Qdrant server or the way to it does wrong in, one error of ours with one sentence out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from indexing.errors import ArchiveError, ArchiveForbidden, ArchiveFull, ArchiveUnreachable

FULL = ("No space left", "no space left", "disk is full", "Disk quota", "not enough space", "low disk")
SHOWN = 200


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what the client raises within the block about the server at `url` into an ArchiveError."""
    try:
        yield
    except ResponseHandlingException as error:
        raise _of_connection(url, error.source) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _of_connection(url, error) from error
    except UnexpectedResponse as error:
        raise _of_reply(url, error.status_code or 0, _reason(error)) from error
    except ResourceExhaustedResponse as error:
        raise ArchiveUnreachable(
            f"the Qdrant server at {url} takes no more requests for {error.retry_after_s} s "
            f"({_short(str(error))}); try again then, or raise its limits"
        ) from error
    except (ApiException, QdrantException) as error:
        raise ArchiveError(f"the Qdrant server at {url} failed: {_short(str(error))}; see its log") from error


def _of_connection(url: str, source: Exception) -> ArchiveError:
    kind = type(source).__name__
    match source:
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return ArchiveUnreachable(
                f"the Qdrant server at {url} cannot be reached ({_short(str(source)) or kind}); "
                "start it, or correct its address (QDRANT_URL, or --to of `citewell migrate`)"
            )
        case httpx.TimeoutException():
            return ArchiveUnreachable(
                f"the Qdrant server at {url} did not answer in time ({kind}); look whether it is overloaded, "
                "or raise CITEWELL_QDRANT_TIMEOUT; what was to be written may be stored, adding it again is safe"
            )
        case httpx.TransportError():
            return ArchiveUnreachable(
                f"the connection to the Qdrant server at {url} broke ({_short(str(source)) or kind}); "
                "look at its log and the network between, then try again"
            )
    return ArchiveError(
        f"what answers at {url} does not speak as Qdrant does ({kind}); correct the address (the REST port is "
        "usually 6333, 6334 is for gRPC)"
    )


def _of_reply(url: str, status: int, reason: str) -> ArchiveError:
    if any(sign in reason for sign in FULL):
        return ArchiveFull(
            f"the disk of the Qdrant server at {url} is full ({reason}); free some space there, then try again"
        )
    match status:
        case 401 | 403:
            return ArchiveForbidden(
                f"the Qdrant server at {url} refuses the key ({status}: {reason}); set QDRANT_API_KEY to one "
                "that may read and write"
            )
        case 404:
            return ArchiveError(
                f"the Qdrant server at {url} knows no such thing ({reason}); check its address and that the "
                "collection was not deleted, then start again"
            )
        case 429 | 502 | 503 | 504:
            return ArchiveUnreachable(
                f"the Qdrant server at {url} is busy or not ready ({status}: {reason}); try again, and look "
                "at its log if it stays so"
            )
    return ArchiveError(f"the Qdrant server at {url} failed ({status}: {reason}); see its log")


def _reason(error: UnexpectedResponse) -> str:
    """What Qdrant says is wrong; of another program's reply, the phrase of its status."""
    try:
        return _short(str(json.loads(error.content)["status"]["error"]))
    except (ValueError, KeyError, TypeError):
        return _short(error.reason_phrase) or "no reason given"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"
