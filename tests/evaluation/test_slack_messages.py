"""The measure of Slack messages sees what Slack refuses, and what an answer lost on its way."""

import json
from dataclasses import replace

from evaluation.evaluation_sets import SourceArticle
from evaluation.post_to_slack import pretended_slack
from evaluation.read_slack_messages import marks_in, quotes_in
from evaluation.slack_answers import whole_article
from evaluation.slack_messages import Shown, measure, show
from service.answering.answer import Answer, Citation, CitedArticle
from service.faces.signed_links import LinkSigner
from service.faces.slack.slack_message import SlackMessage

SIGNER = LinkSigner(["a key"], pages_need_key=True)
ARTICLE = CitedArticle("pont", "v1", "Le pont", "Courrier", None, "fr", "2022-05-02")
ANSWER = Answer(
    id="ans_1",
    question="What did it cost?",
    standalone_question="What did it cost?",
    language="en",
    answered=True,
    answer="340 000 euros [1]",
    citations=(Citation(1, "a coûté 340 000 euros & <!channel>", 8, 42, "p1", ARTICLE, 16, 29),),
    short_answer="340 000 euros",
)
LONG = SourceArticle("long", "long", "fr", "Le pont", "Une phrase d’un article. " * 1_000, "set")


def without(shown: Shown, words: str) -> Shown:
    """The same with these words missing in its blocks."""

    def cut(message: SlackMessage) -> SlackMessage:
        blocks = json.loads(json.dumps(message.blocks, ensure_ascii=False).replace(words, ""))
        return SlackMessage(message.text, tuple(blocks))

    return replace(shown, messages=[cut(one) for one in shown.messages])


def test_whole_answers_are_taken_and_keep_everything() -> None:
    with pretended_slack() as slack:
        row = measure("both", [show(ANSWER, SIGNER), show(whole_article(LONG), SIGNER)], slack)
    assert (row.count, row.kept, row.refused) == (2, 2, {})
    assert (row.quotes, row.split) == (2, 1) and row.most_messages > 2 and row.calls > 6


def test_what_is_lost_is_counted() -> None:
    shown = show(ANSWER, SIGNER)
    assert shown.keeps_everything()
    assert not without(shown, "340 000 euros &amp;").keeps_everything()
    assert not without(shown, " [1]").keeps_everything()


def test_what_slack_refuses_is_counted_by_its_error() -> None:
    shown = show(ANSWER, SIGNER)
    bad = SlackMessage("x", ({"type": "section", "text": {"type": "mrkdwn", "text": "a" * 3_001}},))
    with pretended_slack() as slack:
        row = measure("one", [replace(shown, messages=[bad, *shown.messages])], slack)
    assert row.refused == {"chat.postMessage: invalid_blocks": 1}


def test_messages_are_read_as_slack_shows_them() -> None:
    messages = show(ANSWER, SIGNER).messages
    assert [(one.number, one.text) for one in quotes_in(messages)] == [(1, ANSWER.citations[0].quote)]
    assert marks_in(messages) == {1}
