"""The panels in real Chromium against real JupyterLab: how quick, how small, what they cost.

OMP_NUM_THREADS=1 python benchmarks/interface.py                  the what-if slider
OMP_NUM_THREADS=1 python benchmarks/interface.py threshold        the result panel's threshold
OMP_NUM_THREADS=1 python benchmarks/interface.py training         updates a second, extra time of training
OMP_NUM_THREADS=1 python benchmarks/interface.py reruns           one cell fifty times
OMP_NUM_THREADS=1 python benchmarks/interface.py reload           a reload while a model trains
OMP_NUM_THREADS=1 python benchmarks/interface.py sizes            what a panel adds to a notebook; the scripts
OMP_NUM_THREADS=1 python benchmarks/interface_parts/beeswarm.py   the beeswarm's first paint and hover
... --beside "other computations"                                 says what ran beside
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from report import write

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from interface_parts import reload, reruns, sizes, slider, threshold, training  # noqa: E402

PARTS = {
    "slider": slider, "threshold": threshold, "training": training, "reruns": reruns, "reload": reload, "sizes": sizes,
}  # fmt: skip
TITLES = {
    "slider": "The panels, in a real browser",
    "threshold": "The threshold, in a real browser",
    "training": "What the training panel costs",
    "reruns": "Panels that are shown again and again",
    "reload": "A reload while a model trains",
    "sizes": "What panels add to a notebook",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", default="slider", choices=PARTS)
    parser.add_argument("--rows", type=int, default=5000, help="to train on")
    parser.add_argument("--budget", default="90s", help="of the training")
    parser.add_argument("--moves", type=int, default=60, help="of the slider")
    parser.add_argument("--turns", type=int, default=4, help="trainings with and without a panel")
    parser.add_argument("--beside", default="", help="what else ran on the machine")
    asked = parser.parse_args()
    body = f"{PARTS[asked.part].page(asked)} Beside it ran: {asked.beside or 'nothing'}."
    name = "interface" if asked.part == "slider" else f"interface_{asked.part}"
    write(name, TITLES[asked.part], body, ("jupyterlab", "anywidget"))


if __name__ == "__main__":
    main()
