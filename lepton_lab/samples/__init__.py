"""Real tables to try things on, each with its licence and source; docs/data.md says more.

Nothing is downloaded: samples lie here, in scikit-learn, or in a package that the error for its absence names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from lepton_lab.errors import no_such_option
from lepton_lab.samples.bikes import BIKES
from lepton_lab.samples.contact_centre import INTENTS
from lepton_lab.samples.electricity import ELECTRICITY
from lepton_lab.samples.engines import ENGINES
from lepton_lab.samples.movielens import MOVIELENS
from lepton_lab.samples.payments import PAYMENTS_SAMPLE as PAYMENTS
from lepton_lab.samples.r_tables import CHURN, CONCRETE, LECTURERS, PUPILS, RICE
from lepton_lab.samples.sample import Sample
from lepton_lab.samples.scans import SCANS
from lepton_lab.samples.survset import DISKS, HOSPITAL
from lepton_lab.samples.turbofan import TURBOFAN
from lepton_lab.samples.wrist import WATCH

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TEST_SHARE, SEED = 0.2, 20_26


_UCI = "CC BY 4.0"
_BSD = "in scikit-learn (BSD-3-Clause); "

SAMPLES = {
    sample.name: sample
    for sample in (
        Sample(
            "credit", "German consumer loans of 1973-75: which went bad", 1000, 21, "bad", _UCI,
            "H. Hofmann (1994), Statlog (German Credit Data), UCI Machine Learning Repository, doi.org/10.24432/C5NC77",
            "credit",
        ),
        Sample(
            "census", "US census of 1994: who earned more than 50,000 dollars a year", 48_842, 14, "high_income", _UCI,
            "B. Becker and R. Kohavi (1996), Adult, UCI Machine Learning Repository, doi.org/10.24432/C5XW20",
            "census",
        ),
        Sample(
            "breast_cancer", "Breast tumours measured under the microscope: benign or malignant", 569, 31, "diagnosis",
            _BSD + _UCI,
            "W. Wolberg and others (1993), Breast Cancer Wisconsin (Diagnostic), UCI, doi.org/10.24432/C5DW2B",
            "health",
        ),
        Sample(
            "diabetes", "Diabetes patients: how far the disease went in a year", 442, 11, "progression",
            "as part of scikit-learn (BSD-3-Clause)",
            "Efron, Hastie, Johnstone and Tibshirani (2004), Least Angle Regression, Annals of Statistics",
            "health",
        ),
        Sample(
            "wine", "Wines from three growers, by chemical analysis", 178, 14, "cultivar", _BSD + _UCI,
            "S. Aeberhard and M. Forina (1992), Wine, UCI Machine Learning Repository, doi.org/10.24432/C5PC7J",
            "chemistry",
        ),
        BIKES,
        CHURN,
        LECTURERS,
        PUPILS,
        CONCRETE,
        RICE,
        HOSPITAL,
        DISKS,
        ELECTRICITY,
        PAYMENTS,
        WATCH,
        TURBOFAN,
        ENGINES,
        SCANS,
        MOVIELENS,
        INTENTS,
    )
}  # fmt: skip


def names() -> tuple[str, ...]:
    """What `load` takes.

    Example:
        >>> names()[:5]
        ('credit', 'census', 'breast_cancer', 'diabetes', 'wine')
    """
    return tuple(SAMPLES)


def describe(name: str) -> Sample:
    """What a sample is: size, target, licence, source.

    Raises:
        OptionError: there is no such sample.

    Example:
        >>> describe("credit").target
        'bad'
    """
    if name not in SAMPLES:
        raise no_such_option("sample", name, SAMPLES)
    return SAMPLES[name]


@overload
def load(name: str, split: Literal[False] = False) -> pd.DataFrame: ...
@overload
def load(name: str, split: Literal[True]) -> tuple[pd.DataFrame, pd.DataFrame]: ...
def load(name: str, split: bool = False) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
    """A sample as a pandas frame, or as two: 80 % to train on and 20 % to test with, always the same rows.

    Args:
        name: one of `names()`.
        split: two frames, each with rows numbered from 0, with the same shares of each class.

    Raises:
        OptionError: there is no such sample.
        MissingPackageError: it lies in a package that is not installed; says how it is.

    Example:
        >>> train, test = load("credit", split=True)
        >>> len(train), len(test), train["bad"].value_counts().to_dict()
        (800, 200, {'no': 560, 'yes': 240})
    """
    sample = describe(name)
    df = _read(sample)
    if not split:
        return df
    import numpy as np

    is_test = _test_rows(_known(df, sample.target)) if sample.group is None else _test_groups(df, sample.group)
    train, test = (df.iloc[np.flatnonzero(mask)].reset_index(drop=True) for mask in (~is_test, is_test))
    return train, test


def _read(sample: Sample) -> pd.DataFrame:
    if sample.read is not None:
        return sample.read()
    return _packaged(sample.name) if sample.name in ("credit", "census") else _scikit_learn(sample)


def _packaged(name: str) -> pd.DataFrame:
    from importlib.resources import files

    import pandas as pd

    with files("lepton_lab").joinpath("sample_data", f"{name}.csv.gz").open("rb") as file:
        # "none" is a word here, not a missing value.
        return pd.read_csv(file, compression="gzip", keep_default_na=False, na_values=[""])


def _scikit_learn(sample: Sample) -> pd.DataFrame:
    import sklearn.datasets

    units = {"scaled": False} if sample.name == "diabetes" else {}
    bunch = getattr(sklearn.datasets, f"load_{sample.name}")(as_frame=True, **units)
    df = bunch.data.rename(columns=lambda name: name.replace(" ", "_").replace("/", "_"))
    target = bunch.target
    if sample.name != "diabetes":
        target = target.map(dict(enumerate(str(word) for word in bunch.target_names)))
    return df.assign(**{sample.target: target})


def _test_rows(target: np.ndarray) -> np.ndarray:
    """A fifth of the rows of each class, or of each stretch of a number, as a mask."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    # Sorted by target and shuffled within, one of every five rows is the test's.
    order = np.lexsort((rng.random(len(target)), target))
    is_test = np.zeros(len(target), bool)
    is_test[order[2 :: round(1 / TEST_SHARE)]] = True
    return is_test


def _known(df: pd.DataFrame, name: str) -> np.ndarray:
    """Values that can be put in order: a word that is missing comes before all others."""
    target = df[name]
    return target.to_numpy() if target.dtype.kind in "biuf" else target.fillna("").to_numpy()


def _test_groups(df: pd.DataFrame, name: str) -> np.ndarray:
    """The rows of a fifth of the groups, at least one, as a mask."""
    import numpy as np

    group = df[name]
    names = np.random.default_rng(SEED).permutation(np.asarray(group.unique()))
    return group.isin(list(names[: max(1, round(TEST_SHARE * len(names)))])).to_numpy()
