"""A canonical text and its language in, the spans of its sentences out."""

from collections.abc import Iterator

import regex
from sentencex import get_sentence_boundaries as _boundaries

# sentencex (by Wikimedia) proposes the ends of sentences; the rules below mend what it was seen to get wrong.
# Precision/recall of ends on 1,000 sentences of news and encyclopedia a language (the PUD treebanks):
#                   en         fr         de         es         ru         ar         zh
#   sentencex   .997/.999  .979/.997  .973/.970  .992/.981  .984/.996  .989/.999  .991/.943
#   with rules  .999/.998  .997/.997  .999/.992  .997/.979  .996/.996  .994/.999  .991/.996
_LINE = regex.compile(r"\S[^\n\u2028\u2029]*")  # from its first sign on; blank lines are passed over
_WINDOW = 4_000  # characters

# Quotations: sentencex never ends a sentence inside one, and one that is not closed swallows what follows. So
# the text is also read without quotation marks, and ends between two sentences of a quotation count too.
_WITHOUT_QUOTES = str.maketrans(dict.fromkeys('«»‘‚“”„‟‹›「」『』〝〞"', " "))
_INSIDE_QUOTATION = regex.compile(r"\s*(?:\s[“„‘‚‹»\"]|\s«\s?|[「『])?")

# Ends that it misses: before a digit after 。, and before a year that opens a German sentence.
_END_BEFORE_DIGIT = regex.compile(r"[。！？｡][”」』）]?(?=\d)")
_END_BEFORE_YEAR = regex.compile(
    r"(?<=(?<!\b(?:Sept|gest|gegr|verh|etwa|circa))(?:\b\p{Ll}{3}|\p{L}\p{Ll}{3,})\.)\s(?=(?:1\d|20)\d\d\s)"
)

# Ends that are none: a small letter (but not iPhone) or a comma follows, or an initial, an ordinal or a title
# stands before.
_GOES_ON = regex.compile(r"\p{Ll}(?!\p{Lu})|[,;:%°)\]،؛]|-(?=\p{L})|[»”’](?:\s|$)")
_INITIAL = regex.compile(r"[\p{Lu}\p{Arabic}\p{Hebrew}]")
_LAST_WORD = regex.compile(r"[\p{L}\p{N}\p{M}'’-]+(?=\.\Z)")
_LANGUAGES_WITH_ORDINALS = regex.compile("cs|da|de|et|fi|hr|hu|is|lv|nb|nn|no|sk|sl")
_TITLES = {
    language: frozenset(words.split())
    for language, words in {
        "de": "Hl Hr Fr Frl Prof Dr Dipl Ing St",
        "en": "Mr Mrs Ms Messrs Dr Prof St Gen Sen Rep Gov Lt Col Sgt Capt Hon Rev",
        "es": "Sr Sra Sres Srta Dr Dra Prof Ud Uds Lic Ing Gral",
        "fr": "M MM Mme Mmes Mlle Mlles Mgr Dr Pr Ste",
        "it": "Sig Dott Prof Ing Avv On",
        "nl": "dhr mevr dr prof ir mr drs",
        "pt": "Sr Sra Srs Dr Dra Prof Eng",
        "ru": "им ул пр проф акад св гр пос ген",
    }.items()
}
_BEFORE_NUMBER = regex.compile(
    "abb|abs|art|arts|bd|bzw|ca|cap|cf|chap|fig|kap|n|no|nos|nr|num|núm|p|pp|pág|págs|s|vol|гл|рис|стр|т|табл"
)

# Thai and Lao have no full stops: spaces stand between sentences, but also between clauses. One between two
# letters of the script is an end once 50 characters have passed, unless a word of continuation stands beside
# it: .609/.693 on the same measure (sentencex .444/.004, pythainlp's trained crfcut, 67 MB, .595/.688).
_SPACED_SCRIPT = regex.compile(r"[\u0e00-\u0eff]")
_SPACED_END = regex.compile(r"(?<=[\u0e00-\u0eff][”\"’)]?)\s+(?=[\"“‘(]?[\u0e00-\u0eff])")
_SPACED_CONTINUES = regex.compile("และ|หรือ|ซึ่ง|โดย|ว่า|เช่น|รวมถึง|รวมทั้ง|ตลอดจน|จน|ๆ")
_SPACED_OPEN = regex.compile("(?:ว่า|คือ|ได้แก่|เช่น|และ|หรือ)$")
_SPACED_LENGTH = 50


