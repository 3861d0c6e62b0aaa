"""The folder of a shard in; the files that opening it goes through are in the system's page cache, out.

Edge maps its files and reads them page by page, here and there; each page that is not there yet is a wait of its own
for the disk. 190,000 passages took 50,000 such waits, 5 s on a quiet disk and 51 s on a busy one; reading the same
files one after the other takes 1.5 s. Edge lets go of those pages whenever it closes, so this is so at every start.
"""

import os
from contextlib import suppress
from pathlib import Path

WHOLE_VECTORS = "matrix.dat"
"""As large as everything else together, and read only for the last candidates of a search, here and there."""
STORES = ("payload_storage", "store")
"""Folders of payloads and of term vectors: opening does not touch them, searches do, here and there."""
CHUNK = 4 << 20


def read_ahead(folder: Path) -> None:
    """Read what opening a shard goes through, and ask the system to read what searches will; never raises."""
    for path in _files(folder):
        if path.name == WHOLE_VECTORS:
            continue
        if path.parent.name not in STORES:
            _read(path)
        elif hasattr(os, "posix_fadvise"):
            with suppress(OSError), path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def read_the_rest(folder: Path) -> None:
    """Read what only searches touch, unless it fills more than half of the machine's memory; never raises.

    For a thread beside the searches. Of a million passages 140 pages a question came from the disk without this.
    """
    paths = [path for path in _files(folder) if path.name == WHOLE_VECTORS or path.parent.name in STORES]
    with suppress(OSError):
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if sum(path.stat().st_size for path in paths) < memory // 2:
            for path in paths:
                _read(path, scattered=True)


def _files(folder: Path) -> list[Path]:
    # Not `glob`, which raises when a segment goes meanwhile, as one does that an index takes the place of.
    walked = os.walk(folder / "segments")
    return sorted(Path(within, name) for within, _, names in walked for name in names)


def _read(path: Path, scattered: bool = False) -> None:
    """Read a file through; `scattered`: into pages of the smallest size.

    Into large ones it is faster, but a search that touches them has them mapped whole, 2 MB for a vector, and all
    of that counts as memory of this process.
    """
    buffer = bytearray(CHUNK)
    with suppress(OSError), path.open("rb", buffering=0) as file:  # whatever it is, Edge will say it better
        if scattered and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        while file.readinto(buffer):
            pass
