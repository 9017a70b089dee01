"""A small frame that can be learned: age and job decide whether a loan goes bad, the amount is noise."""

from __future__ import annotations

import numpy as np
import pandas as pd


def loans(n_rows: int = 120, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 70, n_rows)
    job = rng.choice(["none", "some", "well paid"], n_rows)
    logit = (age - 45) / 8 + 2 * (job == "none") - 1
    bad = (rng.random(n_rows) < 1 / (1 + np.exp(-logit))).astype(int)
    amount = rng.normal(1000, 300, n_rows).round()
    return pd.DataFrame({"age": age, "job kind": job, "amount": amount, "bad": bad})
