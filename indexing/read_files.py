"""Files, folders or standard input in, one Reading an article out: the article, or what is wrong with it."""

import gzip
import logging
import os
import stat
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from indexing.article_input import ArticleInput, article_input
from indexing.errors import ArticleRefused
from indexing.readers.decode_text import decode_text
from indexing.readers.docx import read_docx
from indexing.readers.extracted import Extracted
from indexing.readers.html import read_html_file
from indexing.readers.json_lines import read_json_lines
from indexing.readers.markdown import read_markdown
from indexing.readers.pdf import read_pdf

logger = logging.getLogger(__name__)

STANDARD_INPUT = "-"
_SLACK = 1_000_000  # bytes for metadata and mark-up beside the text
_WITH_PICTURES = (".pdf", ".docx")
_PICTURES = 100_000_000  # bytes that such a file may have however short its text is


@dataclass(frozen=True, slots=True)
class Reading:
    """One article or one failure (either `item` or `error` is set); `place` is the file or file:line."""

    place: str
    item: ArticleInput | None
    default_id: str | None
    error: str | None


# Bytes of a file, and how many characters an article may have.
_READERS: dict[str, Callable[[bytes, int], Extracted]] = {
    ".txt": lambda data, _: Extracted(text=decode_text(data)),
    ".md": lambda data, _: read_markdown(data),
    ".html": lambda data, _: read_html_file(data),
    ".htm": lambda data, _: read_html_file(data),
    ".pdf": read_pdf,
    ".docx": read_docx,
}
_LINES = (".jsonl", ".jsonl.gz")
SUFFIXES = (*_READERS, *_LINES)


def read_paths(
    paths: Sequence[str], *, max_characters: int, stdin: BinaryIO | None = None
) -> Iterator[Reading]:
    """Read everything under `paths` one article at a time; no failure stops the rest.

    `-` reads JSON lines from `stdin` (default: the process's own). Never raises for what it finds on disk.
    """
    for path in paths:
        if path == STANDARD_INPUT:
            yield from _read_lines(stdin or sys.stdin.buffer, "stdin", max_characters)
            continue
        for found in list_files(path):
            if isinstance(found, str):
                yield from _read_file(found, max_characters)
            else:
                yield found


def list_files(path: str) -> Iterator[str | Reading]:
    """The file, or the files of a folder in the order in which they are read, and what hinders; none is opened."""
    if os.path.isdir(path):
        yield from _list_folder(path)
    else:
        yield path


def expected_readings(paths: Sequence[str]) -> int | None:
    """How many articles `paths` hold, for a progress bar; None when lines would have to be counted."""
    total = 0
    for path in paths:
        if path == STANDARD_INPUT:
            return None
        for found in _walk(path, Counter()) if os.path.isdir(path) else [path]:
            if not isinstance(found, str) or _suffix(found) in _LINES:
                return None
            total += 1
    return total


def _suffix(path: str) -> str:
    name = os.path.basename(path).lower()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")


def _failure(place: str, problem: str) -> Reading:
    return Reading(place=_shown(place), item=None, default_id=None, error=" ".join(problem.split()))


def _shown(path: str) -> str:
    """A path that can be printed on one line: Linux file names are bytes and may hold line ends."""
    return path.encode("utf-8", "replace").decode("utf-8").replace("\n", "?")


def _list_folder(folder: str) -> Iterator[str | Reading]:
    skipped: Counter[str] = Counter()
    empty = True
    for found in _walk(folder, skipped):
        empty = False
        yield found
    if skipped:
        kinds = ", ".join(f"{suffix or 'no suffix'} {count}" for suffix, count in skipped.most_common(5))
        logger.warning("%s: skipped %d files of other kinds (%s)", folder, skipped.total(), kinds)
    if empty:
        yield _failure(
            folder, f"got a folder without articles, allowed: {' '.join(SUFFIXES)}; name another folder"
        )


