"""The blocks of a message or a modal in, what Slack would refuse about them out."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.slack_stub.check_elements import (
    element_problems,
    image_problems,
    invalid,
    optional_string,
    rich_text_problems,
    string_problems,
    text_object_problems,
    unknown_fields,
)
from tests.slack_stub.check_text import MARKDOWN_BLOCK, markdown_problems

BLOCKS = "https://docs.slack.dev/reference/block-kit/blocks"
SECTION, CONTEXT, HEADER, DIVIDER, ACTIONS, CONTEXT_ACTIONS, RICH_TEXT, INPUT = (
    f"{BLOCKS}/{name}-block"
    for name in (
        "section",
        "context",
        "header",
        "divider",
        "actions",
        "context-actions",
        "rich-text",
        "input",
    )
)
MOST_BLOCKS = 50
# The size of all blocks together is documented for markdown blocks only. For others it was measured: 9,597
# characters of text in 50 blocks passed, 11,341 in 45 were refused (github.com/slackapi/bolt-js/issues/2867, 2509).
LONGEST_TEXT = 9_500
LONGEST_MARKDOWN = 12_000
TOO_LONG = "https://github.com/slackapi/bolt-js/issues/2867"


def blocks_problems(blocks: Any, where: str = "blocks", most: int = MOST_BLOCKS) -> Iterator[str]:
    """All blocks of a message, each and together."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        yield f"invalid_blocks_format: {where} must be a list of objects ({BLOCKS})"
        return
    if len(blocks) > most:
        yield invalid(where, f"has {len(blocks)} blocks, at most {most} are allowed", BLOCKS)
    for number, block in enumerate(blocks):
        yield from _block_problems(block, f"{where}[{number}]")
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    for repeated in sorted({str(one) for one in ids if ids.count(one) > 1}):
        yield invalid(where, f"has the block_id {repeated} more than once", BLOCKS)
    yield from _size_problems(blocks)


def text_length(given: Any) -> int:
    """The characters of every `text` in blocks, as they count towards the size of a message."""
    if isinstance(given, list):
        return sum(text_length(one) for one in given)
    if not isinstance(given, dict):
        return 0
    return sum(
        len(value) if name == "text" and isinstance(value, str) else text_length(value)
        for name, value in given.items()
    )


def _size_problems(blocks: list[dict[str, Any]]) -> Iterator[str]:
    markdown = text_length([block for block in blocks if block.get("type") == "markdown"])
    whole = text_length(blocks)
    if markdown > LONGEST_MARKDOWN:
        yield f"msg_blocks_too_long: {markdown} characters of markdown, at most 12000 a message ({MARKDOWN_BLOCK})"
    elif whole > LONGEST_TEXT and whole > markdown:
        yield f"msg_blocks_too_long: {whole} characters of text in blocks, at most {LONGEST_TEXT} ({TOO_LONG})"


def _block_problems(block: dict[str, Any], where: str) -> Iterator[str]:
    rules = _RULES.get(str(block.get("type")))
    if rules is None:
        yield invalid(where, f"has the unknown type {block.get('type')}", BLOCKS)
        return
    fields, page, check = rules
    yield from unknown_fields(block, {"type", "block_id", *fields}, where, page)
    yield from optional_string(block, "block_id", where, 255, page)
    yield from check(block, where)


def _section(block: dict[str, Any], where: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield invalid(where, "needs text or fields", SECTION)
    if "text" in block:
        yield from text_object_problems(block["text"], f"{where}.text", page=SECTION)
    if "fields" in block:
        fields = block["fields"]
        if not isinstance(fields, list) or not 1 <= len(fields) <= 10:
            yield invalid(f"{where}.fields", "must be a list of 1 to 10 texts", SECTION)
            return
        for number, field in enumerate(fields):
            yield from text_object_problems(field, f"{where}.fields[{number}]", longest=2000, page=SECTION)
    if "accessory" in block:
        yield from element_problems(block["accessory"], f"{where}.accessory", ("button", "image"), SECTION)


def _context(block: dict[str, Any], where: str) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield invalid(f"{where}.elements", "must be a list of 1 to 10 elements", CONTEXT)
        return
    for number, element in enumerate(elements):
        here = f"{where}.elements[{number}]"
        if isinstance(element, dict) and element.get("type") == "image":
            yield from element_problems(element, here, ("image",), CONTEXT)
        else:
            yield from text_object_problems(element, here, page=CONTEXT)


def _header(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from text_object_problems(block.get("text"), f"{where}.text", longest=150, plain=True, page=HEADER)


def _divider(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from ()


def _buttons(block: dict[str, Any], where: str) -> Iterator[str]:
    kind = block["type"]
    most, page, allowed = {
        "actions": (25, ACTIONS, ("button",)),
        "context_actions": (5, CONTEXT_ACTIONS, ("feedback_buttons", "icon_button")),
    }[kind]
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= most:
        yield invalid(f"{where}.elements", f"must be a list of 1 to {most} elements", page)
        return
    for number, element in enumerate(elements):
        yield from element_problems(element, f"{where}.elements[{number}]", allowed, page)
    ids = [one["action_id"] for one in elements if isinstance(one, dict) and one.get("action_id")]
    for repeated in sorted({str(one) for one in ids if ids.count(one) > 1}):
        yield invalid(where, f"has the action_id {repeated} more than once", page)


def _rich_text(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from rich_text_problems(block.get("elements"), f"{where}.elements")


def _markdown(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from string_problems(block.get("text"), f"{where}.text", LONGEST_MARKDOWN, MARKDOWN_BLOCK)
    if isinstance(block.get("text"), str):
        yield from markdown_problems(block["text"])


def _image(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from image_problems(block, where)
    if "title" in block:
        yield from text_object_problems(
            block["title"], f"{where}.title", longest=2000, plain=True, page=f"{BLOCKS}/image-block"
        )


def _input(block: dict[str, Any], where: str) -> Iterator[str]:
    yield from text_object_problems(
        block.get("label"), f"{where}.label", longest=2000, plain=True, page=INPUT
    )
    if not isinstance(block.get("element"), dict) or block["element"].get("type") != "plain_text_input":
        yield invalid(f"{where}.element", "is not a plain_text_input", INPUT)


_Check = Callable[[dict[str, Any], str], Iterator[str]]
_RULES: dict[str, tuple[set[str], str, _Check]] = {
    "section": ({"text", "fields", "accessory", "expand"}, SECTION, _section),
    "context": ({"elements"}, CONTEXT, _context),
    "header": ({"text"}, HEADER, _header),
    "divider": (set(), DIVIDER, _divider),
    "actions": ({"elements"}, ACTIONS, _buttons),
    "context_actions": ({"elements"}, CONTEXT_ACTIONS, _buttons),
    "rich_text": ({"elements"}, RICH_TEXT, _rich_text),
    "markdown": ({"text"}, MARKDOWN_BLOCK, _markdown),
    "image": ({"image_url", "slack_file", "alt_text", "title"}, f"{BLOCKS}/image-block", _image),
    "input": ({"label", "element", "optional", "hint", "dispatch_action"}, INPUT, _input),
}
