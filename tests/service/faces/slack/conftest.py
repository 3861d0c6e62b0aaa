"""What the tests of the Slack bot share: a pretended Slack, and a bot with a scripted answering that it tells of."""

from collections.abc import Iterator

import py3langid
import pytest

from tests.service.faces.slack.served_bot import ServedBot, served_bot
from tests.slack_stub.running_stub import RunningSlack, running_slack


@pytest.fixture(scope="module")
def module_slack() -> Iterator[RunningSlack]:
    """One pretended Slack for the tests of a file; its limits are tested where they matter.

    It waits for an acknowledgement longer than Slack does: on a slow machine, too, each comes at the first attempt.
    """
    py3langid.rank("warm")  # as a service does before it begins
    with running_slack(rates="off", ack_seconds=60) as running:
        yield running


@pytest.fixture
def slack(module_slack: RunningSlack) -> RunningSlack:
    """The same without what the test before left in its lists."""
    module_slack.forget()
    return module_slack


@pytest.fixture
def bot(slack: RunningSlack) -> Iterator[ServedBot]:
    """A bot in the workspace T0NEWS."""
    with served_bot(slack) as served:
        yield served
