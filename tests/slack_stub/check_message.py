"""A method of Slack's Web API and its arguments in, the problems that Slack would have with them out.

Each problem begins with the error that Slack answers with, and ends with the page that states the rule. Two of the
errors are ours: `not_escaped`, for text that Slack would take but show as markup or as a mention, and
`message_truncated`, which Slack only warns of. Where two sources differ the stricter counts.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.slack_stub.check_blocks import blocks_problems
from tests.slack_stub.check_elements import text_object_problems
from tests.slack_stub.check_text import markdown_problems, mrkdwn_problems

METHODS = "https://docs.slack.dev/reference/methods"
METADATA = "https://docs.slack.dev/messaging/message-metadata"
CHUNKS = "https://docs.slack.dev/messaging/sending-and-scheduling-messages#text-streaming"
VIEW = "https://docs.slack.dev/reference/views/modal-views"
# chat.update refuses longer ones; chat.postMessage advises it and cuts at 40,000.
LONGEST_TEXT = 4_000
LONGEST_MARKDOWN = 12_000
LONGEST_METADATA = 8_000  # characters of JSON; Slack has a limit (metadata_too_large) and does not publish it

REQUIRED: dict[str, tuple[str, ...]] = {
    "chat.postMessage": ("channel",),
    "chat.postEphemeral": ("channel", "user"),
    "chat.update": ("channel", "ts"),
    "chat.delete": ("channel", "ts"),
    "chat.startStream": ("channel", "thread_ts"),
    "chat.appendStream": ("channel", "ts"),
    "chat.stopStream": ("channel", "ts"),
    "chat.getPermalink": ("channel", "message_ts"),
    "conversations.replies": ("channel", "ts"),
    "conversations.history": ("channel",),
    "conversations.info": ("channel",),
    "conversations.members": ("channel",),
    "conversations.open": ("users",),
    "assistant.threads.setStatus": ("channel_id", "thread_ts", "status"),
    "assistant.threads.setSuggestedPrompts": ("channel_id", "prompts"),
    "assistant.threads.setTitle": ("channel_id", "thread_ts", "title"),
    "reactions.add": ("channel", "name", "timestamp"),
    "reactions.remove": ("channel", "name", "timestamp"),
    "users.info": ("user",),
    "views.open": ("view", "trigger_id"),
    "response_url": (),
}
POSTS = {"chat.postMessage", "chat.postEphemeral", "chat.update", "response_url"}
STREAMS = {"chat.startStream", "chat.appendStream", "chat.stopStream"}
_TS = re.compile(r"\d{9,}\.\d{6}")
_METADATA_TYPE = re.compile(r"[A-Za-z0-9_-]{1,255}")


def problems_of(method: str, arguments: dict[str, Any]) -> list[str]:
    """What is wrong with a call, by its arguments alone; nothing when Slack would take it.

    `blocks`, `metadata`, `chunks`, `view`, `prompts` may be JSON texts, as forms carry them. `response_url` is the
    method of what is posted to one.
    """
    given = decoded(arguments)
    found = [
        f"invalid_arguments: {name} is required ({METHODS}/{method})"
        for name in REQUIRED.get(method, ())
        if given.get(name) in (None, "")
        # An empty status takes the status away.
        and not (name == "status" and given.get(name) == "")
    ]
    found += [
        f"invalid_arguments: {name} {given[name]!r} is no timestamp ({METHODS}/{method})"
        for name in ("ts", "thread_ts", "message_ts", "timestamp")
        if given.get(name) is not None and not _TS.fullmatch(str(given[name]))
    ]
    if method in POSTS:
        found += _post_problems(method, given)
    if method in STREAMS:
        found += _stream_problems(method, given)
    if method == "views.open":
        found += _view_problems(given.get("view"))
    if method.startswith("assistant.threads."):
        found += _assistant_problems(method, given)
    if given.get("metadata") and (method in POSTS or method == "chat.stopStream"):
        found += _metadata_problems(given["metadata"])
    return found


def decoded(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with JSON texts read; None is the same as left out."""
    given = {name: value for name, value in arguments.items() if value is not None}
    for name in ("blocks", "metadata", "chunks", "view", "prompts", "attachments", "loading_messages"):
        if isinstance(value := given.get(name), str) and value:
            # What is no JSON stays as it is: the check of the field says what it should have been.
            with contextlib.suppress(ValueError):
                given[name] = json.loads(value)
    return given


