"""Comparisons against DeLong, against permutations, and against their own laws."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lepton_lab as ll
from lepton_lab.data.table import read_table
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.compare_models import compare_models
from lepton_lab.evaluation.paired import Sampling, compare_pairs
from lepton_lab.fitting.fit import fit
from lepton_lab.pictures import html, text
from lepton_lab.tasks import Binary
from lepton_lab.trained import TrainedModel
from tests.reference.delong import auc_difference
from tests.small_models import TASKS, small_frame, small_model

METRICS = Binary("no", "yes").metrics
AUC = {"auc": METRICS["auc"]}


def scores(n: int, seed: int, *, gap: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes, and two scores that share most of their noise; the first is better by `gap`."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.4).astype(int)
    shared = 1.2 * y + rng.normal(size=n)
    return y, shared + gap * y + 0.4 * rng.normal(size=n), shared + 0.4 * rng.normal(size=n)


def paired(y: np.ndarray, a: np.ndarray, b: np.ndarray, seed: int = 0):
    return compare_pairs(AUC, y, {"auc": a[:, None]}, {"auc": b[:, None]}, Sampling(len(y), seed=seed))["auc"]


def other_model(task: str) -> TrainedModel:
    """The same blend with another calibration and weights: as if trained otherwise."""
    model = small_model(task)
    held = model.held_out
    assert held is not None
    noise = np.random.default_rng(3).normal(0, 0.4 * np.std(held.logits), held.logits.shape)
    return replace(model, held_out=replace(held, logits=held.logits + noise), config={**model.config, "seed": 7})


@pytest.mark.parametrize(("seed", "gap"), [(0, 0.0), (1, 0.3), (2, 1.0)])
def test_interval_equals_delongs(seed: int, gap: float) -> None:
    y, a, b = scores(600, seed, gap=gap)
    found = paired(y, a, b)
    difference, error = auc_difference(y, a, b)
    assert found.difference.value == pytest.approx(difference, abs=1e-12)
    assert (found.difference.high - found.difference.low) / 2 == pytest.approx(1.96 * error, rel=0.12)


def test_paired_interval_covers_and_unpaired_ones_would_not_tell() -> None:
    truth = np.mean([auc_difference(*scores(4000, 1000 + i, gap=0.25))[0] for i in range(25)])
    hits, widths = 0, []
    for i in range(120):
        found = paired(*scores(250, i, gap=0.25), seed=i)
        hits += found.difference.low <= truth <= found.difference.high
        widths.append((found.difference.high - found.difference.low) / (found.a.high - found.a.low))
    # 95 % of 120 is 114; four standard errors either side.
    assert 104 <= hits <= 120
    assert np.mean(widths) < 0.75


def test_probability_agrees_with_swapping_models_row_by_row() -> None:
    """A permutation test: where models are alike, each row's two scores may be swapped."""
    y, a, b = scores(400, 5, gap=0.35)
    rank = [s.argsort().argsort().astype(float) for s in (a, b)]
    found = paired(y, rank[0], rank[1])
    rng = np.random.default_rng(0)
    swapped = []
    for _ in range(300):
        flip = rng.random(len(y)) < 0.5
        swapped.append(auc_difference(y, np.where(flip, rank[1], rank[0]), np.where(flip, rank[0], rank[1]))[0])
    p = np.mean(np.array(swapped) >= found.difference.value)
    assert 1 - found.probability == pytest.approx(p, abs=0.03)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.booleans())
