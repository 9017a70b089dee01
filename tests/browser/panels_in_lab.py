"""Every panel of the list, each in a cell of one notebook, with small results made without training."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
# A panel is added here by a line in tests/notebook/test_panels_twins.py.
START = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
%load_ext lepton_lab
from tests.notebook.test_panels_twins import PANELS
from tests.pictures import examples
from lepton_lab.training.attribution import Attribution
import numpy as np
def made(name):
    panel = PANELS[name]()
    if name == "training":
        looked = Attribution.of(("leak", *examples.NASTY), np.array([9., .5, .3, .2]), 32)
        for progress in (*examples.history(30), examples.progress(epoch=31.0, attribution=looked, run="k3fa")):
            panel._sent_at = 0.0
            panel.report(progress)
    return panel
print('ready', __import__('os').getpid())"""


def cells(names: list[str]) -> list[str]:
    """The notebook: a start, and a cell for each panel."""
    return [START, *(f"made({name!r})" for name in names)]
