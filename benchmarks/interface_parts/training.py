"""What a training panel costs: the same training with it and without, in turns, on the wall clock and in CPU time."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from report import table

from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook

ROOT = Path(__file__).resolve().parents[2]
# The same steps each time: a fixed schedule, no budget. `bare` has neither panel nor looks at the probe rows.
SETUP = f"""import sys; sys.path.insert(0, {str(ROOT / "benchmarks")!r})
%load_ext lepton_lab
import json, time, lepton_lab as ll
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
    wall, cpu = time.perf_counter(), time.process_time()
    if kind == "panel": get_ipython().run_line_magic("lepton", "train df --target bad --quality balanced --seed 1")
    else: ll.train(df, target="bad", quality="balanced", seed=1)
    return time.perf_counter() - wall, time.process_time() - cpu
once("script"); print("ready")"""
TURNS = """found = {kind: [] for kind in ("bare", "script", "panel")}
looks.clear(); spent |= {"panel": 0.0, "look": 0.0}
for turn in range(TURNS):
    for kind in list(found)[::1 if turn % 2 else -1]:
        found[kind].append(once(kind))
most = max((sum(t <= u < t + 1 for u in sent) for t in sent), default=0)
print("figures", json.dumps({"found": found, "most": most, "looks": looks, "sent": len(sent), "spent": spent}))"""


def measured(asked: argparse.Namespace) -> dict:
    """Seconds of each training, and how often the panel was sent something."""
    sources = [SETUP.replace("ROWS", str(asked.rows)), TURNS.replace("TURNS", str(asked.turns))]
    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as server, chromium() as browser:
        lab = Lab.open(browser, server, write_notebook(server.root, "training", sources))
        lab.run_all()
        lab.output(1).get_by_text("figures ").last.wait_for(timeout=1_200_000)
        said = "\n".join(lab.output(1).all_inner_texts())
        lab.close()
    return json.loads(said.partition("figures ")[2].partition("\n")[0])


def page(asked: argparse.Namespace) -> str:
    """The table, and how it came about."""
    told = measured(asked)
    seconds = {kind: np.array(turns) for kind, turns in told["found"].items()}
    bare = seconds["bare"]
    words = {"bare": "no panel, no probe", "script": "no panel, probe rows looked at", "panel": "panel and probe"}
    rows = []
    for kind, turns in seconds.items():
        extra = (
            [f"{100 * (np.median(turns[:, i] / bare[:, i]) - 1):+.1f} %" for i in (0, 1)]
            if kind != "bare"
            else ["", ""]
        )
        wall, cpu = np.median(turns, axis=0)
        rows.append([words[kind], f"{wall:.2f}", extra[0], f"{cpu:.2f}", extra[1]])
    header = ["training", "wall s", "extra (under 3 %)", "CPU s", "extra (under 3 %)"]
    whole, probed = seconds["panel"][:, 1].sum(), seconds["panel"][:, 1].sum() + seconds["script"][:, 1].sum()
    own = {"panel": 100 * told["spent"]["panel"] / whole, "look": 100 * told["spent"]["look"] / probed}
    looks = 1e3 * np.array(told["looks"] or [float("nan")])
    note = (
        f"Medians over {asked.turns} turns of the same training of {asked.rows:,} rows and 14 columns (a "
        "fixed schedule, warm), of the ratio within each turn. The CPU time is the kernel's, all its threads. "
        f"Counted directly, by the clock of the training's own thread: the panel's code took {own['panel']:.2f} % of "
        f"the CPU time of a training with a panel, the looks {own['look']:.2f} %; ratios between turns are as rough as "
        "the machine is busy. "
        f"The panel was sent at most {told['most']} updates in any second (wanted: at most 10). A look at the probe "
        f"rows took {np.median(looks):.1f} ms (median of {len(told['looks'])})."
    )
    return f"{table(header, rows)}\n\n{note}"
