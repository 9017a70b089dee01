"""The main job in real JupyterLab and real Chromium: what is drawn is what Python computed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from lepton_lab.notebook.panels.training_curves import AT_MOST_POINTS
from tests.browser.jupyter import PATIENCE_S, Lab, Server, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTEBOOK = Path(__file__).parent.parent.parent / "notebooks" / "00_start.ipynb"
# A table and a budget that keep training busy for as long as a test needs.
LOAD = "%load_ext lepton_lab\nimport lepton_lab as ll\ndf = ll.samples.load('census')"
LONG = "--target high_income --budget 900s"


def run_cell(lab: Lab, position: int, source: str | None = None) -> None:
    """Start one cell, its source replaced where given; does not wait for its end."""
    lab.page.evaluate(
        """async ([i, source]) => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          notebook.activeCellIndex = i;
          if (source !== null) notebook.activeCell.model.sharedModel.setSource(source);
          window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        [position, source],
    )


def until(condition: Callable[[], bool], what: str, seen: Callable[[], object] | None = None) -> None:
    """Wait for a condition, with much patience: a busy machine is slow. `seen` is told where it does not come."""
    started = time.monotonic()
    while not condition():
        late = time.monotonic() - started >= PATIENCE_S
        assert not late, f"{what}: not within {PATIENCE_S} s; seen: {seen() if seen else 'not asked'}"
        time.sleep(0.1)


def load_table(lab: Lab) -> None:
    """Run the first cell to its end; an idle kernel may only not have begun yet."""
    run_cell(lab, 0, f"{LOAD}\nprint('loaded', len(df))")
    until(lambda: "loaded" in text_of(lab, 0), "the table is loaded", lambda: seen_by(lab))


def wait_until_it_learns(lab: Lab, position: int) -> Locator:
    """The panel of a training, once its network learns; a machine that is busy may take a minute to get there."""
    training = panel(lab, position)
    until(lambda: learns(training), "the network learns on the screen", lambda: seen_by(lab))
    return training


def seen_by(lab: Lab) -> list[str]:
    """The notebook's outputs and the page's errors, for a test that waits in vain."""
    outputs = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output")
    return [*outputs.all_inner_texts(), *lab.errors]


def text_of(lab: Lab, position: int) -> str:
    return "\n".join(lab.output(position).all_inner_texts())


def panel(lab: Lab, position: int) -> Locator:
    return lab.cell(position).locator(".lepton-panel")


def learns(training: Locator) -> bool:
    """Whether a training panel shows a metric and the step it stands at."""
    return bool(training.count()) and ", step " in training.inner_text() and "Best AUC" in training.inner_text()


def test_start_notebook(browser: Browser, server: Server, shots: Path) -> None:
    """Every cell of the tour runs; a row is clicked, a slider moved; both show Python's numbers."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = re.sub(r"--budget \S+", "--budget 5s", cell.source)
    notebook.cells.append(nbformat.v4.new_code_cell("print(0)"))
    nbformat.write(notebook, server.root / "start.ipynb")
    lab = Lab.open(browser, server, "start.ipynb")
    lab.run_all()
    until(lambda: lab.is_idle() and (lab.page.evaluate(ERRORS) or lab.page.evaluate(ALL_RAN)), "every cell ran")
    assert lab.page.evaluate(ERRORS) == []
    sources = [cell.source for cell in notebook.cells]

    at = next(i for i, s in enumerate(sources) if s.startswith("ex = %lepton explain"))
    scroll_to(lab, at)
    explanation = panel(lab, at)
    click_a_dot(lab, explanation)
    explanation.locator(".lep-section svg").wait_for()
    label = explanation.get_by_role("combobox", name="row to explain").locator("option:checked").inner_text()
    lab.screenshot(shots / "explanation.png", at)
    drawn = explanation.locator(".lep-section").inner_text()
    assert f"Row {label}" in drawn
    in_percent = float(re.search(r"This prediction\s+\S+ \((\S+) %\)", drawn).group(1))

    at = next(i for i, s in enumerate(sources) if s.startswith("%lepton whatif"))
    scroll_to(lab, at)
    what_if = panel(lab, at)
    what_if.locator(".lep-detail svg").wait_for()
    before = what_if.locator(".lep-kpi-value").inner_text()
    slider = what_if.locator("input[type=range][aria-label=duration_months]")
    slider.fill("60")
    slider.dispatch_event("change")
    until(lambda: what_if.locator(".lep-kpi-value").inner_text() != before, "the prediction moved")
    until(lambda: what_if.locator(".lep-detail.stale").count() == 0, "the waterfall came")
    lab.screenshot(shots / "whatif.png", at)
    shown = what_if.locator(".lep-kpi-value").inner_text()
    last = len(sources) - 1
    scroll_to(lab, last)
    run_cell(
        lab,
        last,
        f"rows = [df_train.loc[[17]].assign(duration_months=60), df_train.loc[[{label}]]]\n"
        "print('probabilities', *[100 * model.predict(row)['probability_yes'].iloc[0] for row in rows])",
    )
    until(lambda: "probabilities" in text_of(lab, last), "Python's own predictions")
    moved, clicked = map(float, text_of(lab, last).split()[1:])
    assert float(shown.strip(" %")) == pytest.approx(moved, abs=0.051), "the panel rounds to a tenth of a percent"
    assert in_percent == pytest.approx(clicked, abs=0.51), "the waterfall rounds to a percent"
    assert [e for e in lab.errors if "lepton" in e.lower()] == []
    lab.close()


def click_a_dot(lab: Lab, explanation: Locator) -> None:
    """Click along the beeswarm's first line until a dot is hit; while a page is still drawn, it may move."""
    canvas, row = explanation.locator("canvas"), explanation.get_by_role("combobox", name="row to explain")

    def hit() -> bool:
        for share in range(45, 100):
            box = canvas.bounding_box()
            if box is None:
                return False
            lab.page.mouse.click(box["x"] + share / 100 * box["width"], box["y"] + 37)
            if row.input_value():
                return True
        return False

    until(hit, "a dot was hit", lambda: seen_by(lab))


