"""Answers in, the same answers out of a file in a later run: whole objects, one a line, by the id of their question."""

import json
from pathlib import Path
from typing import Any

from service.answering.answer import (
    Answer,
    Citation,
    CitedArticle,
    ConsideredPassage,
    Refusal,
    Statement,
)


class KeptAnswers:
    """Answers by question; a new one is on the disk at once, so that a run that was stopped goes on where it was."""

    def __init__(self, file: Path) -> None:
        """Read what is there; a last line that was not finished is asked again."""
        self._file = file
        self._answers: dict[str, Answer] = {}
        if file.exists():
            for line in file.read_text("utf-8").split("\n"):
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                self._answers[row["question_id"]] = read_answer(row["answer"])

    def get(self, question_id: str) -> Answer | None:
        """The answer to a question of this id, if there is one."""
        return self._answers.get(question_id)

    def keep(self, question_id: str, answer: Answer) -> None:
        """Remember it."""
        self._answers[question_id] = answer
        self._file.parent.mkdir(parents=True, exist_ok=True)
        row = {"question_id": question_id, "answer": answer.to_dict()}
        with self._file.open("a", encoding="utf-8") as file:
            # A line of its own, even behind one that was not finished.
            file.write("\n" + json.dumps(row, ensure_ascii=False))


def read_answer(given: dict[str, Any]) -> Answer:
    """The answer of which this is `to_dict()`, read from JSON."""
    refusal = given["refusal"]
    return Answer(
        **{
            **given,
            "statements": tuple(
                Statement(**{**one, "citations": tuple(one["citations"])}) for one in given["statements"]
            ),
            "citations": tuple(map(_citation, given["citations"])),
            "passages": tuple(ConsideredPassage(**one) for one in given["passages"]),
            "refusal": refusal
            and Refusal(**{**refusal, "nearest": tuple(map(_citation, refusal["nearest"]))}),
        }
    )


def _citation(given: dict[str, Any]) -> Citation:
    article = CitedArticle(**{**given["article"], "tags": tuple(given["article"]["tags"])})
    return Citation(**{**given, "article": article, "also_in": tuple(given["also_in"])})
