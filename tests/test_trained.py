"""The trained model: a frame in, a frame out, in the user's own values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lepton_lab.trained import Blend, centred
from tests.small_models import TASKS, small_frame, small_model


@pytest.mark.parametrize("task", TASKS)
def test_predictions_keep_the_index_and_the_users_values(task: str) -> None:
    model, df = small_model(task), small_frame(task).sample(50, random_state=0)
    found = model.predict(df.drop(columns="outcome"))
    assert found.index.equals(df.index)
    if task == "regression":
        assert list(found.columns) == ["prediction"]
        return
    assert list(found.columns) == ["prediction", *(f"probability_{c}" for c in model.classes)]
    assert set(found["prediction"]) <= set(df["outcome"])
    np.testing.assert_allclose(found.filter(like="probability_"), model.predict_proba(df))
    np.testing.assert_allclose(found.filter(like="probability_").sum(axis=1), 1)


def test_the_threshold_decides_two_classes() -> None:
    model, df = small_model("binary"), small_frame("binary")
    found = model.predict(df)
    positive = found[f"probability_{model.classes[1]}"] >= model.threshold
    np.testing.assert_array_equal(found["prediction"] == model.classes[1], positive)


@pytest.mark.parametrize("values", [(False, True), (0, 1), (1.5, 2.5)])
def test_class_values_keep_their_type(values: tuple) -> None:
    from dataclasses import replace

    from lepton_lab.tasks import Binary

    model = replace(small_model("binary"), task=Binary(*values))
    assert model.predict(small_frame("binary"))["prediction"].dtype == np.array(values).dtype


@pytest.mark.parametrize("task", TASKS)
def test_the_blend_is_the_weighted_sum_of_its_members(task: str) -> None:
    model, df = small_model(task), small_frame(task)
    x = model.encode(df)
    by_hand = sum(w * centred(z) for w, z in zip(model.blend.weights, model.member_logits_x(x).values(), strict=True))
    np.testing.assert_allclose(model.logits(df), model.blend.scale * by_hand + model.blend.bias, atol=1e-9)


def test_a_shift_of_a_members_logits_changes_no_class() -> None:
    z = np.random.default_rng(0).normal(size=(4, 3))
    blend = Blend(np.array([0.3, 0.7]), 1.2, np.zeros(3))
    np.testing.assert_allclose(blend.logits([z, z]), blend.logits([z + 5, z - 9]))


def test_one_row_as_a_dict_and_new_values() -> None:
    model = small_model("binary")
    row = {**small_frame("binary").iloc[0].to_dict(), "job": "astronaut", "amount": None}
    assert np.isfinite(model.predict_proba(pd.DataFrame([row]))).all()


def test_its_text_names_what_matters() -> None:
    text = repr(small_model("binary"))
    for part in ("'outcome'", "binary", "blend", "linear", "baseline", "AUC", "threshold", "out-of-fold"):
        assert part in text
