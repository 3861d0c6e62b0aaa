"""The whole way of a written answer: what is proven flows out at once, and everything else is as without a model."""

from typing import Any

import pytest

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.answer import Answer
from service.answering.confidence import Confidence
from service.answering.events import Answered, Delta, Event, Status
from service.answering.observe import Observation, watched_by
from service.answering.pipeline import Answering
from service.answering.question import Question, Turn
from service.answering.reader import Reader
from service.answering.written import write_answer
from service.answering.written.language_model import LanguageModel
from tests.language_model_stub.running_stub import MODEL, RunningLanguageModel

QUESTION = "How many soldiers entered via Ishkashim?"
PROOF = "Ishkashim (102 personnes)"
TRUE = "According to the official count, 102 soldiers entered via Ishkashim."
FACT = {"proof": PROOF, "text": TRUE}


def told(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


async def ask(answering: Answering, question: Question) -> tuple[Answer, Observation, list[Event]]:
    """The answer, what was observed of it, and what was told on the way, which must be the answer."""
    seen: list[Observation] = []
    with watched_by(seen.append):
        events = [event async for event in answering.stream(question)]
    last = events[-1]
    assert isinstance(last, Answered)
    assert told(events) == last.answer.answer
    return last.answer, seen[0], events


async def test_a_proven_statement_is_the_answer(
    writing: Answering, stub: RunningLanguageModel, samples: Archive
) -> None:
    stub.script({"facts": [FACT]}, translate=[{"says": "no"}])
    answer, seen, events = await ask(writing, Question(QUESTION))
    assert (answer.mode, answer.answer, answer.language) == ("generative", f"{TRUE} [1]", "en")
    [statement], [citation] = answer.statements, answer.citations
    assert (statement.text, statement.citations, statement.start, statement.end) == (TRUE, (1,), None, None)
    stored = await samples.article(citation.article.id, citation.article.version)
    assert stored is not None and PROOF in citation.quote
    assert stored.article.text[citation.start : citation.end] == citation.quote
    # The extracted value stands in the quote and in the statement, so it stays.
    assert answer.short_answer in ("102", "102 personnes") and answer.confidence is not None
    assert citation.answer_start is not None
    assert (seen.mode, seen.outcome, seen.faults, seen.troubles) == ("generative", "answered", {}, {})
    assert "write" in answer.timings_ms
    assert [event.step for event in events if isinstance(event, Status)][-1] == "writing"


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ({"lie": "invents_quote"}, "not_found"),
        ({"lie": "stitches"}, "stitched"),
        ({"lie": "swaps_ids"}, "wrong_article"),
        ({"lie": "guesses_ids"}, "unknown_passage"),
        ({"lie": "changes_number"}, "number"),
    ],
)
async def test_a_statement_that_is_not_proven_gives_way_to_the_extracted_answer(
    writing: Answering, stub: RunningLanguageModel, step: dict[str, Any], fault: str
) -> None:
    stub.script({"facts": [FACT], **step}, translate=[{"says": "no"}])
    answer, seen, _ = await ask(writing, Question(QUESTION))
    assert (answer.mode, answer.answered) == ("extractive", True)
    assert answer.short_answer in ("102", "102 personnes")
    assert seen.faults[fault] == 1  # type: ignore[index]