ALL_RAN = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .every(c => c.model.type !== 'code' || c.model.executionCount !== null)"""
ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .filter(c => c.model.type === 'code')
  .flatMap(c => c.model.sharedModel.getOutputs().filter(o => o.output_type === 'error').map(o => o.evalue))"""


def scroll_to(lab: Lab, position: int) -> None:
    """Bring a cell into view, as JupyterLab draws only those near it."""
    lab.page.evaluate("i => window.jupyterapp.shell.currentWidget.content.scrollToItem(i, 'start')", position)
    lab.page.wait_for_timeout(500)


@pytest.fixture(scope="module")
def lab(browser: Browser, server: Server) -> Iterator[Lab]:
    """One notebook with the table; each test has cells of its own."""
    lab = Lab.open(browser, server, write_notebook(server.root, "trainings", [LOAD, *["0"] * 15]))
    load_table(lab)
    yield lab
    lab.close()


def test_interrupt_in_the_foreground(lab: Lab, shots: Path) -> None:
    """The kernel's stop button ends training within seconds and leaves a model that predicts."""
    run_cell(lab, 1, f"model = %lepton train df {LONG}")
    training = wait_until_it_learns(lab, 1)
    lab.screenshot(shots / "training.png", 1)
    assert "interrupt" in training.inner_text(), "the panel says how to stop where its own button is not heard"
    lab.interrupt()
    until(lab.is_idle, "the cell ended, long before its budget")
    until(lambda: "stopped" in training.inner_text(), "the panel says that training was stopped")
    run_cell(lab, 2, "print('rows', len(model.predict(df.head(5))))")
    until(lambda: "rows 5" in text_of(lab, 2), "the model predicts")


def test_stop_in_the_foreground(lab: Lab) -> None:
    """The panel's own button is heard while its cell runs: JupyterLab sends it to a kernel that listens beside."""
    run_cell(lab, 3, f"stopped = %lepton train df {LONG}")
    training = wait_until_it_learns(lab, 3)
    training.get_by_role("button", name="Stop").click()
    until(lambda: "stopped" in training.inner_text(), "the run ended", training.inner_text)
    run_cell(lab, 4, "print('status', ll.attach(stopped.run_id).status, '|', *stopped.notes)")
    until(lambda: "status" in text_of(lab, 4), "Python says how it ended")
    assert "status stopped |" in text_of(lab, 4)


