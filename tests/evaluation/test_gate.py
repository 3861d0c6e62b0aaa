"""The shipped reader holds its floors; floors rise, fall only when told to, and a spoiled reader falls below them."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from evaluation.ask_own import seed_file
from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import load_sets
from evaluation.gate import Gate, gate, has_sets, table
from evaluation.gate_floors import (
    FLOORS,
    Floors,
    least_of,
    load_floors,
    lowered,
    raised,
    shortfalls,
    write_floors,
)
from evaluation.gate_ids import CROSSING, FRENCH, GATE_IDS, REFUSALS, SAME, draw_ids, gate_sets, load_ids
from evaluation.gate_measures import Measure, answer_measures, reading_measures
from evaluation.measure_reading import Read
from evaluation.open_reader import OpenedReader, open_reader
from evaluation.own_questions import load_gate_questions
from evaluation.reading_items import ReadingItem
from evaluation.remember_vectors import RememberingEncoder
from indexing.archive.encoder import Encoder
from service.answering.reader import Reader, Span

MADE = {"date": "2026-11-24T00:00:00Z", "commit": "abc"}
NO_FLOORS = Floors("", "", "", {})
FEW = 12  # questions that a spoiled reader is asked


class WorstFirst(Reader):
    """The same reader with its scores negated: what it believes least comes first."""

    def read(self, question: str, passages: Sequence[str], most: int = 5) -> list[list[Span]]:
        """The spans in the opposite order."""
        return [
            [replace(span, score=-span.score) for span in reversed(spans)]
            for spans in super().read(question, passages, most)
        ]


@pytest.fixture(scope="session")
def opened(encoder: Encoder, reader_folder: Path) -> OpenedReader:
    return open_reader(encoder, reader_folder)


@pytest.fixture(scope="session")
def remembering(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """Encodes the samples once for all tests here."""
    return RememberingEncoder(encoder, tmp_path_factory.mktemp("vectors"), "")


def measure(values: dict[str, float], all_needed: bool = False) -> Measure:
    return Measure("own", "right", values, all_needed)


def held(measures: Sequence[Measure]) -> None:
    """Fail with the table and the questions that got worse."""
    floors = load_floors()
    told = shortfalls(measures, floors)
    assert not told, "\n".join(["the gate is not passed:", *told, *table(measures, floors)])


# The gate itself


def test_own_questions_hold_their_floors(
    opened: OpenedReader, remembering: Encoder, request: pytest.FixtureRequest
) -> None:
    data: Path | None = None
    with suppress(pytest.skip.Exception):  # the samples are in the checkout, the seed is not
        data = request.getfixturevalue("evaluation_data")
    held(Gate(remembering, opened, data).own())


@pytest.mark.evaluation
def test_questions_of_the_sets_hold_their_floors(
    opened: OpenedReader, encoder: Encoder, evaluation_data: Path
) -> None:
    if not has_sets(evaluation_data):
        pytest.skip(f"no evaluation sets in {evaluation_data} (EVALUATION_DATA names them)")
    held(Gate(encoder, opened, evaluation_data).sets())


def test_a_spoiled_reader_falls_below_the_floors(
    opened: OpenedReader, remembering: Encoder, encoder: Encoder, reader_folder: Path
) -> None:
    few = load_gate_questions()[:FEW]
    honest = Gate(remembering, opened, None).own(few)
    floors = raised(honest, NO_FLOORS, MADE, "")
    assert not shortfalls(honest, floors)
    worst = OpenedReader(WorstFirst.open(encoder.tokenizer, encoder.table, reader_folder), opened.confidence)
    told = shortfalls(Gate(remembering, worst, None).own(few), floors)
    assert any(line.startswith("own, samples: right: got ") and "gate-" in line for line in told), told


def test_the_file_of_floors_is_of_the_questions_that_are_asked() -> None:
    floors = load_floors(FLOORS).floors
    assert floors["own, samples: quotes verbatim"].values.keys() == {one.id for one in load_gate_questions()}
    for name, ids in load_ids().items():
        assert set(floors[f"{name}: F1"].values) <= set(ids)


# Floors


def test_floors_rise_and_keep_what_was_not_measured(tmp_path: Path) -> None:
    before = raised([measure({"a": 1, "b": 0})], NO_FLOORS, MADE, "first")
    other = Measure("news", "right", {"n": 1.0})
    after = raised([measure({"a": 1, "b": 1})], raised([other], before, MADE, "second"), MADE, "third")
    assert before.floors["own: right"].least == 0.0
    assert after.floors["own: right"].least == 0.5  # one question of slack
    assert set(after.floors) == {"own: right", "news: right"} and after.reader == "third"
    write_floors(after, tmp_path / "floors.json")
    assert load_floors(tmp_path / "floors.json") == after


def test_lowering_without_the_flag_is_refused_and_names_the_questions() -> None:
    before = raised([measure({"a": 1, "b": 1, "c": 1})], NO_FLOORS, MADE, "")
    worse = [measure({"a": 1, "b": 0, "c": 0})]
    with pytest.raises(EvaluationError, match=r"--set-floors --lower(.|\n)*worse than before: b, c$"):
        raised(worse, before, MADE, "")
    assert lowered(worse, before, MADE, "").floors["own: right"].least == 0.0


def test_raising_leaves_a_floor_that_is_higher_than_what_is_measured_now() -> None:
    before = raised([measure({"a": 1, "b": 1, "c": 1})], NO_FLOORS, MADE, "")
    after = raised([measure({"a": 1, "b": 1, "c": 0})], before, MADE, "")
    assert after.floors["own: right"].least == before.floors["own: right"].least


def test_a_quote_that_is_not_verbatim_is_told_at_once() -> None:
    before = raised([measure({"a": 1, "b": 1}, all_needed=True)], NO_FLOORS, MADE, "")
    [told] = shortfalls([measure({"a": 1, "b": 0}, all_needed=True)], before)
    assert "allowed: at least 100.0 %; worse than before: b" in told


def test_a_measure_without_a_floor_or_of_other_questions_is_told_with_its_fix() -> None:
    [told] = shortfalls([measure({"a": 1})], NO_FLOORS)
    assert told.endswith("set one with: python -m evaluation.gate --set-floors")
    before = raised([measure({"a": 1})], NO_FLOORS, MADE, "")
    [told] = shortfalls([measure({"b": 1})], before)
    assert "(a, b)" in told and told.endswith("--set-floors --lower")
    with pytest.raises(EvaluationError, match="other questions"):
        raised([measure({"b": 1})], before, MADE, "")


@given(st.dictionaries(st.text(min_size=1), st.floats(0, 1), min_size=1), st.booleans())
def test_what_set_a_floor_holds_it(values: dict[str, float], all_needed: bool) -> None:
    rounded = {id: round(value, 4) for id, value in values.items()}
    one = measure(rounded, all_needed)
    assert not shortfalls([one], raised([one], NO_FLOORS, MADE, "")) and 0 <= least_of(one) <= 1


@pytest.mark.parametrize(
    "text", ["", "{}", '{"taken": "", "commit": "", "reader": "", "measures": {"a": 1}}']
)
def test_damaged_floors_are_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "floors.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationError, match="git checkout"):
        load_floors(path)


# The command


def run(*arguments: str) -> Any:
    return CliRunner().invoke(gate, list(arguments))


def test_the_command_refuses_to_lower_by_itself() -> None:
    told = run("--lower")
    assert told.exit_code == 2 and "got --lower alone" in told.output


def test_the_command_tells_a_missing_reader(tmp_path: Path, models: Path) -> None:
    told = run("--reader", str(tmp_path), "--data", str(tmp_path), "--floors", str(tmp_path / "floors.json"))
    assert told.exit_code == 1 and not (tmp_path / "floors.json").exists()
    assert "make train" in told.output and "only the own questions" in told.output


# Questions and measures


@pytest.mark.evaluation
def test_the_ids_are_those_of_their_seed(evaluation_data: Path) -> None:
    if not has_sets(evaluation_data):
        pytest.skip(f"no evaluation sets in {evaluation_data} (EVALUATION_DATA names them)")
    sets, ids = load_sets(evaluation_data, 0, 0), load_ids()
    assert draw_ids(sets, json.loads(GATE_IDS.read_text("utf-8"))["seed"]) == ids
    assert {name: len(found) for name, found in ids.items()} == {
        **{f"xquad {one} → {one}": SAME for one in ("en", "es", "de", "ru")},
        **{f"xquad {pair}": CROSSING for pair in ("en → es", "en → de", "en → ru", "ru → en")},
        "piaf": FRENCH,
        "squad2": 2 * REFUSALS,
    }
    chosen = {one.name: one.items for one in gate_sets(sets, ids)}
    assert sum(not item.answers for item in chosen["squad2"]) == REFUSALS
    assert {item.id for item in chosen["xquad en → ru"]} == set(ids["xquad en → ru"])


def test_an_id_that_the_sets_lack_is_told(sets: Path) -> None:
    with pytest.raises(EvaluationError, match=r"no question 'nobody'.*gate_ids"):
        gate_sets(load_sets(sets, 0, 0), {"piaf": ["nobody"]})


def test_the_seed_is_found_where_there_is_exactly_one(tmp_path: Path) -> None:
    (tmp_path / "seed").mkdir()
    assert seed_file(tmp_path) is None
    (tmp_path / "seed" / "a.txt").write_text("The bridge is closed.", encoding="utf-8")
    assert seed_file(tmp_path) == tmp_path / "seed" / "a.txt"


def test_scores_of_stated_and_not_stated_are_compared_question_by_question() -> None:
    def read(id: str, score: float, stated: bool) -> Read:
        item = ReadingItem("?", "A.", ("A",) if stated else (), "number", "g", id)
        return Read(item, "A", score, stated, float(stated), stated)

    asked = [read("s1", 2, True), read("s2", 0, True), read("n1", 1, False), read("n2", 0, False)]
    found = {one.name: one for one in reading_measures("squad2", asked)}
    apart = found["stated scored above not stated"]
    assert apart.values == {"s1": 1.0, "s2": 0.25, "n1": 0.5, "n2": 0.75}
    assert found["F1"].values == {"s1": 1.0, "s2": 1.0}


def test_nothing_asked_measures_nothing() -> None:
    assert answer_measures("news", []) == []
