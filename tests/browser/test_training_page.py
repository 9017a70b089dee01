"""The training panel in Chromium with a model of JavaScript: what it draws, how often, and what it says of a click."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from lepton_lab.notebook.panels.bundle import script, styles
from lepton_lab.notebook.panels.training import Actions, TrainingPanel
from lepton_lab.training.attribution import Attribution
from lepton_lab.training.progress import Progress
from tests.pictures import examples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "share of the customers who came back within a year after a complaint"
# The kernel's half: values that a test sets, and what the page asked for.
MODEL = """async ([source, values]) => {
  const url = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
  const panel = (await import(url)).default;
  const heard = {};
  window.model = {
    asked: [], comm_live: true,
    get: name => values[name],
    on: (event, f) => (heard[event] ??= new Set()).add(f),
    off: (event, f) => heard[event]?.delete(f),
    send: content => window.model.asked.push(content),
    fire: event => [...heard[event] ?? []].forEach(f => f()),
    tell: changes => {
      Object.assign(values, changes);
      Object.keys(changes).forEach(name => window.model.fire(`change:${name}`));
    },
  };
  window.end?.();
  const el = document.querySelector('#place');
  el.replaceWith(el.cloneNode());
  window.end = panel.render({model: window.model, el: document.querySelector('#place')});
}"""
# What a part of the page goes through from now on, by the kind of change.
COUNT = """el => {
  window.changes = {elements: 0, d: 0};
  new MutationObserver(seen => seen.forEach(one => {
    window.changes.elements += [...one.addedNodes, ...one.removedNodes].filter(node => node instanceof Element).length;
    if (one.attributeName === 'd') window.changes.d += 1;
  })).observe(el, {subtree: true, childList: true, attributes: true});
}"""


def values_after(reports: list[Progress], **panel: Any) -> dict[str, Any]:
    """What the page knows of a run after these reports."""
    InteractiveShell.instance()
    told = TrainingPanel(panel.pop("title", "Training"), 60.0, Actions(stop=lambda _: None), **panel)
    for progress in reports:
        told._sent_at = 0.0
        told.report(progress)
    return {name: getattr(told, name) for name in ("state", "past", "growing", "title", "code", "twin")}


def running(n: int = 20, **changes: Any) -> list[Progress]:
    """A run in its second fold, with a baseline."""
    start = Progress(stage="baseline", member="always the mean", valid_loss=0.9, metric=0.5, metric_name="auc")
    known = {"run": "k3fa", "left_s": 48.0, "device": "2 CPU cores"} | changes
    told = [*examples.history(30, fold=0), *examples.history(n, fold=1, seed=1)]
    return [start, *(replace(one, elapsed_s=0.2 * i, **known) for i, one in enumerate(told))]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1000, "height": 900})
    opened.clock.install()
    opened.set_content(f"<!doctype html><html lang=en><style>{styles()}</style><body><div id=place></div>")
    yield opened
    opened.close()


@pytest.fixture
def errors(page: Page) -> Iterator[list[str]]:
    """What the page complains of: nothing, in every test."""
    said: list[str] = []
    listener = lambda error: said.append(str(error))  # noqa: E731
    page.on("pageerror", listener)
    yield said
    page.remove_listener("pageerror", listener)
    assert said == []


def mount(page: Page, values: dict[str, Any]) -> Locator:
    page.evaluate(MODEL, [script("training"), values])
    page.clock.run_for(50)
    return page.locator("#place")


def tell(page: Page, values: dict[str, Any], *, then_ms: int = 2500) -> None:
    """What the kernel says next, and the time to draw it."""
    page.evaluate(
        "changes => window.model.tell(changes)", {name: values[name] for name in ("state", "past", "growing")}
    )
    page.clock.run_for(then_ms)


def test_an_update_moves_lines_and_words_and_makes_nothing_new(page: Page, errors: list[str]) -> None:
    panel = mount(page, values_after(running(20)))
    stop = panel.get_by_role("button", name="Stop")
    stop.focus()
    panel.evaluate(COUNT)
    tell(page, values_after(running(21)))
    assert "step 1,000" in panel.inner_text()
    changes = page.evaluate("() => window.changes")
    assert changes["elements"] == 0, "no element comes or goes"
    assert changes["d"] == 2, "the growing fold's loss and metric, each drawn once"
    assert stop.evaluate("button => button === document.activeElement")


def test_what_comes_between_two_drawings_is_drawn_once(page: Page, errors: list[str]) -> None:
    panel = mount(page, values_after(running(2)))
    panel.evaluate(COUNT)
    several = [values_after(running(n)) for n in range(3, 13)]
    page.evaluate("told => told.forEach(one => window.model.tell(one))", several)
    page.clock.run_for(2500)
    assert "step 550" in panel.inner_text()
    # Two lines of the growing fold; the axes may have moved, and with them the lines of the first.
    assert page.evaluate("() => window.changes.d") <= 4


def test_the_clock_goes_on_while_nothing_is_told(page: Page, errors: list[str]) -> None:
    compiling = [
        *running(1),
        examples.progress(stage="network", compiling=True, left_s=40.0, elapsed_s=20.0, run="k3fa"),
    ]
    panel = mount(page, values_after(compiling))
    assert "20 s of 1 min, at most 40 s left" in panel.inner_text()
    assert panel.locator(".lep-chip").inner_text().lower() == "compiling"
    page.clock.run_for(11_500)
    assert "31 s of 1 min, at most 29 s left" in panel.inner_text()
    assert panel.get_by_role("progressbar").get_attribute("aria-valuenow") == "52"


@pytest.mark.parametrize("in_foreground", [True, False])
def test_a_click_that_no_kernel_hears_says_what_does(page: Page, errors: list[str], in_foreground: bool) -> None:
    values = values_after(running(5), in_foreground=in_foreground)
    panel = mount(page, values)
    panel.get_by_role("button", name="Stop").click()
    page.clock.run_for(300)
    assert page.evaluate("() => window.model.asked") == [{"type": "stop"}]
    assert "asked the kernel" in panel.inner_text()
    page.clock.run_for(4000)
    assert ("press its interrupt" if in_foreground else 'll.stop("k3fa")') in panel.inner_text()
    tell(page, values_after(running(6), in_foreground=in_foreground))
    assert "does not hear" in panel.inner_text() or "will hear" in panel.inner_text(), "a report is no answer"
    tell(page, {**values, "state": {**values["state"], "status": "stopping"}})
    assert "hear" not in panel.locator(".lep-tools").inner_text()
    assert panel.get_by_role("button", name="Stop").is_disabled()


def test_a_kernel_that_is_gone_leaves_the_curves_and_says_how_to_go_on(page: Page, errors: list[str]) -> None:
    panel = mount(page, values_after(running(5)))
    page.evaluate("() => { window.model.comm_live = false; window.model.fire('comm_live_update'); }")
    page.clock.run_for(2500)
    words = panel.inner_text()
    assert "kernel gone" in words.lower()
    assert "%lepton attach k3fa" in words and "%lepton resume k3fa df" in words
    assert panel.get_by_role("button", name="Stop").is_disabled()
    page.clock.run_for(30_000)
    assert panel.inner_text() == words, "its clock stands"
    assert panel.locator("path.line").count() == 2


# Runs whose names, numbers or columns are out of the ordinary.
RUNS = {
    "plain": {},
    "regression": {"metric_name": "rmse", "metric": 123456.7, "best_metric": 119876.5},
    "survival": {"metric_name": "concordance", "metric": 0.71, "best_metric": 0.73},
    "long names": {"metric_name": LONG, "device": "NVIDIA A100-SXM4-80GB (CUDA 12.4, compute capability 8.0)"},
    "markup": {"metric_name": examples.NASTY[0], "message": examples.NASTY[2], "device": examples.NASTY[1]},
}


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_cut_or_overflows_however_narrow(page: Page, errors: list[str], shots: Path, name: str) -> None:
    looked = Attribution.of(("leak", LONG, *examples.NASTY, *examples.COLUMNS), np.array([9.0] + 17 * [0.1]), 32)
    reports = [*running(15, **RUNS[name])]
    reports.append(replace(reports[-1], attribution=looked))
    panel = mount(page, values_after(reports, title=f"Training {RUNS[name].get('message', '')}"))
    for width in (1000, 620, 380):
        page.set_viewport_size({"width": width, "height": 900})
        page.clock.run_for(2500)
        wide = panel.evaluate(
            "el => [el.scrollWidth - el.clientWidth, document.documentElement.scrollWidth - innerWidth]"
        )
        assert max(wide) <= 0, f"{width} pixels"
        page.screenshot(path=shots / f"training-{name.replace(' ', '-')}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1000, "height": 900})
    assert panel.locator("img, script").count() == 0
    assert "'leak' alone has" in panel.inner_text()
