"""A model's name in, the two prefixes it was trained with out, for models that do not say so themselves."""

import re
from typing import NamedTuple


class Prompts(NamedTuple):
    """What stands before every question and every passage."""

    question: str
    passage: str


NONE = Prompts("", "")
SEARCH = Prompts("Represent this sentence for searching relevant passages: ", "")
TASK = "Given a web search query, retrieve relevant passages that answer the query"

# From the models' cards; the first pattern found in the name's last part counts.
KNOWN = (
    (r"e5-.*instruct", Prompts(f"Instruct: {TASK}\nQuery: ", "")),
    (r"(^|-)e5-", Prompts("query: ", "passage: ")),
    (r"^bge-m3", NONE),
    (r"^bge-(small|base|large)-en", SEARCH),
    (r"^bge-(small|base|large)-zh", Prompts("为这个句子生成表示以用于检索相关文章：", "")),
    (r"^nomic-embed-text", Prompts("search_query: ", "search_document: ")),
    (r"^mxbai-embed-(large|xsmall)", SEARCH),
    (r"^snowflake-arctic-embed-[lm]-v2", Prompts("query: ", "")),
    (r"^snowflake-arctic-embed", SEARCH),
    (r"^embeddinggemma", Prompts("task: search result | query: ", "title: none | text: ")),
    (r"^qwen3-embedding", Prompts(f"Instruct: {TASK}\nQuery:", "")),
    (r"^(gte|granite-embedding|jina-embeddings-v2)-", NONE),
    (r"^(all|multi-qa|paraphrase|distiluse|msmarco|labse|static)\b", NONE),
)


def known_prompts(name: str) -> Prompts | None:
    """Return the prompts of a hub name or a folder named after the model; None if it is not known."""
    last = name.rstrip("/").rsplit("/", maxsplit=1)[-1].lower()
    return next((prompts for pattern, prompts in KNOWN if re.search(pattern, last)), None)
