"""Writes in, the same writes out in their order: what a copy of the archive has missed while its index is built.

It lies in a file without a name, which nobody has to clear up: a killed process throws the copy away with it.
"""

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path

from indexing.archive.edge import Write


class WriteJournal:
    """Appended to by whoever writes, read by whoever repeats it; one at a time."""

    def __init__(self, folder: Path) -> None:
        """Keep the writes on the disk of `folder`; raises OSError, as `append` does."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._read_to = 0
        self.waiting = 0
        """Writes that were appended and not yet read."""

    def append(self, write: Write) -> None:
        """Keep one more."""
        self._file.seek(0, 2)
        pickle.dump(write, self._file)
        self.waiting += 1

    def read(self) -> Iterator[Write]:
        """Those that wait, also those that come while this one reads."""
        while self.waiting:
            self._file.seek(self._read_to)
            write: Write = pickle.load(self._file)
            self._read_to = self._file.tell()
            self.waiting -= 1
            yield write

    def close(self) -> None:
        """Forget everything."""
        self._file.close()
