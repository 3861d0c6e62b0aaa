"""A text object or an element of a block in, what Slack would refuse about it out.

Every rule names the page of Slack's documentation that states it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.slack_stub.check_text import TEXT_OBJECT, mrkdwn_problems, plain_text_problems

ELEMENTS = "https://docs.slack.dev/reference/block-kit/block-elements"
BUTTON = f"{ELEMENTS}/button-element"
FEEDBACK = f"{ELEMENTS}/feedback-buttons-element"
ICON_BUTTON = f"{ELEMENTS}/icon-button-element"
IMAGE = f"{ELEMENTS}/image-element"
RICH_TEXT_SECTION = f"{ELEMENTS}/rich-text-section-element"
RICH_TEXT_LIST = f"{ELEMENTS}/rich-text-list-element"

_STYLES = {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}


def invalid(where: str, what: str, page: str) -> str:
    """A problem for which Slack answers `invalid_blocks`."""
    return f"invalid_blocks: {where} {what} ({page})"


def text_object_problems(
    given: Any, where: str, *, longest: int = 3000, plain: bool = False, page: str = TEXT_OBJECT
) -> Iterator[str]:
    """A text object: its type, its length, its markup."""
    if not isinstance(given, dict) or given.get("type") not in ("plain_text", "mrkdwn"):
        yield invalid(where, "is no text object", TEXT_OBJECT)
        return
    known = {"type", "text", "emoji" if given["type"] == "plain_text" else "verbatim"}
    yield from unknown_fields(given, known, where, TEXT_OBJECT)
    if plain and given["type"] != "plain_text":
        yield invalid(where, "must be plain_text", page)
    yield from string_problems(given.get("text"), f"{where}.text", 3000 if longest > 3000 else longest, page)
    if isinstance(text := given.get("text"), str):
        yield from (mrkdwn_problems if given["type"] == "mrkdwn" else plain_text_problems)(text)


def string_problems(given: Any, where: str, longest: int, page: str) -> Iterator[str]:
    """A string that must be there, not empty, and not too long."""
    if not isinstance(given, str) or not given:
        yield invalid(where, "must be a string of at least one character", page)
    elif len(given) > longest:
        yield invalid(where, f"has {len(given)} characters, at most {longest} are allowed", page)


def optional_string(given: dict[str, Any], name: str, where: str, longest: int, page: str) -> Iterator[str]:
    """A string that may be left out."""
    if name in given:
        yield from string_problems(given[name], f"{where}.{name}", longest, page)


def unknown_fields(given: dict[str, Any], known: set[str], where: str, page: str) -> Iterator[str]:
    """Fields that the documentation does not name."""
    for name in sorted(set(given) - known):
        yield invalid(where, f"has an unknown field {name}", page)


def button_problems(given: dict[str, Any], where: str) -> Iterator[str]:
    """A button of an actions block or beside a section."""
    known = {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}
    yield from unknown_fields(given, known, where, BUTTON)
    yield from text_object_problems(given.get("text"), f"{where}.text", longest=75, plain=True, page=BUTTON)
    for name, longest in (("action_id", 255), ("url", 3000), ("value", 2000), ("accessibility_label", 75)):
        yield from optional_string(given, name, where, longest, BUTTON)
    if given.get("style", "primary") not in ("primary", "danger"):
        yield invalid(where, "has a style other than primary and danger", BUTTON)


def feedback_buttons_problems(given: dict[str, Any], where: str) -> Iterator[str]:
    """The pair of thumbs: both must be there, each with text and value."""
    yield from unknown_fields(
        given, {"type", "positive_button", "negative_button", "action_id"}, where, FEEDBACK
    )
    yield from optional_string(given, "action_id", where, 255, FEEDBACK)
    for name in ("positive_button", "negative_button"):
        button, here = given.get(name), f"{where}.{name}"
        if not isinstance(button, dict):
            yield invalid(here, "is required", FEEDBACK)
            continue
        yield from unknown_fields(button, {"text", "value", "accessibility_label"}, here, FEEDBACK)
        yield from text_object_problems(
            button.get("text"), f"{here}.text", longest=75, plain=True, page=FEEDBACK
        )
        yield from string_problems(button.get("value"), f"{here}.value", 2000, FEEDBACK)
        yield from optional_string(button, "accessibility_label", here, 75, FEEDBACK)


def icon_button_problems(given: dict[str, Any], where: str) -> Iterator[str]:
    """A button that is an icon; trash is the only one."""
    if given.get("icon") != "trash":
        yield invalid(where, "has an icon other than trash", ICON_BUTTON)
    yield from text_object_problems(
        given.get("text"), f"{where}.text", longest=3000, plain=True, page=ICON_BUTTON
    )
    for name, longest in (("action_id", 255), ("value", 2000), ("accessibility_label", 75)):
        yield from optional_string(given, name, where, longest, ICON_BUTTON)


def image_problems(given: dict[str, Any], where: str) -> Iterator[str]:
    """A picture by its address."""
    if "slack_file" not in given:
        yield from string_problems(given.get("image_url"), f"{where}.image_url", 3000, IMAGE)
    yield from string_problems(given.get("alt_text"), f"{where}.alt_text", 2000, IMAGE)


def rich_text_problems(elements: Any, where: str) -> Iterator[str]:
    """What stands in a rich_text block, or in a list in it."""
    if not isinstance(elements, list):
        yield invalid(where, "must be a list", RICH_TEXT_SECTION)
        return
    for number, element in enumerate(elements):
        here = f"{where}[{number}]"
        kind = element.get("type") if isinstance(element, dict) else None
        if kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
            yield from _runs(element.get("elements"), f"{here}.elements")
        elif kind == "rich_text_list" and not where.count("elements") > 1:
            if element.get("style") not in ("bullet", "ordered"):
                yield invalid(here, "must have the style bullet or ordered", RICH_TEXT_LIST)
            if not isinstance(element.get("indent", 0), int) or not 0 <= element.get("indent", 0) <= 8:
                yield invalid(here, "has an indent outside 0 to 8", RICH_TEXT_LIST)
            yield from rich_text_problems(element.get("elements"), f"{here}.elements")
        else:
            yield invalid(here, f"has the unknown type {kind}", RICH_TEXT_SECTION)


def _runs(elements: Any, where: str) -> Iterator[str]:
    if not isinstance(elements, list) or not elements:
        yield invalid(where, "must be a list that is not empty", RICH_TEXT_SECTION)
        return
    for number, run in enumerate(elements):
        here = f"{where}[{number}]"
        kind = run.get("type") if isinstance(run, dict) else None
        if kind == "text":
            yield from string_problems(run.get("text"), f"{here}.text", 3000, RICH_TEXT_SECTION)
        elif kind == "link":
            url = run.get("url")
            if not isinstance(url, str) or not url.startswith(("http://", "https://", "mailto:")):
                yield invalid(here, "is a link without an address", RICH_TEXT_SECTION)
        elif kind == "broadcast":
            yield f"not_escaped: {here} notifies a whole channel ({RICH_TEXT_SECTION})"
        elif kind not in ("emoji", "user", "channel", "usergroup", "date", "color", "team"):
            yield invalid(here, f"has the unknown type {kind}", RICH_TEXT_SECTION)
        style = run.get("style", {}) if isinstance(run, dict) else {}
        if (
            not isinstance(style, dict)
            or not set(style) <= _STYLES
            or not all(isinstance(one, bool) for one in style.values())
        ):
            yield invalid(here, "has an unknown style", RICH_TEXT_SECTION)


ELEMENT_RULES: dict[str, Callable[[dict[str, Any], str], Iterator[str]]] = {
    "button": button_problems,
    "feedback_buttons": feedback_buttons_problems,
    "icon_button": icon_button_problems,
    "image": image_problems,
}


def element_problems(given: Any, where: str, allowed: tuple[str, ...], page: str) -> Iterator[str]:
    """An element of a block, of one of the types that the block takes."""
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in allowed:
        yield invalid(where, f"has the type {kind}, allowed here: {', '.join(allowed)}", page)
    else:
        yield from ELEMENT_RULES[kind](given, where)
