"""A file or folder in, its copy out, with the holes it has: Edge's are mostly holes, 200 MB in an empty archive."""

import errno
import os
from pathlib import Path
from threading import Event

OWNER_ONLY = 0o700


def copy_sparse(source: Path, target: Path) -> None:
    """Copy the parts that hold data, by the file system's own means where it has them; `target` must not exist."""
    with (
        source.open("rb") as read,
        open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as write,
    ):
        size = os.fstat(read.fileno()).st_size
        os.ftruncate(write.fileno(), size)
        place = 0
        while place < size:
            try:
                start = os.lseek(read.fileno(), place, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole is left
                    return
                raise
            end = os.lseek(read.fileno(), start, os.SEEK_HOLE)
            _copy_range(read.fileno(), write.fileno(), start, end)
            place = end


def copy_folder(source: Path, target: Path, stop: Event | None = None) -> None:
    """Copy a folder with everything in it; `stop`, once set, ends that after the next file."""
    target.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    for path in sorted(source.rglob("*")):
        if stop is not None and stop.is_set():
            return
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(mode=OWNER_ONLY, exist_ok=True)
        elif path.is_file():
            copy_sparse(path, place)


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    while start < end:
        data = os.pread(source, min(1 << 20, end - start), start)
        if not data:  # it became shorter
            return
        start += os.pwrite(target, data, start)


def write_sparse(target: int, data: bytes, place: int) -> None:
    """Write `data` at `place`, leaving out what is only zeros."""
    if data.count(0) != len(data):
        os.pwrite(target, data, place)


def sync(path: Path) -> None:
    """Bring a folder, with everything in it, or a file to disk."""
    inside = list(path.rglob("*")) if path.is_dir() else []
    for one in (*inside, path):
        sync_entry(one)


def sync_entry(path: Path) -> None:
    """Bring a file, or what a folder itself says of its entries, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