def test_stop_keep_and_continue_in_the_background(lab: Lab) -> None:
    """With --bg the notebook stays free; each button does in Python what it says."""
    run_cell(lab, 5, f"run = %lepton train df {LONG} --bg")
    training = wait_until_it_learns(lab, 5)
    run_cell(lab, 6, "print('free', 1 + 1)")
    until(lambda: "free 2" in text_of(lab, 6), "another cell runs meanwhile")
    assert "stopp" not in training.inner_text(), "it trains on"
    training.get_by_role("button", name="Stop").click()
    until(lambda: "stopp" in training.inner_text(), "the button is heard")
    until(lambda: "stopped" in training.inner_text(), "the run ended, long before its budget")
    run_cell(lab, 7, "model = None; before = len(run.history()); print('run', run.status)")
    until(lambda: "run stopped" in text_of(lab, 7), "Python knows of it")

    training.get_by_role("button", name="Keep").click()
    until(lambda: "in the notebook" in training.inner_text(), "the panel says under which name", training.inner_text)
    run_cell(lab, 8, KEPT)
    until(lambda: "kept" in text_of(lab, 8), "Python looks")
    assert "kept True" in text_of(lab, 8)

    training.get_by_role("textbox", name="time to train on").fill("2s")
    training.get_by_role("button", name="Continue for").click()
    until(lambda: "of 2.0 s" in training.inner_text(), "it goes on", training.inner_text)
    until(lambda: "done" in training.locator(".lep-chip").inner_text().lower(), "it ends", training.inner_text)
    run_cell(lab, 9, "again = ll.attach(run.id); print('more', len(again.history()) > before, again.status)")
    until(lambda: "more" in text_of(lab, 9), "Python looks")
    assert "more True done" in text_of(lab, 9)


# The name that the panel gave is the first that is free.
KEPT = """names = [name for name, value in list(globals().items()) if type(value).__name__ == 'TrainedModel']
print('kept', any(globals()[name].run_id == run.id for name in names))"""


def test_reload_and_attach(lab: Lab, shots: Path) -> None:
    """A reloaded page finds the running training again, and shows all of its curve."""
    run_cell(lab, 10, f"long = %lepton train df {LONG} --bg\nprint('id', long.id)")
    wait_until_it_learns(lab, 10)
    run_id = re.search(r"^id (\S+)$", text_of(lab, 10), re.MULTILINE).group(1)
    lab.save()
    lab.load()
    run_cell(lab, 11, f"%lepton attach {run_id}")
    attached = panel(lab, 11)
    until(lambda: "Best AUC" in "".join(attached.all_inner_texts()), "the panel is live again", lambda: seen_by(lab))
    lab.screenshot(shots / "attached.png", 11)
    run_cell(lab, 12, COUNT_POINTS)
    until(lambda: "stopped" in attached.inner_text(), "the attached panel sees the end")
    until(lambda: "points" in text_of(lab, 12), "Python counts", lambda: seen_by(lab))
    told = int(text_of(lab, 12).split()[-1])
    # Of very many, as many as a chart has room for.
    wanted = {told} if told <= AT_MOST_POINTS else set(range(AT_MOST_POINTS - 3, AT_MOST_POINTS + 1))
    until(lambda: points_drawn(attached) in wanted, f"{wanted} points are drawn", lambda: points_drawn(attached))


COUNT_POINTS = """ended = ll.attach(long.id); ended.stop(); ended.result()
print('points', sum(p.stage == 'network' and p.valid_loss is not None for p in ended.history()))"""


def test_a_kernel_that_restarts_leaves_its_run_in_the_journal(lab: Lab) -> None:
    """The panel says that the kernel is gone and how to go on; what it says shows the run's curve again."""
    run_cell(lab, 13, f"run = %lepton train df {LONG} --bg")
    training = wait_until_it_learns(lab, 13)
    until(lambda: points_drawn(training) > 1, "a curve", training.inner_text)
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    until(lambda: "kernel gone" in training.inner_text().lower(), "the panel says so", training.inner_text)
    assert training.get_by_role("button", name="Stop").is_disabled()
    attach = re.search(r"%lepton attach \w\S*[^,\s]", training.inner_text()).group(0)
    run_cell(lab, 14, f"%load_ext lepton_lab\n{attach}")
    again = panel(lab, 14)
    # A kernel with time enough to end its training before it goes leaves a model, any other a run to go on with.
    ways = ("ll.resume(", "Keep in the notebook")
    until(lambda: any(way in "".join(again.all_inner_texts()) for way in ways), "what is left", lambda: seen_by(lab))
    until(lambda: points_drawn(again) > 1, "its curve is drawn", again.inner_text)
    load_table(lab)


def points_drawn(training: Locator) -> int:
    """How many points the network's curve of validation loss has, as drawn."""
    line = training.locator("figure").first.locator("path.s-main:not(.thin)").first
    return len(re.findall("[ML]", line.get_attribute("d") or ""))
