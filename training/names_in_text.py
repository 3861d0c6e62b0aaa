"""A text in; the names in it out, by their letters and what stands around them."""

import re

import regex

from training.held_question import UNSPACED

LATIN_NAME = regex.compile(
    r"(?<=[\w,;] [\"(«]?|\w['’])\p{Lu}[\w-]+(?: \p{Lu}[\w-]+)*"
)  # where no sentence begins
QUOTED = r"(?<=[「『《〈“\"])[^「」『』《》〈〉“”\"]{2,24}(?=[」』》〉”\"])"
ROMAN = re.compile(r"[IVXLC]+e?")  # of centuries and kings
# Scripts without capitals: what is quoted, katakana and Latin letters; in Japanese a run of three kanji or more too.
OTHER_NAME = regex.compile(QUOTED + r"|[ァ-ヺー・]{3,}|\b\p{Lu}\p{Latin}+(?:[ .]\p{Lu}\p{Latin}+)*")
KANJI_NAME = regex.compile(OTHER_NAME.pattern + r"|(?<!\p{Han})\p{Han}{3,8}(?!\p{Han})")
TOPIC = {"zh": 3, "th": 5}  # letters at least: a text on one thing begins with its name
LONGEST_TOPIC = 24


def names_in_text(text: str, language: str, passage: str = "") -> list[regex.Match[str]]:
    """Names by their letters; in Chinese and Thai also what the passage begins with."""
    if language not in UNSPACED:
        return [found for found in LATIN_NAME.finditer(text) if not ROMAN.fullmatch(found[0])]
    found = list((KANJI_NAME if language == "ja" else OTHER_NAME).finditer(text))
    if least := TOPIC.get(language):
        begin = regex.sub(r"^[\p{P}\s]+", "", passage[: 2 * LONGEST_TOPIC])
        topics = (begin[:size].strip() for size in range(LONGEST_TOPIC, least - 1, -1))
        topic = next((topic for topic in topics if len(topic) >= least and topic in text), None)
        if topic and (whole := regex.search(regex.escape(topic), text)):
            found.append(whole)
    return found
