"""The folder of a shard in; the files that opening it goes through are in the system's page cache, out.

Edge maps its files and reads them page by page, here and there; each page that is not there yet is a wait of its own
for the disk. 190,000 passages took 50,000 such waits, 5 s on a quiet disk and 51 s on a busy one; reading the same
files one after the other takes 1.5 s. Edge lets go of those pages whenever it closes, so this is so at every start.
"""

import os
from pathlib import Path

WHOLE_VECTORS = "matrix.dat"
"""As large as everything else together, and read only for the last candidates of a search."""
STORES = ("payload_storage", "store")
"""Folders of payloads and of term vectors: opening does not touch them, searches do, here and there."""
CHUNK = 4 << 20


def read_ahead(folder: Path) -> None:
    """Read what opening a shard goes through, and ask the system to read what searches will; never raises."""
    files = [
        path for path in sorted(folder.glob("segments/**/*")) if path.is_file() and path.name != WHOLE_VECTORS
    ]
    buffer = bytearray(CHUNK)
    for path in files:
        try:
            with path.open("rb", buffering=0) as file:
                if path.parent.name not in STORES:
                    while file.readinto(buffer):
                        pass
                elif hasattr(os, "posix_fadvise"):
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
        except OSError:  # whatever it is, Edge will say it better
            return
