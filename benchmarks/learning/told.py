"""The page: what each system scored, its mean rank, and paired differences with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from report import table

OURS = "lepton-lab"
# A standard error of two splits says nothing.
FEWEST_SPLITS = 3
# A rank among fewer says little.
FEWEST_SYSTEMS = 5


def page(results: list[dict], about: str) -> str:
    """All tables of the page."""
    frame = pd.DataFrame(results).drop_duplicates(["table", "split", "system"], keep="last")
    order = ["lepton-lab", "our network alone"]
    order += [s for s in frame.system.unique() if s not in order]
    parts = [
        about,
        "## Mean rank\n\n" + ranks(frame, order),
        "## Paired differences\n\n" + differences(frame, order),
        "## AUC\n\n" + by_table(frame, order, "auc", lambda v: f"{v:.4f}"),
        "## Log-loss, or RMSE of a regression\n\n" + by_table(frame, order, "loss", lambda v: f"{v:.4g}"),
        "## Calibration error\n\n" + by_table(frame, order, "calibration", lambda v: f"{v:.4f}"),
        "## CPU seconds to fit and predict (median)\n\n"
        + by_table(frame, order, "seconds", lambda v: f"{v:.1f}", "median"),
    ]
    return "\n\n".join(parts)


def by_table(
    frame: pd.DataFrame, order: list[str], what: str, shown: Callable[[float], str], over: str = "mean"
) -> str:
    """One score of every system on every table, over the splits it did; a star marks fewer than the others did."""
    own = frame[frame[what].notna()]
    wide = own.pivot_table(index="table", columns="system", values=what, aggfunc=over, sort=False)
    n = own.pivot_table(index="table", columns="system", values="split", aggfunc="nunique")
    names, most = [s for s in order if s in wide], n.max(axis=1)
    rows = []
    for name in wide.index:
        cells = [
            "" if np.isnan(v := wide.loc[name, s]) else shown(v) + ("*" if n.loc[name, s] < most[name] else "")
            for s in names
        ]
        rows.append((name, int(most[name]), *cells))
    return table(("table", "splits", *names), rows)


def ranks(frame: pd.DataFrame, order: list[str]) -> str:
    """Mean rank by loss and by AUC: the more systems a line compares, the fewer tables and splits all of them did."""
    said = []
    for what, best_low in (("loss", True), ("auc", False)):
        own = frame[frame[what].notna() & (frame.system != "our network alone")]
        wide = own.pivot_table(index=["table", "split"], columns="system", values=what)
        wide = wide[wide[OURS].notna()]
        names = sorted((s for s in order if s in wide), key=lambda s: -int(wide[s].notna().sum()))
        # By how many tables and splits: the most systems that share so many.
        lines = {len(wide[names[:k]].dropna()): names[:k] for k in range(FEWEST_SYSTEMS, len(names) + 1)}
        for systems in lines.values():
            whole = wide[systems].dropna()
            if whole.empty:
                continue
            means = whole.rank(axis=1, ascending=best_low).groupby("table").mean().mean().sort_values()
            n_tables = whole.index.get_level_values("table").nunique()
            places = "; ".join(f"{s} {v:.2f}" for s, v in means.items())
            said.append((what, n_tables, len(whole), places))
    return table(("by", "tables", "tables x splits", "mean rank, best first"), said)


def differences(frame: pd.DataFrame, order: list[str]) -> str:
    """lepton-lab against each peer: AUC, and the loss relative to the peer's."""
    rows = []
    for mine in (OURS, "our network alone"):
        for peer in (s for s in order if s not in (OURS, "our network alone")):
            rows.append(
                (mine, peer, *(gap(frame, mine, peer, what) for what in ("auc", "loss", "calibration")),
                 behind(frame, mine, peer))
            )  # fmt: skip
    head = ("", "against", "AUC, mean paired difference [95 %]", "loss, mean relative difference [95 %]",
            "calibration error, mean paired difference [95 %]",
            "tables behind by more than two standard errors (loss)")  # fmt: skip
    return table(head, rows)


def paired(frame: pd.DataFrame, mine: str, peer: str, what: str) -> pd.Series:
    """The difference on each table and split that both did; of losses relative to the peer's."""
    wide = frame[frame[what].notna()].pivot_table(index=["table", "split"], columns="system", values=what)
    if mine not in wide or peer not in wide:
        return pd.Series(dtype=float, index=pd.MultiIndex.from_arrays([[], []], names=["table", "split"]))
    gap = (wide[mine] - wide[peer]) / (wide[peer] if what == "loss" else 1.0)
    return gap.dropna()


def gap(frame: pd.DataFrame, mine: str, peer: str, what: str, n: int = 10_000) -> str:
    """Mean over tables with its 95 % bootstrap interval: tables are drawn, then splits of each."""
    found = [group.to_numpy() for _, group in paired(frame, mine, peer, what).groupby("table")]
    if not found:
        return ""
    rng = np.random.default_rng(0)
    means = []
    for _ in range(n):
        drawn = [found[i] for i in rng.integers(0, len(found), len(found))]
        means.append(np.mean([values[rng.integers(0, len(values), len(values))].mean() for values in drawn]))
    low, high = np.quantile(means, [0.025, 0.975])
    mean = np.mean([values.mean() for values in found])
    unit = (lambda v: f"{100 * v:+.2f} %") if what == "loss" else (lambda v: f"{v:+.4f}")
    return f"**{unit(mean)}** [{unit(low)}, {unit(high)}], {len(found)} tables"


def behind(frame: pd.DataFrame, mine: str, peer: str) -> str:
    """Tables of three splits and more where the loss is above the peer's by more than two standard errors over them."""
    found, n_tables = [], 0
    for name, group in paired(frame, mine, peer, "loss").groupby("table"):
        if len(group) < FEWEST_SPLITS:
            continue
        n_tables += 1
        error = group.std(ddof=1) / np.sqrt(len(group))
        if group.mean() > 2 * error:
            found.append(f"{name} {100 * group.mean():+.1f} % ({group.mean() / error:.1f} SE)")
    return f"{', '.join(found) or 'none'} of {n_tables}" if n_tables else "too few splits"
