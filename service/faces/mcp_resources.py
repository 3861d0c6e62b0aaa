"""The articles of `/mcp`: the address of one in, its text and metadata out; and which were published last."""

from urllib.parse import quote, unquote

from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from service.faces.find_article import find_article
from service.faces.mcp_tools import Context, request_of
from service.faces.problems import Problem, logged_problem, shown
from service.faces.services import services_of

ARTICLES = "citewell://articles/"
NEWEST = 50
_KIND = "text/plain"


async def list_resources(context: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
    """The articles published last, newest first; every other one is found by asking."""
    try:
        newest = await services_of(request_of(context)).archive.newest(NEWEST)
    except Exception as error:
        raise _as_mcp_error(context, error) from None
    return ListResourcesResult(
        resources=[
            Resource(
                uri=ARTICLES + quote(article["id"], safe=""),
                name=article["id"],
                title=article["title"],
                description=", ".join(
                    article[name] for name in ("source", "published", "language") if article[name]
                ),
                mime_type=_KIND,
            )
            for article in newest
        ]
    )


async def list_templates(
    context: Context, params: PaginatedRequestParams | None
) -> ListResourceTemplatesResult:
    """The one form of address."""
    template = ResourceTemplate(
        uri_template=ARTICLES + "{id}",
        name="article",
        title="An article of the archive",
        description="The whole text of the current version; citations name the ids.",
        mime_type=_KIND,
    )
    return ListResourceTemplatesResult(resource_templates=[template])


async def read_resource(context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
    """The canonical text of the current version, which the offsets of citations refer to."""
    try:
        article_id = _article_id(params.uri)
        stored = await find_article(services_of(request_of(context)).archive, article_id, None)
    except Exception as error:
        raise _as_mcp_error(context, error) from None
    article = {**stored.article.metadata(), "version": stored.version}
    content = TextResourceContents(
        uri=params.uri, mime_type=_KIND, text=stored.article.text, _meta={"citewell": article}
    )
    return ReadResourceResult(contents=[content])


def _article_id(uri: str) -> str:
    name = uri.removeprefix(ARTICLES)
    if name == uri or not name or "/" in name:
        raise Problem(404, f"there is nothing at {shown(uri)}; allowed: {ARTICLES}ID")
    return unquote(name)


def _as_mcp_error(context: Context, error: Exception) -> MCPError:
    """What went wrong as the protocol says it: an address that leads nowhere is a wrong parameter."""
    problem = logged_problem(request_of(context).scope, error)
    return MCPError(INVALID_PARAMS if problem.status < 500 else INTERNAL_ERROR, problem.detail)
