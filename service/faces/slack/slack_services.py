"""What the Slack bot works with: the parts of the running service, and how Slack is reached."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from indexing.archive.language_samples import LanguageSample
from indexing.archive.records import Feedback
from service.answering.events import Event
from service.answering.question import Question
from service.answering.suggestions import Suggested
from service.faces.signed_links import LinkSigner
from service.faces.slack.seen_events import SeenEvents
from service.faces.slack.workspaces import Workspaces

SLACK_API = "https://slack.com/api/"


class Answers(Protocol):
    """What the bot wants of `Answering`, here or in another process."""

    @property
    def can_write(self) -> bool:
        """Whether answers come word by word."""

    def stream(self, question: Question, caller: str = "") -> AsyncGenerator[Event]:
        """What happens while the question is answered; the answer comes last."""


class Shelf(Protocol):
    """What the bot wants of an archive besides answers."""

    async def put_feedback(self, feedback: Feedback) -> None:
        """Keep a rating."""

    async def language_samples(self) -> Sequence[tuple[str, LanguageSample]]:
        """The languages of the articles."""


class Suggests(Protocol):
    """Knows questions that the archive answers."""

    async def for_language(self, tag: str) -> Suggested | None:
        """Those in this language."""


@dataclass(frozen=True, slots=True)
class SlackServices:
    """The parts of one bot; `channels` empty: it answers in every channel that it is in."""

    answering: Answers
    archive: Shelf
    links: LinkSigner
    workspaces: Workspaces
    seen: SeenEvents
    suggestions: Suggests
    signing_secret: str | None = None
    channels: frozenset[str] = frozenset()
    public_url: str | None = None
    api_url: str = SLACK_API
