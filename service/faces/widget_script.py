"""The files of the widget in, one script out; `GET /widget.js` sends it, compressed where that is understood."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.errors import SettingsError

FOLDER = Path(__file__).resolve().parent / "widget"
FILES = (
    "prelude.js",
    "words.js",
    "code_points.js",
    "elements.js",
    "links.js",
    "faults.js",
    "read_events.js",
    "answer_object.js",
    "service.js",
    "conversation.js",
    "source_card.js",
    "answer_view.js",
    "refusal_view.js",
    "fault_view.js",
    "copy_answer.js",
    "answer_tools.js",
    "turn_view.js",
    "filters_view.js",
    "passages_view.js",
    "chat_element.js",
    "define.js",
)
"""In the order in which they are joined; `TEXTS` and `STYLE` come between the first one and the others."""
SECONDS = 300  # a browser may keep it: long enough for one visit, short enough that a new version arrives

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class WidgetScript:
    """The script as bytes, plain and compressed, and the tag that changes whenever it does."""

    plain: bytes
    compressed: bytes
    tag: str

    @classmethod
    def joined(cls, folder: Path = FOLDER, files: tuple[str, ...] = FILES) -> "WidgetScript":
        """The files as one function that is called at once; raises SettingsError that names a file it cannot read."""
        first, *others = (_read(folder / name) for name in files)
        texts = {path.stem: _parsed(path) for path in sorted((folder / "texts").glob("*.json"))}
        style = folder / "style.css"
        constants = (
            f"const TEXTS = {_json(texts)};\nconst STYLE = {_json(_read(style) if style.exists() else '')};"
        )
        source = "\n".join(
            (
                "(() => {",
                '"use strict";',
                _squeezed(first),
                constants,
                *(_squeezed(other) for other in others),
                "})();\n",
            )
        )
        plain = source.encode("utf-8")
        return cls(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:20])


@router.head("/widget.js")
@router.get("/widget.js")
async def get_widget(request: Request) -> Response:
    """The script, for the page of any site; 304 when the browser has this version."""
    script: WidgetScript = request.app.state.services.widget
    packed = _accepts_gzip(request)
    tag = f'"{script.tag}{"-gzip" if packed else ""}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={SECONDS}",
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if _has(request, tag):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = script.compressed if packed else script.plain
    return Response(body, media_type="text/javascript; charset=utf-8", headers=headers)


def _has(request: Request, tag: str) -> bool:
    given = ",".join(request.headers.getlist("if-none-match"))
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in given.split(","))


def _accepts_gzip(request: Request) -> bool:
    for part in ",".join(request.headers.getlist("accept-encoding")).lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" or not weight
    return False


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error!r}; the widget is made of this file") from error


def _parsed(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except ValueError as error:
        raise SettingsError(f"{path}: {error}; allowed: a JSON object of texts") from error


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _squeezed(source: str) -> str:
    """Without indentation, empty lines and lines that are comments; so none of these may be in a template literal."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
