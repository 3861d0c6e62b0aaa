"""Training data in; the same data with written passages that list quantities, and questions on them, out.

News is full of lists (a figure for each place, party or day, beside their total) and the training files have hardly
any: a reader takes the total or the neighbour's figure, above all across languages. Sentences and names to write with
are data, one file a language in the folder `enumerations`.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from wordfreq import zipf_frequency

from training.training_data import Context, TrainingData, TrainingQuestion

Random = np.random.Generator
FOLDER = Path(__file__).with_name("enumerations")
LANGUAGES = ("en", "fr", "es", "de", "ru")
SOURCE = "list"

QUESTIONS = 4  # a passage
TRIES = 8
ASKED = {"member": 0.56, "total": 0.11, "reverse": 0.13, "absent": 0.09, "other": 0.09, "absent-figure": 0.02}
IN_OWN_LANGUAGE = 0.5
TWO_LISTS = 0.2  # of the passages on places: the same names, two figures each
PROSE = 0.3
WITHOUT_FIGURE = 0.4  # of "A (102 people), B (50) and C": C has none
NESTED = 0.45
FROM_QUESTIONS = 0.35  # of the names of places and persons
RARE = 3.3  # Zipf frequency of a name in English and French; above stood Transports, Directoire
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SPELT = range(3, 13)  # written in words at times; one and two would have to be inflected

_WORDING = {"member": "ask", "without-figure": "ask", "absent": "ask", "absent-figure": "reverse"}
_MARKS = "\ue000-\uf8ff"  # private use: they stand around figures and names until the text is whole
_NAME_IN_QUESTION = re.compile(r"(?<=[a-z] )[A-Z][a-z]{3,10}\b(?!['’])")
_FIELD = re.compile(r"\{(\w+)\}")
_TIDIED = {
    "fr": [(rf"\b([dD])e (?=[{_MARKS}]*[aeiouyàâéèêAEIOUYÉÈÊÂ])", r"\1’")],
    "es": [(rf" y (?=[{_MARKS}]*[Ii][^aeo])", " e ")],
    "ru": [(rf"\bв (?=[{_MARKS}]*вт)", "во ")],
}


def with_enumerations(data: TrainingData, count: int, seed: int) -> TrainingData:
    """Add `count` written passages with some four questions each, of source `list`; the held-out part stays as it is.

    The same seed and data give the same passages; a question's id ends in its kind: one of
    `ASKED`, or `without-figure` where the list names a member alone.
    """
    names, subjects = names_in_questions(data), list(_members()["subjects"])
    contexts, questions = list(data.contexts), list(data.questions)
    for number in range(count):
        # One subject after the other: a passage beside it, taken for one that does not answer, is on something else.
        subject = subjects[number % len(subjects)]
        written = write_enumeration(np.random.default_rng([seed, number]), names, subject)
        name = f"list-{seed}-{number:05d}"
        contexts.append(Context(name, written.language, written.text))
        for place, asked in enumerate(written.questions):
            start, end = asked.span or (None, None)
            questions.append(
                TrainingQuestion(
                    f"{name}-{place}-{asked.kind}",
                    asked.language,
                    SOURCE,
                    asked.text,
                    len(contexts) - 1,
                    start,
                    end,
                )
            )
    return TrainingData(contexts, questions, data.held_out)


def names_in_questions(data: TrainingData) -> list[str]:
    """Rare capitalised words inside English and French questions, in order of the alphabet."""
    found = {
        name
        for question in data.questions
        if question.language in ("en", "fr")
        for name in _NAME_IN_QUESTION.findall(question.text)
    }
    return sorted(
        name for name in found if max(zipf_frequency(name.lower(), to) for to in ("en", "fr")) < RARE
    )


@dataclass(frozen=True, slots=True)
class Name:
    """What is listed, in each language; `second` is a Russian genitive or accusative that no rule gives."""

    forms: Mapping[str, str]
    second: str = ""
    invented: bool = True

    def cases(self, language: str, prefix: str = "name") -> dict[str, str]:
        """The values of {name}, {name_in}, {name_acc}, {name_gen} and {name_adj}."""
        form = self.forms[language]
        cases = dict.fromkeys(("in", "acc", "gen", "adj"), form)
        if language == "ru":
            cases = _declined(form)
            if self.second:
                cases |= {"acc": self.second, "gen": self.second}
        return {prefix: form} | {f"{prefix}_{case}": text for case, text in cases.items()}


@dataclass(slots=True)
class Member:
    """One line of a list; `value` is a count, tenths, or a day of the year, and None where none is given."""

    name: Name
    value: int | None
    district: Name | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; `span` is None where the passage does not state it, `member` is the one asked for."""

    kind: str
    language: str
    text: str
    span: tuple[int, int] | None
    member: Member | None


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A written passage and its questions."""

    language: str
    text: str
    questions: list[Asked]


def write_enumeration(rng: Random, names: list[str], subject: str = "") -> Enumeration:
    """Write one passage on a subject (any, when not told), and questions in its own and other languages."""
    language = _pick(rng, LANGUAGES)
    passage = _Passage(rng, language, names)
    parts = passage.write(subject or _pick(rng, list(_members()["subjects"])))
    text, spans = _without_marks(_tidied(passage.text, language))
    asker = _Asker(rng, passage, parts, spans)
    return Enumeration(language, text, list(asker.questions()))


@dataclass(slots=True)
class _List:
    subject: str
    members: list[Member]
    total: int | None
    stated: bool = False


class _Passage:
    """Writes a passage in one language; what may be asked for is kept between marks."""

    def __init__(self, rng: Random, language: str, names: list[str]) -> None:
        self.rng, self.language, self.names = rng, language, names
        self.texts = _texts(language)
        self.text = ""
        self.marks: dict[tuple[int, str], int] = {}
        self.values: set[tuple[str, int]] = set()
        self.used: set[str] = set()
        self.beside: list[Name] = []  # places of the sentences around the list
        self.separator = _pick(rng, self.texts["thousands"])
        self.spelt = rng.random() < 0.3
        self.space = "\u00a0" if rng.random() < 0.15 else " "
        self.date = _pick(rng, self.texts["dates"])

    def write(self, subject: str) -> list[_List]:
        """Put the text together and return its lists: one on `subject`, at times another one."""
        rng = self.rng
        parts = [self._list(subject)]
        kind = _subject(parts[0].subject)["names"]
        if kind == "place" and rng.random() < TWO_LISTS:
            others = [name for name, told in _members()["subjects"].items() if told["names"] == "place"]
            others.remove(parts[0].subject)
            parts.append(self._list(_pick(rng, others), [member.name for member in parts[0].members]))
        blocks = [self._sentences(part) for part in parts]
        for filler in self._fillers():
            blocks.insert(int(rng.integers(0, len(blocks) + 1)), filler)
        self.text = "".join(_capital(block) + ("\n" if "\n" in block else " ") for block in blocks).strip()
        return parts

    def mark(self, text: str, member: Member | _List, what: str) -> str:
        """`text` between marks, so that its place can be found in the end."""
        number = self.marks.setdefault((id(member), what), len(self.marks))
        return f"{chr(0xE000 + number)}{text}{chr(0xF000 + number)}"

    def new_name(self, kind: str) -> Name:
        """A name that is not in the passage yet."""
        while True:
            name = _new_name(self.rng, kind, self.names)
            words = {form.split()[-1] if name.invented else form for form in name.forms.values()}
            if not self.used & words:
                self.used |= words
                return name

    def _list(self, subject: str, names: list[Name] | None = None) -> _List:
        rng, told = self.rng, _subject(subject)
        most = min(7, len(_members()["members"]["en"].get(told["names"], range(9))) - 2)  # the others: absent
        count = len(names) if names else int(rng.integers(2, most + 1))
        names = names or [self.new_name(told["names"]) for _ in range(count)]
        members = [Member(name, self.value_of(told)) for name in names]
        if told["names"] == "place" and rng.random() < NESTED:
            for member in members[:: int(rng.integers(1, 3))]:
                others = [other.name for other in members if other is not member]
                member.district = _pick(rng, others) if rng.random() < 0.6 else self.new_name("place")
        total = None
        if "total" in self.texts[subject]:
            total = sum(member.value or 0 for member in members) + int(rng.integers(0, 2)) * self.value_of(
                told
            )
            while _key(told.get("figure", "count"), total) in self.values:
                total += 1
            self.values.add(_key(told.get("figure", "count"), total))
        return _List(subject, members, total)

    def value_of(self, told: dict[str, Any]) -> int:
        """A figure of a subject that is not in the passage yet."""
        kind, times = told.get("figure", "count"), 10 if told.get("figure") == "decimal" else 1
        low, high = np.log(told.get("low", 1) * times), np.log(told.get("high", 1) * times + 1)
        while True:
            drawn = self.rng.integers(0, 365) if kind == "date" else np.exp(self.rng.uniform(low, high))
            value = int(drawn)
            if value > 99 and kind == "count" and self.rng.random() < 0.15:
                value -= value % 10
            if _key(kind, value) not in self.values:
                self.values.add(_key(kind, value))
                return value

    def _figure(self, part: _List, holder: Member | _List, value: int) -> dict[str, str]:
        told = _subject(part.subject)
        kind, units = told.get("figure", "count"), self.texts[part.subject].get("unit")
        number = written_figure(value, kind, self.language, self.separator, self.spelt, self.date)
        unit = self.space + unit_form(units, value, kind, self.language) if units else ""
        marked = {"figure": number + unit, "n": number}
        return {field: self.mark(text, holder, "figure") for field, text in marked.items()}

    def _item(self, part: _List, member: Member, template: str) -> str:
        texts = self.texts
        if "{at}" in template:
            template = template.replace("{at}", texts[part.subject]["at"])
        within = texts["within"]
        if member.district:
            if template.startswith("{name} (") and self.rng.random() < 0.5:
                template = within[0].replace("{name}", template)  # Langor (50 people) of the Ishdar district
            else:
                template = _nested(
                    template, _pick(self.rng, within if template.startswith("{name}") else within[:2])
                )
        values = {
            field: self.mark(text, member, "name") for field, text in member.name.cases(self.language).items()
        }
        values |= member.district.cases(self.language, "district") if member.district else {}
        if member.value is not None:
            values |= self._figure(part, member, member.value)
        return _filled(template, values)

    def _joined(self, part: _List, shape: list[str]) -> str:
        first, rest, separator, last = shape
        items = [
            self._item(part, member, rest if place else first) for place, member in enumerate(part.members)
        ]
        return separator.join(items[:-1]) + last + items[-1]

    def _sentences(self, part: _List) -> str:
        rng, texts = self.rng, self.texts[part.subject]
        total = self._figure(part, part, part.total) if part.total is not None else {}
        where = _pick(rng, ("lead", "after", "nowhere")) if part.total is not None else "nowhere"
        if rng.random() < PROSE:
            first, rest = _pick(rng, texts["prose"])
            separator, last = (", ", self.texts["at_shape"][3]) if rng.random() < 0.7 else ("; ", "; ")
            text = self._joined(part, [first, rest, separator, last]) + "."
            where = "after" if where == "lead" else where
        else:
            leads = [lead for lead in texts["leads"] if ("{total}" in lead) == (where == "lead")]
            text = self._led(part, _pick(rng, leads), total)
        part.stated = where != "nowhere"
        if where == "after":
            after = _filled(_pick(rng, texts["after"]), {"total": total["figure"]})
            gap = "\n" if "\n" in text else " "
            both = [_capital(after), _capital(text)] if rng.random() < 0.3 else [text, gap, _capital(after)]
            text = (" " if len(both) == 2 else "").join(both)
        return text

    def _led(self, part: _List, lead: str, total: dict[str, str]) -> str:
        shapes = list(self.texts["shapes"])
        if not re.search(r":\s?\{list\}", lead):
            shapes = shapes[:2]
        elif "at" in self.texts[part.subject]:
            shapes += [self.texts["at_shape"]] * 3
        shape = _pick(self.rng, shapes)
        if shape in shapes[:2] and len(part.members) > 2 and self.rng.random() < WITHOUT_FIGURE:
            last = part.members[-1]
            last.value = None
            items = self._joined(_List(part.subject, part.members[:-1], None), [*shape[:2], ", ", ", "])
            listed = items + shape[3] + self._item(part, last, "{name}")
        else:
            listed = self._joined(part, list(shape))
        values = {"list": listed} | ({"total": total["figure"]} if total else {})
        text = _filled(lead, values)
        return text.rstrip(".").replace(" \n", "\n") if "\n" in shape[0] else text

    def _fillers(self) -> Iterator[str]:
        for template in self.rng.permutation(self.texts["fillers"])[: int(self.rng.integers(1, 4))]:
            values = {}
            if "{place" in template:
                self.beside.append(self.new_name("place"))
                values = self.beside[-1].cases(self.language, "place")
            if "{person}" in template:
                values["person"] = self.new_name("person").forms[self.language]
            for field, told in (
                ("n", {"low": 2, "high": 90}),
                ("date", {"figure": "date"}),
            ):
                if f"{{{field}}}" in template:
                    value = self.value_of(told)
                    kind = str(told.get("figure", "count"))
                    values[field] = written_figure(value, kind, self.language, "", False, self.date)
            yield _filled(str(template), values)


class _Asker:
    """Asks about a written passage."""

    def __init__(
        self, rng: Random, passage: _Passage, parts: list[_List], spans: Mapping[int, tuple[int, int]]
    ) -> None:
        self.rng, self.passage, self.parts, self.spans = rng, passage, parts, spans

    def questions(self) -> Iterator[Asked]:
        """Up to `QUESTIONS` questions, none of them twice."""
        seen: set[tuple[str, str, int]] = set()
        for _ in range(TRIES):
            if len(seen) == QUESTIONS:
                return
            kind = str(self.rng.choice(list(ASKED), p=list(ASKED.values())))
            part = _pick(self.rng, self.parts)
            member = _pick(self.rng, part.members)
            if kind == "total" and "total" not in _texts(self.passage.language)[part.subject]:
                kind = "member"
            if kind == "reverse" and member.value is None:
                kind = "member"
            one = (kind, part.subject, id(member) if kind in ("member", "reverse", "other") else 0)
            if one not in seen:
                seen.add(one)
                yield self._asked(kind, part, member)

    def _asked(self, kind: str, part: _List, member: Member) -> Asked:
        own = self.passage.language
        others = [language for language in LANGUAGES if language != own]
        language = own if self.rng.random() < IN_OWN_LANGUAGE else _pick(self.rng, others)
        values, span, asked = self._values(language, member), None, member if kind == "member" else None
        if kind == "member":
            kind = "member" if member.value is not None else "without-figure"
            span = self._span(member, "figure") if kind == "member" else None
        elif kind == "total":
            span = self._span(part, "figure") if part.stated else None
        elif kind in ("reverse", "absent-figure"):
            value, asked = self._reversed(kind, part, member)
            values["figure"] = self._figure(language, part.subject, value)
            span = self._span(member, "name") if kind == "reverse" else None
        elif kind == "absent":
            values = self._values(language, Member(self._absent(part), None))
        wording = _WORDING.get(kind, kind)
        subject = part.subject
        if kind == "other" and (others_told := self._subjects_beside(part)) and self.rng.random() < 0.5:
            subject, wording = _pick(self.rng, others_told), "ask"
        template = str(_pick(self.rng, _texts(language)[subject][wording]))
        district = member.district
        if kind in ("member", "without-figure") and district and self.rng.random() < 0.4:
            template = _nested(template, _texts(language)["within"][0])
            values |= self._in_question(language, district).cases(language, "district")
        return Asked(kind, language, _tidied(_filled(template, values), language), span, asked)

    def _subjects_beside(self, part: _List) -> list[str]:
        """Those with names of the same kind that the passage says nothing of."""
        written, kind = {part.subject for part in self.parts}, _subject(part.subject)["names"]
        told = _members()["subjects"].items()
        return [name for name, subject in told if subject["names"] == kind and name not in written]

    def _reversed(self, kind: str, part: _List, member: Member) -> tuple[int, Member | None]:
        if kind == "reverse" and member.value is not None:
            return member.value, member
        return self.passage.value_of(_subject(part.subject)), None

    def _span(self, holder: Member | _List, what: str) -> tuple[int, int]:
        return self.spans[self.passage.marks[id(holder), what]]

    def _absent(self, part: _List) -> Name:
        kind = _subject(part.subject)["names"]
        if kind == "place" and self.passage.beside and self.rng.random() < 0.5:
            return self.passage.beside[int(self.rng.integers(0, len(self.passage.beside)))]
        return self.passage.new_name(kind)

    def _figure(self, language: str, subject: str, value: int) -> str:
        texts, kind = _texts(language), _subject(subject).get("figure", "count")
        number = written_figure(value, kind, language, texts["thousands"][0], False, texts["dates"][0])
        units = texts[subject].get("unit")
        return f"{number} {unit_form(units, value, kind, language)}" if units else number

    def _values(self, language: str, member: Member) -> dict[str, str]:
        return self._in_question(language, member.name).cases(language)

    def _in_question(self, language: str, name: Name) -> Name:
        """At times as the passage spells it, or without the first name."""
        forms = dict(name.forms)
        own = self.passage.language
        if name.invented:
            keep = 0.1 if "ru" in (own, language) else 0.4
            if self.rng.random() < keep and not (language == "ru" and own == "ru"):
                forms[language] = forms[own]
            if " " in forms[language] and self.rng.random() < 0.25:
                forms[language] = forms[language].split()[-1]
        return Name(forms, name.second, name.invented)


def _key(kind: str, value: int) -> tuple[str, int]:
    return ("number", value * 10) if kind == "count" else (kind.replace("decimal", "number"), value)


def written_figure(value: int, kind: str, language: str, separator: str, spelt: bool, date: str) -> str:
    """A count, a number of tenths or a day of the year as a text of `language` has it."""
    texts = _texts(language)
    if kind == "date":
        month = 0
        while value >= DAYS[month]:
            value, month = value - DAYS[month], month + 1
        return date.format(day=value + 1, month=texts["months"][month])
    if kind == "decimal":
        return f"{value // 10}" + (f"{texts['point']}{value % 10}" if value % 10 else "")
    if spelt and value in SPELT:
        return str(texts["words"][value - SPELT.start])
    return f"{value:,}".replace(",", separator)


def unit_form(units: list[str], value: int, kind: str, language: str) -> str:
    """The form of a unit that goes with a number: one person, two people; 2 голоса, 5 голосов."""
    if kind == "decimal":
        if value % 10:
            return units[0] if language == "fr" and value < 20 else units[1]
        value //= 10
    if language == "ru":
        if value % 10 == 1 and value % 100 != 11:
            return units[0]
        return units[1] if value % 10 in (2, 3, 4) and value % 100 not in (12, 13, 14) else units[2]
    return units[0] if value == 1 else units[1]


def _new_name(rng: Random, kind: str, names: list[str]) -> Name:
    if kind not in ("place", "person"):
        lists = {language: _members()["members"][language][kind] for language in LANGUAGES}
        place = int(rng.integers(0, len(lists["en"])))
        russian, _, second = lists["ru"][place].partition("|")
        forms = {language: listed[place] for language, listed in lists.items()} | {"ru": russian}
        return Name(forms, second, invented=False)
    invented = _members()["invented"]
    flavour = _pick(rng, ("western", "eastern", "slavic"))
    if names and rng.random() < FROM_QUESTIONS:
        flavour, name = "western", _pick(rng, names)
    else:
        name = "".join(_pick(rng, invented[flavour][part]) for part in ("starts", "middles", "ends"))
    first = _pick(rng, invented["persons"]["first"]) if kind == "person" and rng.random() < 0.8 else ""
    # A name of another script is spelt anew in every language, one of this script in Russian alone.
    anew = LANGUAGES if flavour != "western" else ("ru",)
    forms = {language: respelt(name, language) if language in anew else name for language in LANGUAGES}
    if first:
        forms = {
            language: f"{respelt(first, 'ru') if language == 'ru' else first} {form}"
            for language, form in forms.items()
        }
    return Name(forms)


def respelt(name: str, language: str) -> str:
    """An English spelling as another language writes the sounds: Ishkul, Ichkoul, Ischkul, Ишкул."""
    table: dict[str, str] = _members()["respelling"].get(language, {})
    if not table:
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    sounds = re.compile("|".join(sorted(table, key=len, reverse=True)))
    words = (sounds.sub(lambda sound: table[sound.group()], word.lower()) for word in plain.split())
    text = " ".join(word[:1].upper() + word[1:] for word in words)
    return re.sub(r"\bЕ", "Э", text)


def _declined(form: str) -> dict[str, str]:
    """A Russian name in the prepositional, accusative and genitive, and as an adjective in the genitive."""
    stem, end = form[:-1], form[-1]
    same = {"in": form, "acc": form, "gen": form, "adj": form}
    if " " in form:
        return same
    if end in "оуюиеэыё":
        district = stem + "инского" if end in "иы" else stem + "ского" if end in "оеё" else form + "йского"
        return same | {"adj": district}
    if end == "а":
        ending = "и" if stem[-1] in "гкхжчшщ" else "ы"
        return {"in": stem + "е", "acc": stem + "у", "gen": stem + ending, "adj": stem + "инского"}
    if end == "я":
        place = "и" if stem[-1] == "и" else "е"
        return {"in": stem + place, "acc": stem + "ю", "gen": stem + "и", "adj": stem + "йского"}
    if end in "йь":
        return {"in": stem + "е", "acc": form, "gen": stem + "я", "adj": stem + "ьского"}
    adjective = form[:-2] + "ского" if form.endswith("ск") else form + "ского"
    return {"in": form + "е", "acc": form, "gen": form + "а", "adj": adjective}


def _pick(rng: Random, choices: Any) -> Any:
    return choices[int(rng.integers(0, len(choices)))]


def _nested(template: str, within: str) -> str:
    return re.sub(r"\{name\w*\}", lambda found: within.replace("{name}", found.group()), template, count=1)


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda field: values[field.group(1)], template)


def _capital(text: str) -> str:
    return re.sub(rf"^([{_MARKS}]*)(\w)", lambda found: found.group(1) + found.group(2).upper(), text)


def _tidied(text: str, language: str) -> str:
    for pattern, replacement in _TIDIED.get(language, []):
        text = re.sub(pattern, replacement, text)
    return text


def _without_marks(text: str) -> tuple[str, dict[int, tuple[int, int]]]:
    out: list[str] = []
    starts: dict[int, int] = {}
    spans: dict[int, tuple[int, int]] = {}
    for sign in text:
        number = ord(sign)
        if 0xE000 <= number < 0xF000:
            starts[number - 0xE000] = len(out)
        elif 0xF000 <= number <= 0xF8FF:
            spans[number - 0xF000] = (starts[number - 0xF000], len(out))
        else:
            out.append(sign)
    return "".join(out), spans


def _subject(subject: str) -> dict[str, Any]:
    told: dict[str, Any] = _members()["subjects"][subject]
    return told


@lru_cache
def _texts(language: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


@lru_cache
def _members() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "members.toml").read_text(encoding="utf-8"))
