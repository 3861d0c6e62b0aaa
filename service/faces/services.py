"""What every face works with: the parts of the running service, found from a request."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from slack_bolt.app.async_app import AsyncApp

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.pipeline import Answering
from service.answering.suggestions import Suggestions
from service.faces.access import AccessRules
from service.faces.metrics import Metrics
from service.faces.rate_limits import RateLimit
from service.faces.signed_links import LinkSigner
from service.faces.widget_script import WidgetScript
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one running service; built by `create_app`, one object an application."""

    settings: Settings
    archive: Archive
    encoder: Encoder
    answering: Answering
    access: AccessRules
    links: LinkSigner
    answered_suggestions: Suggestions
    widget: WidgetScript
    token_rate: RateLimit
    """How often one address may ask for a widget token."""
    metrics: Metrics
    backing_up: asyncio.Lock
    """Held while a backup is made and fetched."""
    slack: AsyncApp | None = None
    """What takes Slack's events, once the bot runs."""
    token: str | None = None
    """What `/healthz` repeats, so that service.json is believed of this service only."""


def services_of(request: Request) -> Services:
    """The parts of the service that got this request."""
    services: Services = request.app.state.services
    return services


Parts = Annotated[Services, Depends(services_of)]
