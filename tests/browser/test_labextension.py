"""The JupyterLab extension in real JupyterLab: what the sidebar shows, what the form writes, and a `.lepton` file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lepton_lab.notebook.writing import line_of, typed_of
from tests.browser.axe import AXE, barriers
from tests.browser.jupyter import Lab, Server, write_notebook
from tests.browser.test_main_job import run_cell, text_of, until
from tests.browser.test_result import matrix

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GOLDEN = Path(__file__).parents[1] / "golden" / "format1-binary.lepton"
ODD = '<b>job</b> "kind"'
MADE = f"""import numpy as np, pandas as pd
rng = np.random.default_rng(0)
loans = pd.DataFrame({{"amount": rng.normal(50, 9, 120), {ODD!r}: rng.choice(["a", "b", "c"], 120)}})
loans["defaulted"] = np.where(loans["amount"] + rng.normal(0, 9, 120) < 50, "yes", "no")"""
# What a user would see of questions that are not silent: numbers of cells, history, names.
SEEN = "print('seen', len(In), sorted(n for n in globals() if not n.startswith('_')))"
CELLS = ["1", MADE, SEEN, "%load_ext lepton_lab", "0"]


@pytest.fixture(scope="module")
def lab(browser: Browser, server: Server) -> Iterator[Lab]:
    """A notebook with the sidebar open, nothing run."""
    opened = Lab.open(browser, server, write_notebook(server.root, "beside", CELLS))
    opened.command("lepton-lab:show")
    yield opened
    opened.close()


def sidebar(lab: Lab) -> Locator:
    return lab.page.locator(".lepton-Sidebar")


def said(lab: Lab) -> str:
    """What the sidebar says, as it was written: the style sheet sets headings in capitals."""
    return sidebar(lab).text_content() or ""


def until_said(lab: Lab, words: str) -> None:
    until(lambda: words in said(lab), f"{words!r} in the sidebar", lambda: said(lab))


def sources(lab: Lab) -> list[str]:
    return lab.page.evaluate(
        "() => [...window.jupyterapp.shell.currentWidget.content.widgets].map(c => c.model.sharedModel.source)"
    )


def file_view(lab: Lab) -> Locator:
    """The file in front."""
    return lab.page.locator(".lm-Widget:not(.lm-mod-hidden) > .lepton-File").last


def to_notebook(lab: Lab) -> None:
    """Close the file in front; its kernel ends with it."""
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.close()")
    lab.page.evaluate("path => { window.jupyterapp.commands.execute('docmanager:open', { path }); }", lab.name)
    until(lambda: sources(lab) != [], "the notebook in front")


def opened_file(lab: Lab, name: str, ready: Callable[[str], bool]) -> str:
    """What the page shows of a file, once it is what was waited for."""
    lab.page.evaluate("path => { window.jupyterapp.commands.execute('docmanager:open', { path }); }", name)
    shown = lab.page.locator(".lm-Widget:not(.lm-mod-hidden) > .lepton-File").last
    until(lambda: shown.count() > 0 and ready(shown.inner_text()), f"{name} shown", lambda: shown.inner_text())
    return shown.inner_text()


def test_the_sidebar_follows_the_kernel_and_leaves_no_trace(lab: Lab, shots: Path) -> None:
    until_said(lab, "not loaded yet")
    for cell in (0, 1, 2):
        run_cell(lab, cell)
    until(lambda: "seen" in text_of(lab, 2), "the variables", lambda: text_of(lab, 2))
    # Three cells ran, and nothing of ours is among the numbers or the names.
    names = {"In", "Out", "exit", "quit", "get_ipython", "open", "np", "pd", "rng", "loans"}
    found = text_of(lab, 2)
    assert int(found.split()[1]) == 4
    assert set(eval(found[found.index("[") :])) <= names
    sidebar(lab).get_by_role("button", name="Load lepton-lab").click()
    until_said(lab, "120 × 3")
    until_said(lab, "Next step")
    sidebar(lab).get_by_role("button", name="Columns of loans").click()
    until_said(lab, ODD)
    assert sidebar(lab).locator("b").count() == 0, "a column's name became markup"
    lab.screenshot(shots / "beside-light.png")


def test_a_dropped_frame_becomes_the_line_that_python_writes(lab: Lab, shots: Path) -> None:
    before = sources(lab)
    at = next(k for k, source in enumerate(before) if source == MADE)
    sidebar(lab).locator("[data-frame=loans] .lepton-Name").drag_to(lab.cell(at).locator(".jp-InputArea-editor"))
    form = lab.page.locator(".lepton-Form")
    form.locator("select[name=target]").select_option("defaulted")
    form.locator("select[name=split]").select_option("group")
    form.locator("select[name=split-by]").select_option(ODD)
    form.locator("input[name=budget]").fill("5s")
    options = {"target": "defaulted", "budget": "5s", "split": f"group:{ODD}"}
    line = line_of(typed_of("train", ["loans"], options), to="model")
    written = form.locator(".lepton-Form-line")
    until(lambda: written.text_content() == line, "the line that it will write", written.text_content)
    lab.screenshot(shots / "beside-form-light.png")
    form.locator("select[name=split]").select_option("stratified")
    lab.page.get_by_role("button", name="Write and run").click()
    line = line_of(typed_of("train", ["loans"], options | {"split": "stratified"}), to="model")
    until(lambda: line in sources(lab), "the new cell", lambda: sources(lab))
    assert sources(lab) == [*before[: at + 1], line, *before[at + 1 :]], "the cell is not below the one dropped on"


def test_the_run_and_its_model_appear(lab: Lab, shots: Path) -> None:
    run = sidebar(lab).locator("[data-run]").first
    until(lambda: run.count() > 0 and run.get_attribute("data-status") == "done", "the run", sidebar(lab).inner_text)
    until_said(lab, "defaulted · binary")
    until_said(lab, "%lepton explain model")
    lab.set_theme("JupyterLab Dark")
    lab.screenshot(shots / "beside-dark.png")
    lab.set_theme("JupyterLab Light")


def test_a_file_opens_as_the_result_that_python_computes(lab: Lab, server: Server, shots: Path) -> None:
    last = len(sources(lab)) - 1
    counted = "print('counted', *ll.evaluate(model).at(model.threshold).confusion.ravel())"
    run_cell(lab, last, f"path = %lepton save model 'credit risk.lepton'\nimport lepton_lab as ll\n{counted}")
    until(lambda: "counted" in text_of(lab, last), "Python's own figures", lambda: text_of(lab, last))
    text = text_of(lab, last)
    shown = opened_file(lab, "credit risk.lepton", lambda text: "Evaluation of defaulted" in text)
    assert 'model = %lepton load "credit risk.lepton"' in shown
    view = file_view(lab)
    assert view.get_by_role("tab", name="Result").get_attribute("aria-selected") == "true"
    counts = [int(float(n)) for n in text.partition("counted")[2].split()]
    until(lambda: matrix(view) == counts, "its counts", lambda: (matrix(view), counts))
    view.get_by_role("slider").focus()
    lab.page.keyboard.press("Home")
    until(lambda: matrix(view)[0] == matrix(view)[2] == 0, "all are called at a threshold of 0", lambda: matrix(view))
    lab.screenshot(shots / "file-light.png")
    to_notebook(lab)


def test_the_keyboard_opens_the_same_form(lab: Lab, shots: Path) -> None:
    sidebar(lab).locator("[data-frame=loans] .lepton-Name").focus()
    lab.page.keyboard.press("Enter")
    form = lab.page.locator(".lepton-Form")
    assert form.locator("input[name=model-s-name]").input_value() == "model2", "a trained model is not written over"
    # The likely target is chosen already, and the focus is on it.
    until(lambda: lab.page.evaluate("() => document.activeElement?.getAttribute('name')") == "target", "the focus")
    assert form.locator("select[name=target]").input_value() == "defaulted"
    form.locator("input[name=model-s-name]").fill("no name")
    until(lambda: "cannot be a variable's name" in form.inner_text(), "what is wrong with the name", form.inner_text)
    lab.page.keyboard.press("Escape")
    form.wait_for(state="detached")


def test_no_shortcut_of_ours_was_taken(lab: Lab) -> None:
    bindings = lab.page.evaluate("() => window.jupyterapp.commands.keyBindings.map(b => [b.command, b.keys])")
    first = {command for command, keys in bindings if keys[0] == "Alt M"}
    assert first and all(command.startswith("lepton-lab:") for command in first)
    assert lab.page.locator("body").get_attribute("data-lepton-shortcuts") == "on"


def test_a_file_from_elsewhere_says_what_it_lacks_and_is_measured_on_a_frame(
    lab: Lab, server: Server, shots: Path
) -> None:
    (server.root / "models").mkdir()
    shutil.copy(GOLDEN, server.root / "models" / "theirs.lepton")
    shown = opened_file(lab, "models/theirs.lepton", lambda text: "not hold them" in text)
    assert "It holds a model of 'outcome'" in shown
    view = file_view(lab)
    assert view.locator("svg").count() > 0, "the drawing was taken out"
    view.get_by_role("tab", name="Model").focus()
    lab.page.keyboard.press("End")
    until(lambda: "What if, row" in view.inner_text(), "the what-if panel", lambda: view.inner_text())
    assert not AXE.exists() or barriers(view) == []
    lab.screenshot(shots / "file-alone-light.png")
    view.get_by_role("button", name="Evaluate on a frame").click()
    form = lab.page.locator(".jp-Dialog")
    form.get_by_role("combobox", name="Frame").select_option(label="loans · 120 × 3 · beside.ipynb")
    form.get_by_role("button", name="Write and run").click()
    line = "model2 = %lepton load models/theirs.lepton\n%lepton evaluate model2 loans"
    until(lambda: line in sources(lab), "the cell", lambda: sources(lab))


def test_a_restarted_kernel_is_asked_anew(lab: Lab) -> None:
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    until_said(lab, "not loaded yet")
    assert "120 × 3" not in said(lab)


def test_a_damaged_file_is_told_as_such(lab: Lab, server: Server) -> None:
    (server.root / "damaged.lepton").write_bytes(GOLDEN.read_bytes()[:1000])
    assert "is damaged" in opened_file(lab, "damaged.lepton", lambda text: "cannot be shown" in text)
    to_notebook(lab)


def test_the_launcher_starts_a_notebook_with_the_first_cells(lab: Lab) -> None:
    lab.page.evaluate("() => { window.jupyterapp.commands.execute('lepton-lab:new-notebook'); }")
    until(lambda: "Untitled" in lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.title.label"), "it")
    until(lambda: "%load_ext lepton_lab" in (sources(lab) or [""])[0], "its first cell")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    assert not [error for error in lab.errors if "lepton" in error.lower()], lab.errors
