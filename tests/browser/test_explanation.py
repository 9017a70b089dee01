"""The explanation panel in real JupyterLab: what is clicked, drawn around and sorted is what Python computes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.jupyter import Lab, Server, write_notebook
from tests.browser.test_main_job import panel, run_cell, scroll_to, text_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
# Nothing is trained; names and values would be markup where they could.
MADE = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
import json, numpy as np, lepton_lab as ll
from tests.pictures import examples
columns = (*examples.NASTY, *examples.COLUMNS[:9])
ex = examples.explanation(400, columns=columns)
# What the first two do together.
ex.values[:, 1] += 0.05 * (ex.data[:, 1].astype(float) - 36) * (ex.data[:, 0] == "below 200")
ex = ex.with_truth(np.random.default_rng(0).choice(["yes", "no"], 400))
from lepton_lab.notebook.panels.explanation import ExplanationPanel
shown = ExplanationPanel(ex)"""
CELLS = [MADE, "shown", "0", "shown", "0"]


def said(lab: Lab, cell: int, source: str) -> object:
    """What Python prints as JSON after the marker, each time another."""
    said.calls = getattr(said, "calls", 0) + 1
    mark = f"told{said.calls}"
    run_cell(lab, cell, f"print({mark!r}, json.dumps({source}, default=float))")
    until(lambda: mark in text_of(lab, cell), "Python's own numbers", lambda: lab.errors)
    return json.loads(text_of(lab, cell).split(mark)[1])


def code_of(shown: Locator) -> str:
    return shown.locator(":scope > .lep-tools .lep-code").first.inner_text()


def first_rows(shown: Locator) -> list[str]:
    return shown.locator("[data-row] > :first-child").all_inner_texts()


def test_columns_cohorts_and_rows(browser: Browser, server: Server, shots: Path) -> None:
    lab = Lab.open(browser, server, write_notebook(server.root, "explain", CELLS))
    lab.page.set_viewport_size({"width": 1200, "height": 2600})
    for cell in (0, 1, 3):
        run_cell(lab, cell)
    shown, copy = panel(lab, 1), panel(lab, 3)
    for one in (shown, copy):
        until(lambda one=one: one.locator("canvas").count() > 0, "the beeswarm", lambda: lab.errors)
    names = said(lab, 4, "list(ex.feature_names)")

    a_column_is_opened(lab, shown, names)
    assert copy.locator(".lep-dependence").count() == 0, "the other copy is left alone"
    a_line_is_drawn_around_dots(lab, shown)
    conditions_are_typed(lab, shown, names)
    rows_are_sorted(lab, shown)
    lab.screenshot(shots / "explanation_open.png", 1)
    without_a_kernel(lab, shown)
    assert [e for e in lab.errors if "lepton" in e.lower()] == []
    lab.close()


def a_column_is_opened(lab: Lab, shown: Locator, names: list[str]) -> None:
    """A click on its name; what acts together with it, and a dot's words, are Python's."""
    order = said(lab, 4, "ex.importance().order.tolist()")
    scroll_to(lab, 1)
    shown.locator(".lep-column").nth(order.index(1)).click()
    sentence = shown.locator(".lep-dependence > .lep-sub")
    until(lambda: "together most" in sentence.inner_text(), "the dependence", lambda: lab.errors)
    best = said(lab, 4, "[*vars(ex.dependence(columns[1]).strengths[0]).values()]")
    assert best[0] == names[0]
    assert f"{best[0]}: {100 * best[1]:.0f} %" in sentence.inner_text()
    assert code_of(shown) == f"ex.dependence({names[1]!r}, colour={names[0]!r})"

    tip = shown.locator(".lep-dependence .lep-tip")
    scroll_to(lab, 1)
    box = shown.locator(".lep-dependence .lep-stage").bounding_box()
    assert box is not None
    for x in range(60, int(box["width"]) - 10, 3):
        lab.page.mouse.move(box["x"] + x, box["y"] + 150)
        if tip.is_visible():
            break
    words = tip.inner_text()
    row = int(re.search(r"row (\d+)", words).group(1))
    value, effect, other = said(lab, 4, f"[ex.data[{row}, 1], ex.values[{row}, 1], ex.data[{row}, 0]]")
    assert f"{names[1]} = {value:g}" in words
    assert f"effect {effect:+.3f}".replace("-", "−") in words
    assert f"{names[0]} = {other}" in words


