"""A question and the sentence that is said to answer it in; whether the two plainly contradict each other out.

Two signs that a sentence is about something else although all other words fit: the question denies and the sentence
does not ("Which train did not stop?"), or the question's year stands nowhere while the sentence has another one.
"""

import regex

# Words that deny, by language; matched as whole words in small letters, in scripts without spaces anywhere.
_DENYING = {
    "ar": "لا|لم|لن|ليس|ليست|غير|بدون|دون",
    "cs": "není|nebyl\\w*|nemá\\w*|nelze|ne|nikdy|bez|žádn\\w+",
    "de": "nicht|nie|niemals|nichts|niemand|kein\\w*|ohne|weder",
    "en": "not|no|never|none|nor|neither|nothing|nobody|cannot|without|non|lacks?|\\w+n['’]t",
    "es": "no|nunca|jamás|nada|nadie|ningun[ao]?|ningún|sin|tampoco|ni",
    "fr": "ne|n|pas|jamais|aucune?s?|sans|ni|rien|personne ne|non",
    "it": "non|mai|nessun[oa]?|senza|né|niente|nulla",
    "ja": "ない|ません|なかった|ず",
    "nl": "niet|nooit|geen|niemand|niets|zonder|noch",
    "pl": "nie|nigdy|żad\\w+|bez|nikt|nic",
    "pt": "não|nunca|jamais|nenhum\\w*|sem|nem|nada|ninguém",
    "ru": "не|нет|ни|никогда|никто|ничего|нельзя|без",
    "uk": "не|немає|ні|ніколи|ніхто|нічого|без",
    "zh": "不|没|無|无|未|非",
}
_UNSPACED = ("ja", "zh")
_PATTERNS = {
    language: regex.compile(
        words if language in _UNSPACED else rf"(?<![\p{{L}}\p{{M}}])(?:{words})(?![\p{{L}}\p{{M}}])"
    )
    for language, words in _DENYING.items()
}
_YEAR = regex.compile(r"(?<![\p{N}.,])\p{Nd}{4}(?!\p{N})")
_FIRST_YEAR, _LAST_YEAR = 1000, 2100


def denial_unmet(question: str, asked_in: str, sentence: str, told_in: str) -> bool:
    """Whether the question denies something and the sentence denies nothing; False in a language not known here."""
    return denies(question, asked_in) is True and denies(sentence, told_in) is False


def denies(text: str, language: str) -> bool | None:
    """Whether a text holds a particle that denies; None in a language not known here."""
    words = _PATTERNS.get(_base(language))
    return None if words is None else words.search(text.lower()) is not None


def year_contradicted(question: str, sentence: str, text: str) -> bool:
    """Whether no year of the question stands in `text` (title and passage) while the sentence has other years."""
    asked = _years(question)
    return bool(asked) and not asked & _years(text) and bool(_years(sentence))


def _years(text: str) -> set[int]:
    return {
        year for match in _YEAR.finditer(text) if _FIRST_YEAR <= (year := int(match.group())) < _LAST_YEAR
    }


def _base(language: str) -> str:
    return language.split("-")[0]
