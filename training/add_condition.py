"""A question on what is past in; the question with a year or a place more, which its passage does not hold, out."""

import re

import regex

from training.held_question import APART, ASKS_FOR_NAME, HeldQuestion, base_language, draw_some
from training.training_data import TrainingData

YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20|24|25)\d\d(?!\d)")  # the last two are Thai
# A year as a condition: how it is written, and questions that ask for one themselves.
IN_YEAR = {
    "en": " in {}", "fr": " en {}", "es": " en {}", "id": " pada tahun {}", "no": " i {}",
    "ja": "{}年に", "zh": "{}年", "th": "ในปี {} ",
}  # fmt: skip
ASKS_FOR_TIME = regex.compile(
    r"\b(?:when|year|date|how (?:long|old)|century|quand|année|date|siècle|âge|combien de temps|cuándo|año|fecha|siglo|"
    r"kapan\w*|tahun|tanggal|abad|når|år|årstall|מתי|שנה|שנת|متى|عام|سنة|تاريخ)\b|いつ|何年|何月|何日|年代|时|時|年|哪天|何时|日期|"
    r"เมื่อ|ปี|วันที่|พ\.ศ|กี่|መቼ|ዓ\.?ም|ዓመት",
    regex.IGNORECASE,
)
# What is told as past, in the languages that mark it: of 15 lasting facts in Chinese, Japanese and Thai half were as
# true in any year that was added.
PAST = {
    "en": r"\b(?:did|was|were|had|\w{3,}ed)\b",
    "fr": r"\b(?:était|étaient|fut|furent|été|avait|avaient|ont|a|a-t)\b",
    "es": r"\b(?:fue|fueron|era|eran|había|\w{2,}(?:ó|aron|ieron))\b",
    "id": r"\b(?:di\w{4,}(?:kan|i)|menjadi|terjadi|meraih|memenang\w+)\b",
    "no": r"\b(?:var|ble|hadde|fikk|kom|\w{4,}(?:te|et))\b",
    "ja": r"ました|でした|た(?:の[はか]|人|場所|か[?？。])",
    "zh": r"曾|了|后来|當時|当时|遭",
    "th": r"เคย|ถูก|ได้รับ|ชนะ",
}
# Definitions and lasting facts: a year changes nothing.
TIMELESS = regex.compile(
    r"what (?:is|are|kind|type)\b|qu['’ ]?est[- ]ce qu['’]|c['’]est quoi|"
    r"(?:où|qui|quel\w*) est\b|apa itu|apakah yang|nama|asal|"
    r"mata uang|artinya|luas|terletak|letak|qué es|(?:quién|cuál|dónde) es|"
    r"hva er|ما ه|ما معنى|מהו|מהי|とは何|面積|是什么|是什麼|位于|位於|面积|有多|คืออะไร|ชื่อ|ตั้งอยู่",
    regex.IGNORECASE,
)
LAST_CONDITION = regex.compile(r" (?:during|in|at) (?:the )?\p{Lu}[\w-]+(?: \p{Lu}[\w-]+)*(?= ?\?$)")


class AddCondition:
    """Adds a year, in English also a place or a time with a name, that other questions end with."""

    def __init__(self, data: TrainingData) -> None:
        """Collect the conditions of the English questions."""
        self._conditions = [
            condition[0]
            for question in data.questions
            if base_language(question) == "en" and (condition := LAST_CONDITION.search(question.text))
        ]

    def __call__(self, held: HeldQuestion) -> str | None:
        """Add a condition where the question tells of something past and is not for a name."""
        past = PAST.get(held.language)
        if (
            past is None
            or ASKS_FOR_NAME.search(held.text)
            or not regex.search(past, held.text, regex.IGNORECASE)
        ):
            return None
        if held.language == "en" and held.random.random() < 0.5:
            return self._with_name(held)
        return _with_year(held)

    def _with_name(self, held: HeldQuestion) -> str | None:
        if regex.search(r"\b(?:where|in|at|from)\b", held.text, regex.IGNORECASE):
            return None
        for condition in draw_some(self._conditions, held.random):
            if not any(held.says(word) for word in regex.findall(r"\p{Lu}\w+", condition)):
                return _before_mark(held.text, condition)
        return None


def _with_year(held: HeldQuestion) -> str | None:
    """Add a year where the answer is told with another one."""
    start, end = held.question.start or 0, held.question.end or 0
    years = YEAR.findall(held.passage[max(0, start - APART) : end + APART])
    form = IN_YEAR.get(held.language)
    if not years or form is None or ASKS_FOR_TIME.search(held.text) or regex.search(r"\d", held.text):
        return None
    if TIMELESS.search(held.text):
        return None
    new = held.another_number(int(years[0]), 2, 40)
    if new is None:
        return None
    condition = form.format(new)
    return _before_mark(held.text, condition) if condition.startswith(" ") else condition + held.text


def _before_mark(text: str, condition: str) -> str:
    found = regex.search(r" ?[?？؟.]*\s*$", text)
    at = found.start() if found else len(text)
    return text[:at] + condition + text[at:]
