"""Drift: in which columns a second frame differs from the first, and by more than chance and a rule of thumb.

Each column has a size and a p-value, because neither says enough alone: among a million rows the smallest
difference is no chance, and among fifty a large one may be.

size      the population stability index (PSI) over the first frame's tenths, or over its values: the sum of
          (p - q) ln(p / q), with half a row added to each cell. Credit scoring calls it moderate from 0.1 and
          large from 0.25 (Siddiqi 2006, Credit Risk Scorecards); those are conventions, not laws. Frames of few
          rows have some by chance alone, about (cells - 1) (1/n + 1/m), which is given beside it; a verdict is
          about what goes beyond that.
p-value   Kolmogorov-Smirnov for numbers and dates (asymptotic, careful where values are tied), chi-squared for
          values, and for the share of missing ones. All are adjusted together (Holm), so that among 200 columns
          that did not move at most one in twenty frames shows any.
together  trees that are to tell which frame a row comes from, tested on other rows than they learned from: an AUC
          of 0.5 says they cannot, above it also finds what no single column shows. Dates are left out of it, since
          they always move (Lopez-Paz and Oquab 2017, Revisiting Classifier Two-Sample Tests).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from lepton_lab.data.column_card import Bins, as_numbers, bins_of
from lepton_lab.data.convert import read_column_like
from lepton_lab.data.describe import describe
from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import open_frame, refuse_empty
from lepton_lab.data.plan import assign_roles
from lepton_lab.data.schema import Column, Kind, Role
from lepton_lab.data.telling_apart import told_apart
from lepton_lab.data.texts import lengths_of
from lepton_lab.data.told_types import read_types
from lepton_lab.data.values import read_values
from lepton_lab.metrics import Estimate

MODERATE, LARGE = 0.1, 0.25
SURE = 0.05
MOST_ROWS = 100_000
MOST_NEW = 10
MOST_VALUES = 20
N_TENTHS = 10
FEWEST = 5  # rows expected in each cell of a chi-squared table


@dataclass(frozen=True)
class ColumnDrift:
    """How one column of the second frame differs from the first's.

    Args:
        name: of the column.
        kind: what its values are.
        verdict: `none`, `small` (sure, but under 0.1), `moderate`, `large`, or `type` where its values cannot be
            read as the first frame's.
        psi: the population stability index.
        psi_by_chance: what about as many rows without any drift would have.
        measure: `KS` or `Jensen-Shannon`.
        distance: by that measure, 0 to 1: the largest gap between the two shares of values below a point; or how
            far apart the shares of the values are.
        p_value: of no drift, before the adjustment.
        adjusted: after it.
        missing: share of rows without a value, in the first frame and in the second.
        new: values of the second frame that the first does not have, the most frequent ones.
        new_share: of the second frame's rows with any such value, 0 to 1.
        bins: where `shares` counts.
        shares: of the rows with a value in each bin, in the first frame and in the second.
        problem: why the column cannot be read.
    """

    name: str
    kind: Kind
    verdict: str
    psi: float = 0.0
    psi_by_chance: float = 0.0
    measure: str = ""
    distance: float = 0.0
    p_value: float = 1.0
    adjusted: float = 1.0
    missing: tuple[float, float] = (0.0, 0.0)
    new: tuple[object, ...] = ()
    new_share: float = 0.0
    bins: Bins = field(default_factory=Bins)
    shares: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    problem: str = ""


@dataclass(frozen=True)
class Drift:
    """How a second frame differs from the first, the most different column first.

    Args:
        columns: that both frames have, apart from identifiers and constants.
        n_rows: of the first frame and of the second.
        n_looked: rows looked at in each; a random sample of more.
        lost: columns that only the first frame has.
        added: columns that only the second frame has.
        told_apart: AUC of trees that tell the frames apart, on rows they did not learn from, with a 95 % interval;
            None where there are too few rows or columns.
    """

    columns: tuple[ColumnDrift, ...]
    n_rows: tuple[int, int]
    n_looked: tuple[int, int]
    lost: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    told_apart: Estimate | None = None

    def __getitem__(self, name: str) -> ColumnDrift:
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[ColumnDrift]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def drifted(self) -> tuple[str, ...]:
        """Columns whose drift is sure and at least moderate, or that cannot be read any more."""
        return tuple(column.name for column in self.columns if column.verdict in ("type", "large", "moderate"))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What an analyst should know of it."""
        return (*_absent(self), *(f for column in self.columns for f in _findings(column)))


