"""A raw span of a text in, the same span made presentable out: whole words and figures, no loose brackets or commas."""

from bisect import bisect_left, bisect_right

import regex

_GRAPHEME = regex.compile(r"\X")
# Words are completed in scripts that part them by spaces; the others have no edge to go by.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"[[\p{{L}}\p{{M}}\p{{N}}_]--[{_UNSPACED}]]+", regex.V1)
_SPACE = "[ \u00a0\u2009\u202f]"
_AMOUNT = rf"(?:\p{{Nd}}{{1,3}}(?:{_SPACE}\p{{Nd}}{{3}}(?!\p{{Nd}}))+|\p{{Nd}}+)(?:[.,'’:٬٫]\p{{Nd}}+)*"
_UNIT = rf"(?:{_SPACE}?[%‰٪％°]\p{{Lu}}?(?!\p{{L}})|{_SPACE}?\p{{Sc}}(?!\p{{Nd}}))?"
_FIGURE = regex.compile(rf"(?:\p{{Sc}}{_SPACE}?)?(?<!\p{{Nd}}){_AMOUNT}{_UNIT}")
_PAIRS = {"(": ")", "[": "]", "{": "}", "«": "»", "“": "”", "„": "“”", "‘": "’", "‹": "›", "»": "«", "「": "」",
          "『": "』",
          "（": "）", "【": "】", "《": "》", '"': '"', "'": "'", "”": "”", "’": "’"}  # fmt: skip
_BRACKETS = {
    "(": ")",
    "[": "]",
    "{": "}",
    "（": "）",
    "「": "」",
    "『": "』",
    "【": "】",
    "《": "》",
    "«": "»",
}
_CLOSING = {closing: opening for opening, closing in _BRACKETS.items()}
_QUOTES = frozenset("\"'«»“”„‘’‚‹›「」『』")
_LOOSE = frozenset(" \t\n\r\u00a0\u2009\u202f\u3000,;:.!?…·•—–‒―-/\\|،؛؟。、，；：！？・~¿¡")
_ABBREVIATION = regex.compile(
    r"(?:(?:\p{L}\.[-\s]?){2,}|\b(?:Jr|Sr|Inc|Ltd|Co|Corp|"
    r"Bros|etc|chr|Chr|Kr|ca|с\.г|г|гг|в|вв)\.)$"
)
_NUMBER_AFTER_SIGN = regex.compile(r"[-−–+.]\p{Nd}")
# "en" and "a" are prepositions too, so they only fall at the end.
_JOINT = (
    "and|or|et|ou|und|oder|sowie|y|o|e|i|och|og|of|eller|oraz|lub|"
    "и|или|та|і|або|και|ή|ve|veya|và|dan|atau|és|vagy|ja|tai|şi|și|sau"
)
_LEADING_JOINT = regex.compile(rf"(?:{_JOINT})\s+(?=\S)")
_TRAILING_JOINT = regex.compile(rf"(?<=\S)\s+(?:{_JOINT}|en|a)$")


def trim_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Mend a span of code points: "(312)" is 312, "(50 personnes" is 50 personnes; never empty unless it came so.

    Offsets outside the text raise ValueError.
    """
    if not 0 <= start <= end <= len(text):
        raise ValueError(
            f"span {start}:{end} is not within a text of {len(text)} characters; give offsets of it"
        )
    if not text[start:end].strip():
        return start, end
    edges = _edges(text)
    span = _complete(text, *_strip(text, start, end), edges)
    for _ in range(len(text) + 1):  # every turn but the last takes something away
        shorter = _trim(text, *span, edges)
        if shorter == span:
            break
        span = shorter
    return span


def _edges(text: str) -> list[int]:
    """Where graphemes begin, and the end of the text."""
    return [match.start() for match in _GRAPHEME.finditer(text)] + [len(text)]


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while text[start].isspace():
        start += 1
    while text[end - 1].isspace():
        end -= 1
    return start, end


def _complete(text: str, start: int, end: int, edges: list[int]) -> tuple[int, int]:
    """Extend over cut words, figures with their signs, and graphemes, until nothing is cut."""
    before = (-1, -1)
    while (start, end) != before:
        before = (start, end)
        for pattern in (_WORD, _FIGURE):
            for match in pattern.finditer(text):
                if match.start() < end and start < match.end() and _is_cut(match, start, end):
                    start, end = min(start, match.start()), max(end, match.end())
        start = edges[bisect_right(edges, start) - 1]
        end = edges[bisect_left(edges, end)]
    return start, end


def _is_cut(match: regex.Match[str], start: int, end: int) -> bool:
    """Whether an edge lies within; a sign or currency on either side belongs to its figure."""
    return match.start() < start < match.end() or match.start() < end < match.end()


def _trim(text: str, start: int, end: int, edges: list[int]) -> tuple[int, int]:
    """Take one thing away from either end; the same span when nothing is loose or nothing would be left."""
    for shorter in (
        _inside(text, start, end),
        _after(text, start, end, edges),
        _before(text, start, end, edges),
    ):
        if shorter != (start, end) and any(sign.isalnum() for sign in text[slice(*shorter)]):
            return shorter
    return start, end


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """Without a pair of brackets or quotation marks around all of it, or from a bracket on that has no partner."""
    run = text[start:end]
    if len(run) > 2 and run[-1] in _PAIRS.get(run[0], "") and _spans_all(run):
        return start + 1, end - 1
    for place in range(len(run) - 1, 0, -1):
        if run[place] in _BRACKETS and _BRACKETS[run[place]] not in run[place:]:
            return start, start + place
    for place, sign in enumerate(run):
        if sign in _CLOSING and _CLOSING[sign] not in run[:place] and any(map(str.isalnum, run[:place])):
            return start, start + place
    return start, end


def _spans_all(run: str) -> bool:
    """Whether the first sign's partner is the last: not so in "(a) and (b)"."""
    inner = run[1:-1]
    if run[0] not in _BRACKETS:
        return run[0] not in inner and run[-1] not in inner
    depth = 0
    for sign in inner:
        depth += (sign == run[0]) - (sign == run[-1])
        if depth < 0:
            return False
    return depth == 0


def _after(text: str, start: int, end: int, edges: list[int]) -> tuple[int, int]:
    """Without what is loose at the beginning."""
    first = text[start : edges[bisect_right(edges, start)]]
    run = text[start:end]
    if first in _LOOSE and not _NUMBER_AFTER_SIGN.match(run):
        return start + 1, end
    if first in _CLOSING or (first in _BRACKETS and _BRACKETS[first] not in run):
        return start + 1, end
    if first in _QUOTES and not any(sign in _PAIRS.get(first, "") for sign in run[1:]):
        return start + 1, end
    joint = _LEADING_JOINT.match(run)
    return (start + joint.end(), end) if joint else (start, end)


def _before(text: str, start: int, end: int, edges: list[int]) -> tuple[int, int]:
    """Without what is loose at the end."""
    last = text[edges[bisect_left(edges, end) - 1] : end]
    run = text[start:end]
    if last in _LOOSE and not (last == "." and _ABBREVIATION.search(run)):
        return start, end - 1
    if last in _BRACKETS or (last in _CLOSING and _CLOSING[last] not in run):
        return start, end - 1
    if last in _QUOTES and not any(last in _PAIRS.get(sign, "") for sign in run[:-1]):
        return start, end - 1
    joint = _TRAILING_JOINT.search(run)
    return (start, start + joint.start()) if joint else (start, end)
