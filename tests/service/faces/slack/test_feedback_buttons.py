"""A click on a button below an answer is a rating in the archive, with what it is about; nobody sees who gave it."""

import pytest

from indexing.archive.records import CitedPlace
from indexing.errors import ArchiveError
from service.faces.slack.answer_messages import FEEDBACK_DOWN, FEEDBACK_UP
from service.faces.slack.slack_texts import slack_texts
from tests.service.faces.slack.served_bot import ServedBot
from tests.slack_stub.running_stub import ALICE, BOB, NEWS, RunningSlack

EN = slack_texts("en")
COST = "What did the bridge cost?"


def answer_to(slack: RunningSlack, question: str = COST) -> str:
    """The timestamp of an answer."""
    asked = slack.mention(question)["message"]
    return str(slack.thread_of(NEWS, asked["ts"], at_least=2)[1]["ts"])


@pytest.mark.parametrize(("action", "rating"), [(FEEDBACK_UP, "up"), (FEEDBACK_DOWN, "down")])
def test_click_is_kept_with_what_it_is_about(
    slack: RunningSlack, bot: ServedBot, action: str, rating: str
) -> None:
    said = answer_to(slack)
    slack.click(NEWS, said, action)
    slack.calls("response_url", at_least=1)
    (kept,) = bot.shelf.ratings
    assert (kept.rating, kept.question, kept.answer) == (rating, COST, "340 000 euros [1]")
    assert kept.citations == (CitedPlace("pont", "v1", 30, 64),)
    assert kept.answer_id.startswith("ans_")
    assert ALICE not in str(kept)
    (thanks,) = slack.shown()["ephemeral"]
    assert thanks["text"] == EN.say("thanks")
    assert slack.refused_calls() == []


def test_second_thought_takes_the_place_of_the_first(slack: RunningSlack, bot: ServedBot) -> None:
    said = answer_to(slack)
    for user, action in ((ALICE, FEEDBACK_UP), (ALICE, FEEDBACK_DOWN), (BOB, FEEDBACK_UP)):
        slack.click(NEWS, said, action, user=user)
    slack.calls("response_url", at_least=3)
    first, second, other = bot.shelf.ratings
    assert first.id == second.id != other.id


def test_rating_that_cannot_be_kept_says_so(slack: RunningSlack, bot: ServedBot) -> None:
    said = answer_to(slack)

    async def full(_: object) -> None:
        raise ArchiveError("the disk is full")

    bot.shelf.put_feedback = full  # type: ignore[method-assign]
    slack.click(NEWS, said, FEEDBACK_UP)
    slack.calls("response_url", at_least=1)
    assert slack.shown()["ephemeral"][0]["text"] == EN.say("feedback_failed")
