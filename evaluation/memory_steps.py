"""An archive and questions on standard input in; the memory of this process after each step out."""

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from evaluation.resident_memory import resident_mb


def main() -> None:
    """Import, open the encoder, the reader and the archive, answer: one after the other, as a service does."""
    steps = {"python": resident_mb()}
    # By name, so that nothing of it is in memory before.
    open_local = importlib.import_module("service.open_local")
    importlib.import_module("service.serve")
    steps["imported"] = resident_mb()
    given = json.load(sys.stdin)
    settings = importlib.import_module("service.settings").load_settings()
    asyncio.run(_answer(open_local, settings, Path(given["archive"]), given["questions"], steps))
    print(json.dumps(steps))


async def _answer(
    open_local: Any, settings: Any, folder: Path, questions: list[str], steps: dict[str, float]
) -> None:
    encoder = open_local.encoder_of(settings)
    encoder.encode_questions(["ready?"])
    steps["encoder"] = resident_mb()
    read = importlib.import_module("service.answering.reader")
    reader = read.Reader.open(encoder.tokenizer, encoder.table)
    reader.read("ready?", ["We are."])
    confidence = open_local.Confidence.open(read.FOLDER / open_local.CONFIDENCE)
    steps["reader"] = resident_mb()
    opening = importlib.import_module("indexing.archive.open_archive")
    question = importlib.import_module("service.answering.question").Question
    archive = await opening.open_archive(folder, opening.manifest_for(encoder, encoder.terms))
    steps["archive"] = resident_mb()
    pipeline = importlib.import_module("service.answering.pipeline")
    answering = pipeline.Answering(archive, encoder, reader, confidence)
    for text in questions:
        await answering.ask(question(text))
    steps["after_questions"] = resident_mb()
    await archive.close()


if __name__ == "__main__":
    main()
