"""The frozen result: slices, shap's plots, importance with honest intervals."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lepton_lab.errors import DamagedFileError, ExplanationError, ModelFileError, NewerFormatError, OptionError
from lepton_lab.explanation.estimate import T_95, Pace
from lepton_lab.explanation.exact import exact_values
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.importance import mean_importance
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.walks import WalkOptions, walk_values
from tests.explanation.models import MLP, mlp_params, table

N = 24


def explanation(n_outputs=1, n=N, mixed=True):
    """One with text, a flag, dates and gaps in its data."""
    rng = np.random.default_rng(0)
    tail = (n_outputs,) if n_outputs > 1 else ()
    values = rng.normal(size=(n, 4, *tail))
    base = np.full((n, *tail), 0.5)
    data = rng.normal(size=(n, 4))
    if mixed:
        data = data.astype(object)
        data[:, 1] = rng.choice(["rent", "own", None], n)
        data[:, 2] = rng.choice([True, False], n)
        data[:, 3] = [dt.datetime(2020, 1, 1 + int(d)) for d in rng.integers(0, 20, n)]
    return Explanation(
        values=values,
        base_values=base,
        data=data,
        feature_names=("income", "home", "flag", "since"),
        error_std=np.full_like(values, 0.1),
        exact=False,
        prediction=base + values.sum(axis=1),
        output_names=tuple(f"class {k}" for k in range(n_outputs)),
        unit="log-odds",
        row_labels=np.array([f"row {i}" for i in range(n)], dtype=object),
        plan=np.arange(n) % 16,
        method="test",
        n_evaluations=1,
        seconds=1.0,
        half_gap=0.1 * rng.normal(size=values.shape),
    )


def _through_a_file(ex):
    with tempfile.TemporaryDirectory() as folder:
        ex.save(Path(folder) / "ex.explanation")
        return Explanation.load(Path(folder) / "ex.explanation")


def _same(left, right):
    for field in dataclasses.fields(Explanation):
        ours, theirs = getattr(left, field.name), getattr(right, field.name)
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
            assert all(a == b or (a != a and b != b) for a, b in zip(ours.ravel(), theirs.ravel(), strict=True))
        else:
            assert ours == theirs and type(ours) is type(theirs)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_what_is_saved_comes_back_equal(n_outputs):
    ex = explanation(n_outputs)
    ex = dataclasses.replace(ex, notes=("Zürich", "two"), model_std=np.abs(ex.values))
    _same(_through_a_file(ex), ex)
    _same(_through_a_file(ex[3]), ex[3])
    _same(_through_a_file(ex[:0]), ex[:0])


def test_any_value_of_a_user_comes_back_equal():
    own = [None, True, 0, -3, 2**60, 0.1, float("nan"), float("inf"), "", "Zürich", dt.date(2020, 1, 2),
           dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.time(3, 4), dt.timedelta(1, 2, 3), (1, "a"),
           np.datetime64("2020-01-02"), np.float32(0.1), np.int8(3), np.str_("x"), np.bool_(True)]  # fmt: skip
    n = len(own)
    data = np.empty((n, 4), dtype=object)
    data[:, 0], data[:, 1:] = own, "x"
    labels = np.empty(n, dtype=object)
    labels[:] = own
    ex = dataclasses.replace(explanation(n=n), data=data, row_labels=labels)
    back = _through_a_file(ex)
    for ours, theirs in zip([*data[:, 0], *labels], [*back.data[:, 0], *back.row_labels], strict=True):
        assert ours == theirs or (ours != ours and theirs != theirs)
        assert isinstance(ours, (bool, np.bool_)) == isinstance(theirs, bool)
    dates = dataclasses.replace(ex, row_labels=np.arange(n).astype("datetime64[D]"))
    np.testing.assert_array_equal(_through_a_file(dates).row_labels, dates.row_labels)


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "ex.explanation"
    with pytest.raises(ModelFileError, match=r"cannot read an explanation.*No such file"):
        Explanation.load(path)
    with pytest.raises(ModelFileError, match="cannot write the explanation"):
        explanation().save(tmp_path / "nowhere" / "ex")
    explanation().save(path)
    whole = path.read_bytes()
    for part in (b"", b"no zip", whole[: len(whole) // 2], whole[:-30]):
        path.write_bytes(part)
        with pytest.raises(DamagedFileError, match="is damaged, or no explanation"):
            Explanation.load(path)
    assert [p.name for p in tmp_path.iterdir()] == ["ex.explanation"]


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"format": 99}, NewerFormatError, "a later one"),
        ({"kind": "model"}, DamagedFileError, "another kind"),
        ({"feature_names": ["a"]}, DamagedFileError, "has shape"),
        ({"values": None}, DamagedFileError, "damaged"),
        ({"data": {"code": "x"}}, DamagedFileError, "damaged"),
    ],
)
def test_files_that_say_something_else(tmp_path, change, error, says):
    first, second = tmp_path / "ex", tmp_path / "changed"
    explanation().save(first)
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(second, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "explanation.json":
                content = json.dumps(json.loads(content) | change).encode()
            if name.removeprefix("arrays/").removesuffix(".npy") not in change:
                new.writestr(name, content)
    with pytest.raises(error, match=says):
        Explanation.load(second)


def test_one_output_of_several():
    ex = explanation(3)
    one = ex.output("class 1")
    assert one.shape == (N, 4) and one.output_names == ("class 1",)
    np.testing.assert_array_equal(one.values, ex.values[..., 1])
    np.testing.assert_array_equal(one.half_gap, ex.half_gap[..., 1])
    assert one.additivity_gap < 1e-12 and one.data is ex.data
    for same in (ex.output(1), ex[..., 1], ex[..., "class 1"], ex[:, :, -2], one.output("class 1"), one[...]):
        np.testing.assert_array_equal(same.values, one.values)
    np.testing.assert_array_equal(ex[3:5, :, "class 1"].values, ex.values[3:5, :, 1])
    mask = ex.values[:, 0, 0] > 0
    np.testing.assert_array_equal(ex[mask, :, 1].values, ex.values[mask][..., 1])
    assert ex[3, :, 0].one_row and ex[3, ...].shape == (1, 4, 3)
    with pytest.raises(OptionError, match=r"output='clas 1' is not known. Did you mean 'class 1'"):
        ex.output("clas 1")
    with pytest.raises(OptionError, match="output=3"):
        ex[..., 3]
    for features in ((slice(None), "home"), (slice(None), 1), (0, [1, 2]), (0, slice(None), 1, 1)):
        with pytest.raises(ExplanationError, match="keeps all its features"):
            ex[features]


def _shown(plot, *args, **kwargs):
    import matplotlib.pyplot as plt

    plot(*args, show=False, **kwargs)
    assert plt.gcf().axes
    plt.close("all")


@pytest.fixture(scope="module")
def drawn():
    """One output of each sort of explanation, as shap has it."""
    one, many = explanation(), explanation(3)
    return {
        "one": one.to_shap(),
        "sliced": one[:10].to_shap(),
        "class": many.to_shap()[:, :, 1],
        "class by name": many[3:20].to_shap()[:, :, "class 2"],
        "numbers": explanation(mixed=False).to_shap(),
        "output": many.output("class 1").to_shap(),
        "output of some rows": many[2:20, :, -1].to_shap(),
        "loaded": _through_a_file(one[4:]).to_shap(),
        "groups": dataclasses.replace(one, data=np.full(one.data.shape, "zip=8001, city=Bern", object)).to_shap(),
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "which", [
        "one", "sliced", "class", "class by name", "numbers", "output", "output of some rows", "loaded", "groups"
    ],
)  # fmt: skip
def test_every_plot_of_shap_takes_it(drawn, which):
    import shap

    ex = drawn[which]
    for name in ("beeswarm", "bar", "heatmap", "violin"):
        _shown(getattr(shap.plots, name), ex)
    for feature in range(4) if which == "one" else (1,):
        _shown(shap.plots.scatter, ex[:, feature])
    _shown(shap.plots.scatter, ex[:, 0], color=ex[:, 1])
    _shown(shap.plots.waterfall, ex[0])
    _shown(shap.plots.bar, ex[0])
    _shown(shap.plots.force, ex[0], matplotlib=True)
    _shown(shap.plots.decision, float(ex.base_values[0]), ex.values, feature_names=list(ex.feature_names))


@pytest.mark.filterwarnings("ignore")
def test_one_row_has_no_row_axis_in_shap():
    import shap

    one, many = explanation()[5].to_shap(), explanation(3)[-1].to_shap()
    assert one.values.shape == (4,) and isinstance(one.base_values, float)
    assert many.values.shape == (4, 3) and many.base_values.shape == (3,)
    for ex in (one, many[:, 1]):
        _shown(shap.plots.waterfall, ex)
        _shown(shap.plots.force, ex, matplotlib=True)


def test_shap_gets_bounds_numbers_and_the_users_own_values():
    ours = explanation()
    theirs = ours.to_shap()
    np.testing.assert_allclose(theirs.upper_bounds - theirs.values, T_95 * ours.error_std)
    np.testing.assert_array_equal(theirs.error_std, ours.error_std)
    home = ours.data[:, 1]
    assert set(theirs.data[home == "own", 1]) == {0.0} and set(theirs.data[home == "rent", 1]) == {1.0}
    assert np.isnan(theirs.data[[v is None for v in home], 1].astype(float)).all()
    assert set(theirs.display_data[:, 1]) == {"own", "rent", "missing"}
    assert explanation(mixed=False).to_shap().display_data is None


def test_rows_by_position():
    ex = explanation(3)
    assert len(ex) == N and ex[2:5].shape == (3, 4, 3)
    np.testing.assert_array_equal(ex[[4, 1]].values, ex.values[[4, 1]])
    np.testing.assert_array_equal(ex[ex.values[:, 0, 0] > 0].row_labels, ex.row_labels[ex.values[:, 0, 0] > 0])
    assert ex[-1].shape == (1, 4, 3) and ex[-1].row_labels[0] == f"row {N - 1}"
    assert ex[3].one_row and not ex[3:4].one_row
    with pytest.raises(IndexError, match="row 24"):
        ex[N]
    assert [e.row_labels[0] for e in explanation(n=3)] == ["row 0", "row 1", "row 2"]


def test_nothing_to_draw():
    with pytest.raises(ExplanationError, match="0 rows"):
        explanation()[:0].to_shap()


def test_additivity_gap_is_relative_to_the_distance():
    ex = explanation()
    assert ex.additivity_gap < 1e-12
    off = Explanation(**{**vars(ex), "prediction": ex.prediction + 0.5})
    assert 0.05 < off.additivity_gap <= 0.5


def test_importance_is_sorted_and_named():
    ex = explanation(3)
    found = ex.importance()
    assert (np.diff(found.values) <= 0).all()
    assert [ex.feature_names[j] for j in found.order] == list(found.feature_names)
    assert (found.lower_bounds < found.values).all() and (found.values < found.upper_bounds).all()
    np.testing.assert_allclose(found.by_output.mean(axis=1), found.values)
    rough = np.abs(ex.values).mean(axis=(0, 2))[found.order]
    np.testing.assert_allclose(found.values, rough, rtol=0.05)


def test_importance_of_exact_values_has_no_error():
    values = np.random.default_rng(0).normal(size=(30, 3))
    found = mean_importance(values, np.zeros_like(values), None, np.zeros(30, dtype=int), ("a", "b", "c"), ("out",))
    np.testing.assert_allclose(found.values, np.sort(np.abs(values).mean(0))[::-1])
    assert not found.error_std.any()


def test_importance_intervals_cover_the_exact_importance():
    """Walk errors shared within plans, and all: 95 % intervals of means hold about 95 % of exact means."""
    params, x, background = mlp_params(3), table(30, 96), table(31, 40)
    game, weights, rows = JaxGame(MLP, params, x, background), np.full(40, 1 / 40), np.arange(96)
    names, out = tuple("abcdef"), ("out",)
    exact = exact_values(game, rows, weights, Pace())
    truth = np.abs(exact.values).mean(axis=(0, 2))
    hits, pulls = [], []
    for seed in range(30):
        found = walk_values(game, rows, weights, WalkOptions(seed=seed), Pace())
        importance = mean_importance(found.values, np.sqrt(found.variance), found.half_gap, found.plan, names, out)
        wanted = truth[importance.order]
        hits.append((importance.lower_bounds <= wanted) & (wanted <= importance.upper_bounds))
        pulls.append((importance.values - wanted) / importance.error_std)
    assert 0.9 < np.mean(hits) < 0.99
    assert abs(np.mean(pulls)) < 0.35


def test_noise_does_not_look_like_importance():
    """Part of what noise adds to |value| is taken off, and no more than that."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(4000, 1))
    found = mean_importance(noise, np.ones_like(noise), noise, np.arange(4000) % 16, ("a",), ("out",))
    assert found.values[0] < 0.8 * np.abs(noise).mean()
    clear = 3 + noise
    found = mean_importance(clear, np.ones_like(noise), noise, np.arange(4000) % 16, ("a",), ("out",))
    assert abs(found.values[0] - 3) < 0.05


def test_rows_of_a_plan_share_its_error():
    """Errors that are the same within plans do not average out over a plan's rows, only over plans."""
    rng = np.random.default_rng(0)
    plan = np.arange(1600) % 16
    gaps = rng.normal(size=16)
    found = mean_importance(np.ones((1600, 1)), np.zeros((1600, 1)), gaps[plan][:, None], plan, ("a",), ("out",))
    np.testing.assert_allclose(found.error_std[0], np.sqrt(np.mean(gaps**2) / 16))
