"""Members of a survival model against Cox's model and known hazards; the blend measured honestly, and saved."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.censored.scores import concordance
from lepton_lab.censored.times import events_of, times_of
from lepton_lab.data.encode_tabular import fit_encoder
from lepton_lab.data.table import read_table
from lepton_lab.fitting.fit import fit
from lepton_lab.fitting.hazard import fit_baseline
from lepton_lab.fitting.problem import Rows
from lepton_lab.members.linear import fit_linear_path
from lepton_lab.members.trees import TreesConfig, fit_trees
from lepton_lab.survival import Survival
from lepton_lab.trained import TrainedModel
from tests.reference.censored import cox_by_newton
from tests.small_models import small_frame, small_model

EFFECTS = np.array([1.0, -0.5, 0.0])


def cox_frame(n: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Weibull times with proportional hazards, and the log hazard of each row."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    z = x @ EFFECTS
    time, leaves = 100 * rng.weibull(1.5, n) * np.exp(-z / 1.5), rng.exponential(150, n)
    df = pd.DataFrame(x, columns=["a", "b", "c"])
    return df.assign(days=np.minimum(time, leaves), died=time <= leaves), z


def problem_of(df: pd.DataFrame) -> tuple[Survival, Rows, tuple]:
    table, task, _ = read_table(df, target="days", event="died")
    assert isinstance(task, Survival)
    encoder = fit_encoder(table)
    rows = Rows(encoder.encode(table), table.y, None, None)
    return fit_baseline(task, rows, encoder.blocks, 0), rows, encoder.blocks


def test_the_linear_member_is_coxs_model_where_nothing_is_penalised():
    df, _ = cox_frame(400)
    task, rows, blocks = problem_of(df)
    # The baseline is that of a penalised model: fitted in turn with free effects, it is that of these.
    for _ in range(6):
        (member,) = fit_linear_path(rows.x, rows.y, None, blocks, task, (1e-9,))
        task = task.with_baseline(rows.y, member.logits(rows.x)[:, 0], None)
    terms = member.contributions(rows.x)[:, :, 0]
    wanted = cox_by_newton(terms, df.days.to_numpy(), df.died.to_numpy())
    np.testing.assert_allclose(wanted, 1, atol=0.05)


def test_the_baseline_takes_from_the_members_what_leaving_early_does():
    """With the hazard of all rows together a member must learn that high risks are gone later."""
    df, z = cox_frame(3_000)
    task, rows, _ = problem_of(df)
    together = Survival.of(rows.y, "died")
    assert np.mean(task.losses(rows.y, z)) < np.mean(together.losses(rows.y, z)) - 0.01


def test_trees_learn_the_log_hazard():
    df, z = cox_frame(3_000)
    task, rows, blocks = problem_of(df)
    config = TreesConfig(rounds=150, leaves=7)
    grown = fit_trees(rows.x, rows.y, None, blocks, task, valid=(rows.x, rows.y, None), config=config, seed=0)
    found = grown.member.logits(rows.x)[:, 0]
    assert np.corrcoef(found, z)[0, 1] > 0.93
    assert np.std(found) == pytest.approx(np.std(z), rel=0.2)
    # What LightGBM reports is our loss, up to what does not depend on the trees.
    losses = np.array(grown.valid_losses)
    parts = [task.losses(rows.y, np.zeros(len(z))).mean(), task.losses(rows.y, found).mean()]
    assert parts[0] - parts[1] == pytest.approx(losses[0] - losses[-1], rel=0.15)


def test_doubling_a_weight_is_doubling_a_row():
    df, _ = cox_frame(200)
    task, rows, blocks = problem_of(df)
    twice = np.r_[np.arange(200), np.arange(50)]
    weights = np.ones(200)
    weights[:50] = 2
    (one,) = fit_linear_path(rows.x, rows.y, weights, blocks, task, (0.01,))
    (two,) = fit_linear_path(rows.x[twice], rows.y[twice], None, blocks, task, (0.01,))
    corr = np.corrcoef(one.logits(rows.x)[:, 0], two.logits(rows.x)[:, 0])[0, 1]
    assert corr > 0.999
    heavy = task.with_baseline(rows.y, np.zeros(200), weights).baseline
    np.testing.assert_allclose(heavy, task.with_baseline(rows.y[twice], np.zeros(250), None).baseline)


@lru_cache
def model_of_known_hazards() -> tuple[TrainedModel, pd.DataFrame, np.ndarray]:
    """A model of enough rows for a test set of its own, and new rows with their log hazards."""
    df, _ = cox_frame(5_200)
    table, task, _ = read_table(df, target="days", event="died")
    new, z = cox_frame(1_500, seed=1)
    return fit(table, task, quality="fast"), new, z


def test_the_blend_finds_known_hazards_and_its_curves_are_the_true_ones():
    model, new, z = model_of_known_hazards()
    risk = model.logits(new)[:, 0]
    assert np.corrcoef(risk, z)[0, 1] > 0.95
    assert {m.name for m in model.members} == {"linear", "network", "trees"}
    at = np.array([40.0, 80.0, 160.0])
    truth = np.exp(-((at / 100) ** 1.5) * np.exp(z)[:, None])
    assert np.abs(model.predict_survival(new, at).to_numpy() - truth).mean() < 0.04


def test_the_leaderboard_has_every_member_and_kaplan_meier_on_test_rows():
    model, _, _ = model_of_known_hazards()
    board = model.leaderboard
    assert set(board) == {"blend", "linear", "network", "trees", "baseline: Kaplan-Meier"}
    assert "1,040 test rows" in model.metrics_note
    assert board["baseline: Kaplan-Meier"]["concordance"].value == 0.5
    assert model.metrics["integrated_brier"].value < 0.8 * board["baseline: Kaplan-Meier"]["integrated_brier"].value
    held = model.held_out
    assert held is not None
    assert model.metrics["concordance"].value == pytest.approx(concordance(held.y, held.logits[:, 0]))
    low, high = model.metrics["concordance"].low, model.metrics["concordance"].high
    assert low < model.metrics["concordance"].value < high


def test_out_of_fold_answers_owe_nothing_to_their_own_fold():
    """Each fold has curves of its own, from the other folds, so no two of them answer one number alike."""
    model = small_model("survival")
    held = model.held_out
    assert held is not None and held.how == "out-of-fold"
    assert held.logits.shape == (300, 1 + len(model.task.edges))
    ratio = held.logits[:, -1] / model.task.answers(held.logits[:, :1])[:, -1]
    assert not np.allclose(ratio, 1, atol=1e-3)
    assert np.unique(events_of(held.y)).size == 2 and (times_of(held.y) >= 0).all()


def test_a_constrained_column_is_monotone_in_risk_and_in_survival():
    df, _ = cox_frame(500)
    model = ll.train(df, target="days", event="died", quality="fast", monotone={"a": 1, "c": -1})
    grid = pd.DataFrame({"a": np.linspace(-3, 3, 60), "b": 0.3, "c": 0.1})
    assert (np.diff(model.predict(grid).risk) >= -1e-6).all()
    assert (np.diff(model.predict_survival(grid, [60.0]).to_numpy()[:, 0]) <= 1e-6).all()
    assert any("the risk of 'died' never falls as 'a' rises" in note for note in model.notes)


def test_a_saved_model_answers_the_same(tmp_path):
    model, df = small_model("survival"), small_frame("survival")
    model.save(tmp_path / "m.lepton")
    again = ll.load(tmp_path / "m.lepton")
    assert again.task == model.task and again.schema == model.schema
    assert again.predict(df).equals(model.predict(df))
    assert {n: str(e) for n, e in again.metrics.items()} == {n: str(e) for n, e in model.metrics.items()}
    assert [str(e) for e in ll.evaluate(again, df).metrics.values()]


def test_every_row_of_one_outcome_but_a_few_still_trains():
    df, _ = cox_frame(120)
    df["died"] = np.arange(120) < 8
    model = ll.train(df, target="days", event="died", quality="fast")
    shown = model.predict(df)
    assert np.isfinite(shown.risk).all() and shown.filter(like="survival_at").to_numpy().min() >= 0


def test_without_any_censoring_it_trains_as_well():
    df, z = cox_frame(300)
    model = ll.train(df.assign(died=1), target="days", event="died", quality="fast")
    assert np.corrcoef(model.predict(df).risk, z)[0, 1] > 0.7


def test_the_same_seed_gives_the_same_numbers():
    df = small_frame("survival")
    table, task, _ = read_table(df, target="outcome", event="died")
    again = fit(table, dataclasses.replace(task), quality="fast")
    np.testing.assert_array_equal(again.logits(df), small_model("survival").logits(df))
