"""The what-if panel in real JupyterLab: the page's own answer, the kernel's, and what it does without one."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.jupyter import Lab, Server, write_notebook
from tests.browser.test_main_job import panel, run_cell, seen_by, text_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
# A linear model needs no training and no compilation; its names and values would be markup where they could.
MADE = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
import os, numpy as np, pandas as pd
from tests.evaluation.linear_models import linear_model
from tests.pictures.examples import NASTY
from lepton_lab.data.table import read_like
from lepton_lab.evaluation.scenario import what_if
rng = np.random.default_rng(0)
df = pd.DataFrame({{"income": rng.normal(50, 9, 400).round(1), NASTY[0]: rng.choice(NASTY, 400)}})
df["since"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 400), "D")
df["bad"] = np.where(df["income"] + rng.normal(0, 9, 400) < 50, NASTY[2], "no")
model = linear_model(df, "bad", seen=True)
whatif = what_if(model, read_like(model.schema, df), 7)"""
SHOW = "from lepton_lab.notebook.panels.whatif import WhatIfPanel\nshown = WhatIfPanel(whatif)\nshown"
# The witness is what the model says of the changed frame, and what lies straight between two points of its curve.
ASK = """curve = whatif.curves()[0]
at = float(curve.place[5] + curve.place[6]) / 2
ends = [model.logits(df.iloc[[7]].assign(income=v))[0, 0] for v in curve.place[5:7]]
print("read", at, 1 / (1 + np.exp(-np.mean(ends))))"""
PID = "print('pid', os.getpid())"


def number(shown: Locator) -> float:
    return float(shown.locator(".lep-kpi-value").first.inner_text().strip(" %"))


def answered(lab: Lab, shown: Locator) -> None:
    until(lambda: shown.get_attribute("data-source") == "model", "the model's own answer", lambda: seen_by(lab))


def predicted(lab: Lab, income: float) -> float:
    """What the model says of the frame with another income, in per cent."""
    run_cell(lab, 4, f"print('said', 100 * model.predict(df.iloc[[7]].assign(income={income})).iloc[0, -1], {income})")
    until(lambda: f" {income}" in text_of(lab, 4), "Python's own prediction", lambda: seen_by(lab))
    return float(text_of(lab, 4).split()[1])


def test_a_slider_is_answered_by_the_page_and_then_by_the_kernel(browser: Browser, server: Server, shots: Path) -> None:
    lab = Lab.open(browser, server, write_notebook(server.root, "whatif", [MADE, SHOW, ASK, PID, "0", "shown"]))
    for cell in (0, 1, 2, 3, 5):
        run_cell(lab, cell)
    shown, copy = panel(lab, 1), panel(lab, 5)
    for one in (shown, copy):
        until(lambda one=one: one.locator(".lep-detail svg").count() > 0, "the panel", lambda: seen_by(lab))
    until(lambda: "read" in text_of(lab, 2), "the curve's own number", lambda: seen_by(lab))
    at, between = map(float, text_of(lab, 2).split()[1:])
    first = number(shown)

    # A kernel that does not answer: the page reads the prediction off the curve, says so; the model's own follows.
    # (One that is only busy with a cell may answer on another thread; so it is put to sleep. First of all, while the
    # page has no other curves than those it was made with.)
    until(lambda: "pid" in text_of(lab, 3), "the kernel's process", lambda: seen_by(lab))
    exact = shown.get_by_role("spinbutton", name="income, exact")
    kernel = int(re.search(r"pid (\d+)", text_of(lab, 3)).group(1))
    os.kill(kernel, signal.SIGSTOP)
    try:
        exact.fill(str(at))
        exact.press("Enter")
        until(lambda: number(shown) == pytest.approx(100 * between, abs=0.051), "the curve", lambda: seen_by(lab))
        assert shown.get_attribute("data-source") == "curve"
        until(lambda: "busy" in shown.locator(".lep-source").inner_text(), "it says so", lambda: seen_by(lab))
    finally:
        os.kill(kernel, signal.SIGCONT)
    answered(lab, shown)
    assert number(shown) == pytest.approx(predicted(lab, at), abs=0.051)

    # The kernel answers: the headline is the model's, and the drawn number that of the changed frame.
    slider = shown.get_by_role("slider", name="income")
    slider.focus()
    before = number(shown)
    slider.press("PageUp")
    until(lambda: number(shown) != before, "the page's own answer", lambda: seen_by(lab))
    answered(lab, shown)
    income = float(shown.get_by_role("spinbutton", name="income, exact").input_value())
    assert number(shown) == pytest.approx(predicted(lab, income), abs=0.051)
    assert number(copy) == first, "another view of the panel keeps its own values"

    # A goal is reached by the first way that is offered, and names are never markup.
    shown.get_by_label("prediction to reach").fill("<15%" if before > 15 else ">50%")
    shown.get_by_role("button", name="Pin scenario").click()
    shown.get_by_role("button", name="Find ways").click()
    until(lambda: shown.get_by_role("button", name=re.compile("^try")).count() > 0, "ways", lambda: seen_by(lab))
    shown.get_by_role("button", name=re.compile("^try")).first.click()
    until(lambda: number(shown) < 15 if before > 15 else number(shown) > 50, "the goal", lambda: seen_by(lab))
    answered(lab, shown)
    shown.get_by_role("button", name="Nearest real rows").click()
    until(lambda: "given to train" in shown.inner_text(), "real rows", lambda: seen_by(lab))
    assert shown.locator("img, script").count() == 0
    assert "<img src=x" in shown.inner_text()
    lab.screenshot(shots / "whatif-scenarios.png", 1)
    shown.get_by_role("button", name="Reset").click()
    answered(lab, shown)
    assert number(shown) == pytest.approx(first, abs=0.051)

    # A kernel that is gone: said, and the curves go on answering.
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    until(lambda: "gone" in shown.locator(".lep-source").inner_text(), "the loss is told", lambda: seen_by(lab))
    slider.press("PageUp")
    slider.press("PageUp")
    last = number(shown)
    slider.press("PageDown")
    assert number(shown) != last
    assert "gone" in shown.locator(".lep-source").inner_text()
    assert [e for e in lab.errors if "lepton" in e.lower() or "lep-" in e.lower()] == []
    lab.close()
