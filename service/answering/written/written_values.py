"""A text and its language in; the figures that it states, in digits or in words, with the values they may have, out."""

from collections.abc import Iterator
from decimal import Decimal

import regex
from text_to_num import alpha2digit

from service.answering.written_numbers import SCALE, Figure, numbers_in

BESIDE = 2  # characters between a figure and its percent sign
LANGUAGES = frozenset(
    {"en", "fr", "de", "es", "pt", "nl", "it", "da"}
)  # whose number words are read by text2num
PERCENT = regex.compile(
    r"[%٪％]|\bper ?cent|\bpercent|pour ?cent\b|prozent|por ciento|porcento|por cento|per cento|procent|процент|відсот|"
    r"yüzde|بالمئة|بالمائة|في المائة|درصد|אחוז|प्रतिशत|ร้อยละ|เปอร์เซ็นต์|百分|パーセント|퍼센트|τοις εκατό|prosent|"
    r"százalék",
    regex.IGNORECASE,
)

_HYPHEN = regex.compile(r"(?<=\p{L})[-‑](?=\p{L})")
_FRACTION = regex.compile(r"\p{N}+(?:sts|nds|rds|ths)(?!\p{L})")  # "two-thirds" becomes "2 3rds"
_DIGITS = regex.compile(r"\p{N}+(?:[.,\s]\p{N}+)*")
_RUSSIAN = {
    "нол": 0, "один": 1, "одн": 1, "дв": 2, "три": 3, "трёх": 3, "трех": 3, "трем": 3, "четыр": 4, "пят": 5, "шест": 6,
    "сем": 7, "восем": 8, "восьм": 8, "девят": 9, "десят": 10, "одиннадцат": 11, "двенадцат": 12, "тринадцат": 13,
    "четырнадцат": 14, "пятнадцат": 15, "шестнадцат": 16, "семнадцат": 17, "восемнадцат": 18, "девятнадцат": 19,
    "двадцат": 20, "тридцат": 30, "сорок": 40, "пятьдесят": 50, "пятидесят": 50, "шестьдесят": 60, "шестидесят": 60,
    "семьдесят": 70, "семидесят": 70, "восемьдесят": 80, "восьмидесят": 80, "девяност": 90, "сто": 100, "ста": 100,
    "двест": 200, "двухсот": 200, "трист": 300, "трехсот": 300, "трёхсот": 300, "четырест": 400, "четырехсот": 400,
    "пятьсот": 500, "пятисот": 500, "шестьсот": 600, "шестисот": 600, "семьсот": 700, "семисот": 700,
    "восемьсот": 800, "восьмисот": 800, "девятьсот": 900, "девятисот": 900, "тысяч": 1000, "миллион": 10**6,
    "миллиард": 10**9, "перв": 1, "втор": 2, "трет": 3, "четверт": 4, "седьм": 7,
}  # fmt: skip
_RUSSIAN_ENDING = (
    "(?:ь|и|ью|а|у|е|ы|ая|ое|ый|ой|ую|ого|ому|ым|ыми|ых|ей|ёх|ех|ух|ум|умя|ем|ём|мя|ов|ам|ами|ах|ии|ий|я|ю)?"
)
_RUSSIAN_STEM = "|".join(sorted(_RUSSIAN, key=len, reverse=True))
_RUSSIAN_WORD = regex.compile(
    rf"(?<!\p{{L}})(?!семей(?!\p{{L}}))({_RUSSIAN_STEM}){_RUSSIAN_ENDING}(?!\p{{L}})", regex.IGNORECASE
)
_ROMAN_SIGNS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
# Of two signs and more, since I is a word; CD and XL are others, too, but nobody is misled by one more value.
_ROMAN = regex.compile(
    r"(?<![\p{L}\p{N}])(?=[IVXLC]{2})C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?:er?|ème)?(?![\p{L}\p{N}])|"
    r"(?<![\p{L}\p{N}])[IVX](?=\.? (?:век|в\.|століт|si[eè]cle|siglo|s[eé]culo|secolo|century|wiek|Jahrhundert|Jh))|"
    r"(?<=(?:siglo|s[eé]culo|secolo) )[IVX](?![\p{L}\p{N}])"
)
_HAN = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "兩": 2, "壹": 1, "贰": 2, "叁": 3,
}  # fmt: skip
_HAN_TENS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_HAN_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}
_HAN_NUMBER = regex.compile("[" + "".join((*_HAN, *_HAN_TENS, *_HAN_MYRIADS)) + "]+")


