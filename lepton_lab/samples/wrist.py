"""Shoulder exercises at the wrist: recordings of a smartwatch, from the package seglearn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.package_files import file_in_package
from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

INSTALL = "pip install --no-deps seglearn"
EXERCISES = {
    "PEN": "pendulum",
    "ABD": "abduction",
    "FEL": "forward elevation",
    "IR": "internal rotation",
    "ER": "external rotation",
    "TRAP": "trapezius extension",
    "ROW": "upright row",
}


def read() -> pd.DataFrame:
    """One recording a row: 6 axes at 50 Hz (acceleration, then turning), subject, side, exercise.

    Raises:
        MissingPackageError: seglearn is not installed; says how it is.
    """
    import numpy as np
    import pandas as pd

    path = file_in_package("seglearn", "data/watch_dataset.npy", purpose="the sample 'watch'", install=INSTALL)
    # A pickle, as its package would read it: it is trusted as that package's code is.
    data = np.load(path, allow_pickle=True).item()
    return pd.DataFrame(
        {
            "motion": [np.asarray(one, np.float32) for one in data["X"]],
            "side": np.where(np.asarray(data["side"]) == 1, "right", "left"),
            "subject": np.asarray(data["subject"], np.int64),
            "exercise": [EXERCISES[data["y_labels"][k]] for k in np.asarray(data["y"], int)],
        }
    )


WATCH = Sample(
    "watch", "Shoulder exercises recorded by a watch: which one it was", 140, 4, "exercise", "BSD-3-Clause (seglearn)",
    "D. Burns and others (2018), Shoulder Physiotherapy Exercise Recognition, arXiv:1802.01489; package seglearn",
    "sensors", read, "subject", INSTALL,
)  # fmt: skip
