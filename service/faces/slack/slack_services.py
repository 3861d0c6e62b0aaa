"""What the Slack bot works with: the parts of the running service, and how Slack is reached."""

from dataclasses import dataclass

from indexing.archive.archive import Archive
from service.answering.pipeline import Answering
from service.answering.suggestions import Suggestions
from service.faces.signed_links import LinkSigner
from service.faces.slack.seen_events import SeenEvents
from service.faces.slack.workspaces import Workspaces

SLACK_API = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class SlackServices:
    """The parts of one bot; `channels` empty: it answers in every channel that it is in."""

    answering: Answering
    archive: Archive
    links: LinkSigner
    workspaces: Workspaces
    seen: SeenEvents
    suggestions: Suggestions
    signing_secret: str | None = None
    channels: frozenset[str] = frozenset()
    public_url: str | None = None
    api_url: str = SLACK_API
