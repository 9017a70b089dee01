"""Trees that pause are the trees that don't."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_lab.data.encode_tabular import fit_encoder
from lepton_lab.data.table import read_table
from lepton_lab.members.growing_trees import GrowingTrees
from lepton_lab.members.trees import TreesConfig, fit_trees
from tests.small_models import TASKS, small_frame


@pytest.mark.parametrize("task_name", TASKS)
def test_pauses_change_nothing(task_name: str) -> None:
    table, task, _ = read_table(small_frame(task_name), target="outcome")
    encoder = fit_encoder(table)
    x, y = encoder.encode(table), np.asarray(table.y)
    rows, valid = (x[:200], y[:200], None, encoder.blocks, task), (x[200:], y[200:], None)
    config = TreesConfig(rounds=40, patience=15)
    whole = fit_trees(*rows, valid=valid, config=config, seed=3)
    growing = GrowingTrees(*rows, valid=valid, config=config, seed=3)
    for rounds in (4, 5, 17, config.rounds):
        growing.grow_to(rounds)
    paused = growing.fit()
    assert paused.valid_losses == whole.valid_losses
    assert (paused.best_round, paused.ended) == (whole.best_round, whole.ended)
    np.testing.assert_array_equal(paused.member.logits(x), whole.member.logits(x))


def test_a_stop_from_outside_can_be_forgotten() -> None:
    table, task, _ = read_table(small_frame("binary"), target="outcome")
    encoder = fit_encoder(table)
    x, y = encoder.encode(table), np.asarray(table.y)
    growing = GrowingTrees(x, y, None, encoder.blocks, task, valid=(x, y, None), config=TreesConfig(), seed=0)
    growing.grow_to(10, lambda done, loss: "interrupt" if done == 3 else "")
    assert growing.ended == "interrupt" and len(growing.losses) == 3
    growing.go_on()
    growing.grow_to(10)
    assert len(growing.losses) == 10
