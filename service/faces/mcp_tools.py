"""The tools of `/mcp`: a tool's name and arguments in, what it says out; an error is one sentence for the assistant."""

from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, TypeAdapter
from starlette.requests import ClientDisconnect, Request

from service.answering.answer import Answer
from service.faces import mcp_ask, mcp_read_article
from service.faces.problems import logged_problem, shown

Context = ServerRequestContext[Any, Request]


def _tool(name: str, title: str, description: str, takes: type[BaseModel], gives: type) -> Tool:
    return Tool(
        name=name,
        title=title,
        description=description,
        input_schema=takes.model_json_schema(),
        output_schema=TypeAdapter(gives).json_schema(mode="serialization"),
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
    )


_ASK = _tool("ask", "Ask the news archive", mcp_ask.DESCRIPTION, mcp_ask.AskArguments, Answer)
_READ = _tool(
    "read_article",
    "Read an article",
    mcp_read_article.DESCRIPTION,
    mcp_read_article.ReadArguments,
    mcp_read_article.ReadPart,
)
_TOOLS = {_ASK.name: (_ASK, mcp_ask.ask), _READ.name: (_READ, mcp_read_article.read_article)}


def input_schema(name: str) -> dict[str, Any] | None:
    """What a tool takes, as JSON Schema; None for an unknown one."""
    return _TOOLS[name][0].input_schema if name in _TOOLS else None


async def list_tools(context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
    """All tools."""
    return ListToolsResult(tools=[tool for tool, _ in _TOOLS.values()])


async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
    """What the tool says; whatever goes wrong inside is an error that the assistant can read, too."""
    if params.name not in _TOOLS:
        allowed = ", ".join(_TOOLS)
        raise MCPError(INVALID_PARAMS, f"there is no tool {shown(params.name)}; allowed: {allowed}")
    _, run = _TOOLS[params.name]
    request = request_of(context)
    try:
        text, value = await run(request, params.arguments or {})
    except ClientDisconnect:
        return _error("the client has left")
    except Exception as error:
        return _error(logged_problem(request.scope, error).detail)
    return CallToolResult(content=[TextContent(text=text)], structured_content=value)


def _error(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=sentence)], is_error=True)


def request_of(context: Context) -> Request:
    """The HTTP request behind a message, from which the parts of the service are found."""
    assert context.request is not None, "only served over HTTP"
    return context.request
