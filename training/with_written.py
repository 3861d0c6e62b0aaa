"""Training data and the questions written for it in; the same data with those questions, at their places, out.

`written_questions/` holds near misses (questions that their passage seems to answer and does not) and questions in
another language than their passage, written for this project one by one on passages of the training files: what those
files lack. A line has the id of its `passage`, `language`, `question`, and the answer's `start` and `end` in the
passage (code points; null: not stated).
"""

import json
from pathlib import Path

from training.training_data import TrainingData, TrainingQuestion, held_out

FOLDER = Path(__file__).resolve().parent / "written_questions"
NEAR_MISS, WRITTEN = "near-miss", "written"


def with_written(data: TrainingData, folder: Path = FOLDER) -> TrainingData:
    """Add them as the sources `near-miss` and `written`, each by the question's language; held-out passages stay out.

    Raises ValueError that names a line whose passage is not there or is too short for its answer.
    """
    places = {context.id: place for place, context in enumerate(data.contexts)}
    questions = list(data.questions)
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            name = f"{path.stem}-{number}"
            row = json.loads(line)
            place = places.get(row["passage"])
            if place is None:
                raise ValueError(f"{path}:{number}: no passage {row['passage']!r} in the training files")
            if row["end"] is not None and not 0 <= row["start"] < row["end"] <= len(
                data.contexts[place].text
            ):
                raise ValueError(f"{path}:{number}: its answer lies outside of passage {row['passage']!r}")
            if not held_out(row["passage"]):
                source = NEAR_MISS if row["start"] is None else WRITTEN
                questions.append(
                    TrainingQuestion(
                        name, row["language"], source, row["question"], place, row["start"], row["end"]
                    )
                )
    return TrainingData(data.contexts, questions, data.held_out)
