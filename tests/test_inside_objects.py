"""Inside objects: the patch or stretch that decides is found; values add up, and are those of the model's answers."""

from __future__ import annotations

import itertools
import signal
from math import factorial

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import ColumnError, DamagedFileError, ExplanationError, ModelFileError, OptionError
from lepton_lab.explanation.inside.inside_explanation import InsideExplanation
from tests.small_encoders import TINY

N = 1000
STEPS = 8


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """A bright patch makes it a spot, a bump in the second channel a bump; numbers and all else say little."""
    draw = np.random.default_rng(0)
    kind = draw.choice(["none", "spot", "bump"], N, p=[0.4, 0.3, 0.3])
    images = draw.integers(0, 60, (N, 8, 8), dtype=np.uint8)
    images[kind == "spot", 2:4, 4:6] += 150
    waves = draw.normal(size=(N, STEPS, 2))
    waves[kind == "bump", 4:6, 1] += 6
    scans = list(images)
    scans[3] = None
    return pd.DataFrame({"scan": scans, "wave": list(waves), "age": draw.normal(50, 10, N), "kind": kind})


@pytest.fixture(scope="module")
def model(frame):
    return ll.train(frame, target="kind", quality="fast", seed=1, encoders=TINY)


def first(frame: pd.DataFrame, kind: str) -> int:
    return int(np.flatnonzero(frame["kind"] == kind)[0])


def test_values_are_shapley_values_of_the_models_own_predictions(model, frame) -> None:
    """By their definition, from predictions of frames that hold composed images."""
    at = first(frame, "spot")
    found = ll.explain_inside(model, frame, "scan", at=at, parts="patches", n_parts=4, baseline="mean")
    (one,) = found
    row, n = frame.iloc[[at]], 4
    names = model.task.classes
    coalitions = list(itertools.product([0, 1], repeat=n))
    shown = [np.where(np.array(held)[one.owner] == 1, one.shown[:, :, 0], one.hidden[:, :, 0]) for held in coalitions]
    many = pd.concat([row] * len(coalitions), ignore_index=True).assign(scan=shown)
    worth = dict(zip(coalitions, model.logits(many), strict=True))
    for part in range(n):
        value = np.zeros(3)
        for held in worth:
            if not held[part]:
                weight = factorial(sum(held)) * factorial(n - sum(held) - 1) / factorial(n)
                value += weight * (worth[(*held[:part], 1, *held[part + 1 :])] - worth[held])
        np.testing.assert_allclose(one.explanation.values[0, part], value, atol=2e-4)
    assert found.exact and found.output_names == tuple(map(str, names)) and found.unit == "logits"
    np.testing.assert_allclose(
        [one.ends(k) for k in range(3)], np.stack([worth[0, 0, 0, 0], worth[1, 1, 1, 1]], 1), atol=1e-4
    )


def test_the_patch_that_decides_is_found(model, frame) -> None:
    at = first(frame, "spot")
    found = ll.explain_inside(model, frame, "scan", at=at, parts="patches", n_parts=16, baseline="mean", output="spot")
    strongest = found.table().iloc[0]
    assert strongest["part"] == "patch 2, 3" and strongest["low"] > 0 and strongest["row"] == at
    assert not found.exact and found.additivity_gap < 1e-4
    (one,) = found
    base, prediction = one.ends()
    assert one.values().sum() == pytest.approx(prediction - base, abs=1e-4)
    assert prediction == pytest.approx(model.logits(frame.iloc[[at]])[0, found_class(model, "spot")], abs=1e-4)
    hidden = frame.iloc[[at]].assign(scan=[one.hidden[:, :, 0]])
    assert base == pytest.approx(model.logits(hidden)[0, found_class(model, "spot")], abs=1e-4)


def found_class(model, name: str) -> int:
    return list(model.classes).index(name)


def test_the_stretch_that_decides_is_found(model, frame) -> None:
    at = first(frame, "bump")
    found = ll.explain_inside(model, frame, "wave", at=at, n_parts=4, output="bump")
    assert found.exact and found.channels == ("channel 1", "channel 2")
    assert found.table().iloc[0]["part"] == "channel 2, steps 5 to 6"
    (one,) = found
    np.testing.assert_allclose(one.shown, frame["wave"].iloc[at], atol=1e-5)
    hidden = frame.iloc[[at]].assign(wave=[one.hidden])
    assert one.ends()[0] == pytest.approx(model.logits(hidden)[0, found_class(model, "bump")], abs=1e-4)


