"""What a training panel costs: the same training with and without, in turns: wall clock, kernel and browser CPU."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from report import table

from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook

ROOT = Path(__file__).resolve().parents[2]
# The same steps each time: a fixed schedule, no budget. `bare` has neither panel nor looks at the probe rows.
SETUP = f"""import sys; sys.path.insert(0, {str(ROOT / "benchmarks")!r})
%load_ext lepton_lab
import json, time, lepton_lab as ll
from pathlib import Path
from interface_parts.processes import browser_seconds
from predict import made
from lepton_lab.training.probe import Probe
from lepton_lab.notebook.panels.training import TrainingPanel
look, publish, sent, looks = Probe.look, TrainingPanel._publish, [], []
def counted(panel, *words, **more):
    sent.append(time.monotonic()); publish(panel, *words, **more)
def looked(*words):
    began = time.monotonic(); found = look(*words)
    if found is not None: looks.append(time.monotonic() - began)
    return found
TrainingPanel._publish = counted
spent = dict(panel=0.0, look=0.0)
def timed(name, work):
    def run(*words, **more):
        began = time.thread_time()
        try: return work(*words, **more)
        finally: spent[name] += time.thread_time() - began
    return run
TrainingPanel.report = timed("panel", TrainingPanel.report)
TrainingPanel.finish = timed("panel", TrainingPanel.finish)
looked = timed("look", looked)
def bare(*_): return None
df = made(ROWS)
def once(kind):
    Probe.look = bare if kind == "bare" else looked
    wall, cpu, browser = time.perf_counter(), time.process_time(), browser_seconds(ROOT)
    if kind == "panel": get_ipython().run_line_magic("lepton", "train df --target bad --quality balanced --seed 1")
    else: ll.train(df, target="bad", quality="balanced", seed=1)
    # The call is over; what the browser draws of its end is drawn beside the next, and belongs to this one.
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    time.sleep(2)
    return wall, cpu, browser_seconds(ROOT) - browser
once("script"); print("ready")"""
TURNS = """found = {kind: [] for kind in ("bare", "script", "panel")}
looks.clear(); spent |= {"panel": 0.0, "look": 0.0}
for turn in range(TURNS):
    for kind in list(found)[::1 if turn % 2 else -1]:
        found[kind].append(once(kind))
most = max((sum(t <= u < t + 1 for u in sent) for t in sent), default=0)
told = {"found": found, "most": most, "looks": looks, "sent": len(sent), "spent": spent}
Path(TOLD + "~").write_text(json.dumps(told)); Path(TOLD + "~").rename(TOLD)"""


def measured(asked: argparse.Namespace) -> dict:
    """Seconds of each training, and how often the panel was sent something.

    The kernel writes them into a file: to look for them on the page would keep the browser busy.
    """
    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as server, chromium() as browser:
        told = Path(home) / "told.json"
        known = {"ROWS": asked.rows, "ROOT": os.getpid(), "TURNS": asked.turns, "TOLD": repr(str(told))}
        cells = [SETUP, TURNS]
        for name, value in known.items():
            cells = [cell.replace(name, str(value)) for cell in cells]
        lab = Lab.open(browser, server, write_notebook(server.root, "training", cells))
        lab.run_all()
        until = time.monotonic() + 1800
        while not told.exists() and time.monotonic() < until:
            time.sleep(1)
        lab.close()
        return json.loads(told.read_text())


def page(asked: argparse.Namespace) -> str:
    """The table, and how it came about."""
    told = measured(asked)
    seconds = {kind: np.array(turns) for kind, turns in told["found"].items()}
    bare = seconds["bare"]
    words = {"bare": "no panel, no probe", "script": "no panel, probe rows looked at", "panel": "panel and probe"}
    rows = []
    for kind, turns in seconds.items():
        extra = [f"{100 * (np.median(turns[:, i] / bare[:, i]) - 1):+.1f} %" if kind != "bare" else "" for i in (0, 1)]
        wall, cpu, browser = np.median(turns, axis=0)
        rows.append([words[kind], f"{wall:.2f}", extra[0], f"{cpu:.2f}", extra[1], f"{browser:.2f}"])
    header = ["training", "wall s", "extra (under 3 %)", "kernel CPU s", "extra (under 3 %)", "browser CPU s"]
    whole, probed = seconds["panel"][:, 1].sum(), seconds["panel"][:, 1].sum() + seconds["script"][:, 1].sum()
    own = {"panel": 100 * told["spent"]["panel"] / whole, "look": 100 * told["spent"]["look"] / probed}
    looks = 1e3 * np.array(told["looks"] or [float("nan")])
    note = (
        f"Medians over {asked.turns} turns of the same training of {asked.rows:,} rows and 14 columns (a "
        "fixed schedule, warm), of the ratio within each turn. Wall time is that of the whole call, with the making of "
        "the panel and its end. The kernel's CPU time is that of all its threads, the browser's that of all its "
        "processes, JupyterLab's own page included, until two seconds after the end of the call. "
        f"Counted directly, by the clock of the training's own thread: the panel's code took {own['panel']:.2f} % of "
        f"the CPU time of a training with a panel, the looks {own['look']:.2f} %; ratios between turns are as rough as "
        "the machine is busy. "
        f"The panel was sent at most {told['most']} updates in any second (wanted: at most 10). A look at the probe "
        f"rows took {np.median(looks):.1f} ms (median of {len(told['looks'])})."
    )
    return f"{table(header, rows)}\n\n{note}"
