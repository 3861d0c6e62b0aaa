"""An answer in, the Slack messages that show it out: wording with marks, every quote with its source, then thumbs."""

import re
from collections.abc import Callable, Iterator
from typing import Literal

from service.answering.answer import Answer, Citation, Statement
from service.answering.question import QUESTION_LIMIT
from service.answering.word_answer import marks
from service.faces.slack.answer_metadata import answer_metadata
from service.faces.slack.block_kit import (
    TEXT_LIMIT,
    Block,
    button,
    context,
    mrkdwn,
    plain,
    section,
    sections,
)
from service.faces.slack.escape_text import BREAK, escape_markdown, escape_mrkdwn, escape_plain, formats
from service.faces.slack.slack_message import Part, SlackMessage, message, messages
from service.faces.slack.slack_texts import SlackTexts
from service.faces.slack.source_blocks import Link, place_of, source_blocks
from service.faces.slack.split_text import length, shortened, split_text

__all__ = [
    "FEEDBACK_DOWN",
    "FEEDBACK_UP",
    "NEAREST",
    "Problem",
    "SlackMessage",
    "answer_markdown",
    "answer_messages",
    "answer_metadata",
    "closing_messages",
    "problem_message",
]

Problem = Literal["busy", "too_many", "too_long", "no_question", "not_here", "broken", "stopped"]

FEEDBACK_UP = "citewell_feedback_up"
FEEDBACK_DOWN = "citewell_feedback_down"
NEAREST = 3
"""Passages under a refusal: a thread is no place for all that the archive looked at."""
MARKDOWN_LIMIT = 12_000
"""Characters of `markdown_text`: https://docs.slack.dev/reference/methods/chat.appendStream"""
_MARKS = re.compile(r"((?: ?\[\d{1,3}\])+)")
_VALUE = re.compile(r"([\s;]*)(.*?)(\s*)", re.DOTALL)


def answer_messages(
    answer: Answer,
    texts: SlackTexts,
    link: Link,
    *,
    question_by: str | None = None,
    articles: int | None = None,
) -> list[SlackMessage]:
    """The whole answer as one or more messages, in order; the last ends with the feedback buttons.

    `question_by`, a user's id, shows who asked what, for places where the question itself is not seen; `articles` is
    how many were searched.
    """
    parts = [
        *_asked(answer, texts, question_by),
        *(_values(answer) if _has_values(answer) else ()),
        *_sentence_parts(answer, texts),
        *_rest(answer, texts, link, articles),
    ]
    return messages(parts, _buttons(answer, texts), texts.say("more"))


def closing_messages(
    answer: Answer, texts: SlackTexts, link: Link, *, articles: int | None = None
) -> list[SlackMessage]:
    """What follows an answer whose wording was streamed already: proving sentences, quotes, sources, buttons."""
    parts = [
        *(_sentence_parts(answer, texts) if _has_values(answer) else ()),
        *_rest(answer, texts, link, articles),
    ]
    return messages(parts, _buttons(answer, texts), texts.say("more"))


def answer_markdown(answer: Answer, texts: SlackTexts) -> list[str]:
    """The wording alone as `markdown_text`, in pieces that Slack takes; joined they are the whole."""
    if _has_values(answer):
        paragraphs = [_bold(answer.answer, "**", escape_markdown)]
    else:
        paragraphs = [piece for told in _sentences(answer, texts) for piece in _markdown_pieces(told)]
    pieces = [""]
    for place, paragraph in enumerate(paragraphs):
        added = f"\n\n{paragraph}" if place else paragraph
        if length(pieces[-1] + added) > MARKDOWN_LIMIT:
            pieces.append("")
        pieces[-1] += added
    return [piece for piece in pieces if piece]


def problem_message(texts: SlackTexts, kind: Problem) -> SlackMessage:
    """Why there is no answer, and what to do."""
    told = texts.say(kind, limit=QUESTION_LIMIT) if kind == "too_long" else texts.say(kind)
    return message(told, [section(plain(told))])


def _has_values(answer: Answer) -> bool:
    """Whether the wording is values taken out of the quotes, and not sentences."""
    return answer.answered and answer.short_answer is not None and answer.mode == "extractive"


