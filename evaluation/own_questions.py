"""This project's own question files in; typed questions, and the places of their answers in a text, out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import Span
from evaluation.provenance import ROOT
from indexing.canonical_text import canonical_text

SEED_QUESTIONS = ROOT / "evaluation" / "seed_questions.jsonl"
GATE_QUESTIONS = ROOT / "evaluation" / "gate_questions.jsonl"
SAMPLES = ROOT / "samples"
SEED_ARTICLES = "seed/*.txt"

KINDS = ("number", "person", "date", "place", "reason", "list", "yes_no", "factoid")
NEAR = 400  # code points around `start`; the parts of the widest list here lie 230 apart

_REQUIRED: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "language": str,
    "question": str,
    "kind": str,
    "answerable": bool,
    "short_answers": list,
    "quotes": list,
    "start": (int, type(None)),
}
_OPTIONAL: dict[str, type | tuple[type, ...]] = {
    "all_answers": list,
    "also": list,
    "differs": list,
    "note": str,
}
_LANGUAGE = re.compile("[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class OtherArticle:
    """Another article that speaks of the same fact, and the words in which it does."""

    article_id: str
    short_answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question with its acceptable answers; one that is not stated has none and says why in `note`."""

    id: str
    language: str
    text: str
    kind: str
    answerable: bool
    article_id: str | None
    """The article that answers it, or on whose story it is; None: the seed article."""
    short_answers: tuple[str, ...]
    """Any one is right, verbatim; of a list one run that names all, or each of them where they lie apart."""
    quotes: tuple[str, ...]
    """Acceptable proving quotes, verbatim; the first is the one to expect."""
    start: int | None
    """Code point offset of the first short answer in the canonical text."""
    all_answers: tuple[str, ...]
    """Of a list: everything that has to be named."""
    also: tuple[OtherArticle, ...]
    """Other articles that prove the same answer."""
    differs: tuple[OtherArticle, ...]
    """Articles that state another value."""
    note: str
    origin: str
    """File and line, for messages."""

    @property
    def proving_articles(self) -> frozenset[str]:
        """The ids of all articles that prove the answer; empty when none does, or it is the seed article."""
        if not self.answerable or self.article_id is None:
            return frozenset()
        return frozenset((self.article_id, *(other.article_id for other in self.also)))


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the answers and quotes of one question stand in the canonical text of its article."""

    short_answers: tuple[Span, ...]
    quotes: tuple[Span, ...]
    all_answers: tuple[Span, ...]


def load_seed_questions(path: Path = SEED_QUESTIONS) -> list[OwnQuestion]:
    """Read the questions on the seed article; raises EvaluationError naming file and line of a bad row."""
    return _load(path, _REQUIRED)


def load_gate_questions(path: Path = GATE_QUESTIONS) -> list[OwnQuestion]:
    """Read the questions on the samples; raises EvaluationError naming file and line of a bad row."""
    return _load(path, {**_REQUIRED, "article_id": str})


def seed_text(folder: Path) -> str:
    """The canonical text of the seed article in a folder of evaluation data.

    Raises EvaluationError unless there is exactly one.
    """
    found = sorted(folder.glob(SEED_ARTICLES))
    if len(found) != 1:
        raise EvaluationError(
            f"got {len(found)} files {SEED_ARTICLES} in {folder}, allowed: exactly one; "
            "set EVALUATION_DATA to the folder that holds the seed article"
        )
    return canonical_text(found[0].read_bytes().decode("utf-8"))


def sample_texts(folder: Path = SAMPLES) -> dict[str, str]:
    """The canonical text of every sample article by its id; raises EvaluationError when there is none."""
    rows = [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()
    ]
    if not rows:
        raise EvaluationError(f"no *.jsonl in {folder}; take the folder samples/ of the checkout")
    return {row["id"]: canonical_text(row["text"]) for row in rows}


def place(question: OwnQuestion, text: str) -> Placed:
    """Find the answers and quotes of a question in the canonical text of its article.

    Raises EvaluationError unless the first short answer stands at `start`, everything else verbatim near it,
    and every quote covers a short answer.
    """
    if question.start is None:
        return Placed((), (), ())
    first = question.short_answers[0]
    if not text.startswith(first, question.start):
        got = text[question.start : question.start + len(first)]
        raise EvaluationError(
            f"{question.origin}: got {got!r} at {question.start}, allowed: the first short answer {first!r}; "
            "correct `start`, a code point offset in the canonical text"
        )
    placed = Placed(
        *(
            tuple(_nearest(question, wanted, text) for wanted in group)
            for group in (question.short_answers, question.quotes, question.all_answers)
        )
    )
    answers = (*placed.short_answers, *placed.all_answers)
    for quote in placed.quotes:
        if not any(quote.start <= answer.start and answer.end <= quote.end for answer in answers):
            raise EvaluationError(
                f"{question.origin}: the quote {quote.text!r} covers no short answer; take a longer run"
            )
    return placed


def check_against(questions: Sequence[OwnQuestion], texts: Mapping[str, str]) -> None:
    """Place every question in `texts` (article id to canonical text), with the other articles it names.

    Raises EvaluationError naming file and line of the first question that does not fit.
    """
    for question in questions:
        place(question, _text_of(question, question.article_id or "", texts))
        for other in (*question.also, *question.differs):
            text = _text_of(question, other.article_id, texts)
            for answer in other.short_answers:
                if answer not in text:
                    raise EvaluationError(
                        f"{question.origin}: {answer!r} is not in {other.article_id}; copy it from its text"
                    )


def _nearest(question: OwnQuestion, wanted: str, text: str) -> Span:
    """The occurrence of `wanted` that begins nearest to `start`."""
    start = question.start or 0
    places = [found.start() for found in re.finditer(f"(?={re.escape(wanted)})", text)]
    near = [place for place in places if abs(place - start) <= NEAR]
    if not near:
        raise EvaluationError(
            f"{question.origin}: {wanted!r} stands nowhere within {NEAR} code points of {start}; "
            "copy it from the canonical text"
        )
    begin = min(near, key=lambda one: (abs(one - start), one))
    return Span(begin, begin + len(wanted), wanted)


def _text_of(question: OwnQuestion, article_id: str, texts: Mapping[str, str]) -> str:
    if article_id not in texts:
        raise EvaluationError(
            f"{question.origin}: got the article {article_id!r}, allowed: one of {len(texts)} known ones; "
            "correct the id"
        )
    return texts[article_id]


def _load(path: Path, required: Mapping[str, type | tuple[type, ...]]) -> list[OwnQuestion]:
    questions = [_question(row, origin, required) for origin, row in _rows(path)]
    seen: dict[str, str] = {}
    for question in questions:
        for name, value in (("id", question.id), ("question", question.text)):
            earlier = seen.setdefault(f"{name} {value}", question.origin)
            if earlier != question.origin:
                raise EvaluationError(
                    f"{question.origin}: the {name} {value!r} stands in {earlier} already; change one"
                )
    return questions


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.is_file():
        raise EvaluationError(f"no question file {path}; restore it from the repository")
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        origin = f"{path.name}:{number}"
        try:
            row = json.loads(line.decode("utf-8"))
        except ValueError as error:
            raise EvaluationError(f"{origin}: not a line of JSON in UTF-8 ({error}); correct it") from error
        if not isinstance(row, dict):
            raise EvaluationError(f"{origin}: got {type(row).__name__}, allowed: an object; see line 1")
        yield origin, row


def _question(
    row: dict[str, Any], origin: str, required: Mapping[str, type | tuple[type, ...]]
) -> OwnQuestion:
    _check_fields(row, origin, required)
    question = OwnQuestion(
        id=row["id"],
        language=row["language"],
        text=row["question"],
        kind=row["kind"],
        answerable=row["answerable"],
        article_id=row.get("article_id"),
        short_answers=_texts(row, "short_answers", origin),
        quotes=_texts(row, "quotes", origin),
        start=row["start"],
        all_answers=_texts(row, "all_answers", origin),
        also=_others(row, "also", origin),
        differs=_others(row, "differs", origin),
        note=row.get("note", ""),
        origin=origin,
    )
    _check_values(question)
    return question


def _check_fields(
    row: Mapping[str, Any], origin: str, required: Mapping[str, type | tuple[type, ...]]
) -> None:
    """Refuse missing, unknown and wrongly typed fields."""
    allowed = {**required, **_OPTIONAL}
    if missing := [name for name in required if name not in row]:
        raise EvaluationError(f"{origin}: the field {missing[0]!r} is missing; add it")
    if unknown := [name for name in row if name not in allowed]:
        raise EvaluationError(
            f"{origin}: got the field {unknown[0]!r}, allowed: {', '.join(allowed)}; correct its name"
        )
    for name, value in row.items():
        wrong_number = isinstance(value, bool) and allowed[name] is not bool
        if wrong_number or not isinstance(value, allowed[name]):
            raise EvaluationError(f"{origin}: got {name} {value!r}, which is of a wrong type; see line 1")


def _check_values(question: OwnQuestion) -> None:
    """Refuse what the rest of the program could not make sense of."""
    stated = bool(question.short_answers and question.quotes and question.start is not None)
    anything = bool(
        question.short_answers or question.quotes or question.all_answers or question.also or question.differs
    )
    known = (*question.short_answers, *question.all_answers)
    wrong = {
        f"got the kind {question.kind!r}, allowed: {', '.join(KINDS)}": question.kind not in KINDS,
        f"got the language {question.language!r}, allowed: a code as en": not _LANGUAGE.fullmatch(
            question.language
        ),
        "got an empty id or question, allowed: text": not (question.id.strip() and question.text.strip()),
        f"got start {question.start}, allowed: 0 or more": (question.start or 0) < 0,
        "answerable, but short_answers, quotes or start are missing": question.answerable and not stated,
        "not answerable, but it has answers": not question.answerable
        and (anything or question.start is not None),
        "not answerable, but no note says why": not question.answerable and not question.note.strip(),
        "a list needs two or more all_answers, another kind has none": question.answerable
        and (len(question.all_answers) > 1) != (question.kind == "list"),
        "a quote contains no short answer": any(
            not any(answer in quote for answer in known) for quote in question.quotes
        ),
    }
    for message, is_so in wrong.items():
        if is_so:
            raise EvaluationError(f"{question.origin}: {message}; correct the row")


def _texts(row: Mapping[str, Any], name: str, origin: str) -> tuple[str, ...]:
    values = row.get(name, [])
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise EvaluationError(
            f"{origin}: got {name} {values!r}, allowed: texts that are not empty; correct it"
        )
    if len(set(values)) < len(values):
        raise EvaluationError(f"{origin}: got {name} {values!r} with one text twice; leave one out")
    return tuple(values)


def _others(row: Mapping[str, Any], name: str, origin: str) -> tuple[OtherArticle, ...]:
    others = []
    for value in row.get(name, []):
        if not isinstance(value, dict) or set(value) != {"article_id", "short_answers"}:
            raise EvaluationError(
                f"{origin}: got {name} {value!r}, allowed: objects with article_id and short_answers; correct it"
            )
        answers = _texts(value, "short_answers", origin) if isinstance(value["short_answers"], list) else ()
        if not answers or not isinstance(value["article_id"], str):
            raise EvaluationError(
                f"{origin}: got {name} {value!r}, allowed: an id and a list of texts; correct it"
            )
        others.append(OtherArticle(value["article_id"], answers))
    return tuple(others)