def _post_problems(method: str, given: dict[str, Any]) -> Iterator[str]:
    page = f"{METHODS}/{method}"
    text, blocks, markdown = given.get("text"), given.get("blocks"), given.get("markdown_text")
    only_deletes = method == "response_url" and given.get("delete_original")
    keeps = method == "chat.update" and (given.get("metadata") is not None or given.get("attachments"))
    if not (text or blocks or markdown or given.get("attachments") or only_deletes or keeps):
        yield f"no_text: neither text, blocks nor markdown_text ({page})"
    if markdown and (text or blocks):
        yield f"markdown_text_conflict: markdown_text with text or blocks ({page})"
    if text is not None and not isinstance(text, str):
        yield f"invalid_arguments: text is no string ({page})"
    elif text:
        if len(text) > LONGEST_TEXT:
            yield f"msg_too_long: text has {len(text)} characters, at most {LONGEST_TEXT} ({page})"
        yield from mrkdwn_problems(text)
    if blocks:
        yield from blocks_problems(blocks)
        if not text:
            yield f"no_text: blocks without text leave notifications and screen readers empty ({page}#blocks)"
    elif blocks is not None and not isinstance(blocks, list):
        yield f"invalid_blocks_format: blocks is no list ({page})"
    yield from _markdown_text(markdown, page)


def _stream_problems(method: str, given: dict[str, Any]) -> Iterator[str]:
    page = f"{METHODS}/{method}"
    markdown, chunks = given.get("markdown_text"), given.get("chunks")
    if method == "chat.appendStream" and not markdown and not chunks:
        yield f"no_text: neither markdown_text nor chunks ({page})"
    if str(given.get("channel", "")).startswith(("C", "G")) and method == "chat.startStream":
        for name in ("recipient_user_id", "recipient_team_id"):
            if not given.get(name):
                yield f"missing_{name}: required in channels ({page})"
    if given.get("task_display_mode", "timeline") not in ("timeline", "plan", "dense"):
        yield f"invalid_arguments: unknown task_display_mode ({page})"
    yield from _markdown_text(markdown, page)
    if chunks:
        yield from _chunks_problems(chunks, page)
    if method != "chat.stopStream" and given.get("blocks"):
        yield f"invalid_arguments: blocks belong into chunks or chat.stopStream ({page})"
    elif given.get("blocks"):
        yield from blocks_problems(given["blocks"])


def _markdown_text(text: Any, page: str) -> Iterator[str]:
    if text is None:
        return
    if not isinstance(text, str):
        yield f"invalid_arguments: markdown_text is no string ({page})"
        return
    if len(text) > LONGEST_MARKDOWN:
        yield f"msg_too_long: markdown_text has {len(text)} characters, at most {LONGEST_MARKDOWN} ({page})"
    yield from markdown_problems(text)


def _chunks_problems(chunks: Any, page: str) -> Iterator[str]:
    if not isinstance(chunks, list):
        yield f"invalid_chunks: chunks must be a list ({CHUNKS})"
        return
    blocks: list[Any] = []
    for number, chunk in enumerate(chunks):
        kind = chunk.get("type") if isinstance(chunk, dict) else None
        if kind == "markdown_text":
            if not isinstance(chunk.get("text"), str) or not chunk["text"]:
                yield f"invalid_chunks: chunks[{number}] has no text ({CHUNKS})"
            else:
                yield from _markdown_text(chunk["text"], page)
        elif kind == "task_update":
            yield from _task_problems(chunk, f"chunks[{number}]")
        elif kind == "plan_update":
            if not chunk.get("title") or len(chunk["title"]) > 256:
                yield f"invalid_chunks: chunks[{number}].title must have 1 to 256 characters ({CHUNKS})"
        elif kind == "blocks":
            blocks += chunk.get("blocks") or [None]
        else:
            yield f"invalid_chunks: chunks[{number}] has the unknown type {kind} ({CHUNKS})"
    if blocks:
        yield from blocks_problems(blocks, "chunks.blocks")