def _asked(answer: Answer, texts: SlackTexts, user: str | None) -> Iterator[Part]:
    if user is not None:
        # The one mention that is meant: of the person who asked.
        asked = texts.say("asked", user=f"<@{user}>" if user.isalnum() else escape_mrkdwn(user))
        question = shortened(answer.question, TEXT_LIMIT, escape_plain)
        yield Part((context(mrkdwn(asked), plain(question)),), "")


def _values(answer: Answer) -> Iterator[Part]:
    """The values bold, unless something in them could format or they are too long for it."""
    bold = _bold(answer.answer, "*", escape_mrkdwn)
    if formats(answer.answer) or "\n" in answer.answer or length(bold) > TEXT_LIMIT:
        yield Part(tuple(sections(answer.answer)), answer.answer)
    else:
        yield Part((section(mrkdwn(bold)),), answer.answer)


def _sentence_parts(answer: Answer, texts: SlackTexts) -> Iterator[Part]:
    for told in _sentences(answer, texts):
        yield Part(tuple(sections(told)), "" if _has_values(answer) else told)


def _sentences(answer: Answer, texts: SlackTexts) -> Iterator[str]:
    """What is said in whole sentences, each with the marks of its citations."""
    if not answer.answered or not answer.statements:
        if not _has_values(answer):
            yield answer.answer
        return
    by_number = {citation.number: citation for citation in answer.citations}
    for statement in answer.statements:
        cited = [by_number[number] for number in statement.citations if number in by_number]
        # The quote that proves a value is shown below: the same words need not stand there twice.
        if _has_values(answer) and cited and statement.text == cited[0].quote:
            continue
        differs = f"{texts.say('another_says')}\n" if cited and cited[0].stance == "differs" else ""
        yield differs + _marked(statement)


def _marked(statement: Statement) -> str:
    return f"{statement.text} {marks(statement.citations)}".rstrip()


def _rest(answer: Answer, texts: SlackTexts, link: Link, articles: int | None) -> Iterator[Part]:
    """Who wrote it and how sure it is, what was searched, then the quotes or the nearest passages."""
    notes = list(_notes(answer, texts, articles))
    if notes:
        yield Part((context(*(mrkdwn(f"_{escape_mrkdwn(note)}_") for note in notes)),), "")
    for citation in answer.citations:
        yield _source(citation, texts, link)
    if answer.refusal is not None and answer.refusal.nearest:
        heading = texts.texts.get(f"nearest_{answer.refusal.reason}") or texts.say("nearest")
        above = [context(mrkdwn(f"*{escape_mrkdwn(heading)}*"))]
        for near in answer.refusal.nearest[:NEAREST]:
            yield Part((*above, *source_blocks(near, texts, link, numbered=False)), "")
            above = []


def _notes(answer: Answer, texts: SlackTexts, articles: int | None) -> Iterator[str]:
    if answer.answered and answer.mode == "generative":
        yield texts.say("written")
    if answer.answered and answer.confidence is not None:
        yield texts.say("confidence", percent=f"{answer.confidence * 100:.0f}")
    if articles is not None:
        yield texts.say("searched", articles=articles)


def _source(citation: Citation, texts: SlackTexts, link: Link) -> Part:
    return Part(tuple(source_blocks(citation, texts, link)), f"[{citation.number}] {place_of(citation)}")


def _buttons(answer: Answer, texts: SlackTexts) -> Block:
    return {
        "type": "actions",
        "elements": [
            button(f"👍 {texts.say('good')}", FEEDBACK_UP, answer.id),
            button(f"👎 {texts.say('bad')}", FEEDBACK_DOWN, answer.id),
        ],
    }


def _bold(wording: str, sign: str, escape: Callable[[str], str]) -> str:
    """The values bold, the marks between them not."""
    shown = []
    for place, piece in enumerate(_MARKS.split(wording)):
        match = _VALUE.fullmatch(piece) if place % 2 == 0 else None
        if match is None or not match[2] or "\n" in match[2]:
            shown.append(escape(piece))
        else:
            shown.append(f"{escape(match[1])}{sign}{escape(match[2])}{sign}{escape(match[3])}")
    return "".join(shown)


def _markdown_pieces(text: str) -> list[str]:
    # Where a name or an address begins is not seen in a single character: every colon counts for two.
    pieces = split_text(text, MARKDOWN_LIMIT, lambda part: escape_markdown(part).replace(":", f":{BREAK}"))
    return [escape_markdown(piece) for piece in pieces]
