"""A phrase and its language in, the countries, regions and months it names out: Germany, Allemagne, Германия are DE."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

LONGEST = 5  # words of one name: "Bosnia and Herzegovina" has three, "Democratic Republic of the Congo" five

# Languages that share their name's stem with one country; English, Arabic or Hindi name no single one.
_LANGUAGE_OF = {
    "be": "BY", "bg": "BG", "cs": "CZ", "da": "DK", "de": "DE", "el": "GR", "es": "ES", "et": "EE", "fi": "FI",
    "fr": "FR", "he": "IL", "hr": "HR", "hu": "HU", "hy": "AM", "is": "IS", "it": "IT", "ja": "JP", "ka": "GE",
    "kk": "KZ", "ko": "KR", "lt": "LT", "lv": "LV", "mk": "MK", "mn": "MN", "nb": "NO", "ne": "NP", "nl": "NL",
    "no": "NO", "pl": "PL", "pt": "PT", "ro": "RO", "ru": "RU", "sk": "SK", "sl": "SI", "so": "SO", "sq": "AL",
    "sr": "RS", "sv": "SE", "th": "TH", "tr": "TR", "uk": "UA", "uz": "UZ", "vi": "VN", "zh": "CN",
}  # fmt: skip
# What the Unicode tables leave out: abbreviations and adjectives from another stem. Looked up in every language.
_ALSO = {
    "US": "usa us u.s. eeuu ee.uu сша абш america american americans américain américaine américains américaines "
    "amerikanisch amerikanische amerikanischen amerikanischer americano americana americanos americanas "
    "estadounidense estadounidenses американский американские американских американская америка 美国 米国 미국",
    "GB": "uk britain british england english britannique britanniques anglais anglaise anglaises angleterre "
    "britisch britische britischen großbritannien england englisch englische británico británica inglés inglesa "
    "inglaterra британия британский британских англия английский английских великобритания великобритании",
    "ZA": "юар", "PS": "palestine palestinian palestinians palestinien palestiniens palästinenser палестина",
    "UN": "un onu uno оон ", "EU": "eu ue ес", "NATO": "nato otan нато ناتو", "GR": "greek greece grec grecque "
    "grecs grecques griechisch griechische griechischen griego griega греческий греческая греческих",
    "NL": "dutch holland hollande голландия голландский", "MM": "burma birmanie birma бирма", "PH": "filipino "
    "filipinos filipina philippine", "CH": "swiss suisse suisses schweizer suizo suiza швейцарский",
    "DE": "german germans allemand allemande deutsch deutsche deutschen alemán alemana alemanes немецкий немецкая "
    "немецких германский", "AF": "afghan", "BE": "belgian belge belges belgisch belga belgas бельгийский",
    "FR": "french français française françaises französisch französische französischen francés francesa franceses "
    "французский французская французских", "ES": "spanish espagnol espagnole spanisch spanische español española "
    "испанский", "CN": "chinese chinois chinoise chinesisch chinesische chino china китайский китайская",
    "MX": "мексиканский мексиканская мексиканских мексиканского мексиканско", "003": "norteamérica",
    "142": "asian asians asiatisch asiatische asiatischen asiático asiática азиатский азиатская азиатских азиатско",
    "RU": "russian russians russe russes russisch russische russischen ruso rusa русский российский российская",
    "month 5": "мае маю", "150": "европейский", "002": "африканский",
    "Wales": "wales welsh galles gallois galloise waliser walisisch gales galés galesa уэльс валлийский",
    "Scotland": "scotland scottish écosse écossais écossaise schottland schottisch escocia escocés escocesa "
    "шотландия шотландский",
}  # fmt: skip

_PARENTHESIS = re.compile(r"\s*[(（]")  # Myanmar (Birmanie)


@lru_cache(maxsize=64)
def world_names(language: str) -> Mapping[str, frozenset[str]]:
    """Folded names of countries, regions, languages and months in one language; only the extra ones if unknown."""
    names: dict[str, set[str]] = {}
    for name, concept in (*_of_locale(language), *_extra()):
        for part in (name, *_PARENTHESIS.split(name.rstrip(")"))):
            folded = fold(part)
            if len(folded) > 1:
                names.setdefault(folded, set()).add(concept)
    return {name: frozenset(concepts) for name, concepts in names.items()}


def _extra() -> Iterator[tuple[str, str]]:
    return ((word, concept) for concept, words in _ALSO.items() for word in words.split())


def _of_locale(language: str) -> Iterator[tuple[str, str]]:
    try:
        locale = Locale.parse(language.replace("-", "_").split("_")[0])
    except (UnknownLocaleError, ValueError):
        return
    for code, name in locale.territories.items():
        if code not in ("ZZ", "XA", "XB"):
            yield name, code
    for code, name in locale.languages.items():
        if len(code) == 2:
            yield name, _LANGUAGE_OF.get(code, "GB" if code == "en" else f"language {code}")
    for context in ("format", "stand-alone"):
        for number, name in locale.days[context]["wide"].items():
            yield name, f"day {number}"
        for number, name in locale.months[context]["wide"].items():
            if not name.isdigit():
                yield name, f"month {number}"


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """Case, accents and punctuation folded away; words parted by single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = [
        " " if not (sign.isalnum() or unicodedata.category(sign).startswith("M")) else sign for sign in plain
    ]
    return " ".join("".join(sign for sign in kept if not unicodedata.combining(sign)).split())
