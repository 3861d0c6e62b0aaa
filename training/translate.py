"""Training files in, the same passages and questions in another language by Apertium out, answers still marked.

`python -m training.translate DATA FOLDER` writes `FOLDER/<source>.<from>-<to>.jsonl`, a passage a line:
`{"context_id", "from", "to", "text", "questions": [{"id", "question", "answer", "start"}]}`. `start` is null where the
answer was not found again: such a question can still be asked of the original passage. Stopped, it goes on.

Apertium has no French to English: French questions, put into Spanish above, go on into English from there. Their rows
have no text, since a passage translated twice is no passage to learn from.
"""

import argparse
import html
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import regex

from indexing.split_sentences import split_sentences
from training.training_data import TrainingData, TrainingQuestion, load_training_data

# Apertium mode, of the Debian package, for each pair of languages.
MODES = {
    ("en", "es"): ("eng-spa", "apertium-eng-spa"),
    ("fr", "es"): ("fr-es", "apertium-fr-es"),
    ("es", "en"): ("spa-eng", "apertium-eng-spa"),
}

# What is translated: passages of everyday length. covidqa has whole articles, qamr-sentences tokenised ones.
SOURCES = (
    ("squadshifts-new_wiki", "en", "es"),
    ("squadshifts-reddit", "en", "es"),
    ("squadshifts-amazon", "en", "es"),
    ("afriqa-pivot", "en", "es"),
    ("piaf", "fr", "es"),
    ("afriqa-pivot", "fr", "es"),
)

# Questions that go on from there: the source, its language, by way of, into.
QUESTIONS_ONWARD = (("piaf", "fr", "es", "en"), ("afriqa-pivot", "fr", "es", "en"))

_BATCH = 100  # passages a call of Apertium
_MOST_GAP = 2  # words that word order may put between the parts of one answer


class TranslationError(Exception):
    """Apertium or one of its modes is not there, or gave back something else than it was given."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A translated text and where the marked words stand in it; None where they were lost or torn apart."""

    text: str
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage to translate, with its sentences and questions."""

    context_id: str
    text: str
    sentences: list[tuple[int, int]]
    questions: list[TrainingQuestion]


def translate_lines(lines: Sequence[Marked], source: str, target: str) -> list[Marked]:
    """Each text, a sentence or a question, in the other language, its marked words marked again."""
    if not lines:
        return []
    given = "".join(f"<p>{_to_html(line)}</p>\n" for line in lines)
    program = shutil.which("apertium")
    mode, package = MODES[source, target]
    if program is None:
        raise TranslationError(f"Apertium is not installed; `apt-get install apertium {package}`.")
    # -u: unknown words without the star that would mark them.
    run = subprocess.run(
        [program, "-u", "-f", "html", mode], input=given, capture_output=True, text=True, encoding="utf-8"
    )
    if run.returncode != 0:
        raise TranslationError(
            f"Apertium ended with {run.returncode} in mode {mode}: {run.stderr.strip()[:200]}. "
            f"Is its package installed? `apt-get install {package}`."
        )
    found = _LINE.findall(run.stdout)
    if len(found) != len(lines):
        raise TranslationError(f"Apertium gave {len(found)} lines for {len(lines)}; use smaller batches.")
    return [_read_html(line, original.text) for line, original in zip(found, lines, strict=True)]


_LINE = regex.compile(r"<p>(.*?)</p>", regex.DOTALL)
_TAG = regex.compile(r"</?b>")


def _to_html(line: Marked) -> str:
    def escaped(text: str) -> str:
        return html.escape(" ".join(regex.split(r"\s", text)).replace("’", "'"), quote=False)

    if line.span is None:
        return escaped(line.text)
    start, end = line.span
    return f"{escaped(line.text[:start])}<b>{escaped(line.text[start:end])}</b>{escaped(line.text[end:])}"


def _read_html(line: str, original: str) -> Marked:
    """Text and mark of one line: tags out, entities read, blanks merged, the first capital put back."""
    text = ""
    parts: list[tuple[int, int]] = []
    marked = False
    for piece in regex.split(r"(</?b>)", line):
        if _TAG.fullmatch(piece):
            marked = piece == "<b>"
            continue
        start = len(text)
        for sign in html.unescape(piece):
            blank = sign.isspace()
            if not blank or (text and not text[-1].isspace()):
                text += " " if blank else sign
        if marked:
            parts.append((start, len(text)))
    text = text.rstrip()
    if original[:1].isupper():
        text = text[:1].upper() + text[1:]
    return Marked(text, _one_span(text, parts))


def _one_span(text: str, parts: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The parts of a mark as one span, where word order has not torn them apart."""
    trimmed = [span for part in parts if (span := _trimmed(text, *part)) is not None]
    if not trimmed:
        return None
    if any(len(text[one[1] : other[0]].split()) > _MOST_GAP for one, other in pairwise(trimmed)):
        return None
    return trimmed[0][0], trimmed[-1][1]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip())
    end = start + len(inside.strip())
    return (start, end) if start < end else None


