"""The evaluation sets and a seed in; the fixed question ids that the gate asks, in `gate_ids.json`, out.

Run once: python -m evaluation.gate_ids. Drawing again with another seed means setting the floors anew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from evaluation.errors import EvaluationError
from evaluation.evaluation_sets import XQUAD_LANGUAGES, EvaluationSets, SetQuestion, draw, load_sets
from evaluation.provenance import ROOT
from evaluation.reading_items import CROSSED, ReadingSet, reading_sets

GATE_IDS = ROOT / "evaluation" / "gate_ids.json"
SEED = 20261124
SAME, CROSSING, FRENCH, REFUSALS = 30, 15, 40, 30  # a language; a pair; in all; with and without an answer


def draw_ids(sets: EvaluationSets, seed: int) -> dict[str, list[str]]:
    """Question ids by reading set; the same XQuAD questions in every language, and in every pair."""
    stories = [_parallel(question) for question in sets.xquad_questions["en"]]
    same, crossing = set(draw(stories, SAME, seed)), set(draw(stories, CROSSING, seed + 1))
    drawn = {f"xquad {one} → {one}": _of(sets.xquad_questions[one], same) for one in XQUAD_LANGUAGES}
    drawn |= {f"xquad {asked} → {told}": _of(sets.xquad_questions[told], crossing) for asked, told in CROSSED}
    drawn["piaf"] = _ids(draw(sets.piaf_questions, FRENCH, seed))
    drawn["squad2"] = [
        id
        for answerable in (True, False)
        for id in _ids(
            draw([one for one in sets.squad2_questions if one.answerable is answerable], REFUSALS, seed)
        )
    ]
    return drawn


def load_ids(path: Path = GATE_IDS) -> dict[str, list[str]]:
    """The ids by reading set; raises EvaluationError when the file is not there or damaged."""
    try:
        ids: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))["sets"]
    except (OSError, ValueError, KeyError) as error:
        raise EvaluationError(
            f"the gate's question ids in {path} cannot be read ({error!r}); "
            f"restore it with: git checkout -- {path}"
        ) from error
    return ids


def gate_sets(sets: EvaluationSets, ids: Mapping[str, Sequence[str]]) -> list[ReadingSet]:
    """The reading sets with the items of these ids only; raises EvaluationError for an id that is not there."""
    chosen = []
    for one in reading_sets(sets, lambda question, language: None, 0, 0):
        wanted = set(ids.get(one.name, ()))
        items = [item for item in one.items if item.id in wanted]
        if missing := wanted - {item.id for item in items}:
            raise EvaluationError(
                f"the set {one.name} has no question {min(missing)!r} that the gate asks; "
                "draw the ids anew with: python -m evaluation.gate_ids"
            )
        if items:
            chosen.append(replace(one, items=items))
    return chosen


def _of(questions: Sequence[SetQuestion], stories: set[str]) -> list[str]:
    return [question.id for question in questions if _parallel(question) in stories]


def _parallel(question: SetQuestion) -> str:
    return question.id.rpartition("-")[0]


def _ids(questions: Sequence[SetQuestion]) -> list[str]:
    return [question.id for question in questions]


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--seed", default=SEED, help="Draws the questions.")
@click.option("--data", type=Path, default=Path("../shared/data"), envvar="EVALUATION_DATA", help="The sets.")
def write_ids(seed: int, data: Path) -> None:
    """Draw the questions of the gate.

    Example: python -m evaluation.gate_ids --seed 20261124
    """
    drawn = draw_ids(load_sets(data.resolve(), 0, seed), seed)
    lines = ",\n".join(
        f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(ids)}" for name, ids in drawn.items()
    )
    GATE_IDS.write_text(f'{{\n "seed": {seed},\n "sets": {{\n{lines}\n }}\n}}\n', encoding="utf-8")
    click.echo(f"{sum(map(len, drawn.values()))} questions of {len(drawn)} sets in {GATE_IDS}")


if __name__ == "__main__":
    write_ids()
