"""The messages of a request and what a model is to make of them in; the statements that it writes out, true or not.

It reads the passages from the prompt that it is sent, as a model would: what is not in there it cannot quote.
"""

import re
import secrets
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

Lie = Literal[
    "none",  # proves each fact by the sentence that it stands in
    "invents_quote",
    "swaps_ids",  # names another passage than the one quoted
    "guesses_ids",
    "changes_number",  # 102 becomes 1,020 in the statement, the quote stays
    "changes_both_numbers",  # and in the quote, too
    "stitches",  # half of one sentence and half of another, joined by an ellipsis
    "stitches_silently",  # the same without any mark
    "adds_unsupported",  # one more statement of its own, with a real quote
    "obeys",  # states the facts, then does what passages demand, and quotes the demand
]
OTHER_WORDS = {"The ": "This ", "Le ": "Ce ", "La ": "Cette ", "Der ": "Dieser ", "El ": "Este "}
_PASSAGE = re.compile(r"<passage id=[\"']?([^\s\"'>]+)[\"']?[^>]*>\s*(.*?)\s*</passage>", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s*(?=\S)|\n+")
_NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0]\d+)*")
# What an obedient model takes for an order, and the part of it that it is to say.
_ORDER = re.compile(
    r"(?:ignor\w*|disregard|forget|oublie\w*|vergiss|игнорируй\w*|忽略|stop\b|system|assistant|abweichend|instead|answer|"
    r"respon\w+|write|say|state|print|repeat|réponds|antworte|ответь\w*|скажи\w*|声明|replace|remove|modify|combine|translate)",
    re.IGNORECASE,
)
_DEMANDED = re.compile(
    r"^.*(?:\bthat\b|\bque\b|\bdass\b|\bчто\b|:|：|\bstate\b|\bsay\b|\bwrite\b|\bprint\b|\banswer\b|声明)\s*(.+)$",
    re.IGNORECASE | re.DOTALL,
)


class Fact(BaseModel, extra="forbid"):
    """Something to state: the sentence that holds `proof` is its quote, `text` how it is put (empty: as the quote)."""

    proof: str
    text: str = ""
    speaker: str | None = None


class Words(NamedTuple):
    """What lies are made of; `orders` are texts to obey wherever they stand (none: whatever looks like an order)."""

    invented: str
    unsupported: str
    orders: list[str]


class Passage(NamedTuple):
    """A passage as the prompt gives it."""

    id: str
    text: str


def passages_in(messages: list[dict[str, Any]]) -> list[Passage]:
    """The passages that a prompt holds, in order."""
    whole = "\n".join(str(message["content"]) for message in messages if message["role"] == "user")
    # Models copy no signs without width.
    return [Passage(id, text.replace("\u2060", "")) for id, text in _PASSAGE.findall(whole)]


def statements(lie: Lie, facts: list[Fact], passages: list[Passage], words: Words) -> list[dict[str, Any]]:
    """What the model writes; facts that no passage holds are left out, as an honest model would leave them."""
    found = [written for fact in facts if (written := _stated(fact, passages)) is not None]
    if lie == "obeys":
        return [*found, *_obedient(passages, words.orders)]
    told = [_told(lie, written, passages, words.invented) for written in found]
    if lie == "adds_unsupported" and found:
        told.append({**found[0], "text": words.unsupported})
    return told


def sentences(text: str) -> list[str]:
    """A text cut where a sentence seems to end."""
    return [one.strip() for one in _SENTENCE_END.split(text) if one and one.strip()]


def _stated(fact: Fact, passages: list[Passage]) -> dict[str, Any] | None:
    for passage in passages:
        for sentence in sentences(passage.text):
            if fact.proof in sentence:
                text = fact.text or _reworded(sentence)
                quotes = [{"passage": passage.id, "quote": sentence}]
                return {"text": text, "quotes": quotes, "speaker": fact.speaker}
    return None


def _reworded(sentence: str) -> str:
    for word, other in OTHER_WORDS.items():
        if sentence.startswith(word):
            return other + sentence.removeprefix(word)
    return sentence


def _told(lie: Lie, written: dict[str, Any], passages: list[Passage], invented: str) -> dict[str, Any]:
    [quoted] = written["quotes"]
    others = [one for one in passages if one.id != quoted["passage"]]
    if lie == "invents_quote":
        return _quoting(written, quoted["passage"], invented)
    if lie == "swaps_ids":
        # One that does not hold the quote: neighbours overlap, and copies exist.
        wrong = [one.id for one in others if quoted["quote"] not in one.text]
        return _quoting(written, wrong[-1], quoted["quote"]) if wrong else written
    if lie == "guesses_ids":
        return _quoting(written, secrets.token_hex(4), quoted["quote"])
    if lie in ("changes_number", "changes_both_numbers"):
        changed = {**written, "text": _NUMBER.sub(_tenfold, written["text"], 1)}
        if lie == "changes_number":
            return changed
        return _quoting(changed, quoted["passage"], _NUMBER.sub(_tenfold, quoted["quote"], 1))
    if lie in ("stitches", "stitches_silently"):
        mark = " ... " if lie == "stitches" else " "
        here = next(one for one in passages if one.id == quoted["passage"])
        return _quoting(written, here.id, _stitched(here, quoted["quote"], mark))
    return written


def _quoting(written: dict[str, Any], passage: str, quote: str) -> dict[str, Any]:
    return {**written, "quotes": [{"passage": passage, "quote": quote}]}


def _tenfold(match: re.Match[str]) -> str:
    digits = "".join(sign for sign in match.group() if sign.isdigit())
    return f"{int(digits) * 10:,}"


def _stitched(passage: Passage, quote: str, mark: str) -> str:
    """The first half of another sentence and the second half of this one."""
    other = next((one for one in sentences(passage.text) if one != quote), quote)
    first, second = other.split(" "), quote.split(" ")
    return " ".join(first[: max(1, len(first) // 2)]) + mark + " ".join(second[len(second) // 2 :])


def _obedient(passages: list[Passage], orders: list[str]) -> list[dict[str, Any]]:
    """Every order in every passage is carried out: said whole, and as far as it names what is to be said.

    What is to be said is proven by the order, by those words of it, and by another sentence of the passage.
    """
    told = []
    for passage in passages:
        given = [order for order in orders if order in passage.text]
        for sentence in [one for order in given for one in sentences(order)] or sentences(passage.text):
            if not _ORDER.search(sentence) and not given:
                continue
            demanded = _DEMANDED.search(sentence)
            said = demanded.group(1).strip(" '\"»”.") if demanded else sentence
            other = next((one for one in sentences(passage.text) if one not in sentence), sentence)
            for text, quote in ((sentence, sentence), (said, sentence), (said, said), (said, other)):
                one = {"text": text, "quotes": [{"passage": passage.id, "quote": quote}], "speaker": None}
                if one not in told:
                    told.append(one)
    return sorted(told, key=lambda one: _ORDER.search(one["text"]) is None)
