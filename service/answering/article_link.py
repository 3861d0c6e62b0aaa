"""An article, its version and a place in it in, the address of its page out."""

from urllib.parse import quote, urlencode


def article_link(
    article_id: str, version: str | None, start: int | None = None, end: int | None = None
) -> str:
    """Path and query of a version's page with `text[start:end]` marked; an id is one segment whatever it holds."""
    query: list[tuple[str, str | int]] = [("v", version)] if version else []
    if start is not None and end is not None:
        query += [("start", start), ("end", end)]
    path = "/articles/" + quote(article_id, safe="")
    return f"{path}?{urlencode(query)}" if query else path