async def test_nothing_to_state_gives_the_extracted_answer(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    stub.script({"facts": []}, translate=[{"says": "no"}])
    answer, seen, _ = await ask(writing, Question(QUESTION))
    assert (answer.mode, answer.answered, seen.troubles) == ("extractive", True, {})


@pytest.mark.parametrize(
    ("step", "trouble"),
    [({"says": "I cannot help with that."}, "nonsense"), ({"trouble": "html"}, "no_event_stream")],
)
async def test_a_model_that_fails_gives_the_extracted_answer(
    writing: Answering, stub: RunningLanguageModel, step: dict[str, Any], trouble: str
) -> None:
    stub.script(step)
    answer, seen, _ = await ask(writing, Question(QUESTION, mode="generative"))
    assert (answer.mode, answer.answered) == ("extractive", True)
    assert seen.troubles == {trouble: 1}
    assert answer.citations[0].translation is None
    assert [request["task"] for request in stub.requests()] == ["answer"], "a model that failed is left alone"


async def test_what_was_proven_before_the_model_broke_off_stays(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    stub.script(
        {
            "facts": [FACT, {"proof": "Khorog (312)", "text": "Another 312 came via Khorog."}],
            "trouble": "close_within",
        }
    )
    answer, seen, _ = await ask(writing, Question(QUESTION))
    assert (answer.mode, answer.answer) == ("generative", f"{TRUE} [1]")
    assert seen.troubles == {"unreachable": 1}


async def test_mode_extractive_never_asks_the_model(writing: Answering, stub: RunningLanguageModel) -> None:
    stub.script({"facts": [FACT]})
    history = (Turn("user", "How many came via Khorog?"), Turn("assistant", "312 [1]"))
    answer, _, _ = await ask(writing, Question(QUESTION, history, mode="extractive"))
    assert answer.mode == "extractive" and stub.requests() == []


async def test_nothing_relevant_never_reaches_the_model(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    stub.script({"facts": [FACT]})
    answer, _, _ = await ask(writing, Question("What is the recipe for apple pie?"))
    assert answer.refusal is not None and answer.refusal.reason == "nothing_relevant"
    assert stub.requests() == []


@pytest.fixture
def refusing(
    samples: Archive, encoder: Encoder, reader: Reader, confidence: Confidence, model: LanguageModel
) -> Answering:
    """A service that extracts nothing, however sure."""
    return Answering(samples, encoder, reader, confidence, threshold=1.1, model=model)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"facts": [FACT], "lie": "invents_quote"}, "unverified"),
        ({"facts": []}, "not_stated"),
        ({"trouble": "html"}, "not_stated"),
    ],
)
async def test_without_an_extracted_answer_it_is_a_refusal(
    refusing: Answering, stub: RunningLanguageModel, step: dict[str, Any], reason: str
) -> None:
    stub.script(step)
    answer, _, _ = await ask(refusing, Question(QUESTION))
    assert answer.refusal is not None and answer.refusal.reason == reason
    assert (answer.mode, answer.statements, answer.citations) == ("extractive", (), ())


async def test_a_proven_statement_answers_what_would_be_refused(
    refusing: Answering, stub: RunningLanguageModel
) -> None:
    stub.script({"facts": [FACT]}, translate=[{"says": "no"}])
    answer, _, _ = await ask(refusing, Question(QUESTION))
    assert (answer.mode, answer.answer) == ("generative", f"{TRUE} [1]")
    assert (answer.short_answer, answer.confidence, answer.citations[0].answer_start) == (None, None, None)


async def test_a_sure_extracted_value_may_not_be_missing(
    writing: Answering, stub: RunningLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_answer, "SURE", 0.0)
    beside = {"proof": PROOF, "text": "According to the official count, they entered in several places."}
    stub.script({"facts": [beside]}, translate=[{"says": "no"}])
    answer, _, _ = await ask(writing, Question(QUESTION))
    assert answer.mode == "extractive"
    stub.script({"facts": [beside, FACT]}, translate=[{"says": "no"}])
    answer, _, _ = await ask(writing, Question(QUESTION))
    assert answer.answer == f"{beside['text']} [1] {TRUE} [1]"


