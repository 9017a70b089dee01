"""Show a forecast where a page can: its fans, above the table that the cell's result is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab import pictures
from lepton_lab.notebook.watching import Html, has_kernel

if TYPE_CHECKING:
    import pandas as pd

    from lepton_lab.trained import TrainedModel


def show_forecast(model: TrainedModel, df: object, predicted: pd.DataFrame) -> None:
    """Draw a prediction of steps ahead; other predictions, and those in a terminal, are their table."""
    from lepton_lab.evaluation.fans import fans_ahead

    found = fans_ahead(model, df, predicted) if has_kernel() else None
    if found is not None:
        from IPython.display import display

        display(Html(pictures.html(found), pictures.text(found)))
