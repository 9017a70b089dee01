"""Milliseconds to the first paint of a beeswarm, and of a hover over it, in real Chromium against real JupyterLab.

OMP_NUM_THREADS=1 python benchmarks/interface_parts/beeswarm.py
OMP_NUM_THREADS=1 python benchmarks/interface_parts/beeswarm.py --beside "other computations"     says what ran beside
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
import numpy as np  # noqa: E402
from report import table, write  # noqa: E402

from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook  # noqa: E402

MADE = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
import lepton_lab as ll, numpy as np
from tests.pictures import examples
ex = examples.explanation({{rows}}, columns=tuple(f"column {{{{j}}}}" for j in range({{columns}})))
print("made")"""
# When the cell was started, when the panel's view asked for its data, and when the dots were on the screen.
FIRST_PAINT = """async (position) => {
  const app = window.jupyterapp;
  const notebook = app.shell.currentWidget.content;
  notebook.activeCellIndex = position;
  const cell = notebook.activeCell.node;
  const seen = {};
  const painted = new Promise((done) => {
    const observer = new MutationObserver(() => {
      const panel = cell.querySelector(".lepton-panel");
      if (panel && !panel.dataset.old) seen.asked ??= performance.now();
      const canvas = panel && !panel.dataset.old && panel.querySelector("canvas.lep-canvas");
      if (!canvas || !canvas.style.width || seen.drawn) return;
      seen.drawn = performance.now();
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => { observer.disconnect(); seen.painted = performance.now(); done(); };
        after.port2.postMessage(0);
      });
    });
    observer.observe(cell, {childList: true, subtree: true, attributes: true});
  });
  cell.querySelectorAll(".lepton-panel").forEach((panel) => { panel.dataset.old = "1"; });
  seen.started = performance.now();
  app.commands.execute("notebook:run-cell");
  await painted;
  return [seen.painted - seen.started, seen.painted - seen.asked];
}"""
# A move's own work in the page, and from the event's time stamp to the task after the frame that shows it.
RECORD = """() => {
  window.hovers = [];
  let began = 0;
  addEventListener("pointermove", () => { began = performance.now(); }, true);
  addEventListener("pointermove", (event) => {
    const work = performance.now() - began;
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => window.hovers.push([work, performance.now() - event.timeStamp]);
      after.port2.postMessage(0);
    });
  });
}"""


def hover(lab: Lab, moves: int) -> list[tuple[float, float]]:
    """Move over the dots; each move waits until it was drawn."""
    stage = lab.cell(1).locator(".lepton-panel .lep-stage").first
    lab.page.evaluate(RECORD)
    box = stage.bounding_box()
    assert box is not None
    chance = random.Random(0)
    for i in range(moves + 10):
        before = lab.page.evaluate("() => window.hovers.length")
        x, y = chance.uniform(0.4, 0.98), chance.uniform(0.04, 0.9)
        lab.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * min(box["height"], 800))
        lab.page.wait_for_function(f"() => window.hovers.length > {before}")
        lab.page.wait_for_timeout(chance.uniform(5, 40))
        if i == 0:
            assert stage.locator("svg").count(), "the drawing is there"
    return lab.page.evaluate("() => window.hovers")[10:]


def measured(rows: int, columns: int, times: int, moves: int) -> dict[str, list[float]]:
    """Milliseconds by what was measured."""
    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as server, chromium() as browser:
        cells = [MADE.format(rows=rows, columns=columns), "ex"]
        lab = Lab.open(browser, server, write_notebook(server.root, "beeswarm", cells))
        lab.page.set_viewport_size({"width": 1300, "height": 1400})
        lab.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
        lab.output(0).get_by_text("made").wait_for()
        first = []
        for _ in range(times + 1):
            first.append(lab.page.evaluate(FIRST_PAINT, 1))
            lab.wait_for_idle()
            lab.page.wait_for_timeout(500)
        lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(1, 'start')")
        lab.page.wait_for_timeout(500)
        hovers = hover(lab, moves)
        lab.close()
    cold, warm = first[0], first[1:]
    return {
        "cold": [cold[0]], "cell": [one[0] for one in warm], "asked": [one[1] for one in warm],
        "work": [one[0] for one in hovers], "drawn": [one[1] for one in hovers],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--times", type=int, default=10, help="the cell is run")
    parser.add_argument("--moves", type=int, default=100)
    parser.add_argument("--beside", default="nothing", help="what else ran on the machine")
    asked = parser.parse_args()
    found = measured(asked.rows, asked.columns, asked.times, asked.moves)
    shown = {name: [f"{np.median(times):.1f}", f"{np.quantile(times, 0.9):.1f}"] for name, times in found.items()}
    rows = [
        ["cell started to dots on the screen", *shown["cell"], "1000"],
        ["the same, the first time in a page and kernel", *shown["cold"], ""],
        ["page asked for the data to dots on the screen", *shown["asked"], ""],
        ["hover: the page's work for one move of the pointer", *shown["work"], "16"],
        ["hover: move of the pointer to words on the screen", *shown["drawn"], ""],
    ]
    header = [f"beeswarm of {asked.rows:,} rows x {asked.columns} columns", "median ms", "90 % ms", "wanted"]
    note = (
        f"The cell was run {asked.times} times (kernel: importance, static twin, panel; page: widget, data by message, "
        f"layout, {asked.rows * asked.columns:,} dots); the pointer moved {asked.moves} times to places by chance "
        "among the dots, in headless Chromium without a GPU against JupyterLab. A move to the screen waits for the "
        f"next frame, which comes every 16.7 ms. Beside it ran: {asked.beside}."
    )
    name = "interface_beeswarm"
    write(name, "The beeswarm, in a real browser", f"{table(header, rows)}\n\n{note}", ("jupyterlab", "anywidget"))


if __name__ == "__main__":
    main()
