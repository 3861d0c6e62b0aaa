"""What Slack's documentation allows passes, what it forbids is named by Slack's error and the page that says so."""

from typing import Any

import pytest
from slack_sdk.models.blocks import (
    ContextActionsBlock,
    ContextBlock,
    DividerBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from tests.slack_stub.check_message import problems_of


def text(content: str, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": content}


def section(content: str = "Soldiers crossed.", **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": text(content), **more}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": text("Open", "plain_text"), **more}


def thumbs(**more: Any) -> dict[str, Any]:
    up = {"text": text("Good", "plain_text"), "value": "ans_1"}
    return {"type": "feedback_buttons", "positive_button": up, "negative_button": up, **more}


def rich(*runs: dict[str, Any], kind: str = "rich_text_section") -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(runs)}]}


def posted(*blocks: Any, **more: Any) -> list[str]:
    return problems_of("chat.postMessage", {"channel": "C1", "text": "news", "blocks": list(blocks), **more})


def errors(found: list[str]) -> list[str]:
    return [problem.partition(":")[0] for problem in found]


def test_blocks_built_with_the_sdk_pass() -> None:
    button = FeedbackButtonObject(text="Good", value="ans_1")
    blocks = [
        HeaderBlock(text=PlainTextObject(text="Answer")),
        SectionBlock(text=MarkdownTextObject(text="*102* soldiers [1]", verbatim=True)),
        DividerBlock(),
        ContextBlock(elements=[MarkdownTextObject(text="> <https://e.org/a?b=1&amp;c=2|Le Monde> 5 July")]),
        ContextActionsBlock(
            elements=[FeedbackButtonsElement(action_id="up", positive_button=button, negative_button=button)]
        ),
    ]
    assert posted(*[block.to_dict() for block in blocks]) == []


@pytest.mark.parametrize(
    "block",
    [
        section("a" * 3000),
        {"type": "section", "fields": [text("b" * 2000)] + [text("c")] * 9},
        section(accessory=button(url="https://e.org", style="primary")),
        {"type": "header", "text": text("h" * 150, "plain_text"), "block_id": "i" * 255},
        {"type": "context", "elements": [text("c")] * 10},
        {"type": "actions", "elements": [button(action_id=f"a{number}") for number in range(25)]},
        {"type": "context_actions", "elements": [thumbs(action_id="x")]},
        {"type": "markdown", "text": "**a** " * 2000},
        rich({"type": "text", "text": "<!channel> & so on", "style": {"bold": True}}),
        rich({"type": "link", "url": "https://e.org", "text": "a"}, kind="rich_text_quote"),
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [
                        {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
                    ],
                }
            ],
        },
        {"type": "image", "image_url": "https://e.org/a.png", "alt_text": "a chart"},
    ],
)
def test_a_block_at_its_limits_passes(block: dict[str, Any]) -> None:
    assert posted(block) == []


