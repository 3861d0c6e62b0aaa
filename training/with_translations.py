"""Training data and its machine translations in; the same data with questions that cross the two languages out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.training_data import Context, TrainingData, TrainingQuestion, held_out
from training.translate import read_translations


def with_translations(data: TrainingData, folder: Path) -> TrainingData:
    """Add each translated passage with three kinds of questions, told apart by their source.

    `translated.es` asks in the passage's new language, `onto-en.es` asks in it about the original passage in English,
    `from-en.en` asks as before about the translation. Where only questions were translated there is the second kind
    alone, such as `onto-fr.en`. Held-out passages stay out. Raises FileNotFoundError without
    translations.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise FileNotFoundError(
            f"no translations in {folder}; run: python -m training.translate DATA {folder}"
        )
    places = {context.id: place for place, context in enumerate(data.contexts)}
    originals = {question.id: question for question in data.questions}
    contexts, questions = list(data.contexts), list(data.questions)
    for row in (row for path in files for row in read_translations(path)):
        if held_out(row["context_id"]):
            continue
        if row["text"] is not None:
            contexts.append(Context(f"{row['context_id']}-{row['to']}", row["to"], row["text"]))
        questions += _questions(row, places[row["context_id"]], len(contexts) - 1, originals)
    return TrainingData(contexts, questions, data.held_out)


def _questions(
    row: dict[str, Any], original: int, translation: int, originals: dict[str, TrainingQuestion]
) -> Iterator[TrainingQuestion]:
    source, target = row["from"], row["to"]
    for asked in row["questions"]:
        known = originals.get(asked["id"])
        if known is None or known.start is None:
            continue
        name = f"{asked['id']}-{target}"
        # Asked in the new language about the passage as it was: the answer's place is the old one.
        yield replace(
            known, id=name, language=target, source=f"onto-{source}", text=asked["question"], context=original
        )
        if asked["start"] is None:
            continue
        place = {
            "context": translation,
            "start": asked["start"],
            "end": asked["start"] + len(asked["answer"]),
        }
        yield replace(known, id=name, language=target, source="translated", text=asked["question"], **place)
        yield replace(known, id=f"{name}-{source}", source=f"from-{source}", **place)
