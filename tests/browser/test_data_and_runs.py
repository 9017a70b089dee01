"""The data and the runs panel in real JupyterLab: what is drawn is what Python computed; what is clicked is done."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.jupyter import Lab, Server, write_notebook
from tests.browser.test_main_job import panel, run_cell, seen_by, text_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
# Names and values would be markup where they could; the second frame has drifted in one column.
MADE = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
import lepton_lab as ll, numpy as np, pandas as pd
from tests.pictures.examples import NASTY
from lepton_lab.notebook.panels.data import DataPanel
rng = np.random.default_rng(0)
df = pd.DataFrame({{"age": rng.integers(20, 70, 400), NASTY[0]: rng.choice(NASTY, 400)}})
df["zip"] = rng.choice([8, 9], 400)
df["income"] = rng.normal(50, 9, 400).round(1)
df.loc[[7, 11], "income"] = np.inf
df["bad"] = np.where(df["age"] + rng.normal(0, 9, 400) > 45, NASTY[2], "no")
second = df.assign(age=df["age"] + 12)
shown = DataPanel(ll.check(df, target="bad", against=second))
shown"""
# The witness counts by itself what a bar of the age holds.
COUNT = """low, high = map(float, shown.check.columns["age"].bins.edges[4:6])
inside = df["age"].between(low, high)
print("counted", inside.sum(), (inside & (df["bad"] == "no")).sum(), len(shown.check.columns["age"].counts))"""
DECIDED = "print('decided', shown.check.code, len(shown.check))"
# Two small runs of one frame, one that failed, and one that another process deletes.
RUNS = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
import lepton_lab as ll, numpy as np, pandas as pd, shutil
from lepton_lab.journal import create_run
from tests.pictures.examples import NASTY
rng = np.random.default_rng(0)
df = pd.DataFrame({{"a": rng.normal(size=300), "b": rng.normal(size=300)}})
df["bad"] = (df["a"] + rng.normal(size=300) > 0).astype(int)
one = ll.train(df, target="bad", quality="fast", budget="3s")
two = ll.train(df, target="bad", quality="fast", budget="3s", ignore=["a"])
failed = create_run("train", {{"target": "other"}}, "f" * 32, 300); failed.set_status("failed", NASTY[0])
ll.runs()"""
PAIR = """pair = ll.compare(one, two)
d = pair.metrics["auc"].difference.value
print("pair", one.run_id, two.run_id, f"{pair.metrics['auc'].a.value:.4f}", f"{d:.3g}", pair.n_rows)"""
NAMED = "print('named', [(r.name, r.tags) for r in ll.runs() if r.id == two.run_id], len(ll.runs()))"


def card(shown: Locator, column: str) -> Locator:
    return shown.locator(f'.lep-card[data-column="{column}"]')


def said(lab: Lab, position: int, word: str) -> str:
    """What a cell printed, run again."""
    run_cell(lab, position)
    until(lambda: word in text_of(lab, position), word, lambda: seen_by(lab))
    return text_of(lab, position)


def clean_of_errors(lab: Lab) -> bool:
    return [e for e in lab.errors if "lepton" in e.lower() or "lep-" in e.lower()] == []


def test_findings_cards_and_decisions(browser: Browser, server: Server, shots: Path) -> None:
    lab = Lab.open(browser, server, write_notebook(server.root, "data", [MADE, COUNT, DECIDED, DECIDED, "shown"]))
    run_cell(lab, 0)
    shown = panel(lab, 0)
    until(lambda: card(shown, "bad").count() > 0, "the cards", lambda: seen_by(lab))

    # A bar says the numbers that pandas counts.
    _, n, n_no, n_bins = said(lab, 1, "counted").split()
    card(shown, "age").locator(".lep-spread-box").scroll_into_view_if_needed()
    card(shown, "age").locator(".lep-spread-box").focus()
    for _ in range(5):
        lab.page.keyboard.press("ArrowRight")
    words = card(shown, "age").locator(".lep-spread-said").inner_text()
    assert re.search(rf": {n} rows .*no {n_no}\b", words), (words, n, n_no, n_bins)
    assert "large drift" in card(shown, "age").inner_text()
    assert "large" not in card(shown, "zip").inner_text()

    # The rows behind a finding are the user's own.
    shown.locator('li[data-kind="infinite"]').get_by_role("button", name="2 rows").click()
    until(lambda: shown.locator(".lep-rows tbody tr").count() == 2, "rows", lambda: seen_by(lab))
    assert [row.split()[0] for row in shown.locator(".lep-rows tbody tr").all_inner_texts()] == ["7", "11"]
    lab.screenshot(shots / "data-rows.png", 0)

    # Decisions are the kernel's, in every view, and the code is theirs.
    card(shown, "income").get_by_role("button", name="Leave out income").click()
    card(shown, "age").get_by_role("button", name="Cannot change age").click()
    card(shown, "zip").get_by_role("combobox").select_option("category")
    line = shown.locator(".lep-foot .lep-code").first
    until(lambda: "types={'zip': 'category'}" in line.inner_text(), "the code", lambda: seen_by(lab))
    assert "ignore=['income'], types={'zip': 'category'}, immutable=['age']" in line.inner_text()
    assert line.inner_text() in said(lab, 2, "decided")
    again = shown.get_by_role("button", name="Check again")
    until(again.is_enabled, "it can be checked again", lambda: seen_by(lab))
    again.click()
    until(lambda: shown.locator('li[data-kind="infinite"]').count() == 0, "findings anew", lambda: seen_by(lab))
    until(lambda: "left out as asked" in card(shown, "income").inner_text(), "the cards anew", lambda: seen_by(lab))
    assert shown.locator("img, script").count() == 0
    assert "<img src=x" in shown.inner_text()

    # A second view shows the same; a kernel that is gone is said, and takes the buttons.
    run_cell(lab, 4)
    copy = panel(lab, 4)
    until(lambda: card(copy, "age").count() > 0, "the copy", lambda: seen_by(lab))
    assert card(copy, "age").get_by_role("button", name="Cannot change age").get_attribute("aria-pressed") == "true"
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    until(lambda: "gone" in shown.locator(".lep-source").inner_text(), "the loss is told", lambda: seen_by(lab))
    assert card(shown, "age").get_by_role("button", name="Leave out age").is_disabled()
    assert clean_of_errors(lab)
    lab.close()


def test_runs_are_compared_named_and_deleted(browser: Browser, server: Server, shots: Path) -> None:
    lab = Lab.open(browser, server, write_notebook(server.root, "runs", [RUNS, PAIR, NAMED, NAMED, "0"]))
    run_cell(lab, 0)
    shown = panel(lab, 0)
    until(lambda: shown.locator(".lep-runs tbody tr").count() >= 3, "the runs", lambda: seen_by(lab))
    _, one, two, auc, difference, n_rows = said(lab, 1, "pair").split()

    def row(id: str) -> Locator:
        return shown.locator(f'tr[data-run="{id}"]')

    assert f"AUC {auc}" in row(one).inner_text()
    shown.get_by_role("button", name="Held-out").click()
    listed = [r.get_attribute("data-run") for r in shown.locator(".lep-runs tbody tr").all()]
    assert listed.index(one) < listed.index(two)

    # Two runs side by side: the difference drawn is the one of the models themselves.
    row(one).get_by_role("checkbox").check()
    row(two).get_by_role("checkbox").check()
    shown.get_by_role("button", name="Compare 2").click()
    until(lambda: "against" in shown.inner_text(), "the comparison", lambda: seen_by(lab))
    beside = shown.get_by_role("region", name="runs side by side")
    cells = beside.locator("tr.best > *").all_inner_texts()
    assert cells[0] == "AUC"
    assert float(cells[3].replace("−", "-")) == pytest.approx(float(difference), rel=0.01)
    assert f"{int(n_rows):,} rows held out" in beside.inner_text()
    assert "ignore" in beside.inner_text()
    assert beside.locator("svg").count() >= 1
    lab.screenshot(shots / "runs-compared.png", 0)

    # Name and tags are written; deletion is asked twice, and done.
    row(two).get_by_role("button", name=two).click()
    shown.get_by_label("name", exact=True).fill("<b>second</b>")
    shown.get_by_role("button", name="Rename").click()
    until(lambda: "<b>second</b>" in row(two).inner_text(), "the name", lambda: seen_by(lab))
    shown.get_by_label("tags, parted by commas").fill("no a, baseline")
    shown.get_by_role("button", name="Set tags").click()
    until(lambda: "baseline" in row(two).inner_text(), "the tags", lambda: seen_by(lab))
    assert "named [('<b>second</b>', ('no a', 'baseline'))]" in said(lab, 2, "named")
    shown.get_by_role("button", name="Delete…").click()
    shown.get_by_role("button", name="Keep it").press("Escape")
    assert row(two).count() == 1
    shown.get_by_role("button", name="Delete…").click()
    shown.get_by_role("button", name="Delete <b>second</b>").click()
    until(lambda: row(two).count() == 0, "it is gone", lambda: seen_by(lab))
    assert "named []" in said(lab, 3, "named")

    # A run that is deleted elsewhere leaves the list by itself; nothing here was ever markup.
    run_cell(lab, 4, "shutil.rmtree(failed.path); print('removed')")
    until(lambda: "other" not in shown.locator(".lep-runs tbody").inner_text(), "the list", lambda: seen_by(lab))
    assert shown.locator("img, script").count() == 0
    assert clean_of_errors(lab)
    lab.close()
