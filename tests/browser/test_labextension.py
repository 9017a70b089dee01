"""The JupyterLab extension in real JupyterLab: what the sidebar shows, what the form writes, and a `.lepton` file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lepton_lab.notebook.writing import line_of, typed_of
from tests.browser.jupyter import Lab, Server, write_notebook
from tests.browser.test_main_job import run_cell, text_of, until

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


def test_a_restarted_kernel_is_asked_anew(lab: Lab) -> None:
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    until_said(lab, "not loaded yet")
    assert "120 × 3" not in said(lab)


def test_a_lepton_file_opens_as_its_model(lab: Lab, server: Server, shots: Path) -> None:
    shutil.copy(GOLDEN, server.root / "credit risk.lepton")
    shown = opened_file(lab, "credit risk.lepton", lambda text: "It holds a model of 'outcome'" in text)
    assert 'model = %lepton load "credit risk.lepton"' in shown
    assert lab.page.locator(".lepton-File svg").count() > 0, "the drawing was taken out"
    lab.screenshot(shots / "file-light.png")
    (server.root / "damaged.lepton").write_bytes(GOLDEN.read_bytes()[:1000])
    assert "DamagedFileError" in opened_file(lab, "damaged.lepton", lambda text: "damaged" in text.lower())


def test_the_launcher_starts_a_notebook_with_the_first_cells(lab: Lab) -> None:
    lab.page.evaluate("() => { window.jupyterapp.commands.execute('lepton-lab:new-notebook'); }")
    until(lambda: "Untitled" in lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.title.label"), "it")
    until(lambda: "%load_ext lepton_lab" in (sources(lab) or [""])[0], "its first cell")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    assert not [error for error in lab.errors if "lepton" in error.lower()], lab.errors
