"""The loss, and a run that is stopped and goes on."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training.examples import Augmentations, Batch, Mixture
from training.export_reader import export_reader
from training.recipe import Phase
from training.train_reader import Start, Training, group_loss
from training.training_data import Context, TrainingData, TrainingQuestion


def _batch(starts: list[int], group: list[int], tokens: int = 6) -> Batch:
    count = len(starts)
    return Batch(
        tokens=np.ones((count, tokens), np.int64),
        padding=np.zeros((count, tokens), np.bool_),
        passage=np.full(count, 2),
        starts=np.array(starts),
        ends=np.array(starts),
        group=np.array(group),
    )


def test_the_loss_is_small_where_the_right_tokens_score_high() -> None:
    batch = _batch([3, 0], [0, 1])
    scores = torch.zeros(2, 6, 2)
    scores[0, 3], scores[1, 0] = 12.0, 12.0
    assert float(group_loss(scores, batch, 0.0)) < 0.01
    assert float(group_loss(-scores, batch, 0.0)) > 10


def test_tokens_of_the_question_are_no_places() -> None:
    batch = _batch([3], [0])
    scores = torch.zeros(1, 6, 2)
    scores[0, 3] = 12.0
    scores[0, 1] = 50.0  # of the question
    assert float(group_loss(scores, batch, 0.0)) < 0.01


def test_in_a_group_a_wrong_passage_that_scores_higher_costs() -> None:
    """Each passage by itself is right either way; only over both the wrong one shows."""
    batch = _batch([3, 0], [0, 0])
    fair, loud = torch.zeros(2, 6, 2), torch.zeros(2, 6, 2)
    fair[0, 3], fair[1, 0] = 12.0, 12.0
    loud[0, 3], loud[1, 0], loud[1, 4] = 12.0, 40.0, 25.0
    assert float(group_loss(fair, batch, 0.0)) == pytest.approx(float(group_loss(loud, batch, 0.0)), abs=0.01)
    assert float(group_loss(loud, batch, 1.0)) > float(group_loss(fair, batch, 1.0)) + 10


def test_a_group_without_an_answer_adds_nothing() -> None:
    batch = _batch([0, 0], [0, 0])
    scores = torch.zeros(2, 6, 2)
    assert float(group_loss(scores, batch, 1.0)) == pytest.approx(float(group_loss(scores, batch, 0.0)))


def _goats() -> TrainingData:
    contexts, questions = [], []
    for number in range(12):
        text = f"Village {number} counted {number + 200} goats in spring. The mayor said nothing about sheep."
        contexts.append(Context(f"c{number}", "en", text))
        start = text.index(str(number + 200))
        asked = f"How many goats has village {number}?"
        questions.append(TrainingQuestion(f"q{number}", "en", "own", asked, number, start, start + 3))
    return TrainingData(contexts, questions, [])


PHASES = (
    Phase("first", Mixture({"own.en": 1.0}, block=12, batch_tokens=120), blocks=1, peak=1e-3, warm_up=0.5),
    Phase("second", Mixture({"own.en": 1.0}, block=12, batch_tokens=120), blocks=2, peak=1e-3, decay=1.0),
)


def _training(models: Path, folder: Path) -> Training:
    return Training(_goats(), PHASES, lambda _: Augmentations(), models, folder)


def test_a_run_that_was_stopped_ends_as_one_that_was_not(models: Path, tmp_path: Path) -> None:
    whole = _training(models, tmp_path / "whole")
    assert whole.run()
    first = _training(models, tmp_path / "parts")
    first.stop()  # after one step
    assert not first.run()
    part = _training(models, tmp_path / "parts")
    assert 0 < part.progress.examples < 36
    assert part.run()
    assert part.progress.examples == whole.progress.examples == 36
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, part.network.state_dict()[name]), name


def test_it_learns(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phase = Phase("all", Mixture({"own.en": 1.0}, not_stated=0.0, block=24), blocks=12, peak=1e-3)
    training = Training(_goats(), (phase,), lambda _: Augmentations(), models, tmp_path)
    losses: list[float] = []
    step = training._step
    training._step = lambda *given: losses.append(step(*given)) or losses[-1]  # type: ignore[func-returns-value,method-assign]
    training.run()
    assert np.mean(losses[-4:]) < 0.5 * np.mean(losses[:2])


def test_a_shipped_reader_is_gone_on_from(models: Path, tmp_path: Path) -> None:
    """The checkpoint is gone, the reader is there: examples go on counting, at the phase that comes next."""
    first = _training(models, tmp_path / "first")
    assert first.run()
    reader = export_reader(tmp_path / "first" / "checkpoint.pt", models, tmp_path / "reader")
    further = Training(
        _goats(), PHASES, lambda _: Augmentations(), models, tmp_path / "next", Start(reader, "second")
    )
    assert further.progress.phase == 1
    assert further.progress.examples == 36
    assert torch.allclose(further.network.head.weight, first.network.head.weight)
    assert further.run()
    assert further.progress.examples == 60


def test_an_unknown_phase_is_named_with_those_there_are(models: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no phase 'third'; there are first, second"):
        Training(_goats(), PHASES, lambda _: Augmentations(), models, tmp_path, Start(tmp_path, "third"))