# Questions are where rules slip most; what was seen in samples is mended before or after. "How does the team win" was
# read as "what makes the wins of the team"; without the auxiliary the question word at least is right.
_AUXILIARY = regex.compile(
    r"^((?:\S+ ){0,3}?(?:what|which|when|where|why|how|who)\b(?: \S+){0,3}?) (?:do|does|did) ", regex.I
)
_BEFORE: dict[str, list[tuple[regex.Pattern[str], str]]] = {
    "en": [(_AUXILIARY, r"\1 ")],
    "fr": [
        (regex.compile(r"^A (?=quel|qui|quoi)"), "À "),
        (regex.compile(r"\bqu'est[- ]ce (?:que |qui |qu')", regex.I), "que "),
        (regex.compile(r"\best[- ]ce (?:que |qu')", regex.I), ""),
    ],
}
_AFTER: dict[str, list[tuple[regex.Pattern[str], str]]] = {
    "es": [
        (regex.compile(r"\s+\?"), "?"),
        (regex.compile(r"^Cuanto de (?=\S)", regex.I), "Cuántos "),
        (regex.compile(r"^Cuando\b", regex.I), "Cuándo"),
        (regex.compile(r"^Donde\b", regex.I), "Dónde"),
        (regex.compile(r"^Porqué\b", regex.I), "Por qué"),
        (regex.compile(r"^Que\b", regex.I), "Qué"),
        (regex.compile(r"^(?!¿)(?=.*\?$)"), "¿"),
    ]
}
_QUI = regex.compile(r"Qui\b(?! est-ce que)", regex.I)
_QUE = regex.compile(r"^Que\b", regex.I)


def _prepare_question(text: str, source: str) -> str:
    text = text.replace("’", "'")
    for pattern, replacement in _BEFORE[source]:
        text = pattern.sub(replacement, text, count=1)
    return text


def _finish_question(text: str, original: str, target: str) -> str:
    if _QUI.match(original):  # who, which Apertium takes for the relative pronoun
        text = _QUE.sub("Quién", text)
    for pattern, replacement in _AFTER[target]:
        text = pattern.sub(replacement, text, count=1)
    return text


# A passage is translated sentence by sentence, and once more for each answer with that answer marked.


def translate_passages(passages: Sequence[_Passage], source: str, target: str) -> Iterator[dict[str, Any]]:
    """One row a passage, as the file has them."""
    wanted = dict.fromkeys(line for passage in passages for line in _lines_of(passage, source))
    lines = list(wanted)
    done = dict(zip(lines, translate_lines(lines, source, target), strict=True))
    for passage in passages:
        yield _row(passage, done, source, target)


def _lines_of(passage: _Passage, language: str) -> Iterator[Marked]:
    for start, end in passage.sentences:
        yield Marked(passage.text[start:end], None)
    for question in passage.questions:
        yield Marked(_prepare_question(question.text, language), None)
        place = _sentence_of(passage, question)
        if place is not None:
            yield _with_mark(passage, question, place)
            yield Marked(passage.text[question.start : question.end], None)


def _sentence_of(passage: _Passage, question: TrainingQuestion) -> int | None:
    """Which sentence holds a question's answer; None where there is none, or it runs over more than one."""
    if question.start is None or question.end is None:
        return None
    for place, (start, end) in enumerate(passage.sentences):
        if start <= question.start and question.end <= end:
            return place
    return None


def _with_mark(passage: _Passage, question: TrainingQuestion, place: int) -> Marked:
    start, end = passage.sentences[place]
    assert question.start is not None and question.end is not None
    return Marked(passage.text[start:end], (question.start - start, question.end - start))


def _row(passage: _Passage, done: dict[Marked, Marked], source: str, target: str) -> dict[str, Any]:
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    previous_end = 0
    for start, end in passage.sentences:
        gap = passage.text[previous_end:start]
        sentence = done[Marked(passage.text[start:end], None)].text
        starts.append(length + len(gap))
        parts += [gap, sentence]
        length += len(gap) + len(sentence)
        previous_end = end
    text = "".join(parts)
    questions = []
    for question in passage.questions:
        span = _place_answer(passage, question, done, starts)
        if span is not None and not text[span[0] : span[1]].strip():
            span = None
        questions.append(
            {
                "id": question.id,
                "question": _finish_question(
                    done[Marked(_prepare_question(question.text, source), None)].text, question.text, target
                ),
                "answer": None if span is None else text[span[0] : span[1]],
                "start": None if span is None else span[0],
            }
        )
    return {
        "context_id": passage.context_id,
        "from": source,
        "to": target,
        "text": text,
        "questions": questions,
    }