async def test_a_value_that_the_reader_contradicts_is_dropped(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    wrong = {"proof": PROOF, "text": "According to the official count, 312 soldiers entered via Ishkashim."}
    stub.script({"facts": [wrong]}, translate=[{"says": "no"}])
    answer, seen, _ = await ask(writing, Question(QUESTION))
    assert answer.mode == "extractive"
    assert seen.faults == {"contradicted": 1}


async def test_the_answer_is_in_the_language_that_was_asked_for(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    german = "Nach offizieller Zählung kamen 102 Soldaten über Ishkashim ins Land."
    stub.script({"facts": [{"proof": PROOF, "text": german}]}, translate=[{"says": "no"}])
    answer, seen, _ = await ask(writing, Question(QUESTION))
    assert (answer.mode, seen.faults) == ("extractive", {"other_language": 1})
    answer, _, _ = await ask(writing, Question(QUESTION, answer_language="de"))
    assert (answer.answer, answer.language) == (f"{german} [1]", "de")
    assert "in German" in stub.requests()[-2]["messages"][0]["content"]


async def test_a_quote_in_another_language_gets_a_translation(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    stub.script({"facts": []}, translate=[{"says": "Ishkashim (102 people)"}])
    answer, _, _ = await ask(writing, Question(QUESTION))
    assert (answer.citations[0].quote, answer.citations[0].translation) == (PROOF, "Ishkashim (102 people)")


async def test_a_quote_in_the_language_of_the_answer_is_not_translated(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    stub.script({"facts": []})
    await ask(writing, Question("Combien de soldats sont entrés par Ishkashim ?"))
    assert [request["task"] for request in stub.requests()] == ["answer"]


async def test_who_says_so_is_added_where_a_quote_names_them(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    for speaker, ending in (("Shamsiddin Shohin", " (Shamsiddin Shohin)"), ("Nobody", "")):
        stub.script({"facts": [{**FACT, "speaker": speaker}]}, translate=[{"says": "no"}])
        answer, _, _ = await ask(writing, Question(QUESTION))
        assert answer.statements[0].text == TRUE + ending


FOLLOW_UP = Question("And via Khorog?", (Turn("user", QUESTION), Turn("assistant", "102 personnes [1]")))


async def test_a_follow_up_is_put_in_full_by_the_model(
    writing: Answering, stub: RunningLanguageModel
) -> None:
    full = "How many of the soldiers came via Khorog?"
    stub.script({"facts": []}, rewrite=[{"says": f'"{full}"'}], translate=[{"says": "no"}])
    answer, _, _ = await ask(writing, FOLLOW_UP)
    assert answer.standalone_question == full and "312" in answer.answer
    assert "rewrite" in answer.timings_ms


@pytest.mark.parametrize(
    "step",
    [
        {"says": "How many soldiers entered via Murghab?"},
        {"says": "How many soldiers entered via Ishkashim?"},
        {"says": "How many of the 500 soldiers entered via Khorog?"},
        {"says": ""},
        {"trouble": "html"},
    ],
)
async def test_a_wording_that_adds_or_loses_something_is_not_taken(
    writing: Answering, stub: RunningLanguageModel, step: dict[str, Any]
) -> None:
    stub.script({"facts": []}, rewrite=[step], translate=[{"says": "no"}])
    answer, _, _ = await ask(writing, FOLLOW_UP)
    assert answer.standalone_question == "How many soldiers entered via Khorog?", "as without a model"
    assert "312" in answer.answer


async def test_as_many_passages_are_sent_as_fit(
    samples: Archive,
    encoder: Encoder,
    reader: Reader,
    confidence: Confidence,
    stub: RunningLanguageModel,
) -> None:
    stub.forget()
    stub.script({"facts": [FACT]}, translate=[{"says": "no"}])
    counts = []
    for window in (2_700, 16_000):
        model = LanguageModel(stub.base_url, MODEL, None, 20, window)
        answering = Answering(samples, encoder, reader, confidence, threshold=0.0, model=model)
        answer, _, _ = await ask(answering, Question(QUESTION, mode="generative"))
        await model.close()
        assert answer.mode == "generative"
        [request] = [one for one in stub.requests() if one["task"] == "answer"]
        counts.append(request["messages"][1]["content"].count("<passage "))
        stub.forget()
    assert 1 <= counts[0] < counts[1] <= 8


async def test_a_window_too_small_for_one_passage_gives_the_extracted_answer(
    samples: Archive, encoder: Encoder, reader: Reader, confidence: Confidence, stub: RunningLanguageModel
) -> None:
    stub.forget()
    model = LanguageModel(stub.base_url, MODEL, None, 20, 1_100)
    answering = Answering(samples, encoder, reader, confidence, threshold=0.0, model=model)
    answer, seen, _ = await ask(answering, Question(QUESTION))
    await model.close()
    assert (answer.mode, answer.answered, seen.troubles) == ("extractive", True, {"context_too_small": 1})
    assert stub.requests() == []


async def test_no_turn_of_the_queue_is_held_while_the_model_writes(
    samples: Archive, encoder: Encoder, reader: Reader, confidence: Confidence, stub: RunningLanguageModel
) -> None:
    stub.script({"trouble": "stall_before"})
    model = LanguageModel(stub.base_url, MODEL, None, 600, 8192)
    answering = Answering(samples, encoder, reader, confidence, queue=4, threshold=0.0, model=model)
    slow = [answering.stream(Question(QUESTION)) for _ in range(3)]
    for stream in slow:  # more than work at a time, all waiting for the model
        async for event in stream:
            if event == Status("writing"):
                break
    assert answering.queue_length == 3
    assert (await answering.ask(Question(QUESTION, mode="extractive"))).answered
    for stream in slow:
        await stream.aclose()
    assert answering.queue_length == 0
    await model.close()
