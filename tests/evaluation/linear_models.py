"""Models of one linear member for any frame: trained in no time, and explained in closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lepton_lab.data.encode_tabular import fit_encoder
from lepton_lab.data.table import read_table
from lepton_lab.members.linear import fit_linear_path
from lepton_lab.metrics import Estimate
from lepton_lab.trained import Blend, TrainedModel


def linear_model(df: pd.DataFrame, target: str = "y", task: str | None = None, *, seen: bool = False) -> TrainedModel:
    """A calibrated-by-nothing blend of a linear member; `seen` keeps the rows, as `train` does."""
    table, task_, _ = read_table(df, target=target, task=task)
    encoder = fit_encoder(table)
    x = encoder.encode(table)
    member = fit_linear_path(x, table.y, None, encoder.blocks, task_)[-1]
    scores = {task_.default_metric: Estimate(0.8, 0.7, 0.9)}
    return TrainedModel(
        table.schema, encoder, task_, (member,), Blend(np.array([1.0]), 1.0, np.zeros(task_.n_outputs)), scores,
        {"blend": scores}, "", 0.4 if task_.name == "binary" else None, "", x[:20], table.values()[:20],
        seen=table if seen else None,
    )  # fmt: skip