def _walk(folder: str, skipped: Counter[str]) -> Iterator[str | Reading]:
    """Paths of readable kinds below a folder, sorted, each folder once however links lead to it."""
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            status = os.stat(place)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            names = sorted(os.listdir(place))
        except OSError as error:
            yield _failure(place, _explain(error))
            continue
        paths = [os.path.join(place, name) for name in names if not name.startswith(".")]
        waiting.extend(path for path in reversed(paths) if os.path.isdir(path))
        for path in paths:
            if os.path.isdir(path):
                continue
            if _suffix(path):
                yield path
            else:
                skipped[Path(path).suffix.lower()] += 1


def _read_file(path: str, max_characters: int) -> Iterator[Reading]:
    suffix = _suffix(path)
    try:
        status = os.stat(path)
        if not suffix:
            raise ArticleRefused(
                f"got a file of unknown kind ({Path(path).suffix or 'no suffix'}), "
                f"allowed: {' '.join(SUFFIXES)}; convert it"
            )
        if not stat.S_ISREG(status.st_mode):
            raise ArticleRefused(
                "got something that is no regular file; name a file, or - for standard input"
            )
        if suffix in _LINES:
            with open(path, "rb") as raw:
                stream = gzip.GzipFile(fileobj=raw) if suffix.endswith(".gz") else raw
                yield from _read_lines(stream, path, max_characters)  # type: ignore[arg-type]
        else:
            yield _read_whole(path, suffix, status.st_size, max_characters)
    except ArticleRefused as error:
        yield _failure(path, str(error))
    except OSError as error:
        yield _failure(path, _explain(error))


def _read_whole(path: str, suffix: str, size: int, max_characters: int) -> Reading:
    limit = 4 * max_characters + _SLACK  # UTF-8 and UTF-32 take at most four bytes a character
    if suffix in _WITH_PICTURES:
        limit = max(limit, _PICTURES)
    if size > limit:
        raise ArticleRefused(
            f"got a file of {size:,} bytes, allowed: at most {limit:,} (for {max_characters:,} characters); "
            "split it or raise CITEWELL_MAX_ARTICLE_CHARACTERS"
        )
    with open(path, "rb") as stream:
        data = stream.read(limit)
    try:
        extracted = _READERS[suffix](data, max_characters)
    except (ArticleRefused, MemoryError):
        raise
    except Exception as error:  # whatever a library trips over in one file must not stop the others
        logger.debug("%s", path, exc_info=True)
        raise ArticleRefused(f"cannot be read ({type(error).__name__}); open it and save it anew") from error
    given = {key: value for key, value in asdict(extracted).items() if value}
    item = article_input({"text": "", **given})
    return Reading(place=_shown(path), item=item, default_id=os.path.realpath(path), error=None)


def _read_lines(stream: BinaryIO, name: str, max_characters: int) -> Iterator[Reading]:
    # JSON may write a character as \uXXXX, six bytes.
    number = 0
    try:
        for line in read_json_lines(stream, max_bytes=6 * max_characters + _SLACK):
            number = line.number
            yield _reading_of_line(f"{name}:{number}", line.value, line.error)
    except (OSError, EOFError, zlib.error) as error:
        why = (
            _explain(error)
            if isinstance(error, OSError) and error.strerror
            else f"the file is damaged ({error})"
        )
        yield _failure(f"{name}:{number + 1}", f"{why}; lines before this one were read")


def _reading_of_line(place: str, value: object, error: str | None) -> Reading:
    if error is not None:
        return _failure(place, error)
    try:
        return Reading(place=_shown(place), item=article_input(value), default_id=None, error=None)
    except ArticleRefused as refusal:
        return _failure(place, str(refusal))


def _explain(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file; check the path"
    if isinstance(error, PermissionError):
        return "no permission to read it; change its rights or run as its owner"
    return f"cannot be read ({error.strerror or error}); check the file"
