"""A question in; its language, the languages it may be in, and its standalone wording out."""

from dataclasses import dataclass

import py3langid
from haystack import component

from service.answering.question import Question


@dataclass(frozen=True, slots=True)
class Understood:
    """A question with what was understood of it; `languages` are base languages, likeliest first."""

    question: Question
    standalone: str
    language: str
    languages: tuple[str, ...]


@component
class UnderstandQuestion:
    """First step of answering; runs alone: `UnderstandQuestion().run(question=Question("Wer kam?"))`."""

    @component.output_types(understood=Understood)
    def run(self, question: Question) -> dict[str, Understood]:
        """Detect the language; the standalone wording is the question itself until follow-ups are understood."""
        text = question.text.strip()
        language, _ = py3langid.classify(text)
        return {"understood": Understood(question, text, str(language), (str(language),))}