def _place_answer(
    passage: _Passage, question: TrainingQuestion, done: dict[Marked, Marked], starts: list[int]
) -> tuple[int, int] | None:
    """The answer in the translated passage: where its mark stands, or the one place with the marked words."""
    place = _sentence_of(passage, question)
    if place is None:
        return None
    start, end = passage.sentences[place]
    plain = done[Marked(passage.text[start:end], None)].text
    marked = done[_with_mark(passage, question, place)]
    if marked.span is None:
        return None
    first, last = marked.span
    answer = passage.text[question.start : question.end]
    if not _plausible(marked.text[first:last], answer, done[Marked(answer, None)].text):
        return None
    # A mark can change how the words around it are read; the answer is then looked up in the unmarked sentence.
    if marked.text != plain:
        answer = marked.text[first:last]
        if plain.count(answer) != 1:
            return None
        first, last = plain.index(answer), plain.index(answer) + len(answer)
    return starts[place] + first, starts[place] + last


def _plausible(found: str, answer: str, alone: str) -> bool:
    """Whether the marked words share one with the answer, or with its translation on its own.

    Where adjective and noun change places, a mark can end up on the wrong one of the two.
    """
    return bool(_stems(found) & (_stems(answer) | _stems(alone)))


def _stems(text: str) -> set[str]:
    return {word[:4] for word in regex.findall(r"[\p{L}\p{N}]+", text.lower())}


# Files.


def passages_of(data: TrainingData, source: str, language: str) -> list[_Passage]:
    """The passages of one source that have questions, in the order of the file."""
    questions: dict[int, list[TrainingQuestion]] = {}
    for question in (*data.questions, *data.held_out):
        if question.source == source and question.language == language:
            questions.setdefault(question.context, []).append(question)
    return [
        _Passage(context.id, context.text, split_sentences(context.text, language), questions[place])
        for place, context in enumerate(data.contexts)
        if place in questions
    ]


def read_translations(path: Path) -> list[dict[str, Any]]:
    """The whole rows of a file; a last one that was cut short is left out, a missing file is an empty one."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]


def write_translations(passages: Sequence[_Passage], source: str, target: str, path: Path) -> None:
    """Append the rows of the passages that the file does not have yet."""
    rows = read_translations(path)
    known = {row["context_id"] for row in rows}
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = "".join(_line(row) for row in rows)
    if path.exists() and path.read_text(encoding="utf-8") != whole:
        path.write_text(whole, encoding="utf-8")  # without the row that was cut short
    missing = [passage for passage in passages if passage.context_id not in known]
    with path.open("a", encoding="utf-8") as file:
        for batch in _batches(missing):
            file.write("".join(_line(row) for row in translate_passages(batch, source, target)))
            file.flush()


def write_questions_onward(rows: Sequence[dict[str, Any]], target: str, path: Path) -> None:
    """Write the questions of translated rows in a further language, whole or not at all."""
    asked = [question for row in rows for question in row["questions"]]
    by = {row["to"] for row in rows}
    if len(by) != 1:
        raise TranslationError(f"questions in {sorted(by)} to put into {target}: one language at a time.")
    opened = [Marked(_opened(question["question"]), None) for question in asked]
    put = {
        question["id"]: line.text
        for question, line in zip(asked, translate_lines(opened, by.pop(), target), strict=True)
    }
    lines = [
        {
            **row,
            "to": target,
            "text": None,
            "questions": [_asked_in(put, question) for question in row["questions"]],
        }
        for row in rows
    ]
    part = path.with_suffix(".part")
    part.write_text("".join(_line(row) for row in lines), encoding="utf-8")
    part.replace(path)


def _opened(question: str) -> str:
    """With the Spanish mark in front, by which Apertium knows a question."""
    return "¿" + question.lstrip("¿")


def _asked_in(put: dict[str, str], question: dict[str, Any]) -> dict[str, Any]:
    return {"id": question["id"], "question": put[question["id"]].lstrip("¿"), "answer": None, "start": None}


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _batches(passages: Iterable[_Passage]) -> Iterator[Sequence[_Passage]]:
    rest = iter(passages)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def main(arguments: Sequence[str] | None = None) -> None:
    """Translate all SOURCES of the training files, and print how many answers were found again."""
    parser = argparse.ArgumentParser(description="Translate training files with Apertium.")
    parser.add_argument("data", type=Path, help="folder of the training files")
    parser.add_argument("folder", type=Path, help="where the translations are kept")
    options = parser.parse_args(arguments)
    data = load_training_data(options.data)
    for source, language, target in SOURCES:
        path = options.folder / f"{source}.{language}-{target}.jsonl"
        write_translations(passages_of(data, source, language), language, target, path)
        questions = [question for row in read_translations(path) for question in row["questions"]]
        found = sum(question["start"] is not None for question in questions)
        print(f"{path.name}: {len(questions)} questions, {found} answers found again")
    for source, language, by, target in QUESTIONS_ONWARD:
        path = options.folder / f"{source}.{language}-{target}.jsonl"
        if not path.exists():
            rows = read_translations(options.folder / f"{source}.{language}-{by}.jsonl")
            write_questions_onward(rows, target, path)
        print(f"{path.name}: {sum(len(row['questions']) for row in read_translations(path))} questions")


if __name__ == "__main__":
    main()
