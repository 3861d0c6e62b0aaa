"""A chat's messages in, its last question and the turns before it out; what cannot be read is a 422 problem."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from service.answering.question import HISTORY_LIMIT, TURN_LIMIT, Question, Turn
from service.faces.chat_footnotes import without_footnotes
from service.faces.http_answers import question_text, turn_text
from service.faces.problems import invalid, shown

Speaker = Literal["user", "assistant"]
_SPEAKERS: tuple[Speaker, ...] = get_args(Speaker)


class MessageFields(BaseModel):
    """One message; the content of instructions and of tools' results may be anything, since they are not read."""

    model_config = ConfigDict(extra="ignore", strict=True)

    role: Literal["user", "assistant", "system", "developer", "tool", "function"]
    content: Any = None


def asked_in(messages: Sequence[MessageFields]) -> Question:
    """The last message of the user as the question, with at most the last 40 turns before it."""
    spoken = [
        (message.role, f"body.messages[{place}].content", message.content)
        for place, message in enumerate(messages)
        if message.role in _SPEAKERS
    ]
    while spoken and spoken[-1][0] != "user":
        spoken.pop()
    if not spoken:
        raise invalid(
            "body.messages", "got no message of the role user; allowed: at least one, the last asks"
        )
    *before, (_, place, content) = spoken
    try:
        text = question_text(_text(place, content))
    except ValueError as error:
        raise invalid(place, str(error)) from None
    turns = [_turn(role, _text(place, content)) for role, place, content in before]
    return Question(text, tuple(turn for turn in turns if turn is not None)[-HISTORY_LIMIT:])


def _text(place: str, content: Any) -> str:
    """The text of a content, which is one or a list of parts; an assistant that called tools has none."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise invalid(place, f"got {shown(content)}; allowed: text, or a list of parts of the type text")
    return "\n".join(_part(f"{place}[{number}]", part) for number, part in enumerate(content))


def _part(place: str, part: Any) -> str:
    kind = part.get("type") if isinstance(part, Mapping) else part
    if kind != "text":
        raise invalid(place, f"got a part of the type {shown(kind)}; only text can be read, so leave it out")
    if not isinstance(part.get("text"), str):
        raise invalid(f"{place}.text", f"got {shown(part.get('text'))}; allowed: text")
    return str(part["text"])


def _turn(role: str, text: str) -> Turn | None:
    """A turn as the pipeline takes it; None where nothing was said. A chat program cannot shorten what is too long."""
    speaker: Speaker = "user" if role == "user" else "assistant"
    try:
        said = turn_text(without_footnotes(text) if speaker == "assistant" else text)
    except ValueError:
        return None
    return Turn(speaker, said[:TURN_LIMIT])
