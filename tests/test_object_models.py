"""A model of a frame with images and series beside numbers: trained, explained, saved, asked, like any other."""

import zipfile

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import ColumnError, DataError
from lepton_lab.pictures import html, text
from tests.small_encoders import TINY, TINY_IMAGES, TINY_SERIES

N = 1000  # so many that there are no folds: one network is trained


@pytest.fixture(scope="module")
def frame():
    """A bright patch in the image decides, a number helps, the series is noise."""
    draw = np.random.default_rng(0)
    sick = draw.random(N) < 0.4
    images = draw.integers(0, 60, (N, 8, 8), dtype=np.uint8)
    images[sick, 2:4, 2:4] += 120
    waves = [draw.normal(size=(4 + i % 5, 1)) for i in range(N)]
    waves[5] = None
    age = draw.normal(50, 10, N) + 4 * sick
    return pd.DataFrame({"scan": list(images), "wave": waves, "age": age, "ill": np.where(sick, "yes", "no")})


@pytest.fixture(scope="module")
def model(frame):
    return ll.train(frame, target="ill", quality="fast", seed=1, encoders=TINY)


def test_the_network_sees_what_others_cannot(model):
    board = {name: row["auc"].value for name, row in model.leaderboard.items()}
    assert board["network"] > 0.9 and board["blend"] > 0.9 and board["linear"] < 0.85


def test_one_column_is_one_player_and_its_value_is_exact(model, frame):
    rows = frame.iloc[:6].drop(columns="ill")
    found = ll.explain(model, rows)
    assert found.exact and found.feature_names == ("scan", "wave", "age")
    background = dict(zip(rows.columns, model.background_values.T, strict=True))

    def logit(df):
        p = model.predict_proba(df)[:, 1]
        return np.log(p) - np.log1p(-p)

    witness = brute_force(logit, rows, pd.DataFrame({k: list(v) for k, v in background.items()}))
    np.testing.assert_allclose(found.values, witness, atol=2e-4)
    assert np.abs(found.values[:, 0]).mean() > 5 * np.abs(found.values[:, 1]).mean()


def brute_force(logit, rows, background):
    """Shapley values by their definition, from predictions of mixed frames alone."""
    from itertools import combinations
    from math import factorial

    names, n = list(rows.columns), len(rows.columns)
    worth = {}
    for size in range(n + 1):
        for held in combinations(names, size):
            worth[held] = [
                logit(background.assign(**{name: [rows[name].iloc[i]] * len(background) for name in held})).mean()
                for i in range(len(rows))
            ]
    values = np.zeros((len(rows), n))
    for j, name in enumerate(names):
        for held in [h for h in worth if name not in h]:
            weight = factorial(len(held)) * factorial(n - len(held) - 1) / factorial(n)
            with_it = tuple(c for c in names if c in (*held, name))
            values[:, j] += weight * (np.array(worth[with_it]) - np.array(worth[held]))
    return values


def test_a_saved_model_answers_and_explains_alike(model, frame, tmp_path):
    model.save(tmp_path / "scan.lepton")
    again = ll.load(tmp_path / "scan.lepton")
    rows = frame.iloc[:20]
    np.testing.assert_allclose(again.logits(rows), model.logits(rows), atol=1e-6)
    np.testing.assert_allclose(ll.explain(again, rows).values, ll.explain(model, rows).values, atol=1e-5)
    layout = next(member.layout for member in again.members if member.name == "network")
    assert [column.config for column in layout.objects] == [TINY_IMAGES, TINY_SERIES]
    with zipfile.ZipFile(tmp_path / "scan.lepton") as archive:
        assert b'"format": 2' in archive.read("manifest.json")
    model.save(tmp_path / "bare.lepton", background=False)
    with zipfile.ZipFile(tmp_path / "bare.lepton") as archive:
        assert "objects.safetensors" not in archive.namelist()


def test_predictions_keep_no_objects(model, frame):
    shelf = model.encoder.blocks[0].shelf
    before = len(shelf)
    other = frame.assign(scan=list(np.random.default_rng(5).integers(0, 9, (N, 8, 8), dtype=np.uint8)))
    model.predict(other)
    assert len(shelf) == before


def test_the_same_question_in_other_ways(model, frame):
    row = frame.iloc[[0]]
    asked = ll.whatif(model, row)
    answer = asked.set(age=60.0)
    np.testing.assert_allclose(answer.link, model.logits(row.assign(age=60.0))[0], atol=1e-5)
    assert asked.set(scan=None).link != answer.link
    with pytest.raises(ColumnError, match="wants an array"):
        asked.set(scan="image 8 x 8")
    near = asked.nearest()
    assert len(near.rows) and all(row.values["scan"] is not None for row in near.rows)
    assert ll.counterfactuals(model, row, timeout="1s").rows is not None


def test_objects_lie_on_no_axis(model, frame):
    with pytest.raises(ColumnError, match=r"'scan' holds objects.*no curve"):
        ll.partial_dependence(model, "scan", frame)
    assert ll.partial_dependence(model, "age", frame.iloc[:40]).mean.shape


def test_everything_is_shown(model, frame):
    shown = [model, ll.check(frame, target="ill"), ll.evaluate(model, frame), ll.explain(model, frame.iloc[:30])]
    shown += [ll.whatif(model, frame.iloc[[0]]), ll.drift(frame, frame.iloc[:100])]
    for result in shown:
        page = html(result)
        assert len(page) < 200_000 and "ndarray" not in page and text(result)
    assert "image 8 x 8" in html(ll.explain(model, frame.iloc[[0]]))


def test_rows_of_another_kind_are_refused(model, frame):
    with pytest.raises(DataError, match=r"scan.*wanted an array a row"):
        model.predict(frame.assign(scan=3.0))
    with pytest.raises(DataError, match=r"there is no file .picture\.png"):
        model.predict(frame.assign(scan="picture.png"))