@pytest.mark.parametrize(
    ("block", "page"),
    [
        (section("a" * 3001), "section-block"),
        (section(""), "section-block"),
        ({"type": "section"}, "section-block"),
        ({"type": "section", "text": "words"}, "text-object"),
        (section(colour="red"), "section-block"),
        (section(block_id="i" * 256), "section-block"),
        ({"type": "section", "text": {**text("a"), "emoji": True}}, "text-object"),
        ({"type": "section", "fields": [text("a")] * 11}, "section-block"),
        ({"type": "section", "fields": [text("a" * 2001)]}, "section-block"),
        (section(accessory={"type": "feedback_buttons"}), "section-block"),
        ({"type": "header", "text": text("h" * 151, "plain_text")}, "header-block"),
        ({"type": "header", "text": text("h")}, "header-block"),
        ({"type": "context", "elements": [text("c")] * 11}, "context-block"),
        ({"type": "context", "elements": []}, "context-block"),
        ({"type": "context", "elements": [text("c" * 3001)]}, "context-block"),
        ({"type": "context", "elements": [button()]}, "text-object"),
        ({"type": "divider", "text": "x"}, "divider-block"),
        ({"type": "actions", "elements": [button(action_id=str(one)) for one in range(26)]}, "actions-block"),
        ({"type": "actions", "elements": []}, "actions-block"),
        ({"type": "actions", "elements": [button(action_id="a")] * 2}, "actions-block"),
        ({"type": "actions", "elements": [thumbs()]}, "actions-block"),
        ({"type": "actions", "elements": [button(value="v" * 2001)]}, "button-element"),
        ({"type": "actions", "elements": [button(url="u" * 3001)]}, "button-element"),
        ({"type": "actions", "elements": [button(action_id="i" * 256)]}, "button-element"),
        ({"type": "actions", "elements": [button(accessibility_label="l" * 76)]}, "button-element"),
        ({"type": "actions", "elements": [button(style="green")]}, "button-element"),
        (
            {"type": "actions", "elements": [{"type": "button", "text": text("t" * 76, "plain_text")}]},
            "button-element",
        ),
        ({"type": "actions", "elements": [{"type": "button", "text": text("t")}]}, "button-element"),
        ({"type": "context_actions", "elements": [thumbs()] * 6}, "context-actions-block"),
        ({"type": "context_actions", "elements": [button()]}, "context-actions-block"),
        ({"type": "context_actions", "elements": [thumbs(negative_button=None)]}, "feedback-buttons-element"),
        (
            {
                "type": "context_actions",
                "elements": [
                    thumbs(positive_button={"text": text("t" * 76, "plain_text"), "value": "v"}),
                ],
            },
            "feedback-buttons-element",
        ),
        (
            {
                "type": "context_actions",
                "elements": [
                    thumbs(positive_button={"text": text("t", "plain_text"), "value": "v" * 2001}),
                ],
            },
            "feedback-buttons-element",
        ),
        (
            {
                "type": "context_actions",
                "elements": [thumbs(positive_button={"text": text("t", "plain_text")})],
            },
            "feedback-buttons-element",
        ),
        (
            {
                "type": "context_actions",
                "elements": [
                    {
                        "type": "icon_button",
                        "icon": "star",
                        "text": text("t", "plain_text"),
                        "action_id": "a",
                    }
                ],
            },
            "icon-button-element",
        ),
        ({"type": "markdown", "text": ""}, "markdown-block"),
        ({"type": "markdown", "text": text("a")}, "markdown-block"),
        (rich({"type": "text", "text": ""}), "rich-text-section-element"),
        (rich({"type": "link", "text": "a"}), "rich-text-section-element"),
        (rich({"type": "text", "text": "a", "style": {"big": True}}), "rich-text-section-element"),
        (rich({"type": "words", "text": "a"}), "rich-text-section-element"),
        (rich(), "rich-text-section-element"),
        (rich({"type": "text", "text": "a"}, kind="rich_text_table"), "rich-text-section-element"),
        (
            {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": []}]},
            "rich-text-list-element",
        ),
        ({"type": "image", "image_url": "https://e.org/a.png"}, "image-element"),
        ({"type": "quote", "text": "a"}, "block-kit/blocks"),
    ],
)
def test_a_block_beyond_its_limits_is_refused(block: dict[str, Any], page: str) -> None:
    found = posted(block)
    assert errors(found)[:1] == ["invalid_blocks"], found
    assert f"{page})" in found[0]
    assert found[0].endswith(")")
    assert "https://docs.slack.dev/" in found[0]


def test_a_message_takes_fifty_blocks() -> None:
    assert posted(*[section("a")] * 50) == []
    [problem] = posted(*[section("a")] * 51)
    assert problem.startswith("invalid_blocks: blocks has 51 blocks")


def test_a_block_id_stands_once_in_a_message() -> None:
    assert posted(section(block_id="a"), section(block_id="b")) == []
    [problem] = posted(section(block_id="a"), section(block_id="a"))
    assert "block_id a more than once" in problem


def test_all_blocks_together_have_a_size() -> None:
    assert posted(*[section("a" * 3000)] * 3) == []
    assert errors(posted(*[section("a" * 2500)] * 4)) == ["msg_blocks_too_long"]
    assert posted({"type": "markdown", "text": "a" * 6000}, {"type": "markdown", "text": "a" * 6000}) == []
    two = [{"type": "markdown", "text": "a" * 6001}] * 2
    assert errors(posted(*two)) == ["msg_blocks_too_long"]


def test_blocks_must_be_a_list_of_objects() -> None:
    assert errors(posted("section")) == ["invalid_blocks_format"]
    assert errors(problems_of("chat.postMessage", {"channel": "C1", "text": "a", "blocks": "{"}))[0] == (
        "invalid_blocks_format"
    )


@pytest.mark.parametrize(
    "content",
    [
        "Tom &amp; Jerry &lt;3 &gt; 2",
        "<https://e.org/a?b=1&amp;c=2|The title &gt; all>",
        "<https://e.org>",
        "<mailto:a@e.org|write>",
        "<@U1> asked in <#C1|news>",
        "<!date^1392734382^{date}|5 July>",
        "> a quote\n> of two lines",
        "1. *102* _persons_",
    ],
)
def test_escaped_mrkdwn_passes(content: str) -> None:
    assert posted(section(content), text=content) == []


@pytest.mark.parametrize(
    "content",
    [
        "Tom & Jerry",
        "a < b",
        "a > b",
        "<b>bold</b>",
        "<!channel>",
        "<!here|here>",
        "<!everyone>",
        "<javascript:alert(1)|x>",
        "<https://e.org/a b|x>",
        "<https://e.org|>",
        "<https://e.org|a|b>",
        "<https://e.org/?a=1&b=2|x>",
        "<https://e.org|cut",
        "<@bob>",
        "&nbsp;",
    ],
)
def test_mrkdwn_that_is_not_escaped_is_refused(content: str) -> None:
    for found in (
        posted(section(content)),
        problems_of("chat.postMessage", {"channel": "C1", "text": content}),
    ):
        assert set(errors(found)) == {"not_escaped"}, found
        assert "docs.slack.dev/messaging/formatting-message-text" in found[0]


def test_plain_text_is_escaped_too() -> None:
    assert errors(posted({"type": "header", "text": text("a < b & c", "plain_text")})) == ["not_escaped"] * 2


def test_markdown_has_no_mentions_of_articles() -> None:
    assert posted({"type": "markdown", "text": "a < b & c, \\<!channel>"}) == []
    for content in ("<!channel>", "so <@U1> said", "<#C1|news>"):
        assert errors(posted({"type": "markdown", "text": content})) == ["not_escaped"]
        assert errors(
            problems_of(
                "chat.appendStream", {"channel": "C1", "ts": "1720000000.000100", "markdown_text": content}
            )
        ) == ["not_escaped"]
    assert errors(posted(rich({"type": "broadcast", "range": "channel"}))) == ["not_escaped"]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"text": "a"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "text": ""}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "blocks": [section()]}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "text": "a" * 4001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C1", "text": "a", "markdown_text": "b"}, "markdown_text_conflict"),
        ("chat.postMessage", {"channel": "C1", "markdown_text": "b" * 12_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C1", "text": "a", "thread_ts": "17.1"}, "invalid_arguments"),
        ("chat.postEphemeral", {"channel": "C1", "text": "a"}, "invalid_arguments"),
        ("chat.update", {"channel": "C1", "text": "a"}, "invalid_arguments"),
        ("chat.update", {"channel": "C1", "ts": "1720000000.000100"}, "no_text"),
        ("chat.delete", {"channel": "C1"}, "invalid_arguments"),
        ("chat.startStream", {"channel": "D1"}, "invalid_arguments"),
        (
            "chat.startStream",
            {"channel": "C1", "thread_ts": "1720000000.000100", "recipient_team_id": "T1"},
            "missing_recipient_user_id",
        ),
        (
            "chat.startStream",
            {"channel": "C1", "thread_ts": "1720000000.000100", "recipient_user_id": "U1"},
            "missing_recipient_team_id",
        ),
        (
            "chat.startStream",
            {"channel": "D1", "thread_ts": "1720000000.000100", "task_display_mode": "wide"},
            "invalid_arguments",
        ),
        ("chat.appendStream", {"channel": "D1", "ts": "1720000000.000100"}, "no_text"),
        (
            "chat.appendStream",
            {"channel": "D1", "ts": "1720000000.000100", "markdown_text": "a" * 12_001},
            "msg_too_long",
        ),
        (
            "assistant.threads.setStatus",
            {"channel_id": "D1", "thread_ts": "1720000000.000100"},
            "invalid_arguments",
        ),
        (
            "assistant.threads.setStatus",
            {
                "channel_id": "D1",
                "thread_ts": "1720000000.000100",
                "status": "a",
                "loading_messages": ["a"] * 11,
            },
            "invalid_arguments",
        ),
        (
            "assistant.threads.setSuggestedPrompts",
            {"channel_id": "D1", "prompts": [{"title": "a", "message": "b"}] * 5},
            "invalid_arguments",
        ),
        (
            "assistant.threads.setSuggestedPrompts",
            {"channel_id": "D1", "prompts": [{"title": "a"}]},
            "invalid_arguments",
        ),
        (
            "assistant.threads.setTitle",
            {"channel_id": "D1", "thread_ts": "1720000000.000100"},
            "invalid_arguments",
        ),
        ("views.open", {"view": {"type": "home"}, "trigger_id": "1.2"}, "invalid_arguments"),
        (
            "views.open",
            {
                "view": {"type": "modal", "title": text("t" * 25, "plain_text"), "blocks": []},
                "trigger_id": "1.2",
            },
            "invalid_blocks",
        ),
    ],
)
def test_a_call_that_slack_refuses_is_named(method: str, arguments: dict[str, Any], error: str) -> None:
    found = problems_of(method, arguments)
    assert errors(found) == [error], found
    assert "https://docs.slack.dev/" in found[0]


