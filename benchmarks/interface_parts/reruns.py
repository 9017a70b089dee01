"""One panel's cell run fifty times: live comms and memory; and a page that is loaded anew while a model trains."""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from pathlib import Path

from report import table

from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook
from tests.browser.panels_in_lab import START
from tests.browser.test_main_job import LOAD, panel, points_drawn, run_cell, text_of, until, wait_until_it_learns

RUNS = 50
PANEL = "whatif"
MEMORY = """import gc; gc.collect()
comms = len(get_ipython().kernel.comm_manager.comms) if hasattr(get_ipython().kernel, 'comm_manager') else -1
from ipywidgets import Widget
rss = int(next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1]) / 1000
print('memory', rss, len([w for w in Widget.widgets.values() if type(w).__name__.endswith('Panel')]), COUNT)"""


def kernel_memory(lab: Lab, count: int) -> tuple[float, int]:
    """Megabytes of the kernel's process, and how many panels are alive in it."""
    run_cell(lab, 2, MEMORY.replace("COUNT", str(count)))
    until(lambda: bool(re.search(rf"memory \S+ \d+ {count}$", text_of(lab, 2), re.MULTILINE)), "the kernel's memory")
    rss, live = re.findall(r"memory (\S+) (\d+)", text_of(lab, 2))[-1]
    return float(rss), int(live)


def page_memory(lab: Lab) -> float:
    """Megabytes of the page's objects, after a collection."""
    session = lab.page.context.new_cdp_session(lab.page)
    session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6


def again_and_again(lab: Lab) -> list[list[str]]:
    """Rows of the table: before and after."""
    run_cell(lab, 0)
    until(lambda: "ready" in text_of(lab, 0), "the results are made")

    def run(n: int) -> None:
        for _ in range(n):
            before = lab.page.evaluate(COUNT)
            run_cell(lab, 1)
            until(lambda before=before: lab.page.evaluate(COUNT) != before and lab.is_idle(), "the cell ran")
            panel(lab, 1).locator(".lep-detail svg").first.wait_for()

    run(5)  # what the first ones compile and load is no growth
    kernel, page = kernel_memory(lab, 5), page_memory(lab)
    run(RUNS - 5)
    then, later = kernel_memory(lab, RUNS), page_memory(lab)
    return [
        ["live panels in the kernel", str(kernel[1]), str(then[1]), "one"],
        ["kernel, MB", f"{kernel[0]:.0f}", f"{then[0]:.0f} ({then[0] - kernel[0]:+.1f})", "under +20"],
        ["page, MB", f"{page:.1f}", f"{later:.1f} ({later - page:+.1f})", "under +20"],
    ]


COUNT = "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.executionCount"


def reloaded(lab: Lab) -> tuple[float, str]:
    """Seconds from `%lepton attach` to a live panel after a reload, and whether its curve has every point."""
    run_cell(lab, 0)
    until(lambda: "loaded" in text_of(lab, 0), "the table is loaded")
    run_cell(lab, 1)
    wait_until_it_learns(lab, 1)
    id = re.search(r"^id (\S+)$", text_of(lab, 1), re.MULTILINE)
    assert id is not None
    lab.save()
    lab.load()
    began = time.monotonic()
    run_cell(lab, 2, f"run = %lepton attach {id[1]}")
    panel(lab, 2).get_by_text("Best AUC").wait_for()
    took = time.monotonic() - began
    run_cell(lab, 3, POINTS)
    until(lambda: "points" in text_of(lab, 3), "the run has ended")
    wanted = json.loads(text_of(lab, 3).partition("points ")[2])
    until(lambda: "stopped" in panel(lab, 2).inner_text(), "the panel sees the end")
    drawn = points_drawn(panel(lab, 2))
    return took, f"{drawn} of {wanted} points of the network's curve"


POINTS = """run.stop(); run.result()
mine = [p for p in run.history() if p.stage == 'network' and p.valid_loss is not None]
print('points', min(len(mine), 300))"""


def page(asked: argparse.Namespace) -> str:
    """The table, and how it came about."""
    sources = [START, f"made({PANEL!r})", "0"]
    loaded = [LOAD, "run = %lepton train df --target high_income --budget 900s --bg\nprint('id', run.id)", "0", "0"]
    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as server, chromium() as browser:
        lab = Lab.open(browser, server, write_notebook(server.root, "reruns", sources))
        rows = again_and_again(lab)
        lab.close()
        lab = Lab.open(browser, server, write_notebook(server.root, "reload", loaded))
        took, points = reloaded(lab)
        lab.close()
    rows.append(["reload while training: `%lepton attach` to live panel, s", "", f"{took:.1f}; {points}", "2; all"])
    header = [f"the {PANEL} panel's cell", "run 5 times", f"run {RUNS} times", "wanted"]
    note = "Memory after a garbage collection on both sides; the page's is its JavaScript objects."
    return f"{table(header, rows)}\n\n{note}"
