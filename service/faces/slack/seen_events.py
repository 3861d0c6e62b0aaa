"""What the bot asks of whoever remembers events; every archive has one (`Archive.seen`), shared by its services."""

from indexing.archive.seen_events import RememberedEvents, SeenEvents

__all__ = ["RememberedEvents", "SeenEvents"]
