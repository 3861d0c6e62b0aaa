"""The shipped reader: spans with exact offsets in every script, passages of any length, damaged files."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.archive.encoder import Encoder
from indexing.errors import ModelsDamaged, ModelsMissing
from service.answering.reader import CARD, FOLDER, GRAPH, Reader

FILLER = "The harbour office also said that the ferry timetable stays as it is for the coming winter months. "
ANSWER = "The bridge at Korvel was opened by Mayor Anna Lindqvist on Tuesday. "
QUESTION = "Who opened the bridge at Korvel?"

PIECES = st.sampled_from(
    [
        "Korvel",
        "Anna",
        "102",
        "1 037",
        "(50)",
        "الحدود",
        "١٠٢",
        "边境",
        "士兵。",
        "ชายแดน",
        "🙂",
        "👩‍🚀",
        "e\u0301",
        "\u0301",
        "\t",
        "\n",
        "—",
        "</s>",
        "query:",
    ]
)


@pytest.fixture(scope="module")
def reader(encoder: Encoder) -> Reader:
    return Reader.open(encoder.tokenizer, encoder.table)


@given(question=st.text(max_size=40), pieces=st.lists(PIECES, max_size=40))
@settings(max_examples=60, deadline=None)
def test_spans_lie_in_the_passage_and_do_not_overlap(
    reader: Reader, question: str, pieces: list[str]
) -> None:
    passage = " ".join(pieces)
    [spans] = reader.read(question, [passage])
    assert len(spans) <= 5
    assert [span.score for span in spans] == sorted((span.score for span in spans), reverse=True)
    for span in spans:
        assert 0 <= span.start < span.end <= len(passage)
    places = sorted((span.start, span.end) for span in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(places))


def test_a_clear_answer_is_sharper_than_one_of_two_that_look_alike(reader: Reader) -> None:
    clear, torn = reader.read(
        QUESTION, [ANSWER, ANSWER + "The bridge at Korvel was opened by Mayor Ola Brandt."], 3
    )
    assert all(span.sharpness <= 0 for span in (*clear, *torn))
    assert clear[0].sharpness > torn[0].sharpness


@pytest.mark.parametrize("before", [0, 4, 20, 60])
def test_the_answer_is_found_wherever_it_stands(reader: Reader, before: int) -> None:
    """60 sentences are some 1,200 tokens: several windows."""
    passage = FILLER * before + ANSWER + FILLER * (60 - before)
    [spans] = reader.read(QUESTION, [passage], 1)
    assert "Anna Lindqvist" in passage[spans[0].start : spans[0].end]
    assert passage[spans[0].start : spans[0].end] in "Mayor Anna Lindqvist"


def test_emoji_and_marks_before_the_answer_do_not_move_it(reader: Reader) -> None:
    passage = "👩‍🚀🙂 e\u0301e\u0301 ﬁ № ½ … " + ANSWER
    [spans] = reader.read(QUESTION, [passage], 1)
    assert passage[spans[0].start : spans[0].end] in ("Anna Lindqvist", "Mayor Anna Lindqvist")


def test_a_passage_that_does_not_say_it_scores_lower_than_the_one_that_does(reader: Reader) -> None:
    right, wrong, empty = reader.read(QUESTION, [ANSWER, FILLER, ""])
    assert right[0].score > max(span.score for span in wrong)
    assert empty == []


@pytest.mark.parametrize("passage", ["", " \n\t ", "\u200b\u200b"])
def test_an_empty_passage_has_no_span(reader: Reader, passage: str) -> None:
    assert reader.read(QUESTION, [passage]) == [[]]


@pytest.mark.parametrize("question", ["?", "…!?", "🙂", "why " * 500, "x" * 2000, "Wer и 谁 من?"])
def test_any_question_is_read(reader: Reader, question: str) -> None:
    [spans] = reader.read(question, [ANSWER])
    assert spans


def test_no_passages_give_no_spans(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []


def test_a_passage_reads_the_same_alone_among_others_and_in_threads(reader: Reader) -> None:
    alone = reader.read(QUESTION, [ANSWER])[0]
    assert reader.read(QUESTION, [FILLER, ANSWER, FILLER * 3])[1] == alone
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: reader.read(QUESTION, [ANSWER])[0], range(8)))
    assert results == [alone] * 8


def test_a_damaged_graph_names_the_repair(encoder: Encoder, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    shutil.copytree(FOLDER, folder)
    with (folder / GRAPH).open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"spoiled")
    with pytest.raises(ModelsDamaged, match=r"sha256.*git checkout"):
        Reader.open(encoder.tokenizer, encoder.table, folder)


def test_a_missing_reader_names_the_repair(encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(ModelsMissing, match=r"make train"):
        Reader.open(encoder.tokenizer, encoder.table, tmp_path)


def test_the_shipped_reader_is_small_and_named_by_its_checksum() -> None:
    card = json.loads((FOLDER / CARD).read_text(encoding="utf-8"))
    assert (FOLDER / GRAPH).stat().st_size == card["bytes"] <= 30_000_000
