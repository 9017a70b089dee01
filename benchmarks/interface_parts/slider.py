"""What-if: milliseconds from a moved slider to what is drawn."""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import numpy as np
from report import table

from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook

ROOT = Path(__file__).resolve().parents[2]
CELLS = (
    f"import sys; sys.path.insert(0, {str(ROOT / 'benchmarks')!r})\n"
    "%load_ext lepton_lab\nimport lepton_lab as ll\nfrom predict import made",
    "model = ll.train(made({rows}), target='bad', budget='{budget}')\n"
    "print('weights', *[f'{{m.name}} {{w:.2f}}' for m, w in zip(model.members, model.blend.weights)])",
    "%lepton whatif model",
    "import time\nw = ll.whatif(model)\ndef cost(f):\n    s = []\n    for i in range(60):\n"
    "        t = time.perf_counter(); f(i); s.append(1e3 * (time.perf_counter() - t))\n    return sorted(s)[30]\n"
    "print('kernel', cost(lambda i: w.answer({'c0': i / 60}, explain=True)), cost(lambda i: w.curves({'c0': i / 60})))",
)
# Per pointer event: its own time stamp, and when what it caused was on the screen (the task after the next frame).
RECORD = """(panel) => {
  const seen = window.seen = {t0: null, prediction: null, attribution: null};
  const drawn = (name) => () => {
    if (seen.t0 === null || seen[name] !== null) return;
    const t0 = seen.t0;
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => { if (seen.t0 === t0) seen[name] = performance.now() - t0; };
      after.port2.postMessage(0);
    });
  };
  const moved = (event) => { if (event.buttons && seen.t0 === null) seen.t0 = event.timeStamp; };
  addEventListener("pointermove", moved, true);
  new MutationObserver(drawn("prediction")).observe(panel.querySelector(".lep-kpi-value"), {childList: true});
  new MutationObserver(drawn("attribution")).observe(panel.querySelector(".lep-detail"), {childList: true});
}"""
CLEAR = "() => { Object.assign(window.seen, {t0: null, prediction: null, attribution: null}); }"
BOTH = "() => window.seen.prediction !== null && window.seen.attribution !== null"


def drag(lab: Lab, moves: int) -> dict[str, list[float]]:
    """Drag a slider step by step; each step waits until both were drawn."""
    panel = lab.cell(2).locator(".lepton-panel")
    panel.locator(".lep-detail svg").wait_for(timeout=60_000)
    panel.evaluate(RECORD)
    box = panel.locator("input.lep-range").first.bounding_box()
    assert box is not None
    at = lambda share: (box["x"] + box["width"] * share, box["y"] + box["height"] / 2)  # noqa: E731
    chance, found = random.Random(0), {"prediction": [], "attribution": []}
    lab.page.mouse.move(*at(0.5))
    lab.page.mouse.down()
    for i in range(moves + 10):
        lab.page.wait_for_timeout(chance.uniform(60, 160))
        lab.page.evaluate(CLEAR)
        lab.page.mouse.move(*at(0.5 + 0.4 * np.sin(i)))
        lab.page.wait_for_function(BOTH, timeout=30_000)
        seen = lab.page.evaluate("() => window.seen")
        for name, times in found.items():
            times.append(seen[name])
    lab.page.mouse.up()
    return {name: times[10:] for name, times in found.items()}


def cells(times: list[float]) -> list[str]:
    """Median and 90th percentile."""
    return [f"{np.median(times):.1f}", f"{np.quantile(times, 0.9):.1f}"]


def measured(asked: argparse.Namespace) -> tuple[dict[str, list[float]], dict[str, str]]:
    """The times of a drag, and what the kernel says of the model and of its own share of them."""
    sources = [CELLS[0], CELLS[1].format(rows=asked.rows, budget=asked.budget), *CELLS[2:]]
    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as server, chromium() as browser:
        lab = Lab.open(browser, server, write_notebook(server.root, "interface", sources))
        lab.page.set_viewport_size({"width": 1300, "height": 1400})
        lab.run_all()
        lab.output(3).get_by_text("kernel ").last.wait_for(timeout=600_000)
        lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(2, 'start')")
        lab.page.wait_for_timeout(1000)
        times = drag(lab, asked.moves)
        said = {name: "\n".join(lab.output(i).all_inner_texts()) for i, name in ((1, "model"), (3, "kernel"))}
        lab.close()
    return times, said


def page(asked: argparse.Namespace) -> str:
    """The table, and how it came about."""
    times, said = measured(asked)
    weights = said["model"].partition("weights ")[2].partition("\n")[0]
    explain, curves = map(float, said["kernel"].partition("kernel ")[2].split()[:2])
    rows = [
        ["slider moved to prediction drawn (the page's own, off the curve)", *cells(times["prediction"]), "20", "10"],
        ["slider moved to attribution drawn (the kernel's)", *cells(times["attribution"]), "100", "60"],
    ]
    header = ["what-if panel, 14 columns", "median ms", "90 % ms", "wanted", "reached for"]
    note = (
        f"{asked.moves} real pointer moves of a pressed slider in headless Chromium against JupyterLab, from the time "
        "stamp of the pointer event to the task after the frame that draws it. The model is the default blend "
        f"(weights: {weights}) trained on {asked.rows:,} rows; explained against its 100 background rows. In the "
        f"kernel alone, without the page: prediction with waterfall {explain:.1f} ms, all curves {curves:.1f} ms "
        "(medians)."
    )
    return f"{table(header, rows)}\n\n{note}"
