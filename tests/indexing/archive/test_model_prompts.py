"""Tests of the table of known models."""

import pytest

from indexing.archive.model_prompts import known_prompts

SEARCH = "Represent this sentence for searching relevant passages: "


@pytest.mark.parametrize(
    ("name", "question", "passage"),
    [
        ("multilingual-e5-small", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large", "query: ", "passage: "),
        ("intfloat/e5-base-v2", "query: ", "passage: "),
        ("/srv/models/multilingual-e5-base/", "query: ", "passage: "),
        ("BAAI/bge-m3", "", ""),
        ("BAAI/bge-small-en-v1.5", SEARCH, ""),
        ("mixedbread-ai/mxbai-embed-large-v1", SEARCH, ""),
        ("Snowflake/snowflake-arctic-embed-m", SEARCH, ""),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", "query: ", ""),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("thenlper/gte-small", "", ""),
        ("all-MiniLM-L6-v2", "", ""),
        ("sentence-transformers/paraphrase-multilingual-mpnet-base-v2", "", ""),
    ],
)
def test_known_prompts_known_name_gives_its_prefixes(name: str, question: str, passage: str) -> None:
    assert known_prompts(name) == (question, passage)


def test_known_prompts_instruct_model_has_its_instruction() -> None:
    prompts = known_prompts("intfloat/multilingual-e5-large-instruct")
    assert prompts is not None
    assert prompts.question.startswith("Instruct: ")
    assert prompts.passage == ""


@pytest.mark.parametrize("name", ["my-own-model", "some/private-encoder", ""])
def test_known_prompts_unknown_name_gives_none(name: str) -> None:
    assert known_prompts(name) is None