@pytest.mark.parametrize(
    ("chunk", "error"),
    [
        ({"type": "markdown_text", "text": "a"}, None),
        ({"type": "task_update", "id": "1", "title": "a" * 256, "status": "in_progress"}, None),
        ({"type": "plan_update", "title": "Searching"}, None),
        ({"type": "blocks", "blocks": [section()]}, None),
        ({"type": "markdown_text", "text": ""}, "invalid_chunks"),
        ({"type": "markdown_text", "text": "a" * 12_001}, "msg_too_long"),
        ({"type": "task_update", "id": "1", "title": "a", "status": "running"}, "invalid_chunks"),
        ({"type": "task_update", "title": "a", "status": "pending"}, "invalid_chunks"),
        ({"type": "task_update", "id": "1", "title": "a" * 257, "status": "pending"}, "invalid_chunks"),
        ({"type": "plan_update", "title": ""}, "invalid_chunks"),
        ({"type": "blocks", "blocks": [section("a" * 3001)]}, "invalid_blocks"),
        ({"type": "words"}, "invalid_chunks"),
    ],
)
def test_chunks_of_a_stream(chunk: dict[str, Any], error: str | None) -> None:
    found = problems_of("chat.stopStream", {"channel": "D1", "ts": "1720000000.000100", "chunks": [chunk]})
    assert errors(found) == ([error] if error else [])


