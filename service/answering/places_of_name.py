"""A name of the question and a sentence in; where the sentence holds it, in whatever spelling, out."""

import regex

from service.answering.question_names import Name, is_found, prepare_text
from service.answering.written_numbers import numbers_in

LONGEST = 3  # words: "United Arab Emirates"
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’.-][\p{L}\p{M}\p{N}]+)*")


def places_of_name(name: Name, text: str, language: str, asked_in: str) -> list[tuple[int, int]]:
    """Return (start, end) of each place; `language` is the text's, `asked_in` the question's."""
    if name.kind == "number":
        return [(one.start, one.end) for one in numbers_in(text) if one.values & name.values]
    words = [match.span() for match in _WORD.finditer(text)]
    longest = LONGEST if name.kind == "world" else 1
    places: list[tuple[int, int]] = []
    for count in range(1, longest + 1):
        for first, last in zip(words, words[count - 1 :], strict=False):
            run = (first[0], last[1])
            held = any(start < run[1] and run[0] < end for start, end in places)
            if not held and is_found(name, prepare_text(text[run[0] : run[1]], language), asked_in):
                places.append(run)
    return sorted(places)