def a_line_is_drawn_around_dots(lab: Lab, shown: Locator) -> None:
    """All that lies right of the middle: what the copied line says is what the table holds."""
    scroll_to(lab, 1)
    stage = shown.locator(".lep-dependence .lep-stage")
    box = stage.bounding_box()
    assert box is not None
    corners = [(0.6, 0.01), (0.99, 0.01), (0.99, 0.76), (0.6, 0.76)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    lab.page.mouse.move(*points[0])
    lab.page.mouse.down()
    for point in points[1:]:
        lab.page.mouse.move(*point, steps=4)
    lab.page.mouse.up()
    table = shown.locator(".lep-cohort table")
    until(lambda: table.count() == 1, "the cohorts", lambda: lab.errors)
    shown.get_by_role("button", name="more columns").click()
    drawn = {
        row.locator("th").inner_text(): float(row.locator("[data-value]").get_attribute("data-value"))
        for row in table.locator("tbody tr").all()
    }
    rows = said(lab, 4, "shown._cohorts.n_a")
    assert 20 < rows < 380
    assert f"{rows} rows selected against {400 - rows} others" in shown.locator(".lep-cohort").inner_text()
    chosen = shown.locator(":scope > .lep-tools .lep-code").first.inner_text()
    assert chosen.startswith("ll.compare_cohorts(ex, [")
    found = said(lab, 4, "dict(zip(shown._cohorts.feature_names, shown._cohorts.value.values.tolist()))")
    assert drawn == pytest.approx(found)


def conditions_are_typed(lab: Lab, shown: Locator, names: list[str]) -> None:
    """By keyboard: two conditions, of which the second is taken back."""
    cohort = shown.locator(".lep-cohort")
    form = cohort.get_by_role("combobox", name="column of the condition")
    form.select_option(label=names[1])
    cohort.get_by_role("combobox", name="comparison").select_option(">")
    value = cohort.get_by_role("combobox", name="value of the condition")
    value.fill("40")
    value.press("Enter")
    counted = lambda where: said(lab, 4, f"int(ex.where({where}).sum())")  # noqa: E731
    n = counted("(columns[1], '>', 40)")
    until(lambda: f"{n} rows selected" in cohort.inner_text(), "the condition", lambda: lab.errors)
    form.select_option(label=names[0])
    value.fill("below 200")
    value.press("Enter")
    both = counted("(columns[1], '>', 40), (columns[0], '=', 'below 200')")
    until(lambda: f"{both} rows selected" in cohort.inner_text(), "both conditions", lambda: lab.errors)
    made = said(lab, 4, f"(lambda found: [found.n_a, found.n_b])({code_of(shown)})")
    assert made == [both, 400 - both]
    cohort.get_by_role("button", name="remove").nth(1).click()
    until(lambda: f"{n} rows selected" in cohort.inner_text(), "one condition", lambda: lab.errors)


def rows_are_sorted(lab: Lab, shown: Locator) -> None:
    """By surprise at first, then by error both ways; the last row is reached by key; a row is explained."""
    shown.get_by_role("button", name="Table of rows").click()
    grid = shown.get_by_role("grid")
    wanted = {sort: said(lab, 4, f"ex.rows({sort!r}).index.tolist()") for sort in ("surprise", "error", "prediction")}
    until(
        lambda: first_rows(shown)[:5] == [*map(str, wanted["surprise"][:5])], "by surprise", lambda: first_rows(shown)
    )
    assert len(first_rows(shown)) < 60, "only rows in sight are elements"
    for _ in range(2):
        grid.get_by_role("button", name="error").click()
    back = said(lab, 4, "ex.rows('error', ascending=True).index.tolist()")
    until(
        lambda: first_rows(shown)[:5] == [*map(str, back[:5])],
        "the most negative error first",
        lambda: first_rows(shown),
    )
    assert code_of(shown) == 'ex.rows("error", ascending=True)'
    grid.get_by_role("button", name="prediction").click()
    grid.press("End")
    until(lambda: first_rows(shown)[-1] == str(wanted["prediction"][-1]), "the last row", lambda: first_rows(shown))
    frame, last = grid.bounding_box(), shown.locator("[data-row]").last.bounding_box()
    assert frame is not None and last is not None
    assert last["y"] + last["height"] <= frame["y"] + frame["height"] + 1, "it is in sight"
    grid.press("Enter")
    until(lambda: f"Row {wanted['prediction'][-1]}" in shown.locator(".lep-section").inner_text(), "its waterfall")
    base = said(lab, 4, f"ex.prediction[{wanted['prediction'][-1]}]")
    drawn = shown.locator(".lep-section").inner_text().replace("−", "-")
    assert f"{base:.2f}" in drawn


def without_a_kernel(lab: Lab, shown: Locator) -> None:
    """Sorting goes on, and the panel says what does not."""
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    source = shown.locator(":scope > .lep-source")
    until(lambda: "kernel is gone" in source.inner_text(), "it says so", lambda: lab.errors)
    before = first_rows(shown)
    shown.get_by_role("grid").get_by_role("button", name="surprise").click()
    until(lambda: first_rows(shown) != before, "sorted without a kernel")
