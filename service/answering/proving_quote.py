"""A sentence with an answer in it and what the question names in; the shortest run that proves it out."""

import re
from collections.abc import Iterator, Sequence

REACH = 240  # characters between the answer and a name: what stands farther away proves little by itself
SHORTEST_WORDS = 3  # of a clause that is quoted where the sentence holds no name of the question
_WORD = re.compile(r"\w+")
_BREAKS = re.compile(r"[,;:،؛、，；：]\s*|\s[–—-]\s|[()\[\]«»“”„\"（）「」《》【】]")
_PAIRS = {"(": ")", "[": "]", "«": "»", "“": "”", "„": "“", "（": "）", "「": "」", "《": "》", "【": "】"}

Run = tuple[int, int]


def proving_quote(sentence: str, answer: Run, names: Sequence[Sequence[Run]]) -> Run:
    """Return (start, end) that holds `answer` and, of each name of the question, the nearest place.

    `names` has for each name where it stands in `sentence`. Where none does, the clause around the answer is
    quoted, and the whole sentence where that is too short to say anything.
    """
    start, end = answer
    for places in names:
        near = [place for place in places if _gap(place, answer) <= REACH]
        if near:
            nearest = min(near, key=lambda place: (_gap(place, answer), place))
            start, end = min(start, nearest[0]), max(end, nearest[1])
    if (start, end) == answer:
        start, end = _clause(sentence, answer)
    return _balanced(sentence, _whole_words(sentence, (start, end)))


def _gap(place: Run, answer: Run) -> int:
    return max(0, place[0] - answer[1], answer[0] - place[1])


def _clause(text: str, answer: Run) -> Run:
    """Widen from the answer, clause by clause, until some words stand around it."""
    breaks = sorted({0, len(text), *_cuts(text, answer)})
    left = max(place for place in breaks if place <= answer[0])
    right = min(place for place in breaks if place >= answer[1])
    while len(_WORD.findall(text, left, right)) < SHORTEST_WORDS + len(_WORD.findall(text, *answer)):
        wider = (
            max((place for place in breaks if place < left), default=left),
            min((place for place in breaks if place > right), default=right),
        )
        if wider == (left, right):
            break
        # What is said of the answer stands before it more often than after.
        left, right = (wider[0], right) if wider[0] < left else (left, wider[1])
    return _stripped(text, (left, right), answer)


def _cuts(text: str, answer: Run) -> Iterator[int]:
    for found in _BREAKS.finditer(text):
        inside_figure = (
            text[found.start() - 1 : found.start()].isdigit()
            and text[found.end() : found.end() + 1].isdigit()
        )
        if inside_figure or (found.start() < answer[1] and answer[0] < found.end()):
            continue
        yield found.start() if found.start() >= answer[1] else found.end()


def _stripped(text: str, run: Run, answer: Run) -> Run:
    start, end = run
    while start < answer[0] and text[start].isspace():
        start += 1
    while end > answer[1] and (text[end - 1].isspace() or text[end - 1] in ",;:،؛、，；："):
        end -= 1
    return start, end


def _whole_words(text: str, run: Run) -> Run:
    start, end = run
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum() and text[start].isascii():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum() and text[end].isascii():
        end += 1
    return start, end


def _balanced(text: str, run: Run) -> Run:
    """Take in the bracket that closes one within the run, or opens it."""
    start, end = run
    for opening, closing in _PAIRS.items():
        inside = text[start:end]
        if inside.count(opening) > inside.count(closing):
            place = text.find(closing, end)
            end = place + 1 if place >= 0 else end
        elif inside.count(closing) > inside.count(opening):
            place = text.rfind(opening, 0, start)
            start = place if place >= 0 else start
    return start, end
