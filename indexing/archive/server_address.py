"""What the settings say of a Qdrant server: its address, checked, and how a collection is to be made there."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from indexing.errors import ArchiveError

Quantization = Literal["none", "scalar", "turbo"]
OnDisk = Literal["vectors", "terms"]
COLLECTION = re.compile(r"[A-Za-z0-9._-]{1,255}")
USER = re.compile(r"//[^/@]*@")
SECONDS = 30.0
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """How a collection is made: shards and replicas (None: the server's own choice), where its parts lie."""

    shards: int | None = None
    replicas: int | None = None
    write_consistency: int | None = None
    quantization: Quantization = "none"
    on_disk: tuple[OnDisk, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """One collection on a Qdrant server or cluster. `seconds` is the time that one request may take."""

    url: str
    collection: str = "articles"
    api_key: str | None = None
    seconds: float = SECONDS
    attempts: int = ATTEMPTS
    layout: Layout = Layout()

    @property
    def place(self) -> str:
        """The archive's address, for people."""
        return f"{self.url.rstrip('/')}/collections/{self.collection}"


def checked_url(url: str, said_by: str = "QDRANT_URL") -> str:
    """Scheme, host and port of a server, nothing else; raises ArchiveError that names where it was given."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise _refused(url, said_by, str(error)) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refused(url, said_by, "it has no http:// or https:// before a host")
    if parts.username is not None or parts.password is not None:
        # The address is shown by `citewell status`, and so would be what stands in it.
        raise _refused(url, said_by, "it holds a user name; a key goes into QDRANT_API_KEY")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        what = parts.path if parts.path not in ("", "/") else "?" + parts.query if parts.query else "#…"
        raise _refused(
            url, said_by, f"it goes on after the port ({what}), and Qdrant's own paths start there"
        )
    if not port:
        usual = 443 if parts.scheme == "https" else 6333
        raise _refused(url, said_by, f"it has no port; add it, usually :{usual}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def checked_collection(name: str) -> str:
    """The name of a collection; raises ArchiveError for one that Qdrant or a path cannot take."""
    if not COLLECTION.fullmatch(name) or name in (".", ".."):
        raise ArchiveError(
            f"CITEWELL_COLLECTION is {name!r}, allowed are letters, digits and . _ - (at most 255); rename it"
        )
    return name


def _refused(url: str, said_by: str, why: str) -> ArchiveError:
    return ArchiveError(
        f"{said_by} is {USER.sub('//…@', url)!r}: {why}; allowed: scheme, host and port, such as http://127.0.0.1:6333"
    )
