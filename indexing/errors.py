"""What can go wrong while articles go in: one tree of errors, each message one line for people to read.

IndexingError
  ArticleRefused          an article that cannot go in
  ArchiveError            the archive cannot be opened or written
    ArchiveLocked           another process holds it
    ArchiveIncompatible     it was made with another model or a newer format
    ArchiveFull             no room left where it lies
    ArchiveUnreachable      the Qdrant server is down, slow or busy
    ArchiveForbidden        the Qdrant server refuses the key
  ModelsMissing           the prepared models are not there
  ModelsDamaged           they are there, but not as they were prepared
  ModelUnavailable        an embedding model of the reader's choice that cannot be loaded
  WorkerLost              processes that encode ended over the same articles
  RayUnavailable          no Ray, or none that can be used
"""


class IndexingError(Exception):
    """Base of everything `indexing` raises on purpose; the message says what, why and what to do."""


class ArticleRefused(IndexingError):
    """An article that cannot go in; the others are not touched."""


class ArchiveError(IndexingError):
    """The archive cannot be opened, read or written."""


class ArchiveLocked(ArchiveError):
    """Another process holds the archive."""


class ArchiveIncompatible(ArchiveError):
    """The archive was made with another encoder or by a newer version."""


class ArchiveFull(ArchiveError):
    """There is no room left where the archive lies."""


class ArchiveUnreachable(ArchiveError):
    """The Qdrant server does not answer, or has no time for it; later it may."""


class ArchiveForbidden(ArchiveError):
    """The Qdrant server refuses the key."""


class ModelsMissing(IndexingError):
    """The models folder is not there or not complete."""


class ModelsDamaged(IndexingError):
    """A file of the models folder differs from what was prepared."""


class ModelUnavailable(IndexingError):
    """An embedding model of the reader's choice that cannot be loaded."""


class WorkerLost(IndexingError):
    """Processes that encode ended while they worked on the same articles."""


class RayUnavailable(IndexingError):
    """Ray is not installed, cannot be reached, or gave up."""
