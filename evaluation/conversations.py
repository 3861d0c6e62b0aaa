"""A file of hand-written conversations in; typed ones, with what their last question asks in full, out."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.provenance import ROOT
from service.answering.question import Turn

CONVERSATIONS = ROOT / "evaluation" / "conversations.jsonl"

TOPIC_CHANGE = "topic_change"
KINDS = ("pronoun", "ellipsis", "time", "lacking", "correction", "switch", TOPIC_CHANGE)

_REQUIRED: dict[str, type] = {
    "id": str,
    "language": str,
    "kind": str,
    "follow_up": bool,
    "history": list,
    "question": str,
    "standalone": str,
    "article_ids": list,
    "answers": list,
    "about": list,
}
_ALLOWED = {**_REQUIRED, "note": str}
_LANGUAGE = re.compile("[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Conversation:
    """Some turns and a last question, which needs them (`follow_up`) or begins another subject."""

    id: str
    language: str
    """Of the last question; the turns and the articles may be in any."""
    kind: str
    """What of the history the last question leans on; one of KINDS."""
    follow_up: bool
    history: tuple[Turn, ...]
    """User and assistant by turns, oldest first; an assistant's turn is a marked value or a refusal."""
    question: str
    standalone: str
    """The last question in full, in its own language; the question itself where the subject changes."""
    article_ids: tuple[str, ...]
    """Every sample that states the answer."""
    answers: tuple[str, ...]
    """Any one is right, verbatim in one of the articles."""
    about: tuple[str, ...]
    """Every sample on the same story, whether it states the answer or not."""
    note: str
    origin: str
    """File and line, for messages."""


def load_conversations(path: Path = CONVERSATIONS) -> list[Conversation]:
    """Read the conversations; raises EvaluationError naming file and line of a bad row."""
    conversations = [_conversation(row, origin) for origin, row in _rows(path)]
    seen: dict[str, str] = {}
    for one in conversations:
        earlier = seen.setdefault(one.id, one.origin)
        if earlier != one.origin:
            raise EvaluationError(f"{one.origin}: the id {one.id!r} stands in {earlier} already; change one")
    return conversations


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if not path.is_file():
        raise EvaluationError(f"no file of conversations {path}; restore it from the repository")
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        origin = f"{path.name}:{number}"
        try:
            row = json.loads(line.decode("utf-8"))
        except ValueError as error:
            raise EvaluationError(f"{origin}: not a line of JSON in UTF-8 ({error}); correct it") from error
        if not isinstance(row, dict):
            raise EvaluationError(f"{origin}: got {type(row).__name__}, allowed: an object; see line 1")
        yield origin, row


def _conversation(row: dict[str, Any], origin: str) -> Conversation:
    _check_fields(row, origin)
    conversation = Conversation(
        id=row["id"],
        language=row["language"],
        kind=row["kind"],
        follow_up=row["follow_up"],
        history=_history(row["history"], origin),
        question=row["question"],
        standalone=row["standalone"],
        article_ids=_texts(row, "article_ids", origin),
        answers=_texts(row, "answers", origin),
        about=_texts(row, "about", origin),
        note=row.get("note", ""),
        origin=origin,
    )
    _check_values(conversation)
    return conversation


def _check_fields(row: Mapping[str, Any], origin: str) -> None:
    """Refuse missing, unknown and wrongly typed fields."""
    if missing := [name for name in _REQUIRED if name not in row]:
        raise EvaluationError(f"{origin}: the field {missing[0]!r} is missing; add it")
    if unknown := [name for name in row if name not in _ALLOWED]:
        raise EvaluationError(
            f"{origin}: got the field {unknown[0]!r}, allowed: {', '.join(_ALLOWED)}; correct its name"
        )
    for name, value in row.items():
        if not isinstance(value, _ALLOWED[name]):
            raise EvaluationError(f"{origin}: got {name} {value!r}, which is of a wrong type; see line 1")


def _check_values(conversation: Conversation) -> None:
    """Refuse what the rest of the program could not make sense of."""
    texts = (conversation.id, conversation.question, conversation.standalone)
    changes = conversation.kind == TOPIC_CHANGE
    same = conversation.standalone == conversation.question
    wrong = {
        f"got the kind {conversation.kind!r}, allowed: {', '.join(KINDS)}": conversation.kind not in KINDS,
        f"got the language {conversation.language!r}, allowed: a code as en": not _LANGUAGE.fullmatch(
            conversation.language
        ),
        "got an empty id, question or standalone, allowed: text": not all(text.strip() for text in texts),
        f"a {TOPIC_CHANGE} is no follow_up, every other kind is": changes is conversation.follow_up,
        "standalone is the question itself of a topic_change, and of no other kind": changes is not same,
        "article_ids has an article that is not in about": not set(conversation.article_ids)
        <= set(conversation.about),
    }
    for message, is_so in wrong.items():
        if is_so:
            raise EvaluationError(f"{conversation.origin}: {message}; correct the row")


def _history(values: list[Any], origin: str) -> tuple[Turn, ...]:
    """The turns: a user's first, then by turns, an assistant's last."""
    turns: list[Turn] = []
    for value in values:
        role: Any = ("user", "assistant")[len(turns) % 2]
        content = value.get("content") if isinstance(value, dict) and len(value) == 2 else None
        if (
            content is None
            or value.get("role") != role
            or not isinstance(content, str)
            or not content.strip()
        ):
            raise EvaluationError(
                f"{origin}: got the turn {value!r}, allowed: an object with the role {role} and a content; "
                "correct it"
            )
        turns.append(Turn(role, content))
    if not turns or len(turns) % 2:
        raise EvaluationError(
            f"{origin}: got a history of {len(turns)} turns, allowed: pairs of user and assistant; correct it"
        )
    return tuple(turns)


def _texts(row: Mapping[str, Any], name: str, origin: str) -> tuple[str, ...]:
    values = row[name]
    if not values or not all(isinstance(value, str) and value.strip() for value in values):
        raise EvaluationError(f"{origin}: got {name} {values!r}, allowed: one text or more; correct it")
    if len(set(values)) < len(values):
        raise EvaluationError(f"{origin}: got {name} {values!r} with one text twice; leave one out")
    return tuple(values)
