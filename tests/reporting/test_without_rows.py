"""A report without single rows: values planted in one row, or in too few, are nowhere in it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.reporting.column_summaries import safe_ends
from lepton_lab.trained import TrainedModel
from tests.small_models import small_frame

# In one row each, or in fewer than five: a label, numbers beyond all others, rare words, a date, a text.
PLANTED = {
    "label": "planted-label",
    "number": "98765.4",
    "smallest": "-54321.9",
    "word": "planted job",
    "rare word": "planted rare job",
    "date": "1931-03-07",
    "text": "planted note",
}
TARGETS = {"binary": None, "multiclass": None, "regression": None, "survival": "died"}


def planted_frame(task: str) -> pd.DataFrame:
    df = small_frame(task).rename(index={"r5": PLANTED["label"]})
    df.iloc[5, df.columns.get_loc("amount")] = float(PLANTED["number"])
    df.iloc[6, df.columns.get_loc("amount")] = float(PLANTED["smallest"])
    df.iloc[5, df.columns.get_loc("job")] = PLANTED["word"]
    df.iloc[20:24, df.columns.get_loc("job")] = PLANTED["rare word"]
    df.iloc[5, df.columns.get_loc("since")] = pd.Timestamp(PLANTED["date"])
    df.iloc[5, df.columns.get_loc("note")] = PLANTED["text"]
    if task == "regression":
        df.iloc[5, df.columns.get_loc("outcome")] = 876543.2
    return df


@pytest.fixture(scope="module", params=list(TARGETS))
def model(request) -> TrainedModel:
    trained = ll.train(planted_frame(request.param), target="outcome", event=TARGETS[request.param], quality="fast")
    assert isinstance(trained, TrainedModel)
    return trained


def holds(text: str, planted: str) -> bool:
    """Whether a value is in a text as our pages may write it: with thousands, with a true minus, rounded."""
    if not re.fullmatch(r"-?[\d.]+", planted):
        return planted in text
    number = abs(float(planted))
    spelled = [f"{number:.1f}", f"{number:,.1f}", f"{number:,.0f}", f"{number:.0f}", f"{number:.6g}"]
    # Not as the digits of a longer number, such as a coordinate's.
    return any(re.search(rf"(?<![\w.,]){re.escape(one)}(?![\d])", text) for one in spelled)


@pytest.mark.parametrize("form", ["html", "markdown", "json"])
def test_planted_values_are_nowhere(model, form):
    text = ll.report(model, format=form, with_rows=False).text
    assert [name for name, planted in PLANTED.items() if holds(text, planted)] == []
    assert not holds(text, "876543.2")


def test_the_same_report_with_rows_has_them(model):
    made = ll.report(model, rows=["planted-label"])
    assert [name for name, planted in PLANTED.items() if not holds(made.text, planted)] == ["text"]  # never an input


def test_a_frame_of_ones_own_is_told_of_as_little(model):
    task = model.task.name
    df = planted_frame(task).rename(index={"planted-label": "planted-other"})
    text = ll.report(model, df, with_rows=False).text
    assert not [planted for planted in ("planted-other", *PLANTED.values()) if holds(text, planted)]


def test_the_page_has_no_rows_to_play_with_and_says_so(model):
    made = ll.report(model, with_rows=False)
    assert made.n_rows == 0 and 'id="whatif"' not in made.text
    assert made.card.explained is not None and made.card.explained.explanation is None
    assert all(effect.curves is None for effect in made.card.explained.effects)
    assert "with_rows=False" in made.text and "No single row of the data is in it" in made.text


def test_of_few_rows_no_curve_is_drawn():
    df = small_frame("binary", n=49)
    made = ll.report(ll.train(df, target="outcome", quality="fast"), with_rows=False)
    assert made.card.results.evaluation is None
    assert any("of so few rows" in line for line in made.card.left_out)


def test_ends_of_ranges_are_no_ones_own():
    numbers = np.random.default_rng(0).normal(1000, 200, 500)
    ends = safe_ends(numbers)
    assert ends is not None and not set(ends) & set(numbers)
    assert (numbers < ends[0]).sum() >= 5 and (numbers > ends[2]).sum() >= 5
    assert safe_ends(numbers[:99]) is None