def stated_values(text: str, language: str) -> list[Figure]:
    """Every figure of a text, in digits or words; those made of words have no place (start and end 0).

    Number words are read in the languages of text2num and in Russian, Chinese and Japanese.
    """
    return [
        *numbers_in(text),
        *(Figure(0, 0, values, values) for values in _in_words(text, language.split("-")[0])),
    ]


def all_values(text: str, language: str) -> frozenset[Decimal]:
    """All values that a text states in any reading, scaled ones only where a word scales them (1.5 million).

    Roman numerals count, too: an 18th century is a XVIII век.
    """
    stated = frozenset(value for figure in stated_values(text, language) for value in figure.meant)
    return stated | {_roman(match.group()) for match in _ROMAN.finditer(text)}


def percentages(text: str, language: str) -> list[Figure]:
    """The figures of a text that are percentages: with the sign or the word beside them."""
    signs = [match.span() for match in PERCENT.finditer(text)]
    found = [
        figure
        for figure in numbers_in(text)
        if any(0 <= start - figure.end <= BESIDE or 0 <= figure.start - end <= BESIDE for start, end in signs)
    ]
    # In words the figure has no place: then every one of the text may be meant.
    return found or ([figure for figure in stated_values(text, language) if figure.end == 0] if signs else [])


def _in_words(text: str, language: str) -> Iterator[frozenset[Decimal]]:
    if language in LANGUAGES:
        yield from _by_text2num(text, language)
    elif language in ("ru", "be", "uk"):
        yield from _russian(text)
    elif language in ("zh", "ja"):
        for run in _HAN_NUMBER.findall(text):
            value = _han(run)
            if value is not None:
                yield frozenset({value})


def _by_text2num(text: str, language: str) -> Iterator[frozenset[Decimal]]:
    # Digits, and the word that scales them, are hidden from it: what it finds is from words alone.
    first, *others = _DIGITS.split(text)
    for bare in (first, *(SCALE.sub("", part, 1) if SCALE.match(part) else part for part in others)):
        parted = _HYPHEN.sub(" ", bare)  # "twelve-volume"; "thirty seven" is read as well as "thirty-seven"
        written = alpha2digit(parted, language, 0)
        if written != parted:
            yield from (figure.meant for figure in numbers_in(_FRACTION.sub("", written)))


def _russian(text: str) -> Iterator[frozenset[Decimal]]:
    total = group = 0
    previous: int | None = None
    for match in _RUSSIAN_WORD.finditer(text):
        value = _RUSSIAN[match.group(1).lower()]
        if previous is not None and text[previous : match.start()].strip():
            yield frozenset({Decimal(total + group)})
            total = group = 0
        if value >= 1000:
            total, group = total + (group or 1) * value, 0
        else:
            group += value
        previous = match.end()
    if previous is not None:
        yield frozenset({Decimal(total + group)})


def _roman(numeral: str) -> Decimal:
    values = [_ROMAN_SIGNS[sign] for sign in numeral if sign in _ROMAN_SIGNS]  # not the ending: XIVe
    followed = zip(values, (*values[1:], 0), strict=True)
    return Decimal(sum(-value if value < following else value for value, following in followed))


def _han(run: str) -> Decimal | None:
    """A number in Chinese signs: 三千零二十 or, digit by digit, 一九九八; None for signs that make none (万 alone)."""
    if all(sign in _HAN for sign in run):
        return Decimal("".join(str(_HAN[sign]) for sign in run))
    total = section = digit = 0
    for sign in run:
        if sign in _HAN:
            digit = _HAN[sign]
        elif sign in _HAN_TENS:
            section, digit = section + (digit or 1) * _HAN_TENS[sign], 0
        else:
            total, section, digit = (total + section + digit) * _HAN_MYRIADS[sign], 0, 0
    found = total + section + digit
    return Decimal(found) if found else None
