"""The tool `ask`: a question with its filters in, the answer and its numbered quotes as text and as an object out."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from starlette.requests import Request

from service.answering.answer import Answer, Citation
from service.answering.question import HISTORY_LIMIT, Question
from service.faces.chat_footnotes import footnote, quoted
from service.faces.http_answers import (
    FilterFields,
    QuestionFields,
    TurnFields,
    ask_while_connected,
    question_text,
)
from service.faces.mcp_arguments import checked_arguments
from service.faces.services import services_of

DESCRIPTION = (
    "Answers a question from the archive with the exact words of its articles, each proved by a verbatim quote, or "
    "refuses when no article states the answer. Filters are optional: language takes tags such as fr or zh-Hant, "
    "source the names of publishers, published_from and published_to dates such as 2021-07-01 (the last day included)."
)


class AskArguments(FilterFields):
    """A question; the other fields say which articles may answer, and what was said before."""

    question: Annotated[str, AfterValidator(question_text)] = Field(
        description="One whole question, 1 to 2,000 characters, in any language."
    )
    history: list[TurnFields] = Field(
        [], description="The conversation so far, oldest first; the last 40 turns are used."
    )

    def to_question(self) -> Question:
        """The question as the pipeline takes it."""
        fields = self.model_dump(include={"question"})
        fields["history"] = [turn.model_dump() for turn in self.history[-HISTORY_LIMIT:]]
        fields["filters"] = self.model_dump(exclude={"question", "history"})
        return QuestionFields.model_validate(fields).to_question()


async def ask(request: Request, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Text for an assistant, and the answer object of `POST /v1/answers`."""
    parts = services_of(request)
    question = checked_arguments(AskArguments, arguments).to_question()
    answer = parts.links.with_links(await ask_while_connected(request, parts.answering, question))
    address = str(request.base_url).rstrip("/")
    return "\n\n".join(_told(answer, address)), answer.to_dict()


def _told(answer: Answer, address: str) -> Iterator[str]:
    yield answer.answer
    if answer.confidence is not None:
        yield f"Confidence: {answer.confidence:.2f}"
    yield from (f"{footnote(one, address)} ({_place(one)})" for one in answer.citations)
    if answer.refusal and answer.refusal.nearest:
        yield "The nearest passages, none of which surely answers:"
        yield from (f"- {quoted(one, address)} ({_place(one)})" for one in answer.refusal.nearest)


def _place(citation: Citation) -> str:
    article = citation.article
    return f"article_id {article.id}, version {article.version}, start {citation.start}, end {citation.end}"
