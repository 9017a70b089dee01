"""Every panel at the edges: 200 columns, 10,000 values in one, 5 million rows, many runs; small and safe all the same.

The what-if panel's edges are in test_panels_whatif.py, the data panel's columns in test_panels_data.py, the beeswarm's
in test_panels_explanation.py and test_panels_messages.py.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.data.quality import check_table
from lepton_lab.data.table import read_like
from lepton_lab.evaluation.decisions import thresholds_of
from lepton_lab.evaluation.report import evaluate_rows
from lepton_lab.journal import create_run, home
from lepton_lab.notebook.panels import result_messages
from lepton_lab.notebook.panels.data import DataPanel
from lepton_lab.notebook.panels.explanation import AT_MOST_ROWS, ExplanationPanel
from lepton_lab.notebook.panels.result import ROWS_AT_ONCE, ResultPanel
from lepton_lab.notebook.panels.runs import RunsPanel
from lepton_lab.notebook.panels.training import TrainingPanel
from lepton_lab.training.attribution import Attribution
from tests.evaluation.linear_models import linear_model
from tests.pictures import examples, result_examples
from tests.pictures.examples import NASTY

pytestmark = pytest.mark.usefixtures("recorded")
MANY = 5_000_000


def told(panel, kind: str) -> dict:
    return next(content for content, _ in reversed(panel.comm.custom) if content["type"] == kind)


def is_small_and_safe(panel) -> None:
    """Under half a megabyte to the page and the notebook, and no markup of the user's."""
    sent = json.dumps([content for content, _ in panel.comm.custom], allow_nan=False)
    assert len(sent) + sum(len(b) for _, buffers in panel.comm.custom for b in buffers) < 500_000
    html = panel.twin_html()
    assert len(html) < 200_000
    assert "<img" not in html and "<script" not in html


def test_a_result_of_200_columns_and_10_000_words():
    n = 10_000
    rng = np.random.default_rng(0)
    df = result_examples.frame(n=n).assign(**{f"c{j}": rng.normal(size=n) for j in range(196)})
    df["word"] = [f"{NASTY[0]} {i}" for i in range(n)]
    model = linear_model(df, "bad", "binary")
    panel = ResultPanel(evaluate_rows(model, read_like(model.schema, df, task=model.task, need_target=True)))
    for kind in ("ready", "errors"):
        panel.comm.say({"type": kind, "view": "v"})
    assert told(panel, "errors")["nodes"]
    is_small_and_safe(panel)


def test_five_million_scores_are_a_few_thousand_numbers():
    rng = np.random.default_rng(0)
    scores = rng.random(MANY)
    found = result_examples.evaluated()
    one = found.against_rest(found.classes[1])
    many = replace(one, thresholds=thresholds_of(scores < rng.random(MANY), scores, np.ones(MANY)))
    fake = type("Fake", (), {"against_rest": lambda *_: many, "classes": found.classes, "costs": None,
                             "threshold": found.threshold})()  # fmt: skip
    message, buffer = result_messages.one_class(fake, 1)
    assert message["positives"] + message["negatives"] == MANY
    assert len(buffer) < 60_000
    panel = ResultPanel(replace(found, n_rows=MANY))
    panel.comm.say({"type": "ready"})
    assert MANY > ROWS_AT_ONCE and not told(panel, "ready")["askErrors"], "the tree is looked for when it is asked for"


def test_five_million_rows_are_checked_by_a_sample_and_said_so():
    rng = np.random.default_rng(0)
    df = pd.DataFrame({NASTY[0]: rng.normal(size=MANY).astype(np.float32), "bad": rng.integers(0, 2, MANY)})
    panel = DataPanel(check_table(df, target="bad"))
    for message in ({"type": "ready"}, {"type": "cards", "from": 0}):
        panel.comm.say(message)
    assert f"of the {MANY:,} rows was looked at" in " ".join(told(panel, "data")["notes"])
    is_small_and_safe(panel)


def test_more_explained_rows_than_are_drawn_stay_as_many_in_what_is_computed():
    ex = examples.explanation(100_000, columns=("a", NASTY[0]))
    panel = ExplanationPanel(ex)
    panel.comm.say({"type": "ready"})
    message, buffers = panel.comm.custom[-1]
    assert len(message["labels"]) == AT_MOST_ROWS
    assert sum(map(len, buffers)) < 60 * AT_MOST_ROWS, "effects, shades and cells of two columns"
    assert message["columns"][0]["importance"] == pytest.approx(ex.importance().values[0])
    assert len(panel.twin_html()) < 200_000


def test_a_network_that_looks_at_200_columns_is_told_by_the_largest():
    names = (*NASTY, *(f"c{j}" for j in range(200 - len(NASTY))))
    panel = TrainingPanel(NASTY[0])
    panel.report(examples.progress(attribution=Attribution.of(names, np.arange(200.0), 32)))
    assert len(json.dumps(panel.comm.updates[-1])) < 5000
    is_small_and_safe(panel)


def test_a_long_list_of_runs_with_long_configurations(tmp_path, monkeypatch):
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path))
    home.cache_clear()
    ignored = [*NASTY, *(f"a column with a long name {j}" for j in range(200))]
    for i in range(40):
        create_run("train", {"target": NASTY[0], "ignore": ignored[: i + 1]}, "f" * 32, MANY).set_status("done")
    panel = RunsPanel(ll.runs())
    panel.comm.say({"type": "list"})
    assert len(told(panel, "runs")["runs"]) == 40
    panel.comm.say({"type": "compare", "ids": [run["id"] for run in told(panel, "runs")["runs"][:8]]})
    assert told(panel, "compared")["differs"]
    is_small_and_safe(panel)
    home.cache_clear()
