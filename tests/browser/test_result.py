"""The result panel in real JupyterLab: the slider's numbers are Python's, without asking the kernel."""

from __future__ import annotations

import itertools
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
MADE = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
from tests.pictures.result_examples import evaluated
evaluation, several = evaluated(n=2000), evaluated("multiclass", 2000, 30)"""
ASKED = itertools.count()
COSTS = {"false_alarm": 2, "missed": 7.5}


def matrix(shown: Locator) -> list[int]:
    return [int(cell.replace(",", "")) for cell in shown.locator(".lep-matrix td strong").all_inner_texts()]


def threshold(shown: Locator) -> str:
    return shown.get_by_label("threshold, exact").input_value()


def python(lab: Lab, expression: str) -> str:
    """What the kernel says of an expression."""
    end = f"end {next(ASKED)}"
    run_cell(lab, 3, f"print('said', {expression}, {end!r})")
    until(lambda: f" {end}" in text_of(lab, 3), expression, lambda: seen_by(lab))
    return re.search(rf"said (.*) {end}", text_of(lab, 3), re.DOTALL).group(1)


def test_what_the_slider_shows_is_what_python_computes(browser: Browser, server: Server, shots: Path) -> None:
    lab = Lab.open(browser, server, write_notebook(server.root, "result", [MADE, "evaluation", "several", "0"]))
    for cell in (0, 1, 2):
        run_cell(lab, cell)
    shown = panel(lab, 1)
    until(lambda: shown.locator(".lep-matrix strong").count() == 4, "the panel", lambda: seen_by(lab))
    until(lambda: shown.locator(".lep-verdict").count() > 0, "where it fails", lambda: seen_by(lab))
    assert shown.locator("img, script").count() == 0

    # Dragged: each number drawn is that of the threshold drawn.
    slider = shown.get_by_role("slider")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    lab.page.mouse.move(box["x"] + 0.4 * box["width"], middle)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + 0.71 * box["width"], middle, steps=12)
    lab.page.mouse.up()
    dragged = threshold(shown)
    assert 0.65 < float(dragged) < 0.77
    said = python(lab, f"evaluation.at({dragged}).confusion.astype(int).ravel().tolist()")
    assert said == str(matrix(shown))

    # By keyboard, while the kernel sleeps: the page asks nothing of it.
    kernel = int(python(lab, "__import__('os').getpid()"))
    os.kill(kernel, signal.SIGSTOP)
    try:
        slider.focus()
        for _ in range(3):
            slider.press("PageDown")
        at, moved = threshold(shown), matrix(shown)
    finally:
        os.kill(kernel, signal.SIGCONT)
    assert at != dragged
    assert python(lab, f"evaluation.at({at}).confusion.astype(int).ravel().tolist()") == str(moved)
    shown.get_by_label("cost of a false alarm").fill(str(COSTS["false_alarm"]))
    shown.get_by_label("cost of a missed case").fill(str(COSTS["missed"]))
    shown.get_by_label("unit of the costs").fill("€")
    until(lambda: shown.get_by_role("button", name=re.compile("^advised")).count() > 0, "advice", lambda: seen_by(lab))
    total = re.search(r"costs ([\d.,]+) €", shown.locator(".lep-total").inner_text()).group(1)
    said = python(lab, f"evaluation.at({at}, costs={COSTS!r}).cost")
    assert float(total.replace(",", "")) == pytest.approx(float(said), rel=1e-4)
    found = shown.locator(".lep-shares dd").first.inner_text()
    said = python(lab, f"100 * evaluation.at({at}).sensitivity.value")
    assert float(found.split(" %")[0]) == pytest.approx(float(said), abs=0.051)
    assert f"with_threshold({at})" in shown.inner_text()

    # The marks stand where the numbers are.
    ring = shown.locator("figure", has_text="ROC").locator(".lep-ring")
    x = float(ring.get_attribute("cx"))
    said = python(lab, f"1 - evaluation.at({at}).specificity.value")
    assert x == pytest.approx(48 + float(said) * (226 - 10 - 48), abs=0.02)

    # A part is opened: what the model looks at in its rows.
    shown.locator(".lep-part").nth(1).click()
    until(lambda: shown.locator(".lep-effect").count() > 0, "reasons", lambda: seen_by(lab))
    first = shown.locator(".lep-effect-name").first.inner_text()
    assert python(lab, "evaluation.error_tree().explain(1).importance().feature_names[0]") == first
    lab.screenshot(shots / "result.png", 1)

    # Of 30 classes any is chosen.
    many = panel(lab, 2)
    until(lambda: many.locator(".lep-dense td").count() == 900, "the matrix of 30", lambda: seen_by(lab))
    many.get_by_label("class to look at").select_option(label="class 3")
    until(lambda: "not class 3" in many.inner_text(), "one against the rest", lambda: seen_by(lab))
    at = threshold(many)
    said = python(lab, f"several.at({at}, of='class 3').confusion.astype(int).ravel().tolist()")
    assert said == str([int(v.replace(",", "")) for v in many.locator(".lep-matrix td strong").all_inner_texts()])
    assert [e for e in lab.errors if "lepton" in e.lower() or "lep-" in e.lower()] == []
    lab.close()