def drift_between(
    df: object,
    against: object,
    *,
    ignore: Iterable[object] = (),
    types: Mapping[str, str] | None = None,
    rows: int = MOST_ROWS,
    seed: int = 0,
) -> Drift:
    """How the frame `against` differs from `df`.

    Args:
        df: the first frame: the one trained on.
        against: the second frame, such as this month's rows.
        ignore: columns to leave out.
        types: of columns whose kind is told.
        rows: looked at in each frame, at most.
        seed: of the samples, and of the trees.
    """
    frames = open_frame(df), open_frame(against)
    for frame in frames:
        refuse_empty(frame)
    first, second = (frame.sample(rows, seed + i) for i, frame in enumerate(frames))
    roles = assign_roles(first.names, target=None, split=None, weights=None, ignore=ignore)
    told = read_types(types, roles)
    read = {}
    for position, name in enumerate(first.names):
        if name in second.names and roles[name] == Role.INPUT:
            found = describe(name, read_values(first.read(position)), Role.INPUT, told=told.get(name))
            if found.column.role == Role.INPUT and found.problem is None:
                other = read_column_like(found.column, second.column(name))
                array = found.array if other.problem else _comparable(found.column, found.array)
                read[name] = found.column, array, other.problem or _comparable(found.column, other.array)
    columns = _adjusted([_compared(*each) for each in read.values()])
    sound = {
        name: (column.kind, a, b)
        for name, (column, a, b) in read.items()
        if not isinstance(b, str) and column.kind != Kind.DATETIME
    }
    ignored = [name for name, role in roles.items() if role != Role.INPUT]
    return Drift(
        tuple(sorted(columns, key=lambda one: (_ORDER.index(one.verdict), -one.psi))),
        (frames[0].n_rows, frames[1].n_rows),
        (first.n_rows, second.n_rows),
        tuple(name for name in first.names if name not in second.names and name not in ignored),
        tuple(name for name in second.names if name not in first.names),
        told_apart(sound, seed),
    )


_ORDER = ("type", "large", "moderate", "small", "none")


def _comparable(column: Column, array: np.ndarray) -> np.ndarray:
    """Values as they are; of texts, which are nearly all different, how many characters they have."""
    return lengths_of(array) if column.kind == Kind.TEXT else array


def _compared(column: Column, a: np.ndarray, b: np.ndarray | str) -> ColumnDrift:
    """One column of both frames, its verdict still open; in the place of values, why they cannot be read."""
    if isinstance(b, str):
        return ColumnDrift(column.name, column.kind, "type", problem=b)
    ordered = column.kind in (Kind.NUMERIC, Kind.DATETIME, Kind.TEXT)
    gone = [np.asarray(pd.isna(one)) for one in (a, b)]
    p_missing = _p_of_counts(np.array([[one.sum(), (~one).sum()] for one in gone]))
    known = [one[~lost] for one, lost in zip((a, b), gone, strict=True)]
    missing = float(gone[0].mean()), float(gone[1].mean())
    if not len(known[0]) or not len(known[1]):
        return ColumnDrift(column.name, column.kind, "none", p_value=p_missing, missing=missing)
    made = (_of_order if ordered else _of_values)(column, known[0], known[1])
    p_value = min(1.0, 2 * min(made.p_value, p_missing)) if gone[0].any() or gone[1].any() else made.p_value
    cells = np.array([[one.sum() for one in gone], [(~one).sum() for one in gone]]).T
    psi, chance = _psi(cells) if gone[0].any() or gone[1].any() else (0.0, 0.0)
    # What goes missing is drift like any other; of the two the larger is told.
    if psi > made.psi:
        made = replace(made, psi=psi, psi_by_chance=chance)
    return replace(made, p_value=p_value, missing=missing)


def _of_order(column: Column, a: np.ndarray, b: np.ndarray) -> ColumnDrift:
    from scipy import stats

    bins = bins_of(a)
    a, b = as_numbers(a), as_numbers(b)
    edges = np.unique(np.quantile(a, np.arange(1, N_TENTHS) / N_TENTHS))
    table = np.stack([np.bincount(np.searchsorted(edges, one), minlength=len(edges) + 1) for one in (a, b)])
    psi, chance = _psi(table)
    distance, p_value = map(float, stats.ks_2samp(a, b, method="asymp"))
    shares = _shares(bins, a, b)
    return ColumnDrift(
        column.name, column.kind, "none", psi, chance, "KS", distance, p_value,
        bins=bins, shares=shares,
    )  # fmt: skip


