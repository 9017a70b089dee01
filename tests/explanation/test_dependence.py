"""Which column acts together with another, against functions whose interactions are known."""

from __future__ import annotations

import numpy as np
import pytest

import lepton_lab as ll
from lepton_lab import pictures
from lepton_lab.errors import ColumnError, ExplanationError
from lepton_lab.explanation.column_places import places_of, relative_heights
from lepton_lab.explanation.strongest import together
from tests.pictures import examples


def columns_of(*arrays):
    return [places_of(f"c{j}", np.asarray(array, object)) for j, array in enumerate(arrays)]


def shares(effect, *arrays, j=0):
    found = together(np.asarray(effect, float), columns_of(*arrays), j, np.zeros(len(effect), np.int64))
    return found, found.share - found.half > 0


@pytest.fixture(scope="module")
def product():
    """x0 * x1 + sin(x2), and a category that switches x3: exact values, whose partners are known."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 6))
    x[:, 5] = rng.integers(0, 3, 600)

    def fn(rows):
        return rows[:, 0] * rows[:, 1] + np.sin(rows[:, 2]) + rows[:, 3] * (rows[:, 5] == 1)

    return ll.explain(fn, x, background=x[:40])


@pytest.mark.parametrize(("column", "partner"), [(0, 1), (1, 0), (3, 5), (5, 3)])
def test_the_strongest_is_the_column_that_acts_together(product, column, partner):
    found = product.dependence(f"feature {column}")
    assert found.colour == f"feature {partner}"
    assert [one.name for one in found.strengths if one.found] == [f"feature {partner}"]
    np.testing.assert_array_equal(found.values, product.values[:, column])
    np.testing.assert_array_equal(found.colour_own, product.data[:, partner])


def test_a_column_that_acts_alone_has_no_partner(product):
    found = product.dependence("feature 2")
    assert found.colour is None and found.colour_own is None
    assert not any(one.found for one in found.strengths)
    assert found.own_share > 0.99


def test_exact_interactions_say_the_same_where_they_are_known(product):
    fn = lambda rows: rows[:, 0] * rows[:, 1] + np.sin(rows[:, 2]) + rows[:, 3] * (rows[:, 5] == 1)  # noqa: E731
    x = product.data.astype(float)
    known = ll.interactions(fn, x[:20], background=x[:15])
    for column in (0, 3):
        found = product.dependence(f"feature {column}", interactions=known)
        assert found.colour == product.dependence(f"feature {column}").colour
        assert found.measure == "mean |interaction| in output" and np.isnan(found.own_share)
        pair = [column, int(found.colour.split()[1])]
        assert found.strengths[0].value == pytest.approx(2 * np.abs(known.values[:, pair[0], pair[1]]).mean())


@pytest.mark.parametrize("n", [150, 2500])
@pytest.mark.parametrize("seed", range(4))
def test_correlated_columns_without_an_interaction_are_not_found(n, seed):
    """Neither near copies of the column, though its effect has a jump, nor noise."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=n)
    others = [
        own + 0.1 * rng.normal(size=n),
        own + rng.normal(size=n),
        *rng.normal(size=(4, n)),
        rng.choice(list("abc"), n),
    ]
    effect = np.sin(2 * own) + (own > 0.3) + 0.02 * rng.normal(size=n)
    found, sure = shares(effect, own, *others)
    assert found.own > 0.9
    assert not sure[1:].any() or found.share.max() < 0.03


def test_the_share_is_that_of_the_variance_left():
    """Half of what the own value leaves comes from a sign, half from noise: the share is half."""
    rng = np.random.default_rng(1)
    own, sign, noise = rng.normal(size=5000), rng.choice([-1.0, 1.0], 5000), rng.normal(size=5000)
    found, sure = shares(3 * own + sign + noise, own, sign, rng.normal(size=5000))
    assert found.share[1] == pytest.approx(0.5, abs=0.05)
    assert sure.tolist() == [False, True, False]
    assert found.own == pytest.approx(9 / 11, abs=0.02)


