"""An answer given while articles change in; each of its quotes held against what was sent and what is stored, out."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote

import httpx

from evaluation.mixed_editions import Edition, Editions

_MARKED = re.compile(r'<mark id="quote"[^>]*>(.*?)</mark>', re.DOTALL)


@dataclass(slots=True)
class AnswerChecks:
    """Checks answers of one service; `faults` by kind, where everything else is only counted."""

    client: httpx.AsyncClient
    editions: Editions
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    answers: int = 0
    quotes: int = 0
    pages: int = 0
    """Quotes whose page was opened and marks exactly them."""
    already_removed: int = 0
    """Quotes whose article was being removed by the time they were looked up."""

    def fault(self, kind: str, example: str) -> None:
        """Count a fault and keep the first few."""
        self.faults[kind] += 1
        if len(self.examples) < 20:
            self.examples.append(f"{kind}: {example}")

    async def check(self, answer: Mapping[str, Any], asked: float, answered: float) -> None:
        """Hold everything that an answer shows against the articles; times as in `Edition`."""
        self.answers += 1
        nearest = answer["refusal"]["nearest"] if answer["refusal"] else []
        cited: dict[str, str] = {}
        for citation in (*answer["citations"], *nearest):
            article_id, version = citation["article"]["id"], citation["article"]["version"]
            if cited.setdefault(article_id, version) != version:
                self.fault("mixed versions", f"{answer['id']} cites {article_id} in two versions")
            await self._citation(answer, citation, asked, answered)
        for statement in answer["statements"]:
            self._statement(answer, statement)
        for article_id in {passage["article_id"] for passage in answer["passages"]}:
            self._passages(answer, article_id, cited.get(article_id), asked, answered)
        if answer["answered"] == bool(answer["refusal"]) or answer["answered"] != bool(answer["citations"]):
            self.fault("neither answer nor refusal", answer["id"])

    async def _citation(
        self, answer: Mapping[str, Any], citation: Mapping[str, Any], asked: float, answered: float
    ) -> None:
        self.quotes += 1
        article_id, version = citation["article"]["id"], citation["article"]["version"]
        what = f"{answer['id']} [{citation['number']}] {article_id} {version}"
        edition = self.editions.find(article_id, version)
        if edition is None:
            self.fault("unknown version", what)
            return
        if not _stands_in(citation, edition.text):
            self.fault("wrong offsets", what)
        if not edition.may_be_shown(asked, answered):
            self.fault("shown too late", what)
        await self._stored(citation, edition, what)
        await self._page(citation, edition, what)

    async def _stored(self, citation: Mapping[str, Any], edition: Edition, what: str) -> None:
        place = f"/v1/articles/{quote(edition.article_id, safe='')}"
        reply = await self.client.get(place, params={"v": edition.version})
        if reply.status_code == httpx.codes.NOT_FOUND and edition.removing:
            self.already_removed += 1
        elif reply.is_error:
            self.fault("version does not open", f"{what}: {reply.status_code}")
        elif not _stands_in(citation, reply.json()["text"]) or reply.json()["text"] != edition.text:
            self.fault("wrong offsets", f"{what} as stored")

    async def _page(self, citation: Mapping[str, Any], edition: Edition, what: str) -> None:
        reply = await self.client.get(citation["link"])
        if reply.status_code == httpx.codes.NOT_FOUND and edition.removing:
            return
        marked = _MARKED.search(reply.text)
        if reply.is_error or marked is None or unescape(marked.group(1)) != citation["quote"]:
            self.fault("link does not show the quote", f"{what}: {reply.status_code} {citation['link']}")
        else:
            self.pages += 1

    def _statement(self, answer: Mapping[str, Any], statement: Mapping[str, Any]) -> None:
        first = answer["citations"][statement["citations"][0] - 1]["article"]
        edition = self.editions.find(first["id"], first["version"])
        if edition and edition.text[statement["start"] : statement["end"]] != statement["text"]:
            self.fault("wrong offsets", f"{answer['id']} statement in {first['id']}")

    def _passages(
        self, answer: Mapping[str, Any], article_id: str, cited: str | None, asked: float, answered: float
    ) -> None:
        """All passages of one article must stand in one version of it, the cited one where it is cited."""
        passages = [one for one in answer["passages"] if one["article_id"] == article_id]
        shown = list(self.editions.shown_at(article_id, asked, answered))
        if not shown:
            self.fault("shown too late", f"{answer['id']} considered {article_id}")
            return
        fitting = [one.version for one in shown if all(_as_in(one.text, passages))]
        if not fitting or (cited is not None and cited not in fitting):
            self.fault("mixed versions", f"{answer['id']} passages of {article_id}")


def _stands_in(citation: Mapping[str, Any], text: str) -> bool:
    start, end = citation["start"], citation["end"]
    inner = citation["answer_start"], citation["answer_end"]
    inside = inner == (None, None) or start <= inner[0] < inner[1] <= end
    whole = 0 < end - start == len(citation["quote"])
    return bool(inside and whole and text[start:end] == citation["quote"])


def _as_in(text: str, passages: list[dict[str, Any]]) -> Iterator[bool]:
    return (text[one["start"] : one["end"]] == one["text"] for one in passages)
