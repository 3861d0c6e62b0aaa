"""A multipart form with files in, batches of what indexing reads from them out."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress
from dataclasses import replace
from pathlib import PureWindowsPath
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from indexing.add_articles import Reading, read_paths
from service.faces.problems import invalid
from service.faces.request_body import gone, limited
from service.faces.result_lines import Batch

# All files of one form lie on disk until they are read; more goes in several forms, or as JSON lines.
FORM_LIMIT = 2 * 1024**3
MAX_FILES = 1_000
_NAME_BYTES = 200
_BATCH = 256
_BATCH_CHARACTERS = 1_000_000


async def file_batches(request: Request, max_characters: int) -> AsyncGenerator[Batch, None]:
    """What the files hold, in their order; raises a problem for a form without files."""
    form = await limited(request, FORM_LIMIT).form(max_files=MAX_FILES)
    leaving = asyncio.create_task(gone(request))
    try:
        uploads = [upload for _, upload in form.multi_items() if isinstance(upload, UploadFile)]
        texts = sorted({name for name, value in form.multi_items() if isinstance(value, str)})
        if texts or not uploads:
            got = f"the field {texts[0]!r} that is no file" if texts else "no file"
            raise invalid("body", f"got {got}; allowed: a form of files, such as curl -F file=@article.html")
        for number, upload in enumerate(uploads, start=1):
            name = file_name(upload.filename or "", number)
            readings = _read(upload.file, name, max_characters)
            try:
                while batch := await asyncio.to_thread(_batch, readings, number, name):
                    if leaving.done():
                        raise ClientDisconnect
                    yield batch
            finally:
                await asyncio.to_thread(readings.close)
    finally:
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        await form.close()


def file_name(sent: str, number: int) -> str:
    """The last part of a path as sent, safe to create in a folder of our own, its endings kept."""
    # PureWindowsPath knows both slashes.
    name = "".join(character for character in PureWindowsPath(sent).name if character.isprintable()).strip()
    name = name.encode("utf-8", "replace")[-_NAME_BYTES:].decode("utf-8", "ignore").lstrip(".")
    return name or f"file-{number}"


def _batch(readings: Generator[Reading, None, None], number: int, name: str) -> Batch:
    batch: Batch = []
    characters = 0
    while len(batch) < _BATCH and characters < _BATCH_CHARACTERS:
        reading = next(readings, None)
        if reading is None:
            break
        label = {"line": number, "file": reading.place if reading.place.startswith(name) else name}
        characters += len((reading.item.text or reading.item.html or "") if reading.item else "")
        batch.append((label, reading))
    return batch


def _read(upload: BinaryIO, name: str, max_characters: int) -> Generator[Reading, None, None]:
    """Readings of one file; its place is its name, and without a URL its id follows from its text."""
    with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
        path = os.path.join(folder, name)
        with open(path, "wb") as copy:
            shutil.copyfileobj(upload, copy)
        for reading in read_paths([path], max_characters=max_characters):
            error = reading.error and reading.error.replace(path, name)
            yield replace(reading, place=reading.place.replace(path, name), default_id=None, error=error)
