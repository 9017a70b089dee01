"""`monotone=`: the whole blend never moves the wrong way, on a grid, with the other columns at real rows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.data.monotone import with_monotone
from lepton_lab.data.table import read_table
from lepton_lab.errors import ColumnError, LeptonError, OptionError
from lepton_lab.fitting.fit import fit
from lepton_lab.pictures import html, text
from lepton_lab.trained import TrainedModel

N_ROWS, N_GRID = 30, 61


def debts(n: int = 300, seed: int = 0) -> pd.DataFrame:
    """Truth is not monotone in what is asked to be: waves of age, an effect of z that turns with age."""
    rng = np.random.default_rng(seed)
    df = pd.DataFrame(
        {
            "income": rng.gamma(2, 1000, n).round(-1),
            "age": rng.integers(18, 80, n).astype(float),
            "job": rng.choice(["none", "some", "well paid"], n),
            "z": rng.normal(size=n),
        }
    )
    slope = np.where(df["job"] == "none", 2.5, 0.4)
    score = -slope * np.tanh((df["income"] - 2000) / 800) + np.sin(df["age"] / 6) + df["z"] * np.sign(df["age"] - 45)
    df["debt"] = 100 * score + 30 * rng.normal(size=n)
    df["bad"] = np.where(score + rng.logistic(size=n) > 0.5, "yes", "no")
    df.loc[rng.random(n) < 0.1, "income"] = np.nan
    return df


def waves(n: int = 250, seed: int = 1) -> pd.DataFrame:
    """A product of two columns: each effect turns its sign with the other."""
    x = np.random.default_rng(seed).normal(size=(n, 3))
    return pd.DataFrame(
        {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": 50 * x[:, 0] * x[:, 1] + 20 * np.sin(3 * x[:, 2])}
    )


CASES = {
    "classes": (debts, "bad", ("debt",), {"income": -1, "z": 1}, "balanced"),
    "number": (debts, "debt", ("bad",), {"income": -1}, None),
    "interactions": (waves, "y", (), {"a": 1, "b": -1, "c": 1}, None),
}


@lru_cache
def trained(case: str) -> tuple[TrainedModel, pd.DataFrame]:
    make, target, ignore, monotone, weights = CASES[case]
    df = make()
    table, task, _ = read_table(df, target=target, ignore=ignore, weights=weights)
    return fit(with_monotone(table, task, monotone), task, quality="fast", weights=weights), df


def along(model: TrainedModel, df: pd.DataFrame, column: str) -> dict[str, np.ndarray]:
    """Logits `(value, row)` of the blend and of each member, while a column takes each value of a grid."""
    low, high, wide = df[column].min(), df[column].max(), 3 * df[column].std()
    grid = np.unique(
        np.concatenate([np.linspace(low, high, N_GRID), df[column].dropna()[:60], [low - wide, high + wide]])
    )
    x = model.encode(pd.concat([df.iloc[:N_ROWS].assign(**{column: value}) for value in grid]))
    found = {"blend": model.logits_x(x), **model.member_logits_x(x)}
    return {name: z[:, 0].reshape(len(grid), N_ROWS).astype(np.float64) for name, z in found.items()}


@pytest.mark.parametrize("case", CASES)
def test_no_member_and_no_blend_moves_the_wrong_way(case: str) -> None:
    model, df = trained(case)
    assert {member.name for member in model.members} == {"linear", "network", "trees"}
    moved = 0.0
    for column, sign in CASES[case][3].items():
        for name, z in along(model, df, column).items():
            unit = max(1.0, getattr(model.task, "scale", 1.0))
            assert (sign * np.diff(z, axis=0)).min() >= -1e-6 * unit, (column, name)
            moved = max(moved, np.ptp(z, axis=0).max() / unit)
    assert moved > 0.3, "monotone, not flat"


def test_a_free_model_turns_and_a_true_constraint_costs_nothing_worth_naming() -> None:
    table, task, _ = read_table(debts(), target="debt", ignore=("bad",))
    free, test = fit(table, task, quality="fast"), debts(1500, seed=7)
    assert np.diff(along(free, debts(), "age")["blend"], axis=0).min() < -1
    assert not any("monotone" in note for note in free.notes)
    bound = ll.evaluate(trained("number")[0], test).metrics["rmse"].value
    assert bound < 1.1 * ll.evaluate(free, test).metrics["rmse"].value


def test_the_promise_is_saved_and_shown(tmp_path) -> None:
    model, df = trained("classes")
    words = "never rises as 'income' rises, never falls as 'z' rises"
    assert model.schema.column("income").monotone == -1
    for shown in (repr(model), text(model), html(model), model.notes[-1]):
        assert words in shown.replace("&#x27;", "'")
    model.save(tmp_path / "m.lepton")
    loaded = ll.load(tmp_path / "m.lepton")
    assert [column.monotone for column in loaded.schema.inputs] == [-1, 0, 0, 1]
    assert [block.monotone for block in loaded.encoder.blocks] == [-1, 0, 0, 1]
    np.testing.assert_array_equal(loaded.logits(df[:50]), model.logits(df[:50]))


def test_a_run_keeps_what_was_asked() -> None:
    model = ll.train(debts(200), target="bad", ignore=["debt"], monotone={"income": -1}, quality="fast", budget=300)
    assert isinstance(model, TrainedModel) and model.run_id
    assert model.config["monotone"] == ll.attach(model.run_id).record.config["monotone"] == {"income": -1}
    for z in along(model, debts(200), "income").values():
        assert np.diff(z, axis=0).max() <= 1e-6


@pytest.mark.parametrize(
    ("target", "monotone", "kind", "words"),
    [
        ("bad", {"incme": -1}, ColumnError, "no column 'incme'.*Did you mean 'income'"),
        ("bad", {"job": 1}, ColumnError, "'job', which is category"),
        ("bad", {"bad": 1}, ColumnError, "which is no input: it is target"),
        ("bad", {"debt": 1}, ColumnError, "which is no input: it is ignored"),
        ("bad", {"income": 2}, OptionError, r"monotone\['income'\] is 2; wanted 1"),
        ("bad", {"income": 0}, OptionError, "is 0; wanted 1"),
        ("bad", {"income": True}, OptionError, "is True; wanted 1"),
        ("bad", {"income": "up"}, OptionError, "is 'up'; wanted 1"),
        ("bad", "income", OptionError, "no dict of columns"),
        ("job", {"income": 1}, OptionError, "'job' has 3 classes"),
    ],
)
def test_what_cannot_be_promised_is_refused(target: str, monotone, kind: type[LeptonError], words: str) -> None:
    with pytest.raises(kind, match=words):
        ll.train(debts(60), target=target, monotone=monotone, ignore=[] if target == "job" else ["debt"])