def _of_values(column: Column, a: np.ndarray, b: np.ndarray) -> ColumnDrift:
    codes, uniques = pd.factorize(np.concatenate([a, b]))
    table = np.stack([np.bincount(part, minlength=len(uniques)) for part in np.split(codes, [len(a)])])
    is_new = table[0] == 0
    order = np.argsort(-np.where(is_new, table[1], 0), kind="stable")[: min(int(is_new.sum()), MOST_NEW)]
    p = table / table.sum(1, keepdims=True)
    middle = p.mean(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(p > 0, p * np.log2(p / middle), 0.0).sum() / 2
    psi, chance = _psi(_joined(table))
    bins = bins_of(a)
    return ColumnDrift(
        column.name, column.kind, "none", psi, chance, "Jensen-Shannon", float(np.sqrt(max(apart, 0.0))),
        _p_of_counts(table), new=tuple(_plain(uniques[i]) for i in order),
        new_share=float(table[1][is_new].sum() / table[1].sum()), bins=bins, shares=_shares(bins, a, b),
    )  # fmt: skip


def _joined(table: np.ndarray) -> np.ndarray:
    """Counts of the first frame's most frequent values, of its others, and of those it does not have."""
    known = np.flatnonzero(table[0] > 0)
    top = known[np.argsort(-table[0][known], kind="stable")[:MOST_VALUES]]
    others = np.setdiff1d(known, top)
    parts = [table[:, top], table[:, others].sum(1, keepdims=True), table[:, table[0] == 0].sum(1, keepdims=True)]
    joined = np.concatenate(parts, axis=1)
    return joined[:, joined.sum(0) > 0]


def _psi(table: np.ndarray) -> tuple[float, float]:
    """The index of counts `(frame, cell)`, and what chance alone would give."""
    n = table.sum(1)
    p = (table + 0.5) / (table + 0.5).sum(1, keepdims=True)
    psi = float(((p[0] - p[1]) * np.log(p[0] / p[1])).sum())
    return psi, float((table.shape[1] - 1) * (1 / n[0] + 1 / n[1]))


def _p_of_counts(table: np.ndarray) -> float:
    """Chi-squared on counts `(frame, cell)`, with rare cells put together; 1 where nothing is left to compare."""
    from scipy import stats

    expected = table.sum(0) * (table.sum(1).min() / max(table.sum(), 1))
    rare = expected < FEWEST
    table = np.concatenate([table[:, ~rare], table[:, rare].sum(1, keepdims=True)], axis=1)
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2 or (table.sum(1) == 0).any():
        return 1.0
    _, p_value, *_ = stats.chi2_contingency(table, correction=False)
    return float(np.asarray(p_value))


def _shares(bins: Bins, a: np.ndarray, b: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    counts = [np.bincount(bins.codes(one), minlength=len(bins)) for one in (a, b)]
    first, second = (tuple((one / max(one.sum(), 1)).tolist()) for one in counts)
    return first, second


def _adjusted(columns: list[ColumnDrift]) -> list[ColumnDrift]:
    """The columns with p-values for looking at all of them (Holm), and verdicts."""
    p = np.array([one.p_value for one in columns])
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))) if len(p) else p
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(raised, 1.0)
    return [_judged(one, float(value)) for one, value in zip(columns, adjusted, strict=True)]


def _judged(one: ColumnDrift, adjusted: float) -> ColumnDrift:
    verdict = one.verdict
    if verdict != "type" and adjusted < SURE:
        size = one.psi - one.psi_by_chance
        verdict = "large" if size >= LARGE else "moderate" if size >= MODERATE else "small"
    return replace(one, adjusted=adjusted, verdict=verdict)


def _findings(one: ColumnDrift) -> Iterator[Finding]:
    if one.verdict == "type":
        advice = "Bring it into the form that the model was trained on."
        yield Finding(
            "drift", one.name, 1.0, "serious", f"in the second frame it cannot be read: {one.problem}", advice
        )
    elif one.verdict in ("moderate", "large"):
        message = f"{one.verdict} drift: PSI {one.psi:.2f} ({one.measure} {one.distance:.2f}, p {_p(one.adjusted)})"
        if abs(one.missing[1] - one.missing[0]) >= 0.01:
            message += f"; missing in {one.missing[0]:.1%}, then in {one.missing[1]:.1%}"
        advice = "Ask what changed; a model trained on the first frame has not seen such rows."
        yield Finding("drift", one.name, one.distance, "warn", message, advice)
    if one.new:
        shown = ", ".join(repr(value) for value in one.new[:4]) + (", ..." if len(one.new) > 4 else "")
        severity = "warn" if one.new_share >= 0.01 else "info"
        message = f"values that the first frame does not have: {shown} ({one.new_share:.1%} of the second's rows)"
        yield Finding("new_values", one.name, one.new_share, severity, message, "They are read as unseen or rare.")


def _absent(drift: Drift) -> Iterator[Finding]:
    for name in drift.lost:
        yield Finding("lost_column", name, 1.0, "serious", "the second frame has no such column",
                      "A model that reads it cannot predict there.")  # fmt: skip


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
