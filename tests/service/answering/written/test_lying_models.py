"""A language model that lies or fails, over HTTP: what leaves is an answer that quotes prove, or a refusal."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from indexing.archive.archive import Archive
from indexing.archive.bundled_model import BundledModel
from indexing.archive.encoder import Encoder
from indexing.archive.word_vectors import WordEncoder
from service.answering.confidence import Confidence
from service.answering.pipeline import Answering
from service.answering.reader import Reader
from service.answering.written.align_words import AlignWords
from service.answering.written.language_model import LanguageModel
from service.app import create_app
from service.settings import Settings
from tests.language_model_stub.running_stub import MODEL, RunningLanguageModel, running_language_model

FLIGHTS = "How many flights were cancelled at Halvgard Airport in the storm?"
RUNWAY = "Was the runway of Halvgard Airport damaged in the storm?"
GUST = "How strong was the strongest gust at Halvgard Airport?"
CANCELLED = {"proof": "cancelling 143 flights", "text": "143 flights were cancelled at Halvgard Airport."}
TRUE = {"facts": [CANCELLED]}
UNSUPPORTED = "The government is to blame for the long delay."
SOON = 1.5  # seconds that the model has where it says nothing in time

Ask = Callable[..., Any]
Open = Callable[..., AbstractAsyncContextManager["Face"]]


class Face:
    """The application with a language model, asked over HTTP; every reply is held to what may leave at all."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, question: str = FLIGHTS, **more: Any) -> dict[str, Any]:
        """The answer of the stream: its deltas are its text, each quote stands in its article at its offsets."""
        body = {"question": question, "stream": True, **more}
        reply = await self._client.post("/v1/answers", json=body)
        assert reply.status_code == 200, reply.text
        events = [
            (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
            for block in reply.text.strip().split("\n\n")
            if len(lines := block.split("\n")) == 2
        ]
        assert events[-1][0] == "done", events[-1]
        [answer] = [value for name, value in events if name == "answer"]
        assert "".join(value["text"] for name, value in events if name == "delta") == answer["answer"]
        assert answer["answered"] == (answer["refusal"] is None) == bool(answer["citations"])
        for citation in answer["citations"]:
            stored = await self._client.get(
                f"/v1/articles/{citation['article']['id']}", params={"v": citation["article"]["version"]}
            )
            text = stored.json()["text"]
            assert text[citation["start"] : citation["end"]] == citation["quote"]
        return dict(answer)

    async def counted(self, name: str) -> dict[str, float]:
        """What a counter holds by its one label, zeros left out."""
        reply = await self._client.get("/metrics")
        return {
            next(iter(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(reply.text)
            for sample in family.samples
            if sample.name == name and sample.value
        }

    async def dropped(self) -> dict[str, float]:
        return await self.counted("citewell_verification_failures_total")


@pytest.fixture(scope="module")
def align(models: Path, encoder: Encoder) -> AlignWords:
    """What compares statements with quotes by meaning, opened once."""
    return AlignWords(WordEncoder(BundledModel.open(models), encoder.tokenizer, encoder.table))


@pytest.fixture
def open_face(
    samples: Archive, encoder: Encoder, reader: Reader, confidence: Confidence, align: AlignWords
) -> Open:
    """Serve the samples with a language model at an address."""

    @asynccontextmanager
    async def serve(
        base_url: str, seconds: float = 20.0, model: str = MODEL, window: int = 8192, key: str | None = None
    ) -> AsyncIterator[Face]:
        client = LanguageModel(base_url, model, key, seconds, window)
        answering = Answering(samples, encoder, reader, confidence, threshold=0.0, model=client, align=align)
        app = create_app(Settings(), samples, encoder, answering)
        transport = httpx.ASGITransport(app)
        try:
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost", timeout=60
            ) as asking:
                yield Face(asking)
        finally:
            await client.close()

    return serve


async def test_a_true_statement_leaves_with_its_proof(open_face: Open, stub: RunningLanguageModel) -> None:
    stub.script(TRUE)
    async with open_face(stub.base_url) as face:
        answer = await face.ask()
        assert await face.dropped() == {}
    assert answer["mode"] == "generative"
    assert answer["answer"] == f"{CANCELLED['text']} [1]"
    assert "cancelling 143 flights" in answer["citations"][0]["quote"]


@pytest.mark.parametrize(
    ("lie", "fault"),
    [
        ("invents_quote", "not_found"),
        ("swaps_ids", "wrong_article"),
        ("guesses_ids", "unknown_passage"),
        ("changes_number", "number"),
        ("changes_both_numbers", "not_found"),
        ("stitches", "stitched"),
        ("stitches_silently", "not_found"),
    ],
)
async def test_a_lie_is_dropped_counted_and_replaced_by_the_extracted_answer(
    open_face: Open, stub: RunningLanguageModel, lie: str, fault: str
) -> None:
    stub.script({**TRUE, "lie": lie})
    async with open_face(stub.base_url) as face:
        answer = await face.ask()
        assert await face.dropped() == {fault: 1}
    assert (answer["mode"], answer["answered"]) == ("extractive", True)
    assert "143" in answer["short_answer"]


async def test_what_is_added_to_a_true_statement_does_not_leave(
    open_face: Open, stub: RunningLanguageModel
) -> None:
    stub.script({**TRUE, "lie": "adds_unsupported", "unsupported": UNSUPPORTED})
    async with open_face(stub.base_url) as face:
        answer = await face.ask()
        assert await face.dropped() == {"support": 1}
    assert [one["text"] for one in answer["statements"]] == [CANCELLED["text"]]


@pytest.mark.parametrize(
    ("question", "proof", "text", "fault"),
    [
        (RUNWAY, "denied that the runway", "The runway of Halvgard Airport had been damaged.", "polarity"),
        (RUNWAY, "a single crack", "There was a single crack in the runway.", "polarity"),
        (GUST, "according to the weather service", "The strongest gust was 131 km/h.", "attribution"),
    ],
)
async def test_a_lost_denial_or_source_is_no_answer(
    open_face: Open, stub: RunningLanguageModel, question: str, proof: str, text: str, fault: str
) -> None:
    stub.script({"facts": [{"proof": proof, "text": text}]})
    async with open_face(stub.base_url) as face:
        answer = await face.ask(question)
        assert (await face.dropped())[fault] == 1
    assert text not in answer["answer"]
    assert answer["mode"] == "extractive"


@pytest.mark.parametrize("form", ["fences", "lines", "trailing", "broken"])
async def test_json_in_any_form_is_read(open_face: Open, stub: RunningLanguageModel, form: str) -> None:
    stub.script({**TRUE, "form": form})
    async with open_face(stub.base_url) as face:
        answer = await face.ask()
    assert [one["text"] for one in answer["statements"]] == [CANCELLED["text"]]


@pytest.mark.parametrize(
    ("step", "trouble"),
    [
        ({"says": "There were about 1,020 flights, I think."}, "nonsense"),
        ({"says": "I cannot help with that."}, "nonsense"),
        ({"trouble": "html"}, "no_event_stream"),
        ({"trouble": "status", "status": 500}, "server_error"),
        ({"trouble": "status", "status": 429, "retry_after": "30"}, "rate_limited"),
        ({"trouble": "close_before"}, "unreachable"),
        ({"trouble": "stall_before"}, "timeout"),
        ({"trouble": "huge"}, "too_long"),
        ({"trouble": "endless"}, "too_long"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else value,
)
async def test_a_model_that_fails_leaves_the_extracted_answer(
    open_face: Open, stub: RunningLanguageModel, step: dict[str, Any], trouble: str
) -> None:
    stub.script(step)
    async with open_face(stub.base_url, seconds=SOON if trouble == "timeout" else 20.0) as face:
        answer = await face.ask()
        assert await face.counted("citewell_language_model_failures_total") == {trouble: 1}
    assert (answer["mode"], answer["answered"]) == ("extractive", True)
    assert "143" in answer["short_answer"]


@pytest.mark.parametrize("trouble", ["stall_within", "close_within"])
async def test_what_was_proven_before_the_model_broke_off_stays(
    open_face: Open, stub: RunningLanguageModel, trouble: str
) -> None:
    stub.script({**TRUE, "lie": "adds_unsupported", "unsupported": UNSUPPORTED, "trouble": trouble})
    async with open_face(stub.base_url, seconds=SOON if trouble == "stall_within" else 20.0) as face:
        answer = await face.ask()
    assert [one["text"] for one in answer["statements"]] == [CANCELLED["text"]]
    assert answer["mode"] == "generative"


async def test_a_server_that_is_down_unknown_or_locked_leaves_the_extracted_answer(open_face: Open) -> None:
    with running_language_model(key="right") as locked:
        async with open_face(locked.base_url, key="wrong") as face:
            assert (await face.ask())["mode"] == "extractive"
            assert await face.counted("citewell_language_model_failures_total") == {"key_refused": 1}
        async with open_face(locked.base_url, key="right", model="another") as face:
            assert (await face.ask())["mode"] == "extractive"
            assert await face.counted("citewell_language_model_failures_total") == {"unknown_model": 1}
    async with open_face(locked.base_url) as face:
        assert (await face.ask())["mode"] == "extractive"
        assert await face.counted("citewell_language_model_failures_total") == {"unreachable": 1}


async def test_many_lies_at_once_leave_nothing_unproven(open_face: Open, stub: RunningLanguageModel) -> None:
    lies = ("none", "invents_quote", "changes_number", "stitches", "guesses_ids", "swaps_ids")
    stub.script(*[{**TRUE, "lie": lie} for lie in lies], TRUE)
    async with open_face(stub.base_url) as face:
        answers = await asyncio.gather(*(face.ask() for _ in lies))
    assert all("143" in answer["answer"] and "1,430" not in answer["answer"] for answer in answers)
    assert sum(answer["mode"] == "generative" for answer in answers) == 1
