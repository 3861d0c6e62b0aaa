"""`/mcp`: a request of the Model Context Protocol in, the reply of its official server with our tools and articles out.

Each request gets a server of its own: nothing is kept between two, so nothing has to be started or stopped with the
application, and any number of processes can serve one client.
"""

from importlib.metadata import version

from mcp.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from service.faces.http_answers import BODY_LIMIT
from service.faces.mcp_resources import list_resources, list_templates, read_resource
from service.faces.mcp_tools import call_tool, input_schema, list_tools
from service.faces.protocol_errors import MCP
from service.faces.request_body import read_body, require_media_type
from service.greetings import Greetings


class McpEndpoint:
    """ASGI application of the one path; who may call was decided before, for this path as for all others."""

    def __init__(self) -> None:
        """Name what the server offers; the parts of the service are found from each request."""
        self._server = Server(
            "citewell",
            version=version("citewell"),
            title="Citewell",
            instructions=Greetings().say("mcp"),
            get_tool_input_schema=input_schema,
            on_list_tools=list_tools,
            on_call_tool=call_tool,
            on_list_resources=list_resources,
            on_list_resource_templates=list_templates,
            on_read_resource=read_resource,
        )
        self._server.middleware.clear()  # it comes with tracing, and a span would hold what was asked for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one POST; raises 413 and 415 problems."""
        request = Request(scope, receive)
        require_media_type(request, ("application/json",))
        body = await read_body(request, BODY_LIMIT)
        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, _replayed(body, receive), send)


def mcp_route() -> Route:
    """The one path, without a redirect. GET, which clients try, is a 405: the server says nothing unasked."""
    return Route(MCP, McpEndpoint(), methods=["POST"])


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever comes after it, which is that the client leaves."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again
