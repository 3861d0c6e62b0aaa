"""A text and its language in; whether it denies, and whether it only passes on what somebody says, out.

Both are told by words, listed for the languages of the press that the service is measured in; in another language the
answer is None: not known.
"""

import regex

from service.answering.contradiction import denies

# Words that deny without a particle: what is denied or refused did not happen, or is said not to have.
_DENYING_VERBS = {
    "en": r"den(?:y|ies|ied|ying)|refus(?:e[sd]?|ing)|reject\w*|fail(?:s|ed)? to|unable|unlikely|rul(?:e[sd]?|ing) out|hardly|barely",
    "fr": r"dément\w*|démenti\w*|ni(?:e|ent|é|ait|er)|refus\w+|rejet\w+|réfut\w+|incapable\w*|exclu[ts]?|à peine",
    "de": r"bestreite\w*|bestritt\w*|bestritten|dementier\w*|leugne\w*|weiger\w+|verweiger\w+|lehn\w+ .*ab|zurückgewiesen|wies .*zurück|kaum",
    "es": r"nieg\w+|neg(?:ó|aron|ar|ado|aba|ando)|desmint\w+|desmiente\w*|rechaz\w+|rehus\w+|descart\w+|apenas|incapa\w+",
    "ru": r"отри\w+|опроверг\w+|отказ\w+|отверг\w+|едва|неспособ\w+|невозможн\w+",
}
# Words by which a text says that it passes on what somebody says.
_SAYING = {
    "en": r"according to|sa(?:y|ys|id)|told|claim\w*|alleg\w+|report(?:s|ed|edly)|announc\w+|stat(?:es|ed)|declar\w+|"
    r"accus\w+|estimat\w+|suggest\w+|argu(?:e[sd]?|ing)|believ\w+|assert\w+|added|warn\w+|promis\w+|confirm\w+|suspect\w*|denie[sd]|deny|"
    r"insist\w*|acknowledg\w+|admit\w*|explain\w*|wrote|writes?|think\w*|thought|called|noted|appear\w*|seem\w*|reputed\w*|supposed\w*",
    "fr": r"selon|d['’]après|a (?:déclaré|dit|affirmé|annoncé|indiqué|précisé|expliqué|ajouté|assuré|estimé|confirmé|souligné)|"
    r"ont (?:déclaré|dit|affirmé|annoncé|indiqué|précisé|expliqué|ajouté|assuré|estimé|confirmé)|déclar\w+|affirm\w+|dit|disent|"
    r"annonc\w+|indiqu\w+|précis(?:e|ent|é)|expliqu\w+|ajout\w+|assur(?:e|ent|é)|estim\w+|accus\w+|prétend\w*|soutien\w*|aurait|"
    r"auraient|serait|seraient|confirm\w+|rapport(?:e|ent|é)\w*|soupçonn\w+|avertit|pense\w*|croi\w+|suggèr\w+|dément\w*|rappel\w+|semble\w*",
    "de": r"laut|zufolge|nach Angaben|sag(?:t|te|ten|en)|erklär\w+|behaupt\w+|angeblich|berichte\w*|mitgeteilt|teilte\w*|gab\w* an|"
    r"sei(?:en)?|habe|hätten?|soll(?:en|te)?|meint\w*|beton\w+|warnte?\w*|vermut\w+|schätz\w+|kündig\w+|beschuldig\w+|bestätig\w+|"
    r"argumentier\w+|glaub\w+|schrieb|dachte\w*|nannte\w*|genannt|deut\w+|schein\w*|vorgeschlagen|schläg\w+|schlug\w*|geht davon aus|könnten?|dement\w+",
    "es": r"según|de acuerdo con|di(?:jo|ce|cen|jeron)|declar\w+|afirm\w+|asegur\w+|anunci\w+|señal\w+|explic\w+|añad\w+|estim\w+|"
    r"acus\w+|supuest\w+|present\w+mente|habría\w*|sería\w*|inform(?:ó|aron|a|an)|confirm\w+|sostuv\w+|sostien\w+|advirt\w+|"
    r"argument\w+|sugi\w+|cre(?:e|en|ía|ían)|pens\w+|piens\w+|consider\w+|escrib\w+|llam\w+|parec\w+|sospech\w+|desmint\w+|neg(?:ó|aron)|nieg\w+",
    "ru": r"по (?:словам|данным|мнению|сообщени\w+|информации|оценк\w+|утверждени\w+)|согласно|сказал\w*|говор\w+|заяв\w+|утвержд\w+|сообщ\w+|"
    r"якобы|объяв\w+|считает\w*|считают\w*|счита\w+|предполаг\w+|обвин\w+|подтверд\w+|отмет\w+|добав\w+|предупред\w+|объясн\w+|"
    r"полага\w+|дума\w+|назва\w+|называ\w+|писал\w*|написал\w*|оценива\w+|каж[еу]тся|подозрева\w+|отрица\w+|отмеча\w+|указ\w+",
}


def _compiled(words: dict[str, str]) -> dict[str, regex.Pattern[str]]:
    return {
        language: regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{said})(?![\p{{L}}\p{{M}}])", regex.IGNORECASE)
        for language, said in words.items()
    }


_DENYING_VERB = _compiled(_DENYING_VERBS)
_SAYS = _compiled(_SAYING)


def is_denied(text: str, language: str) -> bool | None:
    """Whether a text holds a word that denies; None in a language without a list."""
    base = language.split("-")[0]
    particle = denies(text, base)
    if particle is None:
        return None
    verb = _DENYING_VERB.get(base)
    return particle or (verb is not None and verb.search(text) is not None)


def is_attributed(text: str, language: str) -> bool | None:
    """Whether a text says that somebody says so; None in a language without a list."""
    says = _SAYS.get(language.split("-")[0])
    return None if says is None else says.search(text) is not None