def test_swapping_models_swaps_signs(seed: int, n: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    a, b = ({name: z for name in METRICS} for z in rng.normal(size=(2, n, 1)).round(1))  # noqa: C420 (typed)
    sampling = Sampling(n, rng.random(n) if weighted else None, rng.integers(0, 9, n) if seed % 2 else None)
    one, other = compare_pairs(METRICS, y, a, b, sampling), compare_pairs(METRICS, y, b, a, sampling)
    for name in METRICS:
        d, e = one[name].difference, other[name].difference
        np.testing.assert_allclose([d.value, d.low, d.high], [-e.value, -e.high, -e.low], atol=1e-12)
        np.testing.assert_allclose(one[name].probability, 1 - other[name].probability, atol=1e-12)


def test_groups_are_drawn_together() -> None:
    """Each row twice, as a group: intervals are those of the single rows."""
    y, a, b = scores(300, 4)
    twice = [np.repeat(v, 2) for v in (y, a, b)]
    of_rows = paired(y, a, b).difference
    sampling = Sampling(600, groups=np.repeat(np.arange(300), 2))
    found = compare_pairs(AUC, twice[0], {"auc": twice[1][:, None]}, {"auc": twice[2][:, None]}, sampling)
    assert found["auc"].difference.high == pytest.approx(of_rows.high, abs=0.003)
    alone = paired(twice[0], twice[1], twice[2]).difference
    assert (alone.high - alone.low) < 0.85 * (of_rows.high - of_rows.low)


@pytest.mark.parametrize("task", TASKS)
def test_a_model_does_not_differ_from_itself(task: str) -> None:
    model = small_model(task)
    for found in (compare_models(model, model), compare_models(model, model, small_frame(task, 80, seed=4))):
        for one in found.metrics.values():
            assert (one.difference.value, one.difference.low, one.difference.high) == (0, 0, 0)
            assert one.probability == 0.5
            assert one.better == ""
        assert found.words.startswith("No difference")
        assert found.settings == {}


@pytest.mark.parametrize("task", TASKS)
def test_models_compare_on_the_rows_both_held_out(task: str) -> None:
    model, other = small_model(task), other_model(task)
    found, turned = compare_models(model, other), compare_models(other, model)
    assert found.n_rows == 300
    assert found.note == "300 rows held out of both trainings"
    assert found.settings == {"seed": (0, 7)}
    for name, one in found.metrics.items():
        assert one.a.value == pytest.approx(model.metrics[name].value)
        d, e = one.difference, turned.metrics[name].difference
        np.testing.assert_allclose([d.value, d.low, d.high], [-e.value, -e.high, -e.low], atol=1e-9)
    assert found.first.better == "a"
    assert found.first.probability > 0.95
    assert "a is better" in found.words
    assert json.loads(json.dumps(found.to_json()))["metrics"][found.shown]["better"] == "a"


def test_rows_are_matched_by_label_and_not_by_place() -> None:
    model = small_model("binary")
    held = model.held_out
    assert held is not None
    order = np.random.default_rng(0).permutation(300)[:200]
    threshold = None if held.threshold is None else held.threshold[order]
    shuffled = replace(
        held, table=held.table.take(order), y=held.y[order], logits=held.logits[order], threshold=threshold
    )
    found = compare_models(model, replace(model, held_out=shuffled))
    assert found.n_rows == 200
    assert all(one.difference.low == one.difference.high == 0 for one in found.metrics.values())


def test_classes_the_other_way_round_are_turned() -> None:
    df = small_frame("binary")
    table, task, _ = read_table(df, target="outcome", positive="good")
    turned = fit(table, task, quality="fast")
    found = compare_models(small_model("binary"), turned, small_frame("binary", 200, seed=9))
    assert found.first.b.value > 0.7
    assert abs(found.metrics["accuracy"].difference.value) < 0.15


def test_rows_of_different_frames_are_refused() -> None:
    table, task, _ = read_table(small_frame("binary", seed=8), target="outcome")
    stranger = fit(table, task, quality="fast")
    with pytest.raises(OptionError, match=r"different frames.*ll.compare\(a, b, df\)"):
        compare_models(small_model("binary"), stranger)


def test_models_of_different_questions_are_refused() -> None:
    with pytest.raises(OptionError, match="different questions"):
        compare_models(small_model("binary"), small_model("regression"))
    model = small_model("binary")
    elsewhere = replace(model, schema=replace(model.schema, target="other"))
    with pytest.raises(OptionError, match="different columns"):
        compare_models(model, elsewhere)


def test_too_few_rows_held_out_of_both_are_refused() -> None:
    model = small_model("binary")
    held = model.held_out
    assert held is not None
    few = replace(held, table=held.table.take(np.arange(20)), y=held.y[:20], logits=held.logits[:20], threshold=None)
    with pytest.raises(OptionError, match="20 rows are held out of both"):
        compare_models(model, replace(model, held_out=few))


def test_a_loaded_model_needs_a_frame() -> None:
    with pytest.raises(OptionError, match=r"%lepton compare a b df"):
        ll.compare(small_model("binary"), replace(small_model("binary"), held_out=None))


def test_the_frame_trained_on_gives_only_rows_held_out_of_both_runs() -> None:
    rng = np.random.default_rng(0)
    n = 2100
    x = rng.normal(size=(n, 2))
    df = {"x": x[:, 0], "z": x[:, 1], "y": np.where(x[:, 0] + rng.normal(size=n) > 0, "yes", "no")}
    one = ll.train(df, target="y", quality="fast", budget=6)
    other = ll.train({"x": df["x"], "z": df["z"], "y": df["y"]}, target="y", quality="fast", budget=6, seed=0)
    assert isinstance(one, TrainedModel) and isinstance(other, TrainedModel)
    assert one.run_id and other.run_id
    found = ll.compare(one.run_id, ll.attach(other.run_id), df)
    assert found.names == (one.run_id, other.run_id)
    assert one.held_out is not None and found.n_rows == one.held_out.table.n_rows
    assert "held out of both" in found.note
    # In memory the rows are known without the frame.
    assert ll.compare(one, other).n_rows == found.n_rows
    with pytest.raises(OptionError, match="seed="):
        ll.compare(one, other, seed=-1)


@pytest.mark.parametrize("task", TASKS)
def test_pictures_say_the_same(task: str) -> None:
    found = compare_models(small_model(task), other_model(task))
    for drawn in (html(found), text(found)):
        assert "is better" in drawn
        assert "seed" in drawn
        assert len(drawn) < 200_000
    assert "<svg" in html(found)
    assert repr(found).endswith(found.words)