def test_missing_values_and_words_take_part():
    rng = np.random.default_rng(2)
    own = rng.normal(size=800)
    other = np.where(rng.random(800) < 0.4, None, rng.normal(size=800)).astype(object)
    found, sure = shares(own * np.array([v is None for v in other]), own, other, rng.choice(["x", None], 800))
    assert sure.tolist() == [False, True, False]
    assert found.share[1] > 0.8


@pytest.mark.parametrize("effect", [np.zeros(50), np.arange(50) * 0.25])
def test_an_effect_without_a_rest_has_no_partner(effect):
    found, sure = shares(effect, np.arange(50), np.arange(50) % 7)
    assert found.own == pytest.approx(1.0) and not sure.any()


def test_few_rows_are_no_reason_to_find_anything():
    found, sure = shares([1.0, 2.0, 3.0], [1, 2, 3], [3, 1, 2])
    assert not sure.any() and found.own == 1.0


def test_rows_of_one_plan_are_held_out_together():
    """An error that all rows of a plan share looks like a function of the column that numbers the plans."""
    rng = np.random.default_rng(3)
    plan, own = np.arange(2000) % 6, rng.normal(size=2000)
    effect = own + rng.normal(size=6)[plan]
    apart = together(effect, columns_of(own, plan), 0, plan)
    mixed = together(effect, columns_of(own, plan), 0, np.zeros(2000, np.int64))
    assert mixed.share[1] > 0.5 > 0.1 > apart.share[1]


def test_a_colour_can_be_chosen_and_a_class():
    ex = examples.explanation(120, n_classes=3)
    found = ex.dependence("age", colour="savings", output="class 2")
    assert (found.colour, found.output_name) == ("savings", "class 2")
    np.testing.assert_array_equal(found.values, ex.values[:, 7, 2])
    assert ex.dependence("age").output_name == ex.output_names[ex.main_output]
    with pytest.raises(ColumnError, match="Did you mean 'age'"):
        ex.dependence("agee")
    with pytest.raises(ColumnError, match="no column"):
        ex.dependence("age", colour="colour")
    with pytest.raises(ExplanationError, match="0 rows"):
        ex[:0].dependence("age")


def test_its_picture_holds_the_numbers_and_no_markup_of_the_users():
    ex = examples.explanation(400, columns=(*examples.NASTY, *examples.COLUMNS[:4]))
    for name in ex.feature_names[:4]:
        found = ex.dependence(name)
        html = pictures.html(found)
        assert "<img" not in html and "<script" not in html and len(html) < 100_000
        assert found.column in pictures.text(found)
    words = pictures.text(ex.dependence(ex.feature_names[0]))
    below = ex.where((ex.feature_names[0], "=", "below 200"))
    assert f"{ex.values[below, 0].mean():+.3f}".replace("-", "−") in words


@pytest.mark.parametrize(
    ("column", "kind", "place"),
    [
        ([1, 2.5, None], "number", [1, 2.5, np.nan]),
        (["2024-01-02", None, "1970-01-02 12:00"], "date", [19_724, np.nan, 1.5]),
        ([np.datetime64("1970-01-03"), np.datetime64("NaT")], "date", [2, np.nan]),
        (["b", "a", "b", None], "category", [0, 1, 0, 2]),
        ([True, False, None], "category", [1, 0, 2]),
        (["2024-01-02", "soon"], "category", [0, 1]),
        ([1, "a"], "category", [0, 1]),
        ([None, None], "category", [0, 0]),
    ],
)
def test_where_values_lie(column, kind, place):
    array = np.empty(len(column), object)
    array[:] = column
    found = places_of("c", array)
    assert found.kind == kind
    np.testing.assert_allclose(found.place, place)


def test_truth_values_have_a_height_and_words_have_none():
    high = relative_heights(places_of("", np.array([True, None, False, True], object)))
    np.testing.assert_array_equal(high, [1, np.nan, 0, 1])
    assert np.isnan(relative_heights(places_of("", np.array(["a", "b"], object)))).all()