def test_taking_the_strongest_parts_away_hurts_more_than_any(model, frame) -> None:
    """On the mean over rows of the area under the class's logit, while parts become the baseline one by one."""
    rows = np.flatnonzero(frame["kind"] == "spot")[:6]
    draw, ours, chance = np.random.default_rng(0), [], []
    for at in rows:
        (one,) = ll.explain_inside(model, frame, "scan", at=int(at), parts="patches", n_parts=9, output="spot")
        row, n = frame.iloc[[at]], 9

        def area(order: np.ndarray, one=one, row=row, n=n) -> float:
            gone = np.argsort(order)[None, :] < np.arange(n + 1)[:, None]
            images = [np.where(mask[one.owner], one.hidden[:, :, 0], one.shown[:, :, 0]) for mask in gone]
            many = pd.concat([row] * (n + 1), ignore_index=True).assign(scan=images)
            return float(model.logits(many)[:, found_class(model, "spot")].mean())

        ours.append(area(np.argsort(-one.values())))
        chance.append(np.mean([area(draw.permutation(n)) for _ in range(4)]))
    assert np.mean(ours) < np.mean(chance) - 0.5


def test_previews_say_that_they_are_none_and_gradients_add_up(model, frame) -> None:
    at = first(frame, "spot")
    for column, kind in (("scan", "patches"), ("wave", "time")):
        found = ll.explain_preview(model, frame, inside=column, at=at, parts=kind, n_parts=4, output="spot")
        exact = ll.explain_inside(model, frame, column, at=at, parts=kind, n_parts=4, output="spot")
        assert found.is_preview and not found.exact and found.output_names == ("spot",)
        ends = exact.objects[0].ends()
        assert found.objects[0].ends()[1] == pytest.approx(ends[1], abs=1e-4)
        assert found.objects[0].values().sum() == pytest.approx(ends[1] - ends[0], abs=2e-2 * max(1, abs(np.ptp(ends))))
    heat = ll.explain_preview(model, frame, inside="scan", method="grad_cam", at=at, parts="patches", n_parts=16)
    assert heat.unit == "heat" and heat.objects[0].values().min() >= 0 and "preview" in repr(heat)
    with pytest.raises(ExplanationError, match="grad_cam is for image columns"):
        ll.explain_preview(model, frame, inside="wave", method="grad_cam", at=at)
    with pytest.raises(OptionError, match="Choose one of: 'integrated_gradients', 'grad_cam'"):
        ll.explain_preview(model, frame, inside="wave", method="lime", at=at)


@pytest.mark.parametrize("baseline", ["blur", "black", np.full((8, 8), 9, np.uint8)])
def test_baselines_of_images(model, frame, baseline) -> None:
    found = ll.explain_inside(model, frame, "scan", at=0, n_parts=4, baseline=baseline)
    assert found.additivity_gap < 1e-4 and found.objects[0].hidden.shape == (8, 8, 1)


@pytest.mark.parametrize("baseline", ["own", "bridge", "seasonal:4", np.zeros((STEPS, 2))])
@pytest.mark.parametrize("parts", ["changes", "time"])
def test_baselines_of_series(model, frame, baseline, parts) -> None:
    found = ll.explain_inside(model, frame, "wave", at=0, n_parts=3, baseline=baseline, parts=parts)
    assert found.exact and found.additivity_gap < 1e-4
    assert len(found.objects[0].values()) == (3 if parts == "time" else 6)


def test_several_rows_are_kept_and_taken(model, frame, tmp_path) -> None:
    found = ll.explain_inside(model, frame.iloc[:5], "scan", n_parts=4)
    assert len(found) == 4 and found.row_labels.tolist() == [0, 1, 2, 4]
    assert any("1 row is left out" in note for note in found.notes)
    assert "patch" in repr(found[0]) or "part" in repr(found[0])
    assert found.of(4).row_labels.tolist() == [4] and len(found[1:]) == 3
    assert [one.explanation.truth[0] for one in found] == frame["kind"].iloc[[0, 1, 2, 4]].tolist()
    found.save(tmp_path / "scan.inside")
    again = InsideExplanation.load(tmp_path / "scan.inside")
    assert (again.column, again.kind, again.baseline, again.notes) == ("scan", "image", found.baseline, found.notes)
    for ours, theirs in zip(found, again, strict=True):
        np.testing.assert_array_equal(ours.explanation.values, theirs.explanation.values)
        np.testing.assert_array_equal(ours.owner, theirs.owner)
        np.testing.assert_array_equal(ours.shown, theirs.shown)
    (tmp_path / "cut.inside").write_bytes((tmp_path / "scan.inside").read_bytes()[:300])
    with pytest.raises(DamagedFileError, match="Save it again"):
        InsideExplanation.load(tmp_path / "cut.inside")
    with pytest.raises(ModelFileError, match="cannot read"):
        InsideExplanation.load(tmp_path / "nothing.inside")


