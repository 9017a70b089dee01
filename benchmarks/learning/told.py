"""The page: what each system scored, its mean rank, and paired differences with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from report import table

OURS, NETWORK, LINEAR = "lepton-lab", "our network alone", "linear"
# Rows to learn from, below which a set counts as small.
SMALL = 2_000
# Peers whose time is compared, and rows to learn from for the first.
SLOW_PEER, WHOLE_PEER, TIMED = "RealMLP-TD", "AutoGluon medium", (5_000, 20_000)
# A standard error of two splits says nothing.
FEWEST_SPLITS = 3
# A rank among fewer says little.
FEWEST_SYSTEMS = 5


def page(results: list[dict], about: str) -> str:
    """All tables of the page."""
    frame = pd.DataFrame(results).drop_duplicates(["table", "split", "system"], keep="last")
    order = [OURS, NETWORK]
    order += [s for s in frame.system.unique() if s not in order]
    whole = frame[frame.groupby(["table", "split"]).system.transform("nunique") > FEWEST_SYSTEMS]
    parts = [
        about,
        "## Mean rank\n\n" + ranks(frame, order),
        "## The network alone: mean rank\n\n" + ranks(frame, order, NETWORK),
        "## Paired differences\n\n" + differences(frame, order),
        f"## Time of a fit beside {SLOW_PEER}, {TIMED[0]:,} to {TIMED[1]:,} rows\n\n" + times(frame, SLOW_PEER, *TIMED),
        f"## Time of a fit beside {WHOLE_PEER}\n\n" + times(frame, WHOLE_PEER, 0, 10**9),
        f"## Fewer than {SMALL:,} rows to learn from, against the linear model: loss\n\n" + small(frame),
        "## AUC\n\n" + by_table(whole, order, "auc", lambda v: f"{v:.4f}"),
        "## Log-loss, or RMSE of a regression\n\n" + by_table(whole, order, "loss", lambda v: f"{v:.4g}"),
        "## Calibration error\n\n" + by_table(whole, order, "calibration", lambda v: f"{v:.4f}"),
        "## CPU seconds to fit and predict (median)\n\n"
        + by_table(whole, order, "seconds", lambda v: f"{v:.1f}", "median"),
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


def ranks(frame: pd.DataFrame, order: list[str], mine: str = OURS) -> str:
    """Mean rank by loss and by AUC: the more systems a line compares, the fewer tables and splits all of them did."""
    said = []
    for what, best_low in (("loss", True), ("auc", False)):
        own = frame[frame[what].notna() & ~frame.system.isin({OURS, NETWORK} - {mine})]
        wide = own.pivot_table(index=["table", "split"], columns="system", values=what)
        wide = wide[wide[mine].notna()]
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
    for mine in (OURS, NETWORK):
        for peer in (s for s in order if s not in (OURS, NETWORK)):
            rows.append(
                (mine, peer, *(gap(frame, mine, peer, what) for what in ("auc", "loss", "calibration")),
                 behind(frame, mine, peer))
            )  # fmt: skip
    head = ("", "against", "AUC, mean paired difference [95 %]", "loss, mean relative difference [95 %]",
            "calibration error, mean paired difference [95 %]",
            "tables behind by more than two standard errors (loss)")  # fmt: skip
    return table(head, rows)


def small(frame: pd.DataFrame) -> str:
    """Each small set: the loss of both, and their relative difference with its standard error over the splits."""
    rows = []
    for name, own in frame[(frame.rows < SMALL) & frame.loss.notna()].groupby("table", sort=False):
        gap = 100 * paired(own, OURS, LINEAR, "loss")
        wide = own.pivot_table(index="split", columns="system", values="loss")
        if len(gap) < FEWEST_SPLITS:
            continue
        both = wide[[OURS, LINEAR]].dropna().mean()
        error = gap.std(ddof=1) / np.sqrt(len(gap))
        difference = f"{gap.mean():+.1f} % ± {error:.1f}"
        rows.append((name, len(gap), f"{both[OURS]:.4g}", f"{both[LINEAR]:.4g}", difference))
    return table(("table", "splits", OURS, LINEAR, "difference, and its standard error"), rows)


def times(frame: pd.DataFrame, peer: str, least: int, most: int) -> str:
    """Loss and CPU seconds of both on each table, over the splits both did; the ratio of times, and its mean."""
    rows, ratios = [], []
    for name, own in frame[(frame.rows >= least) & (frame.rows <= most)].groupby("table", sort=False):
        wide = own.pivot_table(index="split", columns="system", values=["loss", "seconds"])
        if ("loss", peer) not in wide or ("loss", OURS) not in wide:
            continue
        wide = wide.dropna(subset=[("loss", peer), ("loss", OURS)])
        if wide.empty:
            continue
        (ours, theirs), (mine, its) = ([wide[what, s].mean() for s in (OURS, peer)] for what in ("loss", "seconds"))
        ratios.append(its / mine)
        losses, seconds = (f"{ours:.4g}", f"{theirs:.4g}"), (f"{mine:.1f}", f"{its:.1f}")
        rows.append((name, int(own.rows.iloc[0]), len(wide), *losses, *seconds, f"{ratios[-1]:.1f}x"))
    if not rows:
        return "Not measured."
    head = ("table", "rows", "splits", f"loss of {OURS}", f"of {peer}", f"CPU s of {OURS}", f"of {peer}", "ratio")
    said = f"Geometric mean of the ratios: **{np.exp(np.mean(np.log(ratios))):.1f}x**."
    return f"{table(head, rows)}\n\n{said}"


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
    rng, sizes = np.random.default_rng(0), np.array([len(values) for values in found])
    padded = np.stack([np.pad(values, (0, sizes.max() - len(values))) for values in found])
    drawn = rng.integers(0, len(found), (n, len(found)))
    n_splits = sizes[drawn][:, :, None]
    again = (rng.random((*drawn.shape, sizes.max())) * n_splits).astype(int)
    counted = np.arange(sizes.max()) < n_splits
    means = ((padded[drawn[:, :, None], again] * counted).sum(axis=2) / n_splits[:, :, 0]).mean(axis=1)
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
