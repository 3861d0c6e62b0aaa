"""A translation stands beside its quote when it holds, and is left out when it does not or does not come."""

import asyncio
from typing import Any

import pytest

from service.answering.answer import Citation, CitedArticle
from service.answering.observe import observed
from service.answering.verify import Draft
from service.answering.written.check_statement import CheckStatement
from service.answering.written.language_model import LanguageModel
from service.answering.written.prompts import Prompts
from service.answering.written.translate_quotes import TranslateQuotes
from tests.language_model_stub.running_stub import RunningLanguageModel

QUOTE = "Le poste d’Ishkashim (102 personnes) n’a pas été fermé"
TRANSLATION = "The post of Ishkashim (102 people) was not closed"


def draft(language: str = "fr") -> Draft:
    article = CitedArticle("a", "v", "Titre", None, None, language, None)
    return Draft(citations=(Citation(1, QUOTE, 0, len(QUOTE), "p", article),))


async def translation(model: LanguageModel, language: str = "fr", seconds: float = 20) -> str | None:
    translate = TranslateQuotes(model, Prompts(), CheckStatement(lambda word: word == word.casefold()))
    until = asyncio.get_running_loop().time() + seconds
    return (await translate.translated(draft(language), "en", until)).citations[0].translation


async def test_a_translation_that_holds_is_kept_without_quotation_marks(
    stub: RunningLanguageModel, model: LanguageModel
) -> None:
    stub.script(translate=[{"says": f"<think>Hm.</think>\n“{TRANSLATION}”\n"}])
    assert await translation(model) == TRANSLATION
    [request] = stub.requests()
    assert (
        QUOTE in request["messages"][1]["content"]
        and "from French into English" in request["messages"][0]["content"]
    )


@pytest.mark.parametrize(
    "wrong",
    [
        TRANSLATION.replace("102", "1,020"),
        TRANSLATION.replace(" (102 people)", ""),
        TRANSLATION.replace("Ishkashim", "Khorog"),
        TRANSLATION.replace("was not", "was"),
        f"{TRANSLATION}, " * 20,
        "<think>never ends",
    ],
)
async def test_a_translation_that_adds_or_loses_something_is_left_out(
    stub: RunningLanguageModel, model: LanguageModel, wrong: str
) -> None:
    stub.script(translate=[{"says": wrong}])
    assert await translation(model) is None


@pytest.mark.parametrize(
    ("step", "trouble"), [({"trouble": "html"}, "no_event_stream"), ({"trouble": "stall_before"}, "timeout")]
)
async def test_a_model_that_fails_or_is_slow_leaves_the_quote_alone(
    stub: RunningLanguageModel, model: LanguageModel, step: dict[str, Any], trouble: str
) -> None:
    stub.script(translate=[step])
    with observed("generative") as seen:
        assert await translation(model, seconds=0.3 if trouble == "timeout" else 20) is None
    assert seen.troubles == {trouble: 1}


async def test_a_quote_in_the_same_language_is_not_translated(
    stub: RunningLanguageModel, model: LanguageModel
) -> None:
    assert await translation(model, "en-GB") is None
    assert stub.requests() == []
