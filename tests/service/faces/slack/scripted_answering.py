"""An answering that says what a test tells it to, for tests of what Slack gets to see of it."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from service.answering.answer import (
    Answer,
    Citation,
    CitedArticle,
    Refusal,
    Statement,
    new_answer_id,
)
from service.answering.events import Answered, Delta, Event, Status
from service.answering.question import Question

ARTICLE = CitedArticle("pont", "v1", "Le pont", "Courrier", "https://pont.example/", "fr", "2022-05-02")
QUOTE = "a coûté 340 000 euros à la commune"
PATIENCE_S = 120.0


def answered(question: str, value: str = "340 000 euros", citations: int = 1) -> Answer:
    """An extracted answer with so many citations."""
    cited = tuple(
        Citation(number, QUOTE, 30, 30 + len(QUOTE), f"p{number}", ARTICLE, 38, 38 + len("340 000 euros"))
        for number in range(1, citations + 1)
    )
    marks = "".join(f"[{one.number}]" for one in cited)
    return Answer(
        id=new_answer_id(),
        question=question,
        standalone_question=question,
        language="en",
        answered=True,
        answer=f"{value} {marks}",
        short_answer=value,
        confidence=0.9,
        statements=(Statement(QUOTE, tuple(one.number for one in cited), 30, 30 + len(QUOTE)),),
        citations=cited,
    )


def written(question: str, *sentences: str) -> Answer:
    """A written answer of several sentences, each with the same citation."""
    whole = answered(question)
    statements = tuple(Statement(sentence, (1,)) for sentence in sentences)
    wording = " ".join(f"{sentence} [1]" for sentence in sentences)
    return replace(whole, answer=wording, short_answer=None, mode="generative", statements=statements)


def refused(question: str) -> Answer:
    """A refusal."""
    said = Refusal("not_stated", "None of the articles states it (articles searched: 27).")
    return Answer(new_answer_id(), question, question, "en", False, said.detail, refusal=said)


@dataclass
class ScriptedAnswering:
    """Answers by the question's text; every question is kept. One that is held waits until it is let go."""

    can_write: bool = False
    answers: dict[str, Answer] = field(default_factory=dict)
    faults: dict[str, Exception] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._held: dict[str, threading.Event] = {}
        self._begun = threading.Condition()

    def hold(self, question: str) -> threading.Event:
        """Let this question wait until the event is set."""
        self._held[question] = threading.Event()
        return self._held[question]

    def until_asked(self, questions: int) -> list[str]:
        """The texts of the questions, as soon as there are so many."""
        with self._begun:
            came = self._begun.wait_for(lambda: len(self.asked) >= questions, PATIENCE_S)
        assert came, f"{len(self.asked)} of {questions} questions came"
        return [one.text for one in self.asked]

    async def stream(self, question: Question, caller: str = "") -> AsyncGenerator[Event]:
        """As `Answering.stream`."""
        with self._begun:
            self.asked.append(question)
            self.callers.append(caller)
            self._begun.notify_all()
        try:
            if fault := self.faults.get(question.text):
                raise fault
            yield Status("searching", {"articles": 27})
            for part in self.parts.get(question.text, ()):
                yield Delta(part)
            if held := self._held.get(question.text):
                while not held.is_set():
                    await asyncio.sleep(0.01)
            yield Answered(self.answers.get(question.text) or answered(question.text))
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled.append(question.text)
            raise