def split_sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Spans (start, end) of the sentences, in order, trimmed, together covering all but white space.

    A line end always ends a sentence, so a heading is one of its own. Linear in the length; never raises.
    """
    code = language.split("-")[0].lower()
    return [
        span for line in _LINE.finditer(text) for span in _sentences_of_line(line.group(), line.start(), code)
    ]


def _sentences_of_line(line: str, offset: int, language: str) -> Iterator[tuple[int, int]]:
    start = _space_after(line, 0)
    for position in sorted(_ends(line, language)):
        following, end = _space_after(line, position), _space_before(line, position)
        if end > start and following < len(line) and not _is_no_end(line, start, end, following, language):
            yield offset + start, offset + end
            start = following
    end = _space_before(line, len(line))
    if end > start:
        yield offset + start, offset + end


def _ends(line: str, language: str) -> set[int]:
    """Places in a line at which a sentence may end."""
    if len(_SPACED_SCRIPT.findall(line[:2000])) * 2 > min(len(line), 2000):
        return _spaced_ends(line)
    ends = set(_proposed_ends(line, language))
    ends.update(found.end() for found in _END_BEFORE_DIGIT.finditer(line))
    if language == "de":
        ends.update(found.end() for found in _END_BEFORE_YEAR.finditer(line))
    plain = line.translate(_WITHOUT_QUOTES)
    if plain != line:
        for position in _proposed_ends(plain, language):
            end = _space_before(plain, position)
            if _INSIDE_QUOTATION.fullmatch(line, end, _space_after(plain, position)):
                ends.add(_space_after(line, end))
    return ends


def _proposed_ends(line: str, language: str) -> Iterator[int]:
    """What sentencex says, asked window by window: quotations that never close make its time quadratic."""
    start = 0
    while start < len(line):
        ends = [start + found["end_index"] for found in _boundaries(language, line[start : start + _WINDOW])]
        if start + _WINDOW >= len(line):
            yield from ends
            return
        yield from ends[:-1]
        start = ends[-2] if len(ends) > 1 and ends[-2] > start + _WINDOW // 2 else start + _WINDOW


def _space_after(line: str, position: int) -> int:
    while position < len(line) and line[position].isspace():
        position += 1
    return position


def _space_before(line: str, position: int) -> int:
    while position > 0 and line[position - 1].isspace():
        position -= 1
    return position


def _spaced_ends(line: str) -> set[int]:
    ends = set()
    start = 0
    for gap in _SPACED_END.finditer(line):
        long_enough = gap.start() - start >= _SPACED_LENGTH
        if (
            long_enough
            and not _SPACED_CONTINUES.match(line, gap.end())
            and not _SPACED_OPEN.search(line, gap.start() - 10, gap.start())
        ):
            start = gap.end()
            ends.add(start)
    return ends


def _is_no_end(line: str, start: int, end: int, following: int, language: str) -> bool:
    """Whether the sentence goes on although the splitter saw an end before `following`."""
    if _GOES_ON.match(line, following):
        return True
    if line[end - 1] != ".":
        return False
    word = _LAST_WORD.search(line, max(start, end - 20), end)
    if not word:
        return False
    last = word.group()
    if len(last) == 1 and (following == end or _INITIAL.match(last)):
        return True
    if last.isdigit():
        return (
            len(last) <= 2
            and _LANGUAGES_WITH_ORDINALS.fullmatch(language) is not None
            and not line[max(0, word.start() - 1) : word.start()].startswith((".", ","))
        )
    if line[following].isdigit():
        return _BEFORE_NUMBER.fullmatch(last.lower()) is not None
    return last in _TITLES.get(language, ())
