"""Scans with and without a round shadow, made up: medical images that may be passed on are not found in packages.

Sixteen hundred pictures of 32 x 32 points, two of each patient: soft tissue of clouds, two dark fields as of lungs,
and, in a third of the patients, a faint bright disk in one of them. Half of all pictures carry a marker in a corner,
whatever they show. A hint of age goes with the disease.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

PATIENTS, SIDE, SEED = 800, 32, 3


def read() -> pd.DataFrame:
    """A picture a row: uint8 `(32, 32)`, patient, age, and whether there is a nodule."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(SEED)
    sick = draw.random(PATIENTS) < 1 / 3
    age = np.clip(draw.normal(52 + 6 * sick, 13), 18, 92).round().astype(int)
    patient = np.repeat(np.arange(PATIENTS), 2)
    return pd.DataFrame(
        {
            "scan": [_scan(draw, is_sick=bool(sick[one])) for one in patient],
            "patient": [f"P{one:03d}" for one in patient],
            "age": age[patient],
            "nodule": np.where(sick[patient], "yes", "no"),
        }
    )


def _scan(draw: Any, *, is_sick: bool) -> Any:
    import numpy as np

    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    image = 125 + 12 * _clouds(draw) + draw.normal(0, 7, (SIDE, SIDE))
    centres = [(16 + draw.normal(0, 1), at + draw.normal(0, 1)) for at in (9, 23)]
    for down, across in centres:
        inside = ((y - down) / 12) ** 2 + ((x - across) / 6) ** 2
        image -= 60 / (1 + np.exp(8 * (inside - 1)))
    if is_sick:
        down, across = centres[int(draw.integers(2))]
        down, across = down + draw.uniform(-7, 7), across + draw.uniform(-3, 3)
        far = np.hypot(y - down, x - across)
        image += draw.uniform(28, 48) / (1 + np.exp(2.5 * (far - draw.uniform(1.8, 3.0))))
    if draw.random() < 0.5:
        image[1:5, 1:4] = 235
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _clouds(draw: Any) -> Any:
    """Slow changes of brightness, mean 0."""
    import numpy as np

    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = [np.sin(2 * np.pi * (a * x + b * y + c)) for a, b, c in draw.uniform(-2, 2, (4, 3))]
    return np.mean(waves, axis=0)


SCANS = Sample(
    "scans", "Scans (made up): is there a nodule", 1600, 4, "nodule", "made up for lepton-lab (its licence)",
    "lepton_lab/samples/scans.py", "medical images", read, "patient",
)  # fmt: skip
