"""Every panel by the same measure: no barriers, all of it by keyboard, two copies, and readable without its kernel."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import barriers, with_axe
from tests.browser.controls import CONTROLS
from tests.browser.jupyter import Lab, Server, write_notebook
from tests.browser.panels_in_lab import cells
from tests.browser.test_main_job import panel, run_cell, scroll_to, seen_by, text_of, until
from tests.notebook.test_panels_twins import PANELS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAMES = list(PANELS)
REACHED = f"""el => {{
  const controls = ({CONTROLS})(el);
  controls.forEach((c, i) => c.dataset.tried = i);
  return controls.length;
}}"""


@pytest.fixture(scope="module")
def lab(browser: Browser, server: Server) -> Iterator[Lab]:
    """A notebook with every panel."""
    opened = Lab.open(browser, server, write_notebook(server.root, "every", cells(NAMES)))
    for position in range(len(NAMES) + 1):
        run_cell(opened, position)
    until(lambda: "ready" in text_of(opened, 0), "the results are made", lambda: seen_by(opened))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def kernel(lab: Lab) -> int:
    """Its process."""
    scroll_to(lab, 0)
    until(lambda: "ready" in text_of(lab, 0), "the first cell is in sight")
    return int(text_of(lab, 0).split()[-1])


def shown(lab: Lab, name: str) -> Locator:
    """A panel, in view and drawn."""
    position = 1 + NAMES.index(name)
    scroll_to(lab, position)
    found = panel(lab, position)
    drawn = lambda: found.count() > 0 and bool(found.first.inner_text().strip())  # noqa: E731
    until(drawn, f"the panel {name}", lambda: seen_by(lab))
    return found.first


@with_axe
def test_no_panel_has_a_serious_barrier(lab: Lab) -> None:
    found = {}
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.set_theme(theme)
        for name in NAMES:
            found[name, theme] = barriers(shown(lab, name))
    lab.set_theme("JupyterLab Light")
    assert {where: serious for where, serious in found.items() if serious} == {}


def test_every_control_is_reached_by_the_keyboard(lab: Lab) -> None:
    for name in NAMES:
        one = shown(lab, name)
        # It has something to say before its rows are there; with them come its controls.
        copy = one.get_by_role("button", name="Copy as code")
        until(lambda copy=copy: copy.count() > 0, f"the controls of {name}", one.inner_text)
        n_controls = one.evaluate(REACHED)
        one.locator("[data-tried='0']").focus()
        seen = set()
        for _ in range(3 * n_controls):
            seen.add(lab.page.evaluate("() => document.activeElement?.dataset?.tried ?? ''"))
            if len(seen) > n_controls:  # all of them, and what lies beyond
                break
            lab.page.keyboard.press("Tab")
        # A group of radio buttons is one stop, within which arrows choose.
        missing = {str(i) for i in range(n_controls)} - seen
        left = [one.locator(f"[data-tried='{i}']") for i in missing]
        outer = "c => c.outerHTML.slice(0, 120)"
        assert [c.evaluate(outer) for c in left if c.get_attribute("type") != "radio"] == [], name


def test_a_second_copy_shows_the_same(lab: Lab) -> None:
    """A cell drawn again shows the model's state, not a first one."""
    run_cell(lab, 1, "p = made('training'); p")
    until(lambda: "Best AUC" in "".join(panel(lab, 1).all_inner_texts()), "the panel", lambda: seen_by(lab))
    run_cell(lab, 2, "p")
    until(lambda: "Best AUC" in "".join(panel(lab, 2).all_inner_texts()), "its copy", lambda: seen_by(lab))
    first, second = (re.sub(r"[\d.]+ s", "", panel(lab, cell).first.inner_text()) for cell in (1, 2))  # clocks go on
    assert first == second
    run_cell(lab, 2, f"made({NAMES[1]!r})")
    until(lambda: "Best AUC" not in "".join(panel(lab, 2).all_inner_texts()), "another panel", lambda: seen_by(lab))


# Where a reader asks, what he does there, and what there is once the kernel has answered. The list of runs asks by
# itself, now and then; the what-if panel's test (test_whatif.py) drags while its kernel sleeps.
ASKS: dict[str, tuple[str, Callable[[Locator], object], str]] = {
    "explanation": (
        "select[aria-label='column to look at']:has(option:nth-child(4))", lambda choice: choice.select_option(index=3),
        ".lep-dependence:not(.stale) svg",
    ),
    "result": (".lep-part >> nth=1", lambda part: part.click(), ".lep-effect"),
    "data": ("button[aria-label='Leave out c2']", lambda drop: drop.click(), ".lep-foot .lep-code:has-text('c2')"),
    "runs": (".lep-source[data-kind=model]", lambda _: None, ".lep-source[data-kind=model]"),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKS)
def test_a_busy_kernel_is_said_and_its_answer_follows(lab: Lab, kernel: int, name: str) -> None:
    """Asked while the kernel sleeps, a panel says so, and goes on where the answer comes."""
    where, ask, answered = ASKS[name]
    one = shown(lab, name)
    place, said = one.locator(where).first, one.locator(".lep-source[data-kind=busy]")
    until(lambda: place.count() > 0 and not said.count(), "it can be asked", one.inner_text)
    os.kill(kernel, signal.SIGSTOP)
    try:
        ask(place)
        until(lambda: said.count() > 0, "it says that the kernel is busy", one.inner_text)
    finally:
        os.kill(kernel, signal.SIGCONT)
    until(lambda: one.locator(answered).count() > 0 and not said.count(), "it is answered", one.inner_text)


def test_a_dead_kernel_leaves_panels_that_can_be_read(lab: Lab) -> None:
    before = {name: len(shown(lab, name).inner_text()) for name in NAMES}
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    for name in NAMES:
        one = shown(lab, name)
        if name in SAYS_SO:
            until(lambda one=one: "kernel" in one.inner_text().lower(), f"{name} says so", one.inner_text)
        assert len(one.inner_text()) > before[name] / 2
        one.locator("button:enabled").last.click()  # nothing hangs, and nothing is thrown
    assert [e for e in lab.errors if "lepton" in e.lower() or "lep-" in e.lower()] == []


# Panels that ask their kernel for more than they hold.
SAYS_SO = tuple(NAMES)
