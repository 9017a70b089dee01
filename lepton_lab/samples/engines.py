"""Machines that run until they fail, made up: who has such records keeps them, and a fleet is needed to learn on.

Thirty machines wear by a rate of their own, slowly at first and faster towards the end; load changes from step to
step. Six sensors see the wear through noise, one of them nothing of it; two see the load as well. A machine ends when
its wear is complete. So the last stretch of a life can be told, and a young machine's end cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

MACHINES, SEED, LONGEST = 30, 11, 125
# What each sensor reads of wear, of load, and its noise.
SENSORS = {
    "temperature": (9.0, 3.0, 1.5),
    "vibration": (1.2, 0.1, 0.18),
    "pressure": (-4.0, 0.0, 0.7),
    "current": (0.8, 2.0, 0.3),
    "speed": (-6.0, 0.0, 2.5),
    "humidity": (0.0, 0.0, 3.0),
}
LEVELS = {"temperature": 70.0, "vibration": 2.0, "pressure": 40.0, "current": 11.0, "speed": 1500.0, "humidity": 45.0}


def read() -> pd.DataFrame:
    """A step of a machine a row, in order; `remaining` counts the steps that were left, at most 125."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(SEED)
    parts = []
    for number in range(MACHINES):
        life = int(draw.integers(90, 230))
        step = np.arange(life)
        # Of the wear the last tenth of a life brings half.
        wear = np.expm1(draw.uniform(4.0, 7.0) * (step + 1) / life)
        wear /= wear[-1]
        load = 0.5 + 0.5 * np.sin(step / draw.uniform(5, 15)) + 0.2 * draw.standard_normal(life)
        read = {
            name: LEVELS[name] + of_wear * wear + of_load * load + noise * draw.standard_normal(life)
            for name, (of_wear, of_load, noise) in SENSORS.items()
        }
        remaining = np.minimum(life - 1 - step, LONGEST)
        parts.append(pd.DataFrame({"machine": f"M{number:02d}", "step": step, **read, "remaining": remaining}))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(**{name: frame[name].round(3) for name in SENSORS}, remaining=frame["remaining"].astype(float))


ENGINES = Sample(
    "engines", "Machines that run until they fail (made up): how many steps are left", 4761, 9, "remaining",
    "made up for lepton-lab (its licence)", "lepton_lab/samples/engines.py", "maintenance", read, "machine",
)  # fmt: skip