def _task_problems(task: dict[str, Any], where: str) -> Iterator[str]:
    if task.get("status") not in ("pending", "in_progress", "complete", "error"):
        yield f"invalid_chunks: {where} has the unknown status {task.get('status')} ({CHUNKS})"
    for name in ("id", "title"):
        if not task.get(name):
            yield f"invalid_chunks: {where} has no {name} ({CHUNKS})"
    for name in ("title", "details", "output"):
        if len(task.get(name) or "") > 256:
            yield f"invalid_chunks: {where}.{name} has more than 256 characters ({CHUNKS})"
    for source in task.get("sources") or []:
        if source.get("type") != "url" or not source.get("url") or not source.get("text"):
            yield f"invalid_chunks: {where} has a source without url and text ({CHUNKS})"


def _view_problems(view: Any) -> Iterator[str]:
    if not isinstance(view, dict) or view.get("type") != "modal":
        yield f"invalid_arguments: view is no modal ({VIEW})"
        return
    for name in ("title", "submit", "close"):
        if name in view or name == "title":
            yield from text_object_problems(view.get(name), f"view.{name}", longest=24, plain=True, page=VIEW)
    for name, longest in (("callback_id", 255), ("private_metadata", 3000)):
        if len(view.get(name) or "") > longest:
            yield f"invalid_arguments: view.{name} has more than {longest} characters ({VIEW})"
    yield from blocks_problems(view.get("blocks"), "view.blocks", most=100)


def _assistant_problems(method: str, given: dict[str, Any]) -> Iterator[str]:
    page = f"{METHODS}/{method}"
    if method == "assistant.threads.setStatus":
        messages = given.get("loading_messages") or []
        if not isinstance(messages, list) or len(messages) > 10:
            yield f"invalid_arguments: at most 10 loading_messages ({page})"
    if method == "assistant.threads.setSuggestedPrompts":
        prompts = given.get("prompts")
        if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
            yield f"invalid_arguments: 1 to 4 prompts ({page})"
        elif not all(isinstance(one, dict) and one.get("title") and one.get("message") for one in prompts):
            yield f"invalid_arguments: a prompt needs title and message ({page})"


def _metadata_problems(metadata: Any) -> Iterator[str]:
    if not isinstance(metadata, dict) or not set(metadata) <= {"event_type", "event_payload", "entities"}:
        yield f"invalid_metadata_format: not event_type and event_payload ({METADATA})"
        return
    if not isinstance(metadata.get("event_type"), str) or not _METADATA_TYPE.fullmatch(
        metadata["event_type"]
    ):
        yield f"invalid_metadata_format: event_type must be letters, digits and underscores ({METADATA})"
    payload = metadata.get("event_payload")
    if not isinstance(payload, dict):
        yield f"invalid_metadata_format: event_payload must be an object ({METADATA})"
        return
    for name, value in payload.items():
        # What the types of Slack's own SDKs allow: MessageMetadataEventPayloadObject.
        if not (
            _is_scalar(value) or _is_flat(value) or (isinstance(value, list) and all(map(_is_flat, value)))
        ):
            yield f"invalid_metadata_schema: event_payload.{name} is not plain, flat or a list of flat ({METADATA})"
    if (size := len(json.dumps(metadata, ensure_ascii=False))) > LONGEST_METADATA:
        yield f"metadata_too_large: {size} characters of JSON, at most {LONGEST_METADATA} ({METADATA})"


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_scalar, value.values()))
