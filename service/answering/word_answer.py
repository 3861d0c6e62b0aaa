"""A verified draft in, the answer's wording out: the values with their marks, or the proving sentences."""

from collections.abc import Sequence

from service.answering.answer import Citation
from service.answering.verify import Draft


def short_answer(draft: Draft) -> str | None:
    """The values that the archive supports, joined by `; `; None where a sentence answers and no part of it."""
    worded = [_worded(draft, value) for value in draft.values if not _differs(draft, value)]
    return "; ".join(worded) or None


def answer_parts(draft: Draft) -> list[str]:
    """The answer's text in parts, one a value or a sentence, each with the marks of its citations; joined as it is.

    Where articles disagree each value says whose it is and of when: the source (else the title) and the date.
    """
    if draft.written_in is not None or not draft.values:
        return _parts(" ", [f"{one.text} {marks(one.citations)}" for one in draft.statements])
    disagree = any(_differs(draft, value) for value in draft.values)
    return _parts(
        "; ",
        [
            f"{_worded(draft, value)}{_whose(draft, value) if disagree else ''} {marks(value)}"
            for value in draft.values
        ],
    )


def _parts(between: str, parts: Sequence[str]) -> list[str]:
    return [*parts[:1], *(between + part for part in parts[1:])]


def marks(numbers: Sequence[int]) -> str:
    """`[1][2]` for 1 and 2."""
    return "".join(f"[{number}]" for number in numbers)


def _first(draft: Draft, value: Sequence[int]) -> Citation:
    return draft.citations[value[0] - 1]


def _differs(draft: Draft, value: Sequence[int]) -> bool:
    return _first(draft, value).stance == "differs"


def _worded(draft: Draft, value: Sequence[int]) -> str:
    citation = _first(draft, value)
    if citation.answer_start is None or citation.answer_end is None:
        return citation.quote
    return citation.quote[citation.answer_start - citation.start : citation.answer_end - citation.start]


def _whose(draft: Draft, value: Sequence[int]) -> str:
    article = _first(draft, value).article
    day = (article.published or "")[:10]
    return f" ({', '.join(part for part in (article.source or article.title, day) if part)})"
