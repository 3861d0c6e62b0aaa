"""An id and perhaps a version in, the stored article out; or a 404 that says which of the two is unknown."""

from indexing.archive.archive import Archive, StoredArticle
from service.faces.problems import Problem, shown


async def find_article(archive: Archive, article_id: str, version: str | None) -> StoredArticle:
    """The article in that version, None for the current one; raises a 404 problem."""
    stored = await archive.article(article_id, version)
    if stored is not None:
        return stored
    current = None if version is None else await archive.article(article_id)
    if current is None:
        raise unknown_article(article_id)
    known = ", ".join(current.versions[-5:])
    raise Problem(404, f"article {shown(article_id)} has no version {shown(version)}; the latest are {known}")


def unknown_article(article_id: str) -> Problem:
    """404 for an id."""
    return Problem(404, f"there is no article {shown(article_id)}; GET /v1/articles lists those there are")