def test_shap_draws_it(model, frame) -> None:
    found = ll.explain_inside(model, frame.iloc[:2], "scan", n_parts=4)
    shapes = found.to_shap()
    assert shapes.values.shape == (2, 8, 8, 1, 3) and shapes.data.shape == (2, 8, 8, 1)
    for k, one in enumerate(found):
        np.testing.assert_allclose(shapes.values[k].sum((0, 1, 2)), one.explanation.values[0].sum(0), atol=1e-9)
    waves = ll.explain_inside(model, frame.iloc[:2], "wave", n_parts=2, output="bump")
    assert waves[0].to_shap().feature_names == list(waves.objects[0].explanation.feature_names)
    with pytest.raises(ExplanationError, match=r"Take one: inside\[0\]"):
        waves.to_shap()


def test_a_stop_keeps_the_rows_that_are_done(model, frame) -> None:
    def press(progress) -> None:
        if progress.message.startswith("row 3"):
            signal.raise_signal(signal.SIGINT)

    heard = []
    found = ll.explain_inside(model, frame.iloc[:4], "wave", n_parts=2, report=heard.append)
    assert len(found) == 4 and heard[-1].share == 1 and "row 4 of 4" in heard[-1].message
    stopped = ll.explain_inside(model, frame.iloc[:4], "wave", n_parts=2, report=press)
    assert len(stopped) == 3 and stopped.notes == ("ended after 3 of 4 rows: the other rows are left out.",)
    np.testing.assert_allclose(stopped.objects[2].values(), found.objects[2].values(), atol=1e-9)


def test_a_slow_encoder_is_given_its_time_and_says_so(model, frame, monkeypatch) -> None:
    usual = ll.explain_inside(model, frame, "scan", at=0, n_parts=3)
    monkeypatch.setattr("lepton_lab.explanation.inside.explain_inside.SLOW_READERS", {"small_resnet"})
    monkeypatch.setattr("lepton_lab.explanation.inside.explain_inside.USUAL_EVALUATIONS", 1e12)
    (found,) = ll.explain_inside(model, frame, "scan", at=0, n_parts=3)
    assert "so a row is given 20 s: budget= gives more." in " ".join(found.explanation.notes)
    np.testing.assert_allclose(found.values(), usual.objects[0].values(), atol=1e-6)
    (told,) = ll.explain_inside(model, frame, "scan", at=0, n_parts=3, halfwidth=9)
    assert not any("20 s:" in note for note in told.explanation.notes)


def test_nothing_is_kept_of_what_was_looked_into(model, frame) -> None:
    shelves = [block.shelf for block in model.encoder.blocks if block.kind in ("image", "series")]
    before = [len(shelf) for shelf in shelves]
    other = frame.iloc[:2].assign(scan=list(np.random.default_rng(5).integers(0, 9, (2, 8, 8), dtype=np.uint8)))
    ll.explain_inside(model, other, "scan", n_parts=2)
    assert [len(shelf) for shelf in shelves] == before


def test_what_cannot_be_asked_is_said(model, frame) -> None:
    with pytest.raises(ColumnError, match=r"which column\? 'scan', 'wave'"):
        ll.explain_inside(model, frame)
    with pytest.raises(ColumnError, match="'age' holds one value a row"):
        ll.explain_inside(model, frame, "age")
    with pytest.raises(ColumnError, match="Did you mean 'scan'"):
        ll.explain_inside(model, frame, "scam")
    with pytest.raises(OptionError, match="Choose one of: 'superpixels', 'patches'"):
        ll.explain_inside(model, frame, "scan", at=0, parts="words")
    with pytest.raises(OptionError, match="Choose one of: 'blur', 'mean', 'black'"):
        ll.explain_inside(model, frame, "scan", at=0, baseline="own")
    with pytest.raises(OptionError, match="seasonal:24"):
        ll.explain_inside(model, frame, "wave", at=0, baseline="seasonal")
    with pytest.raises(OptionError, match="n_parts=0"):
        ll.explain_inside(model, frame, "wave", at=0, n_parts=0)
    with pytest.raises(ExplanationError, match="1 to 8"):
        ll.explain_inside(model, frame, "wave", at=0, n_parts=9)
    with pytest.raises(ExplanationError, match="nothing inside to explain"):
        ll.explain_inside(model, frame, "scan", at=3)
    with pytest.raises(OptionError, match="else"):
        ll.explain_inside(model, frame, "scan", at=0, n_parts=2, output="else")
