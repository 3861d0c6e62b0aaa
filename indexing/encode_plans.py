"""Plans in, their passages with vectors and terms out: cut and encoded together, on threads of this process."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from indexing.archive.article import Article, Passage
from indexing.archive.terms import Terms
from indexing.archive.versions import Encoded, Plan
from indexing.split_passages import ENCODER_LIMIT, embedding_text, split_passages

if TYPE_CHECKING:  # an encoder takes a while to import, and reading files for a running service needs none
    from indexing.archive.encoder import Encoder

SIDE_BY_SIDE = 2  # one batch is cut while another is encoded, and no core waits for the last texts of a batch


class EncodePlans(Protocol):
    """Whoever encodes batches of plans, somewhere; any number of calls may wait at once."""

    side_by_side: int
    """How many batches keep it busy."""

    async def __call__(self, plans: Sequence[Plan]) -> list[Encoded]:
        """One Encoded a plan, in order; raises IndexingError when it cannot be done."""


class EncodeHere:
    """Encodes with an encoder of this process, on threads, so that the event loop goes on."""

    side_by_side = SIDE_BY_SIDE

    def __init__(self, encoder: "Encoder") -> None:
        """Use `encoder`, which belongs to somebody else."""
        self._encoder = encoder

    async def __call__(self, plans: Sequence[Plan]) -> list[Encoded]:
        """Cut and encode on a thread."""
        return await asyncio.to_thread(encode_plans, plans, self._encoder, self._encoder.terms)


def encode_plans(plans: Sequence[Plan], encoder: "Encoder", terms: Terms) -> list[Encoded]:
    """Cut what needs it and encode all passages together, so that the encoder can sort them by length."""
    cut = [_passages(plan, encoder) if plan.embed else () for plan in plans]
    texts = [
        embedding_text(plan.article.title, passage)
        for plan, passages in zip(plans, cut, strict=True)
        for passage in passages
    ]
    vectors = encoder.encode_passages(texts)
    # The title helps the vector; in the terms it would count for every passage of an article alike.
    found = [terms.document(passage.text) for passages in cut for passage in passages]
    encoded: list[Encoded] = []
    start = 0
    for plan, passages in zip(plans, cut, strict=True):
        end = start + len(passages)
        encoded.append(Encoded(plan, passages, vectors[start:end], found[start:end]))
        start = end
    return encoded


def unplanned(article: Article) -> Plan:
    """The plan of an article of which nothing is known yet: to be cut and encoded."""
    return Plan(article, "added", embed=True, record=None)


def still_fits(encoded: Encoded | None, plan: Plan) -> Encoded | None:
    """What was encoded earlier under a plan that holds no longer, for the plan that holds now; None: encode anew."""
    if not plan.embed:
        return Encoded(plan)
    if encoded is None or not encoded.plan.embed or encoded.plan.article != plan.article:
        return None
    # Passages that are stored already are kept as they were cut, by whatever way of cutting that was.
    if plan.passages and tuple(encoded.passages) != plan.passages:
        return None
    return Encoded(plan, encoded.passages, encoded.vectors, encoded.terms)


def _passages(plan: Plan, encoder: "Encoder") -> Sequence[Passage]:
    """As they are stored when only the title is new, else cut."""
    return plan.passages or split_passages(
        plan.article.text,
        plan.article.language,
        article_id=plan.article.id,
        version=plan.article.version,
        tokenizer=encoder.tokenizer,
        title=plan.article.title,
        encoder_limit=min(encoder.max_tokens, ENCODER_LIMIT),
    )
