"""Images, series, texts and lists in real JupyterLab: looked into from an explained row, and changed in a what-if."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import AXE, barriers
from tests.browser.jupyter import Lab, Server, write_notebook
from tests.browser.test_main_job import panel, run_cell, seen_by, text_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
# A linear model needs no training; what is found inside is made up, and comes when the test opens the gate.
MADE = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
import threading, time, numpy as np, pandas as pd, lepton_lab as ll
from lepton_lab.explanation.estimate import ExplainProgress
from lepton_lab.notebook.panels import inside_worker
from tests.evaluation.linear_models import linear_model
from tests.pictures import inside_examples
rng = np.random.default_rng(0)
df = pd.DataFrame({{"age": rng.normal(50, 9, 80).round(1), "scan": list(rng.integers(0, 255, (80, 8, 8), np.uint8))}})
df["note"] = [f"the patient of room {{i}} says that it hurts" for i in range(80)]
df["bad"] = np.where(df["age"] + rng.normal(0, 9, 80) < 50, "yes", "no")
model = linear_model(df, "bad", seen=True)
gate, asked = threading.Event(), []
def looked(explanation, at, column, wanted, options):
    asked.append((at, column, wanted.parts))
    while not (gate.is_set() or options.stop.is_set()):
        time.sleep(0.02)
        options.report(ExplainProgress(0.4, 1234, 1.0, 2.0, ""))
    return inside_examples.of_image(1)
inside_worker.inside_of_row = looked
ex = ll.explain(model, df.head(30))
print("made")"""
CELLS = [MADE, "ex", "ll.whatif(model, df, row=3)", "0"]


def test_objects_are_looked_into_and_changed(browser: Browser, server: Server, shots: Path) -> None:
    lab = Lab.open(browser, server, write_notebook(server.root, "objects", CELLS))
    lab.page.set_viewport_size({"width": 1200, "height": 2600})
    for cell in range(3):
        run_cell(lab, cell)
    until(lambda: panel(lab, 2).locator(".lep-object img").count() > 0, "the panels", lambda: seen_by(lab))
    an_image_is_looked_into(lab, panel(lab, 1).first)
    lab.screenshot(shots / "inside_in_place.png", 1)
    an_image_and_a_text_are_changed(lab, panel(lab, 2).first)
    lab.screenshot(shots / "whatif_objects.png", 2)
    assert [e for e in lab.errors if "lepton" in e.lower()] == []
    lab.close()


def an_image_is_looked_into(lab: Lab, shown: Locator) -> None:
    """In place; what is done is said meanwhile, and another row ends it."""
    choice = shown.get_by_role("combobox", name="row to explain")
    choice.focus()
    choice.select_option(index=3)
    lead = shown.get_by_role("button", name="look inside scan", exact=True)
    lead.press("Enter")
    here = shown.locator(".lep-inside-here")
    until(lambda: "1,234 composed objects" in here.inner_text(), "what is being done", shown.inner_text)
    assert lead.evaluate("node => node === document.activeElement"), "the keyboard stays where it was"
    assert "ll.explain_inside(model, df, 'scan', row=2)" in shown.inner_text()
    shown.get_by_role("button", name="next row").click()
    until(lambda: here.count() == 0, "another row ends it", shown.inner_text)
    until(lambda: lead.count() > 0 and "Row 3" in shown.inner_text(), "the next row", shown.inner_text)
    lead.click()
    until(lambda: here.count() > 0 and "1,234" in here.inner_text(), "it looks into this one", shown.inner_text)
    run_cell(lab, 3, "gate.set(); print('asked', asked)")
    until(lambda: here.locator(".lep-piece").count() > 3, "its parts", shown.inner_text)
    assert "[(2, 'scan', None), (3, 'scan', None)]" in text_of(lab, 3)
    here.get_by_role("application").press("ArrowRight")
    assert here.locator(".lep-readout").inner_text().startswith("part ")
    here.get_by_role("combobox", name="what the parts are").select_option("patches")
    run_cell(lab, 3, "print('again', asked[-1])")
    until(lambda: "'patches'" in text_of(lab, 3), "cut otherwise", lambda: text_of(lab, 3))
    until(lambda: "parts='patches'" in shown.inner_text(), "and said in Python", shown.inner_text)
    if AXE.exists():
        assert barriers(here) == []


def an_image_and_a_text_are_changed(lab: Lab, shown: Locator) -> None:
    """To another row's, and to other words; the model answers."""
    before = shown.locator(".lep-object img").get_attribute("src")
    shown.get_by_role("combobox", name="scan", exact=True).select_option(index=4)
    assert shown.locator(".lep-object img").get_attribute("src") != before
    code = shown.locator(".lep-tools > .lep-code")
    until(lambda: "asked.values_of(" in code.inner_text(), "whose it is", shown.inner_text)
    shown.get_by_role("textbox", name="note", exact=True).fill("it does not hurt")
    until(lambda: "'note': 'it does not hurt'" in code.inner_text(), "the text as it is typed", shown.inner_text)
    assert shown.get_attribute("data-source") == "model"
    run_cell(lab, 3, f"print(type({code.inner_text().replace('(model, ', '(model, df, ')}).__name__)")
    until(lambda: "WhatIfAnswer" in text_of(lab, 3), "the line that was copied", lambda: text_of(lab, 3))
    if AXE.exists():
        assert barriers(shown) == []
