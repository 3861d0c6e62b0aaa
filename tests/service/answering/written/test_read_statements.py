"""A model's reply, however it looks and however it is cut, gives the statements that it holds."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.written.read_statements import (
    MOST_STATEMENTS,
    StatementReader,
    WrittenQuote,
    WrittenStatement,
    short_reply,
)

ONE = {"text": 'A {b} "c" \\ d.', "quotes": [{"passage": "p1", "quote": 'c } " ['}], "speaker": None}
TWO = {"text": "Zwei.", "quotes": [{"passage": "p2", "quote": "q"}], "speaker": "Anna"}
READ = [
    WrittenStatement('A {b} "c" \\ d.', (WrittenQuote("p1", 'c } " ['),)),
    WrittenStatement("Zwei.", (WrittenQuote("p2", "q"),), "Anna"),
]
WHOLE = json.dumps({"statements": [ONE, TWO]})


def read(*pieces: str) -> list[WrittenStatement]:
    reader = StatementReader()
    return [one for piece in pieces for one in reader.feed(piece)] + reader.finish()


@pytest.mark.parametrize(
    "reply",
    [
        WHOLE,
        json.dumps({"statements": [ONE, TWO]}, indent=2),
        f"Sure! Here it is:\n```json\n{WHOLE}\n```\nI hope {{this}} helps.",
        f"{json.dumps(ONE)}\n{json.dumps(TWO)}",
        json.dumps([ONE, TWO]),
        WHOLE.replace("]}]", "],}]").replace('"Anna"}', '"Anna",}'),
        WHOLE + WHOLE,
        f"<think>Maybe {json.dumps({**ONE, 'text': 'No.'})}?</think>\n{WHOLE}",
        WHOLE[:-1],
    ],
)
def test_statements_are_found_in_every_form(reply: str) -> None:
    assert read(reply) == READ
    assert read(*reply) == READ


def test_prose_with_a_stray_brace_and_quotation_mark_loses_no_statement() -> None:
    found = read(f'She said {{oops "and\n{WHOLE}')
    assert sorted(found, key=lambda one: one.text) == READ


@given(st.lists(st.integers(0, len(WHOLE)), max_size=6))
def test_statements_are_the_same_however_the_reply_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(WHOLE)]
    assert read(*(WHOLE[start:end] for start, end in pairwise(places))) == READ


def test_a_statement_is_given_as_soon_as_its_object_is_complete() -> None:
    reader = StatementReader()
    first = WHOLE.index("}, {") + 1
    assert reader.feed(WHOLE[: first - 1]) == []
    assert reader.feed(WHOLE[first - 1 : first]) == READ[:1]
    assert reader.feed(WHOLE[first:]) == READ[1:]
    assert reader.finish() == []


@given(st.integers(0, len(WHOLE)))
def test_a_reply_that_breaks_off_gives_what_was_whole(end: int) -> None:
    found = read(WHOLE[:end])
    assert found == READ[: len(found)]
    assert len(found) == sum(end >= WHOLE.index(part) + len(part) for part in ("null}", '"Anna"}'))


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert all(isinstance(one, WrittenStatement) for one in read(text, WHOLE, text))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["text", "quotes", "quote", "passage", "speaker"]), inner, max_size=5
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_reader(value: Any) -> None:
    for one in read(json.dumps(value)):
        assert one.text.strip() and isinstance(one.quotes, tuple)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I do not know.",
        "{}",
        "[]",
        '{"statements": "none"}',
        "{" * 50_000,
        '{"a":' * 20_000 + "1" + "}" * 20_000,
    ],
)
def test_a_reply_without_statements_is_not_anything(reply: str) -> None:
    reader = StatementReader()
    assert reader.feed(reply) + reader.finish() == []
    assert not reader.is_anything


def test_an_empty_list_says_that_nothing_is_stated() -> None:
    reader = StatementReader()
    assert reader.feed('```json\n{"statements": []}\n```') + reader.finish() == []
    assert reader.is_anything


def test_marks_control_characters_and_turns_of_direction_are_taken_out() -> None:
    written = {"text": " A [1]\n b\u202e\x07 c 【2】. ", "quotes": {"passage": 7, "quote": "q"}}
    assert read(json.dumps(written)) == [WrittenStatement("A b c.", (WrittenQuote("7", "q"),))]


def test_so_many_statements_and_no_more() -> None:
    many = [{**TWO, "text": f"Nummer {number}."} for number in range(MOST_STATEMENTS + 5)]
    assert len(read(json.dumps(many))) == MOST_STATEMENTS
    assert read(json.dumps({**TWO, "text": "x" * 2_000})) == []


def test_a_short_reply_is_one_line_without_thoughts_and_quotation_marks() -> None:
    assert short_reply('<think>\nhm\n</think>\n "How many\nvia Khorog?" ') == "How many via Khorog?"
    assert short_reply("<think>never ends") == ""


def test_what_is_nested_deeply_is_read_at_the_end() -> None:
    reader = StatementReader()
    assert reader.feed('{"a": ' * 20 + json.dumps(ONE) + "}" * 20) == []
    assert reader.finish() == READ[:1]
