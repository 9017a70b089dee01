"""Make docs/gallery: the executed notebooks as pages, and screenshots from real JupyterLab, light and dark.

make gallery
python scripts/gallery.py 00_start      only the notebooks that are named
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import run_notebook

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.browser.jupyter import Lab, chromium, lab_server  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

GALLERY = ROOT / "docs" / "gallery"
# Each notebook and its page.
PAGES = {"00_start": "00_start", "explain_anything": "01_explain_anything"}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# By notebook: the name of a picture, how its cell begins, and what must be there before it is taken.
SHOTS = {
    "00_start": {
        "check": ("%lepton check", ".lepton-panel .lep-card"),
        "training": ("model = %lepton train", ".lepton-panel .lep-kpis"),
        "result": ("model\n", ".jp-RenderedHTML svg"),
        "evaluation": ("%lepton evaluate", ".lepton-panel .lep-verdict"),
        "explanation": ("ex = %lepton explain", ".lepton-panel canvas"),
        "row": ("%lepton explain model --row", ".lepton-panel svg"),
        "whatif": ("%lepton whatif", ".lepton-panel .lep-detail svg"),
        "runs": ("%lepton runs", ".lepton-panel .lep-runs tbody tr"),
    },
    "explain_anything": {
        "groups": ("groups = {", ".lepton-panel canvas"),
        "interactions": ("pairs = ll.interactions", ".jp-RenderedHTML svg"),
        "dependence": ("ll.partial_dependence", ".jp-RenderedHTML svg"),
        "counterfactuals": ("predicted = model.predict", ".jp-RenderedHTML table"),
    },
}
RAN = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .every(c => c.model.type !== 'code' || c.model.executionCount !== null)"""
SCROLL = "i => window.jupyterapp.shell.currentWidget.content.scrollToItem(i, 'start')"


def wait(condition: Callable[[], object], timeout_s: float = 300) -> None:
    """Wait for a condition."""
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {timeout_s} s")
        time.sleep(0.5)


def choose_a_row(cell: Locator) -> None:
    """Show one row's waterfall."""
    row = cell.get_by_role("combobox", name="row to explain")
    row.focus()  # its rows are listed then
    row.select_option("3")


def weigh_costs(cell: Locator) -> None:
    """Give what wrong decisions cost."""
    cell.get_by_label("cost of a missed case").fill("5")
    cell.get_by_label("unit of the costs").fill("€")
    cell.locator(".lep-total", has_text="€").wait_for(timeout=30_000)


def play_what_if(cell: Locator) -> None:
    """Change two values, pin both, lock a column, look for ways and for real rows; once for both themes."""
    if cell.get_by_role("button", name="forget scenario B").count():
        return
    for name, value in (("duration_months", "36"), ("amount", "9000")):
        box = cell.get_by_role("spinbutton", name=f"{name}, exact")
        box.fill(value)
        box.press("Enter")
        cell.get_by_role("button", name="Pin scenario").click()
    cell.get_by_role("button", name="keep age as it is").click()
    cell.get_by_role("button", name="Find ways").click()
    cell.locator(".lep-ways li").first.wait_for(timeout=30_000)
    cell.get_by_role("button", name="Nearest real rows").click()
    cell.get_by_role("columnheader", name="differs in").wait_for(timeout=30_000)


# What is done in a cell before its picture is taken.
PLAYED: dict[str, Callable[[Locator], None]] = {
    "explanation": choose_a_row,
    "evaluation": weigh_costs,
    "whatif": play_what_if,
}


def take(lab: Lab, sources: list[str], shots: dict[str, tuple[str, str]]) -> None:
    """One picture a shot and theme."""
    for theme, name in THEMES.items():
        lab.set_theme(name)
        for shot, (start, ready) in shots.items():
            position = next(i for i, source in enumerate(sources) if f"{source}\n".startswith(start))
            lab.page.evaluate(SCROLL, position)
            lab.cell(position).locator(ready).first.wait_for(timeout=30_000)
            if shot in PLAYED:
                PLAYED[shot](lab.cell(position))
            lab.page.wait_for_timeout(1500)
            path = GALLERY / f"{shot}-{theme}.png"
            lab.screenshot(path, position)
            print(path.relative_to(ROOT))


def take_while_it_trains(lab: Lab, sources: list[str]) -> None:
    """The training panel in the middle of a run: members beside one another, and which columns count."""
    position = next(i for i, source in enumerate(sources) if source.startswith("model = %lepton train"))
    panel = lab.cell(position).locator(".lepton-panel")
    chip = panel.locator(".lep-chip").first
    wait(lambda: chip.count() and (chip.inner_text() != "running" or panel.locator(".lep-choice button").count() > 2))
    if chip.inner_text() != "running":
        print("the training was over before its picture could be taken: the one there is stays")
        return
    lab.page.evaluate(SCROLL, position)
    for theme, name in THEMES.items():
        lab.set_theme(name)
        lab.screenshot(GALLERY / f"training-live-{theme}.png", position)


def photograph_report(browser: Browser, written: Path) -> None:
    """The page that the start notebook wrote: its top, and its what-if with a value changed."""
    shutil.copyfile(written, GALLERY / "report.html")
    for theme in THEMES:
        page = browser.new_page(viewport={"width": 1200, "height": 1500}, color_scheme=theme)  # type: ignore[arg-type]
        page.goto(written.as_uri())
        page.screenshot(path=GALLERY / f"report-{theme}.png")
        for name, value in (("duration_months", "36"), ("amount", "9000")):
            box = page.get_by_role("spinbutton", name=f"{name}, exact")
            box.fill(value)
            box.press("Enter")
        page.locator("#whatif").evaluate("el => el.scrollIntoView()")
        page.screenshot(path=GALLERY / f"report-whatif-{theme}.png")
        print(f"report-{theme}.png")
        page.close()


def photograph(browser: Browser, folder: Path, path: Path) -> None:
    """Run a notebook in JupyterLab and take the pictures."""
    notebook = nbformat.read(path, as_version=4)
    sources = [cell.source if cell.cell_type == "code" else "" for cell in notebook.cells]
    with lab_server(folder) as server:
        (server.root / path.name).write_bytes(path.read_bytes())
        lab = Lab.open(browser, server, path.name)
        lab.page.set_viewport_size({"width": 1200, "height": 1700})
        lab.run_all()
        if path.stem == "00_start":
            take_while_it_trains(lab, sources)
        wait(lambda: lab.is_idle() and lab.page.evaluate(RAN))
        take(lab, sources, SHOTS[path.stem])
        lab.close()
        if path.stem == "00_start":
            photograph_report(browser, server.root / "model.html")


def main(asked: list[str]) -> int:
    GALLERY.mkdir(parents=True, exist_ok=True)
    for stem, page in PAGES.items():
        if asked and stem not in asked:
            continue
        path = ROOT / "notebooks" / f"{stem}.ipynb"
        with tempfile.TemporaryDirectory() as name:
            copy = Path(name) / path.name
            copy.write_bytes(path.read_bytes())
            run_notebook.write_html(run_notebook.execute(copy), GALLERY / f"{page}.html")
            with chromium() as browser:
                photograph(browser, Path(name) / "lab", path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
