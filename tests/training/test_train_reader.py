"""The loss, and a run that is stopped and goes on."""

import numpy as np
import pytest
import torch

from training.examples import Batch
from training.train_reader import group_loss


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
