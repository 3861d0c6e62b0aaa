"""`GET /widget.js`: one script that any site may load, small, and sent again only when it has changed."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from service.errors import SettingsError
from service.faces.widget_script import FILES, FOLDER, WidgetScript

LARGEST = 30 * 1024  # bytes, compressed
FOREIGN = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
KEYS = {"api_keys": (SecretStr("key"),)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small widget."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "fr.json").write_text('{"ask": "Demander </script>"}', "utf-8")
    (tmp_path / "style.css").write_text('p::before { content: "\\201c" }\n', "utf-8")
    (tmp_path / "first.js").write_text("// Says why.\nif (window.done) return;\n", "utf-8")
    (tmp_path / "second.js").write_text("\n  done(TEXTS, `a\n    b`);  // stays\n", "utf-8")
    return tmp_path


def test_files_are_joined_in_order_with_texts_and_style(folder: Path) -> None:
    script = WidgetScript.joined(folder, ("first.js", "second.js"))
    assert script.plain.decode("utf-8").split("\n") == [
        "(() => {",
        '"use strict";',
        "if (window.done) return;",
        'const TEXTS = {"fr":{"ask":"Demander </script>"}};',
        'const STYLE = "p::before { content: \\"\\\\201c\\" }\\n";',
        "done(TEXTS, `a",
        "b`);  // stays",
        "})();",
        "",
    ]
    assert gzip.decompress(script.compressed) == script.plain


def test_tag_changes_with_any_file(folder: Path) -> None:
    files = ("first.js", "second.js")
    tags = {WidgetScript.joined(folder, files).tag}
    for name in ("first.js", "second.js", "style.css"):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write("more()")
        tags.add(WidgetScript.joined(folder, files).tag)
    (folder / "texts" / "de.json").write_text("{}", "utf-8")
    tags.add(WidgetScript.joined(folder, files).tag)
    assert len(tags) == 5
    assert WidgetScript.joined(folder, files) == WidgetScript.joined(folder, files)


def test_broken_or_missing_file_is_named(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"third\.js"):
        WidgetScript.joined(folder, ("first.js", "third.js"))
    (folder / "texts" / "fr.json").write_text("{", "utf-8")
    with pytest.raises(SettingsError, match=r"fr\.json.*JSON"):
        WidgetScript.joined(folder, ("first.js",))


def test_every_file_of_the_widget_is_in_the_script() -> None:
    assert sorted(FILES) == sorted(path.name for path in FOLDER.glob("*.js"))
    script = WidgetScript.joined().plain.decode("utf-8")
    texts = re.search(r"^const TEXTS = (.+);$", script, re.MULTILINE)
    assert texts and set(json.loads(texts[1])) == {path.stem for path in (FOLDER / "texts").glob("*.json")}


def test_script_is_small() -> None:
    assert len(WidgetScript.joined().compressed) <= LARGEST


@pytest.mark.parametrize("settings", [{}, KEYS])
async def test_any_site_may_load_it(
    open_client: Callable[..., httpx.AsyncClient], settings: dict[str, Any]
) -> None:
    client = open_client(**settings)
    for headers in (FOREIGN, {"Origin": "https://other.example", **FOREIGN}, {}):
        reply = await client.get("/widget.js", headers=headers)
        assert reply.status_code == 200
        assert reply.text == WidgetScript.joined().plain.decode("utf-8")
        assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
        assert reply.headers["access-control-allow-origin"] == "*"
        assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
        assert reply.headers["cache-control"] == "public, max-age=300"
        assert reply.headers["x-content-type-options"] == "nosniff"
    # Loading it is all that another site may do.
    assert (await client.post("/widget.js", headers=FOREIGN)).status_code in (403, 405)
    head = await client.head("/widget.js", headers=FOREIGN)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", reply.headers["etag"])


async def test_rebound_name_gets_no_script(client: httpx.AsyncClient) -> None:
    assert (await client.get("/widget.js", headers={"Host": "news.example"})).status_code == 403


async def test_it_is_sent_again_only_when_it_has_changed(client: httpx.AsyncClient) -> None:
    tag = (await client.get("/widget.js")).headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        reply = await client.get("/widget.js", headers={"If-None-Match": given})
        assert (reply.status_code, reply.content, reply.headers["etag"]) == (304, b"", tag), given
        assert reply.headers["access-control-allow-origin"] == "*"
    assert (await client.get("/widget.js", headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("br", None),
        ("", None),
    ],
)
async def test_it_is_compressed_for_those_who_understand_that(
    client: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    reply = await client.get("/widget.js", headers={"Accept-Encoding": accepted})
    assert reply.headers.get("content-encoding") == encoding
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.content == WidgetScript.joined().plain  # httpx unpacks
    tag = reply.headers["etag"]
    again = await client.get("/widget.js", headers={"Accept-Encoding": accepted, "If-None-Match": tag})
    assert again.status_code == 304
