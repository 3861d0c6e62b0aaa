"""Parts of an answer in, as few messages as Slack's limits allow out, in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from service.faces.slack.block_kit import Block
from service.faces.slack.escape_text import escape_plain
from service.faces.slack.split_text import length, shortened

FALLBACK_LIMIT = 3_000
BLOCKS_LIMIT = 50
# Of all blocks together; Slack documents no limit but refused 11,341 characters and took 9,597:
# https://github.com/slackapi/bolt-js/issues/2867
SIZE_LIMIT = 9_000


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """What `chat.postMessage` takes; `text` is what notifications and screen readers say, escaped."""

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks that stay in one message where they fit into one; `told` is what a notification says of them."""

    blocks: tuple[Block, ...]
    told: str


def message(told: str, blocks: Iterable[Block]) -> SlackMessage:
    """One message; `told` is not escaped yet."""
    return SlackMessage(escape_plain(shortened(told, FALLBACK_LIMIT, escape_plain)), tuple(blocks))


def messages(parts: Iterable[Part], last: Block, continued: str) -> list[SlackMessage]:
    """The parts in as few messages as hold them, `last` under the last; later ones are told as `continued`."""
    blocks_left, size_left = BLOCKS_LIMIT - 1, SIZE_LIMIT - size_of(last)
    packed: list[list[Part]] = []
    count = size = 0
    for part in _fitting(parts, blocks_left, size_left):
        own = sum(size_of(block) for block in part.blocks)
        if not packed or count + len(part.blocks) > blocks_left or size + own > size_left:
            packed.append([])
            count = size = 0
        packed[-1].append(part)
        count, size = count + len(part.blocks), size + own
    found = [
        message(_told(own, place, continued), (block for part in own for block in part.blocks))
        for place, own in enumerate(packed)
    ]
    end = found.pop() if found else message(continued, ())
    return [*found, SlackMessage(end.text, (*end.blocks, last))]


def size_of(given: Any) -> int:
    """How long all texts in a block are together."""
    if isinstance(given, dict):
        own = given.get("text")
        rest = sum(size_of(value) for name, value in given.items() if name != "text" or own is not value)
        return rest + (length(own) if isinstance(own, str) else size_of(own))
    return sum(size_of(one) for one in given) if isinstance(given, list) else 0


def _fitting(parts: Iterable[Part], blocks_left: int, size_left: int) -> Iterable[Part]:
    """A part that no message can hold comes block by block."""
    for part in parts:
        if len(part.blocks) > blocks_left or sum(size_of(block) for block in part.blocks) > size_left:
            yield from (Part((block,), part.told) for block in part.blocks)
        else:
            yield part


def _told(parts: list[Part], place: int, continued: str) -> str:
    told = list(dict.fromkeys(part.told for part in parts if part.told))
    return "\n".join(told if place == 0 else [continued, *told]) or continued
