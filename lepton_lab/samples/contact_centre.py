"""Messages to a bank's contact centre, and others that no intent fits: part of CLINC150, in this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd


def read() -> pd.DataFrame:
    """One message a row: its text, its intent (missing where it is out of scope), the authors' part of the split."""
    from importlib.resources import files

    import pandas as pd

    with files("lepton_lab").joinpath("sample_data", "intents.csv.gz").open("rb") as file:
        # "null" and the like are words that people write.
        return pd.read_csv(file, compression="gzip", keep_default_na=False, na_values={"intent": [""]})


INTENTS = Sample(
    "intents", "Messages to a bank's contact centre: what the customer wants, or nothing that it offers", 5700, 3,
    "intent", "CC BY 3.0",
    "S. Larson and others (2019), An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction, "
    "aclanthology.org/D19-1131; github.com/clinc/oos-eval",
    "customer service", read,
)  # fmt: skip
