"""Two folded words in, whether they are one word with other endings out: Варшава and Варшаве, Nigeria and Nigerian."""

import regex

from service.answering.world_names import fold

STEM = 4  # letters that two inflections of a word share at least
# Endings of case, number and derivation; folded, so that й is и and é is e.
_CASES = """
    a e i o u y s n m t en er es em ens ern an ian ians ns ien ienne iens iennes ais aise aises ain aine
    ains aines éen éenne éens ano ana anos anas iano iana isch ische ischen ischer isches ish ese is in
    ina ine ia ov ova ski ska ską skiego skiej ie ą ę owi ów om ami ach ssa sta lla lta lle ssä stä llä
    ltä än on un ban ben nak nek da de den dan nın nin ın а я о е у ю ы и ой ей ом ем ём ам ям ами ями
    ах ях ов ев ым им ого его ому ему ая яя ое ее ые ие ый ий ую юю ых их ском ский ская ское ские ского
    ской скую ским ских скому ин ина ию ией ия ии ь ью ья ёв ва ву вой овым ова овой ном ный ного ную
    ные ных цы цев ец ца цем цу цам ες ας ου ος ον η ης ι ν α ά ς
"""
_ENDINGS = frozenset(fold(ending) for ending in _CASES.split()) | {""}
# Niger and Nigeria, Georg and Georgia.
_OWN_WORD = frozenset({"ia", "ie", "ия", "ии", "ию", "ией", "ina", "ина"})
# Languages in which both of two forms may have an ending.
_CHANGING = frozenset(
    {"be", "bg", "cs", "el", "et", "fi", "hr", "hu", "lt", "lv", "mk", "pl", "ro", "ru", "sk", "sl", "sr", "tr", "uk"}
)  # fmt: skip
_CYRILLIC_CASE = regex.compile(r"(?<=\p{Cyrillic}{3})(?:ами|ями|ого|ому|ой|ом|ем|ым|ах|ью|[аеуыиюяь])$")


def is_inflected(one: str, other: str, language: str, stem: int = STEM) -> bool:
    """Whether two words differ in an ending alone; both may have one only where words change at their end."""
    if one[:stem] != other[:stem] or len(one) < stem:
        return False
    longest = letters_shared(one, other)
    # соединенных and соединенные share a letter of the ending too, so the cut may lie before it.
    cuts = range(longest, max(longest - 3, stem - 1), -1)
    return any(_are_endings(one[cut:], other[cut:], cut, language) for cut in cuts)


def _are_endings(one: str, other: str, cut: int, language: str) -> bool:
    rests = {one, other}
    if not rests <= _ENDINGS or ("" in rests and not rests.isdisjoint(_OWN_WORD)):
        return False
    return "" in rests or language in _CHANGING or cut > STEM


def letters_shared(one: str, other: str) -> int:
    """Letters that two words have in common at their beginning."""
    shared = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        shared += 1
    return shared


def without_case(word: str) -> str:
    """A Cyrillic word without its case ending: Ньютоном is Ньютон."""
    return _CYRILLIC_CASE.sub("", word)
