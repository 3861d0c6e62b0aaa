"""Options in, a pretended Slack on a port out, until the process is ended.

The Web API under /api/, response addresses under /response/, Socket Mode under /link, and for tests /control/. What is
allowed, how it is called and how long it takes is Slack's documentation's; see the files beside this one.
"""

import argparse
import asyncio
import signal
import socket
from typing import Any

from aiohttp import web

from tests.slack_stub.api_methods import ApiMethods
from tests.slack_stub.changes import Changes
from tests.slack_stub.check_message import problems_of
from tests.slack_stub.control import Control
from tests.slack_stub.deliveries import Deliveries, Delivery
from tests.slack_stub.interactions import Interactions
from tests.slack_stub.people import People
from tests.slack_stub.rate_limits import RateLimits
from tests.slack_stub.sockets import Sockets
from tests.slack_stub.web_api import WebApi
from tests.slack_stub.workspace import newsroom

SUBSCRIBED = (
    "app_home_opened,app_mention,assistant_thread_started,assistant_thread_context_changed,"
    "message.channels,message.groups,message.im,message.mpim"
)


def options() -> argparse.ArgumentParser:
    """What can be told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--secret", default="stub-signing-secret")
    parser.add_argument("--app-token", default="xapp-1-stub")
    parser.add_argument("--pace", type=float, default=60.0, help="how many times faster retries and rates go")
    parser.add_argument("--ack-seconds", type=float, default=3.0)
    parser.add_argument(
        "--page", type=int, default=15, help="messages a page of conversations.replies at most"
    )
    parser.add_argument("--rates", choices=("on", "off"), default="on")
    parser.add_argument("--own-events", choices=("on", "off"), default="on")
    parser.add_argument("--subscribed", default=SUBSCRIBED)
    return parser


class Stub:
    """The parts, put together."""

    def __init__(self, given: argparse.Namespace, address: str) -> None:
        state, changes, interactions = newsroom(), Changes(), Interactions()
        self.sockets = Sockets(
            "A0STUB", changes, given.pace, lambda error, about: self.api.refuse(error, about)
        )
        self.deliveries = Deliveries(given.secret, self.sockets, changes, given.pace, given.ack_seconds)
        subscribed = set(given.subscribed.split(","))
        own_events = given.own_events == "on"
        people = People(state, interactions, self.deliveries, address, own_events, subscribed)
        methods = ApiMethods(state, interactions, people, given.page)
        rates = RateLimits(given.pace) if given.rates == "on" else None
        self.api = WebApi(state, methods, interactions, self.sockets, changes, rates, given.app_token)
        self.control = Control(state, people, self.api, self.deliveries, self.sockets, changes)
        self._interactions = interactions
        self.deliveries.on_answer = self._answered

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.get("/api/{method}", self.api.handle),
            web.post("/api/{method}", self.api.handle),
            web.post("/response/{key}", self.api.respond),
            web.get("/link", self.sockets.serve),
            *self.control.routes(),
        ]

    def _answered(self, delivery: Delivery, body: Any) -> None:
        """What comes with the acknowledgement of a command or a click is shown to the person."""
        if delivery.kind == "events_api":
            return
        given = {"text": body} if isinstance(body, str) else body
        if problems := problems_of("response_url", given):
            self.api.refuse_answer(given, problems)
            return
        key = delivery.payload["response_url"].rpartition("/")[2]
        self.api.take_response(self._interactions.response_urls[key], given)


async def _main() -> None:
    given = options().parse_args()
    application = web.Application(client_max_size=16 << 20)
    runner = web.AppRunner(application, access_log=None)
    # The address is known before the routes are, which say it in response_urls.
    listening = _listening(given.port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    stub = Stub(given, address)
    application.add_routes(stub.routes())
    await runner.setup()
    await web.SockSite(runner, listening).start()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    print(address, flush=True)
    await stopped.wait()
    await stub.deliveries.close()
    await runner.cleanup()


def _listening(port: int) -> socket.socket:
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("127.0.0.1", port))
    opened.listen(1024)
    opened.setblocking(False)
    return opened


if __name__ == "__main__":
    asyncio.run(_main())
