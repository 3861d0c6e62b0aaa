"""A question in; its words that are names by their capital, their quotation marks or their rareness, out."""

from collections.abc import Callable, Iterator, Sequence

import regex

from service.answering.words_of_text import Word

_QUOTED = regex.compile('[«“„「『]([^«»“”„「」『』]{2,60})[»”“」』]|"([^"]{2,60})"')
_SENTENCE_END = regex.compile(r"(?:^|[.!?…:¿¡]\s*|[\n«“„\"])[\s¿¡«“„\"'(]*$")
# German writes every noun with a capital; after such a word it is no name.
_BEFORE_GERMAN_NOUN = regex.compile(
    r"(?:der|die|das|dem|den|des|im|ins|ans|aufs|laut|\p{N}+|fünf|neun|elf|zwölf|"
    r"\p{Ll}+zehn|\p{Ll}+zig|(?!über$|unter$|gegen$|neben$|hinter$|zwischen$)\p{Ll}+(?:e|en|er|es|em)|"
    r"\p{Ll}*(?:ein|kein)|viel|mehr|zum|zur|vom|am|beim)$"
)
# First words of a sentence that are no name even before one: "In Paris", "Did Obama", "Avant Hollande".
_OPENING_WORDS = """
    a according after although an and are as at before between by can could did do does during for from
    had has have how if in into is it many much near of on once since the their to under until upon was
    were what when where which while who whom whose why will with would à après au aux avant avec chez
    combien comment dans de des depuis du en entre est et la le les lors où par pendant pour pourquoi
    près quand que quel quelle quelles quels qui selon sous sur un une al antes ante como con cual
    cuando cuanto cuantos cuantas cuántos cuántas cuál cuándo cómo desde después dónde donde durante el
    está fue hasta los las según para por qué quién quiénes sobre tras una auf aus bei bis das dem den
    der die durch für gegen hat im ist laut mit nach seit über um unter von vor wann warum welche
    welchem welchen welcher welches wem wen wer weshalb wessen wie wieso wo woher wohin womit zu zur в
    во где для до за из к как какая какие какого какой каком каким какую когда кого кому кто на о об от
    по после почему при с сколько у чего чей чем что come cosa dove chi quale quali quando quanti quanto
    nel della wat welk welke waar hoe hoeveel
"""
_OPENING = frozenset(_OPENING_WORDS.split())


def name_words(
    question: str, words: Sequence[Word], language: str, is_common: Callable[[str], bool] | None
) -> Iterator[Word]:
    """Words that are names; `is_common` (see `common_words`) tells which are not, whatever they look like."""
    quoted = [match.span() for match in _QUOTED.finditer(question)]
    for place, word in enumerate(words):
        if len(word.text) < 2 or word.folded.isnumeric():
            continue
        inside = any(start <= word.start and word.end <= end for start, end in quoted)
        if word.is_unspaced:
            yield from word.katakana()
            if inside:
                yield word
        elif not word.is_cased:
            if inside or (is_common is not None and not is_common(word.text)):
                yield word
        elif (
            word.has_capital
            and _is_name(question, words, place, language)
            and (is_common is None or not is_common(word.text))
        ):
            yield word


def opens_sentence(text: str, start: int) -> bool:
    """Whether the word at `start` is the first of a sentence, whose capital says nothing."""
    return _SENTENCE_END.search(text[:start]) is not None


def is_no_name(word: str) -> bool:
    """Whether a first word of a sentence is none of a name, whatever follows."""
    return word.casefold() in _OPENING


def _is_name(question: str, words: Sequence[Word], place: int, language: str) -> bool:
    word = words[place]
    follows = place + 1 < len(words) and words[place + 1].has_capital
    if opens_sentence(question, word.start):
        return follows and not is_no_name(word.text) and len(word.text) > 3
    if language != "de" or place == 0:
        return True
    before = question[words[place - 1].end : word.start]
    if before == "-" and question[word.end : word.end + 1] != "-":
        return False  # the last part of a compound says what it is: AFC-Championship-Spiel
    previous = words[place - 1].text
    return _BEFORE_GERMAN_NOUN.fullmatch(previous.casefold() if place == 1 else previous) is None
