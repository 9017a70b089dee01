"""Counterfactuals: limits kept absolutely, every alternative true of the real model, the cheapest one found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lepton_lab as ll
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, ExplanationError, OptionError
from lepton_lab.explanation.counterfactual.find import Asked, find_counterfactuals
from lepton_lab.explanation.counterfactual.values import Limits
from lepton_lab.explanation.estimate import Pace
from lepton_lab.fitting.fit import fit
from tests.compiling import compiling
from tests.explanation.counterfactual.blended_models import blended, small_model
from tests.reference.all_counterfactuals import nearest
from tests.small_models import small_frame

NUMBERS = ("amount", "age")
COLUMNS = ("amount", "age", "job", "owner", "since")


def rows_like(task: str, n: int, seed: int = 5) -> pd.DataFrame:
    return small_frame(task, n, seed)


def alternatives(found):
    return found.to_frame().query("valid")


@lru_cache
def grid_frame() -> pd.DataFrame:
    """Independent columns of few values, so that every combination can be tried."""
    rng = np.random.default_rng(3)
    n = 400
    df = pd.DataFrame(
        {"a": rng.integers(0, 7, n), "b": rng.integers(0, 5, n) * 10, "kind": rng.choice(["x", "y", "z", "w"], n)}
    )
    z = df["a"] - 3 + df["b"] / 15 - 1.5 + 1.5 * (df["kind"] == "z") * (df["a"] > 2) + rng.normal(size=n)
    df["bad"] = np.where(z > 1.5, "yes", "no")
    return df


@lru_cache
def grid_model():
    table, task, _ = read_table(grid_frame(), target="bad")
    with compiling(least=False):
        return blended(fit(table, task, quality="fast"))


def without_network(model):
    return blended(model, ("linear", "trees"))


# The cheapest, and the unreachable, against every combination there is


@pytest.mark.parametrize("network", [True, False], ids=["blend", "no network"])
@pytest.mark.parametrize(("reach", "fixed"), [(None, ()), ("<0.1", ("kind",)), (">0.8", ("a",))])
def test_the_cheapest_way_and_what_is_out_of_reach_are_those_of_all_combinations(network, reach, fixed):
    model = grid_model() if network else without_network(grid_model())
    known = grid_frame().drop(columns="bad")
    df = known.sample(16, random_state=1)
    found = ll.counterfactuals(model, df, reach=reach, immutable=fixed, n=7, timeout=None)  # every way
    low, high = {None: (None, None), "<0.1": (None, 0.1), ">0.8": (0.8, None)}[reach]
    for i, row in enumerate(found):
        was = model.predict(df.iloc[[i]]).iloc[0]

        def reached(said, was=was):
            if reach is None:
                return said["prediction"] != was["prediction"]
            p = said["probability_yes"]
            return p < high if low is None else p > low

        best = nearest(model, df.iloc[i], known, reached, fixed)
        if bool(reached(model.predict(df.iloc[[i]])).iloc[0]):
            assert row.reason.startswith("it is there already") and not row.alternatives
        elif np.isinf(best):
            assert row.reason.startswith("no change of the allowed columns reaches it: the best reached 0.")
            assert row.closest is not None and not row.closest.valid
        else:
            assert min(a.distance for a in row) == pytest.approx(best, abs=1e-6)


def test_one_number_of_a_linear_model_moves_exactly_as_far_as_its_closed_form():
    """`z = w x + c`: the nearest known value beyond `(z* - c) / w`, and not one further."""
    model = blended(small_model("regression"), ("linear",))
    df = rows_like("regression", 6)
    known = np.unique(small_frame("regression")["age"])
    ages = pd.concat([df.iloc[[0]]] * len(known)).assign(age=known)
    answers = model.predict(ages)["prediction"].to_numpy()
    target = float(np.median(answers)) + 1e-3
    others = [c for c in COLUMNS if c != "age"]
    found = ll.counterfactuals(model, df.iloc[[0]], reach=f">{target}", immutable=others, timeout=None)
    own = df["age"].iloc[0]
    there = known[answers > target]
    best = there[np.abs(there - own).argmin()]
    if answers[known == own][0] > target:
        assert "already" in found[0].reason
    else:
        assert [c.after for c in found[0][0].changes] == [best]


# What holds for every alternative


@pytest.mark.parametrize(
    ("task", "reach"),
    [
        ("binary", None),
        ("binary", "good"),
        ("binary", "<25%"),
        ("multiclass", "high"),
        ("multiclass", "low"),
        ("regression", ">600"),
        ("regression", (450, 500)),
    ],
)
def test_every_alternative_is_what_was_asked_for_of_the_real_model(task, reach):
    model, df = small_model(task), rows_like(task, 12)
    found = ll.counterfactuals(model, df, reach=reach, timeout=None)
    frame = alternatives(found)
    assert found.n_reached >= 3 and len(frame) == sum(len(row) for row in found)
    said, before = model.predict(frame), model.predict(df.loc[frame["row"]])
    if reach == "<25%":
        assert (said[f"probability_{model.classes[1]}"] < 0.25).all()
    elif reach is None:
        assert (said["prediction"].to_numpy() != before["prediction"].to_numpy()).all()
    elif isinstance(reach, tuple):
        assert said["prediction"].between(*reach).all()
    elif task == "regression":
        assert (said["prediction"] > 600).all()
    else:
        assert (said["prediction"] == reach).all()
    number = said["prediction"] if task == "regression" else None
    if task == "binary":
        number = said[f"probability_{model.classes[1]}"]
    if number is not None:
        np.testing.assert_allclose(frame["after"], number, rtol=1e-9)


def test_values_occur_whole_numbers_stay_whole_and_nothing_becomes_missing():
    model, df, known = small_model("binary"), rows_like("binary", 20), small_frame("binary")
    found = ll.counterfactuals(model, df, n=6, timeout=None)
    frame = alternatives(found)
    for row in found:
        for a in row:
            assert a.changes and len(set(a.columns)) == len(a.columns)
            for change in a.changes:
                assert change.after is not None and change.after != change.before
                assert change.before == row.values[change.column]
                seen = set(known[change.column].astype(str)) if change.column == "since" else set(known[change.column])
                assert change.after in seen
    assert frame["age"].dtype.kind == "i"
    unchanged = [
        (frame[c].to_numpy()[i], df.loc[frame["row"].iloc[i], c])
        for c in COLUMNS
        for i in range(len(frame))
        if c not in frame["changed"].iloc[i].split(", ")
    ]
    assert all(a == b or (pd.isna(a) and pd.isna(b)) for a, b in unchanged)


def test_the_ways_of_a_row_are_best_first_and_none_contains_another():
    found = ll.counterfactuals(small_model("binary"), rows_like("binary", 20), timeout=None)
    for row in found:
        ways = [frozenset(a.columns) for a in row]
        pairs = [(i, k) for i in range(len(ways)) for k in range(len(ways)) if i != k]
        for i, k in pairs:
            if ways[i] >= ways[k]:  # then by other categories, never by the same ones
                assert {c.after for c in row[i].changes} != {c.after for c in row[k].changes}
        costs = [a.distance + 1.5 * len(a.unlikely) + 0.5 * (1 - a.plausibility) for a in row]
        assert costs == sorted(costs)


limits = st.fixed_dictionaries(
    {
        "immutable": st.lists(st.sampled_from(COLUMNS), max_size=3, unique=True),
        "age": st.none() | st.tuples(st.integers(18, 50), st.integers(51, 80)),
        "job": st.none() | st.lists(st.sampled_from(["clerk", "smith", "nurse", "cook"]), min_size=1, unique=True),
        "since": st.sampled_from([None, (None, "2021-06-01"), ("2020-06-01", None)]),
        "grows": st.lists(st.sampled_from(NUMBERS), max_size=1),
        "shrinks": st.lists(st.sampled_from(["since"]), max_size=1),
        "seed": st.integers(0, 5),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(limits)
def test_limits_are_kept_absolutely(asked):
    model, df = small_model("binary"), rows_like("binary", 4)
    bounds = {name: asked[name] for name in ("age", "job", "since") if asked[name] is not None}
    found = ll.counterfactuals(
        model, df, immutable=asked["immutable"], bounds=bounds, only_increase=asked["grows"],
        only_decrease=asked["shrinks"], n=3, timeout=None, seed=asked["seed"],
    )  # fmt: skip
    for row in found:
        for a in (*row, *([row.closest] if row.closest else [])):
            for change in a.changes:
                name, after = change.column, change.after
                assert name not in asked["immutable"]
                if name in asked["grows"]:
                    assert change.before is not None and after > change.before
                if name in asked["shrinks"]:
                    assert after < change.before
                if name == "age" and asked["age"]:
                    assert asked["age"][0] <= after <= asked["age"][1]
                if name == "job" and asked["job"]:
                    assert after in asked["job"]
                if name == "since" and asked["since"]:
                    low, high = asked["since"]
                    assert (low is None or after >= low) and (high is None or after <= high)


def test_the_same_seed_gives_the_same_alternatives():
    model, df = small_model("binary"), rows_like("binary", 10)
    first, again = (ll.counterfactuals(model, df, timeout=None, seed=4) for _ in range(2))
    assert first.rows == again.rows


def test_rows_are_answered_alike_alone_and_together():
    model, df = small_model("binary"), rows_like("binary", 70)
    together = ll.counterfactuals(model, df, timeout=None, n=1)
    assert len(together) == 70
    alone = ll.counterfactuals(model, df, at=66, timeout=None, n=1)
    assert alone[0].label == together[66].label == df.index[66]
    assert bool(alone[0].alternatives) == bool(together[66].alternatives)


# Time-outs, by a clock that counts questions


@dataclass(frozen=True)
class Countdown(Pace):
    """Over after it was asked so many times whether it is."""

    calls: list[int] = field(default_factory=lambda: [0])

    def ended(self, next_chunk_s: float = 0.0) -> str:
        self.calls[0] -= 1
        return "budget" if self.calls[0] < 0 else ""


@pytest.mark.parametrize("left", [0, 1, 2, 4, 8, 16, 40])
def test_whenever_the_time_is_over_a_true_result_comes_back(left):
    model, df = small_model("binary"), rows_like("binary", 70)
    table = read_like(model.schema, df)
    found = find_counterfactuals(model, table, Asked(), Countdown(budget_s=0.5, calls=[left]))
    assert len(found) == 70 and found.ended == "budget"
    frame = alternatives(found)
    said, before = model.predict(frame), model.predict(df.loc[frame["row"]])
    assert (said["prediction"].to_numpy() != before["prediction"].to_numpy()).all()
    late = [row for row in found if not row.alternatives]
    assert late and any("time-out of 0.5 s" in row.reason and "timeout=" in row.reason for row in late)


def test_more_time_never_loses_a_row():
    model = small_model("binary")
    table = read_like(model.schema, rows_like("binary", 20))
    reached = [
        find_counterfactuals(model, table, Asked(), Countdown(budget_s=0.5, calls=[left])).n_reached
        for left in (0, 4, 8, 16, 32)
    ]
    assert reached == sorted(reached) and reached[0] == 0 and reached[-1] >= 15


def test_a_stop_returns_the_rows_done_so_far():
    model = small_model("binary")
    table = read_like(model.schema, rows_like("binary", 140))
    pace = Pace()
    told = []
    pace = replace(pace, report=lambda p: (told.append(p), pace.stop.set()))
    found = find_counterfactuals(model, table, Asked(n=1), pace)
    assert len(told) == 1 and found.ended == "stop"
    assert found[0].alternatives or found[0].reason
    assert found[139].reason.startswith("stopped before one was found: none was tried")


# Without training rows, and bad questions


def test_a_loaded_model_uses_the_values_it_kept_and_says_so(tmp_path):
    small_model("binary").save(tmp_path / "m.lepton")
    model, df = ll.load(tmp_path / "m.lepton"), rows_like("binary", 8)
    found = ll.counterfactuals(model, df, timeout=None)
    assert found.n_reached and "only 100 known rows" in found.notes[0]
    kept = {name: set(model.background_values[:, j]) for j, name in enumerate(model.schema.names)}
    assert all(c.after in kept[c.column] for row in found for a in row for c in a.changes if c.column in NUMBERS)
    more = ll.counterfactuals(model, df, background=small_frame("binary"), timeout=None)
    assert "300 known rows" in more.notes[0]
    small_model("binary").save(tmp_path / "bare.lepton", background=False)
    with pytest.raises(ExplanationError, match="background=df_train"):
        ll.counterfactuals(ll.load(tmp_path / "bare.lepton"), df)


@pytest.mark.parametrize(
    ("task", "options", "error", "words"),
    [
        ("multiclass", {}, OptionError, "what is to be reached. Type: reach='high'"),
        ("regression", {}, OptionError, "Type: reach='<100'"),
        ("binary", {"reach": "goood"}, OptionError, "Did you mean 'good'"),
        ("binary", {"reach": "<1.5"}, OptionError, "between 0 and 1"),
        ("binary", {"reach": (0.1, 0.2)}, OptionError, "no goal for a binary target"),
        ("multiclass", {"reach": "<0.5"}, OptionError, "no goal for a multiclass target"),
        ("regression", {"reach": (5, 5)}, OptionError, "holds no number"),
        ("regression", {"reach": (None, None)}, OptionError, "holds no number"),
        ("regression", {"reach": ("a", 5)}, OptionError, "no goal for a regression target"),
        ("binary", {"immutable": ["agee"]}, ColumnError, "Did you mean 'age'"),
        ("binary", {"immutable": "age"}, OptionError, "immutable=\\['age'\\]"),
        ("binary", {"immutable": COLUMNS}, OptionError, "nothing is left to change"),
        ("binary", {"bounds": {"age": 40}}, OptionError, "neither a pair nor a list"),
        ("binary", {"bounds": {"age": ("old", None)}}, OptionError, "wanted a number"),
        ("binary", {"bounds": {"since": ("soon", None)}}, OptionError, "wanted a date"),
        ("binary", {"bounds": {"job": ("a", "b")}}, OptionError, "holds no numbers"),
        ("binary", {"only_increase": ["job"]}, OptionError, "has no order"),
        ("binary", {"only_increase": ["age"], "only_decrease": ["age"]}, OptionError, "only grow and to only shrink"),
        ("binary", {"n": 0}, OptionError, "n=0"),
        ("binary", {"seed": -1}, OptionError, "seed=-1"),
        ("binary", {"timeout": "soon"}, OptionError, "soon"),
    ],
)
def test_a_bad_question_says_what_to_type(task, options, error, words):
    with pytest.raises(error, match=words):
        ll.counterfactuals(small_model(task), rows_like(task, 3), **options)


def test_only_trained_models_have_counterfactuals():
    with pytest.raises(OptionError, match=r"ll\.train"):
        ll.counterfactuals(lambda x: x, small_frame("binary"))


def test_a_class_called_like_a_comparison_is_a_class():
    from lepton_lab.tasks import Binary

    model = replace(small_model("binary"), task=Binary("<=50K", ">50K"))
    found = ll.counterfactuals(model, rows_like("binary", 8), reach=">50K", timeout=None)
    assert found[0].wanted == "predicted '>50K'"


def test_no_rows_is_an_error():
    model = small_model("binary")
    table = read_like(model.schema, rows_like("binary", 3)).take(np.zeros(0, int))
    with pytest.raises(ExplanationError, match="0 rows"):
        find_counterfactuals(model, table, Asked(limits=Limits()), Pace())
