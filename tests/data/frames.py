"""A small table of every kind of column, in the libraries that users have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

N = 60


def columns(n: int = N, seed: int = 0) -> dict[str, list]:
    rng = np.random.default_rng(seed)
    income = [None if i % 11 == 0 else float(v) for i, v in enumerate(rng.normal(3000, 800, n).round(2))]
    return {
        "income": income,
        "children": [int(v) for v in rng.integers(0, 5, n)],
        "job": [None if i % 13 == 0 else ("clerk", "nurse", "cook")[v] for i, v in enumerate(rng.integers(0, 3, n))],
        "owner": [bool(v) for v in rng.integers(0, 2, n)],
        "since": [pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(v)) for v in rng.integers(0, 900, n)],
        "bad": [("no", "yes")[v] for v in (rng.random(n) < 0.3).astype(int)],
    }


def pandas(n: int = N) -> pd.DataFrame:
    return pd.DataFrame(columns(n))


def pandas_objects(n: int = N) -> pd.DataFrame:
    return pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns(n).items()})


def pandas_nullable(n: int = N) -> pd.DataFrame:
    return pandas(n).convert_dtypes()


def pandas_arrow(n: int = N) -> pd.DataFrame:
    return pandas(n).convert_dtypes(dtype_backend="pyarrow")


def polars(n: int = N) -> pl.DataFrame:
    return pl.DataFrame(columns(n))


def polars_lazy(n: int = N) -> pl.LazyFrame:
    return polars(n).lazy()


def pyarrow(n: int = N) -> pa.Table:
    return pa.table(columns(n))


def a_dict(n: int = N) -> dict[str, list]:
    return columns(n)


def dict_of_arrays(n: int = N) -> dict[str, np.ndarray]:
    return {name: pandas(n)[name].to_numpy() for name in columns(n)}


LIBRARIES = [
    pandas, pandas_objects, pandas_nullable, pandas_arrow, polars, polars_lazy, pyarrow, a_dict, dict_of_arrays,
]  # fmt: skip


def credit(n: int = 200, seed: int = 0) -> pd.DataFrame:
    """Rows whose target depends on amount and job, with an ordinary index."""
    rng = np.random.default_rng(seed)
    amount, job = rng.gamma(2.0, 1500.0, n).round(), rng.choice(["clerk", "nurse", "cook"], n)
    risk = amount / 6000 + 0.5 * (job == "cook") + rng.normal(0, 0.6, n)
    return pd.DataFrame(
        {
            "amount": amount,
            "job": job,
            "age": rng.integers(18, 80, n),
            "bad": np.where(risk > np.quantile(risk, 0.7), "yes", "no"),
        }
    )
