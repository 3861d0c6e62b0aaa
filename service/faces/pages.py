"""Every page under one router, with /docs; and the suggested questions from their files."""

import tomllib
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from service.errors import SettingsError
from service.faces import article_page, chat_page
from service.faces.render import page

SUGGESTIONS = Path(__file__).resolve().parent.parent.parent / "prompts" / "suggestions"

router = APIRouter(include_in_schema=False)
router.include_router(chat_page.router)
router.include_router(article_page.router)


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    """The routes and their fields, from the OpenAPI description, without any script."""
    return page("docs.html", api=request.app.openapi())


@router.get("/openapi.json")
async def get_openapi(request: Request) -> JSONResponse:
    """The OpenAPI description."""
    return JSONResponse(request.app.openapi())


def load_suggestions(folder: Path = SUGGESTIONS) -> dict[str, tuple[str, ...]]:
    """Suggested questions by language; raises SettingsError that names a broken file."""
    suggestions = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            questions = tomllib.loads(path.read_text("utf-8"))["questions"]
            suggestions[path.stem] = tuple(str(question) for question in questions)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"{path}: {error!r}; prompts/README.md says what it may contain") from error
    return suggestions
