"""One panel's cell run fifty times: live comms and memory."""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

from report import table

from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook
from tests.browser.panels_in_lab import START
from tests.browser.test_main_job import panel, run_cell, text_of, until

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


def page(asked: argparse.Namespace) -> str:
    """The table, and how it came about."""
    sources = [START, f"made({PANEL!r})", "0"]
    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as server, chromium() as browser:
        lab = Lab.open(browser, server, write_notebook(server.root, "reruns", sources))
        rows = again_and_again(lab)
        lab.close()
    header = [f"the {PANEL} panel's cell", "run 5 times", f"run {RUNS} times", "wanted"]
    note = "Memory after a garbage collection on both sides; the page's is its JavaScript objects."
    return f"{table(header, rows)}\n\n{note}"
