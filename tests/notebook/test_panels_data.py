"""The data panel's Python half: each message is one call of `Check`, told as plain JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lepton_lab.data.quality import check_table
from lepton_lab.notebook.panels.data import DataPanel
from lepton_lab.notebook.panels.data_messages import CARDS
from tests.pictures.examples import NASTY

pytestmark = pytest.mark.usefixtures("recorded")


def frame(n_columns: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({f"c{j}": rng.normal(size=300).round(3) for j in range(n_columns)})
    df[NASTY[0]] = rng.choice(NASTY, 300)
    df["zip"] = rng.choice([1, 2, 3], 300)
    df.loc[[3, 9], "c0"] = np.inf
    df["y"] = np.where(rng.random(300) < 0.4, NASTY[1], "no")
    return df


@pytest.fixture
def panel() -> DataPanel:
    df = frame()
    return DataPanel(check_table(df, target="y", against=df.assign(c1=df["c1"] + 2)))


def told(panel: DataPanel, kind: str) -> dict:
    """The last message of a kind; plain JSON without NaN."""
    message = next(sent for sent, _ in reversed(panel.comm.custom) if sent["type"] == kind)
    json.dumps(message, allow_nan=False)
    return message


def test_the_page_gets_findings_and_then_cards(panel) -> None:
    panel.comm.say({"type": "ready", "view": "v"})
    message = told(panel, "data")
    assert message["view"] == "v"
    assert message["names"] == list(panel.check.columns)
    assert [f["message"] for f in message["findings"]] == [f.message for f in panel.check]
    assert "drifted" in message["drift"]["words"]
    panel.comm.say({"type": "cards", "from": 0})
    cards = {card["name"]: card for card in told(panel, "cards")["cards"]}
    for name, card in panel.check.columns.items():
        n = len(cards[name]["bins"])
        assert tuple(cards[name]["counts"]) == card.counts[:n]
        assert not any(card.counts[n:])  # of other values there are none
    assert cards["c1"]["drift"]["verdict"] == "large"
    assert cards["c1"]["drift"]["psi"] == panel.check.drift["c1"].psi


def test_the_rows_behind_a_finding_are_the_users_own(panel) -> None:
    place = next(i for i, f in enumerate(panel.check) if f.kind == "infinite")
    panel.comm.say({"type": "rows", "finding": place})
    message = told(panel, "rows")
    assert message["labels"] == ["3", "9"]
    assert message["names"][:2] == ["c0", "y"]
    assert [row[0] for row in message["rows"]] == ["∞", "∞"]
    check = panel.check
    assert eval(message["code"], {"check": check}).index.tolist() == [3, 9]


def test_decisions_are_a_call_of_train_and_the_check_is_made_again(panel) -> None:
    panel.comm.say({"type": "decide", "drop": ["c0"], "types": {"zip": "category"}, "immutable": [NASTY[0]]})
    message = told(panel, "decided")
    assert message["code"] == panel.check.code
    assert "ignore=['c0']" in message["code"]
    assert any(f.column == "c0" and f.kind == "infinite" for f in panel.check)
    panel.comm.say({"type": "again"})
    again = told(panel, "again")
    assert again["checked"] == {"drop": ["c0"], "types": {"zip": "category"}}
    assert again["decisions"]["immutable"] == [NASTY[0]]
    assert not any(f.column == "c0" and f.kind == "infinite" for f in panel.check)
    assert panel.check.drift is not None
    assert "types={&#x27;zip&#x27;" in panel.twin_html() or "types={'zip'" in panel.twin_html()


def test_a_decision_that_cannot_be_is_told_and_changes_nothing(panel) -> None:
    for wrong in ({"drop": ["nope"]}, {"drop": ["y"]}, {"types": {"c0": "words"}}):
        panel.comm.say({"type": "decide", "drop": [], "types": {}, "immutable": [], **wrong})
        message = told(panel, "trouble")
        assert message["error"]
        assert message["decisions"] == {"drop": [], "types": {}, "immutable": []}
    panel.comm.say({"type": "decide", "drop": [], "types": {NASTY[0]: "numeric"}, "immutable": []})
    panel.comm.say({"type": "again"})
    assert "cannot be numeric" in told(panel, "trouble")["error"]


@pytest.mark.parametrize(
    "content",
    [{"type": "rows", "finding": 99}, {"type": "rows", "finding": "x"}, {"type": "cards", "from": -1},
     {"type": "decide", "drop": "c0"}, {"type": "unknown"}, {"type": "rows"}],
)  # fmt: skip
def test_what_is_no_question_has_no_answer(panel, content) -> None:
    before = len(panel.comm.custom)
    panel.comm.say(content)
    assert len(panel.comm.custom) == before


def test_cards_of_200_columns_and_10_000_values_come_some_at_a_time() -> None:
    df = frame(196).assign(many=[f"v{i}" for i in range(300)])
    many = pd.concat([df] * 40, ignore_index=True).assign(many=lambda d: "v" + (d.index % 10_000).astype(str))
    panel = DataPanel(check_table(many, target="y", types={"many": "category"}))
    seen = 0
    while seen < len(panel.check.columns):
        panel.comm.say({"type": "cards", "from": seen})
        message = told(panel, "cards")
        assert len(json.dumps(message)) < 300_000
        seen += len(message["cards"])
        assert len(message["cards"]) <= CARDS
    card = panel.check.columns["many"]
    assert (card.n_unique, len(card.counts)) == (10_000, 13)
    assert len(panel.twin_html()) < 150_000


def test_the_twin_of_1_000_columns_with_endless_names_is_bounded_and_counts_the_rest() -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({f"{'a name without end ' * 40} {j}": rng.normal(size=60) for j in range(1000)})
    df.iloc[:40] = np.nan  # each column has a finding
    df["y"] = rng.choice(["no", "<b>yes</b>" * 60], 60)
    some = df.iloc[:, -90:]
    drift = check_table(some, target="y", against=some.assign(**{name: some[name] + 9 for name in some.columns[:-1]}))
    # Drift of 1,000 columns takes a while, and its picture is no larger.
    check = replace(check_table(df, target="y"), drift=drift.drift)
    panel = DataPanel(check)
    html, text = panel.twin_html(), panel.twin_text()
    assert len(html) < 150_000 and len(text) < 50_000
    drawn = html.count("<tr") - 3  # of three tables; their heads are rows too
    assert 30 < drawn < 200
    left = sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) more", html))
    assert drawn + left == len(check.findings) + len(check.drift) + len(check.columns)
