"""A panel in a notebook: its twin first, then the widget alone; small, and safe with any name."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lepton_lab.evaluation.run_table import Runs
from lepton_lab.notebook.panels.bundle import STATIC, script, styles
from lepton_lab.notebook.panels.data import DataPanel
from lepton_lab.notebook.panels.explanation import ExplanationPanel
from lepton_lab.notebook.panels.inside import InsidePanel
from lepton_lab.notebook.panels.result import ResultPanel
from lepton_lab.notebook.panels.runs import RunsPanel
from lepton_lab.notebook.panels.training import TrainingPanel
from lepton_lab.notebook.panels.whatif import WhatIfPanel
from tests.pictures import examples, inside_examples, result_examples
from tests.pictures.test_pictures import run as nasty_run
from tests.pictures.test_pictures import whole_check

VIEW = "application/vnd.jupyter.widget-view+json"
PANELS = {
    "training": lambda: TrainingPanel("Training of " + examples.NASTY[0], 60.0),
    "explanation": lambda: ExplanationPanel(examples.explanation(2000, columns=(*examples.NASTY, *examples.COLUMNS))),
    "result": lambda: ResultPanel(result_examples.with_errors()),
    "inside": lambda: InsidePanel(inside_examples.of_image(3, examples.NASTY, side=40, n_channels=3)),
    "whatif": lambda: WhatIfPanel(examples.what_if()),
    "data": lambda: DataPanel(whole_check()),
    "runs": lambda: RunsPanel(Runs([nasty_run(), nasty_run()])),
}
panels = pytest.mark.parametrize("make", PANELS.values(), ids=PANELS)


@pytest.fixture(autouse=True)
def shell():
    return InteractiveShell.instance()


def shown(panel) -> list[dict]:
    with capture_output() as captured:
        panel._ipython_display_()
    return [output.data for output in captured.outputs]


@panels
def test_a_panel_is_its_twin_and_then_the_widget_alone(make):
    twin, view = shown(make())
    assert set(twin) == {"text/html", "text/plain"}
    assert set(view) == {VIEW, "text/plain"}
    assert view["text/plain"] == ""


@panels
def test_a_panel_adds_less_than_half_a_megabyte_to_a_notebook(make):
    panel = make()
    state = sum(len(str(value)) for value in panel.get_state().values())
    outputs = sum(len(str(bundle)) for bundle in shown(panel))
    assert len(str(shown(panel)[0]["text/html"])) < 200_000
    assert state + outputs < 500_000


@panels
def test_twins_hold_no_markup_of_the_users(make):
    html = shown(make())[0]["text/html"]
    assert "<img" not in html
    assert "<script" not in html


@panels
def test_twin_and_panel_know_each_other(make):
    panel = make()
    assert f'data-lepton-twin="{panel.twin}"' in shown(panel)[0]["text/html"]


@pytest.mark.parametrize("name", PANELS)
def test_each_panel_can_be_copied_as_code(name):
    panel = PANELS[name]()
    assert isinstance(panel.code, str)
    assert "Copy as code" in script(name)


def test_the_panels_are_small_and_ask_nothing_of_the_network():
    scripts = [script(name) for name in PANELS]
    assert sum(len(text.encode()) for text in scripts) < 200_000
    for text in (*scripts, styles()):
        for forbidden in ("http://", "https://", "import(", "eval(", "new Function", "innerHTML", "url("):
            assert forbidden not in text.replace("http://www.w3.org/2000/svg", "")


def test_every_panel_is_tried_here_and_nothing_else_lies_in_static():
    assert sorted(path.name for path in STATIC.iterdir()) == sorted([*(f"{name}.js" for name in PANELS), "panels.css"])