def test_a_stream_ends_with_fifty_blocks_beside_those_of_its_chunks() -> None:
    fifty = [section("a")] * 50
    chunks = [{"type": "blocks", "blocks": fifty}]
    stop = {"channel": "D1", "ts": "1720000000.000100", "chunks": chunks}
    assert problems_of("chat.stopStream", {**stop, "blocks": fifty}) == []
    assert errors(problems_of("chat.stopStream", {**stop, "blocks": [*fifty, section("a")]})) == [
        "invalid_blocks"
    ]


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        (
            {"event_type": "citewell_answer", "event_payload": {"id": "a", "citations": [{"quote": "q"}]}},
            None,
        ),
        ({"event_type": "citewell answer", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "citewell_answer"}, "invalid_metadata_format"),
        ({"event_type": "a", "event_payload": {}, "more": 1}, "invalid_metadata_format"),
        ({"event_type": "a", "event_payload": {"citations": [[1]]}}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {"a": {"b": {"c": 1}}}}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {"a": None}}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {"a": "a" * 8000}}, "metadata_too_large"),
    ],
)
def test_metadata(metadata: dict[str, Any], error: str | None) -> None:
    assert errors(posted(section(), metadata=metadata)) == ([error] if error else [])


def test_json_texts_are_read_as_forms_carry_them() -> None:
    assert posted(section(), metadata='{"event_type": "a", "event_payload": {}}') == []
    assert errors(
        problems_of("chat.postMessage", {"channel": "C1", "text": "a", "blocks": '[{"type": "section"}]'})
    ) == ["invalid_blocks"]
