"""What an analyst should know of columns and rows, apart from leaks: missing, doubled, rare, far off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from lepton_lab.censored.times import events_of
from lepton_lab.data.copies import is_coincidence, row_codes
from lepton_lab.data.describe import MOST_CATEGORIES, Described
from lepton_lab.data.finding import Finding
from lepton_lab.data.schema import Column, Kind
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task

SENTINELS = frozenset({-1.0, -9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0, 9999999.0})
MANY_CATEGORIES = 50
HIGH_CARDINALITY = 250
FEW_ROWS = 10  # of a category that teaches little of itself
SHARED = 0.1  # of the rows hold a value that an earlier one holds, else values say nothing by going together
FAR = 20  # quartile distances from the median


def of_columns(described: Sequence[Described], y: np.ndarray | None, task: Task | None) -> Iterator[Finding]:
    """Findings of each column by itself."""
    for found in described:
        column = found.column
        yield from found.findings
        if column.kind == Kind.CONSTANT or found.problem is not None:
            continue
        yield from _missing(column, found.array, y, task)
        if column.kind == Kind.IDENTIFIER:
            yield from _repeated_key(found)
        if column.kind == Kind.NUMERIC:
            yield from _far_off(column, found.array)
        if column.kind == Kind.CATEGORY:
            yield from _many_categories(found)
        if column.kind in (Kind.NUMERIC, Kind.CATEGORY, Kind.BOOLEAN):
            yield from _nearly_constant(column, found.array)
        if column.kind == Kind.DATETIME:
            yield _date(column)


def of_rows(columns: Mapping[str, np.ndarray], y: np.ndarray | None, n_rows: int) -> Iterator[Finding]:
    """Copies of rows, and copies of columns."""
    parts = list(columns.values()) + ([] if y is None else [y])
    if not parts:
        return
    codes = row_codes(parts, n_rows)
    n_different = len(np.unique(codes))
    n_copies = n_rows - n_different
    if n_copies:
        share = n_copies / n_rows
        if is_coincidence(codes) or len(parts) < 4 or share > 0.8:
            message = f"only {n_different:,} different rows in {n_rows:,}: the columns allow few, or rows were repeated"
            advice = "Splits keep copies together where they can."
            yield Finding("duplicate_rows", None, share, "info", message, advice).behind(_copies(codes))
        else:
            severity = "warn" if share >= 0.01 else "info"
            message = f"{_n(n_copies, 'row is an exact copy', 'rows are exact copies')} of another row"
            advice = "Splits keep copies together. If they are a mistake: df = df.drop_duplicates()"
            yield Finding("duplicate_rows", None, share, severity, message, advice).behind(_copies(codes))
    yield from _twin_columns(columns, n_rows)


def of_target(y: np.ndarray, task: Task, target: str, n_inputs: int) -> Iterator[Finding]:
    """Balance of classes, and whether there are rows enough."""
    n = len(y)
    if isinstance(task, Survival):
        yield from _few_events(y, task, n_inputs)
        return
    if isinstance(task, Ranking):
        yield _popularity(y, task, target)
        return
    if task.classes:
        counts = np.bincount(y, minlength=len(task.classes))
        rarest = int(counts.argmin())
        share, count = counts[rarest] / n, int(counts[rarest])
        usual = 1 / len(task.classes)
        if share < 0.2 * usual or (len(task.classes) == 2 and share < 0.1):
            severity = "warn" if share < 0.02 or count < 50 else "info"
            message = f"class {task.classes[rarest]!r} has {count:,} of {n:,} rows ({share:.1%})"
            advice = (
                "Read average precision and calibration, not accuracy. Weights are not needed for good probabilities."
            )
            yield Finding("imbalance", target, share, severity, message, advice).behind(y == rarest)
        if count < 5 * n_inputs and count < 200:
            message = f"{count:,} rows of class {task.classes[rarest]!r} for {n_inputs} input columns"
            yield Finding("few_rows", target, share, "warn" if count < 2 * n_inputs else "info", message,
                          "Expect wide intervals; drop columns that cannot matter.")  # fmt: skip
    elif n < 10 * n_inputs:
        message = f"{n:,} rows for {n_inputs} input columns"
        yield Finding(
            "few_rows", target, 1.0, "warn", message, "Expect wide intervals; drop columns that cannot matter."
        )
    if not task.classes:
        yield from _far_off_target(y, target)


def _popularity(y: np.ndarray, task: Ranking, target: str) -> Finding:
    """How many items there are, and how few of them make up half of the rows."""
    counts = -np.sort(-np.bincount(y, minlength=len(task.classes)))
    half = int(np.searchsorted(np.cumsum(counts), len(y) / 2)) + 1
    rare = int(np.sum((counts > 0) & (counts < 5)))
    message = f"{len(counts):,} items; half of the rows are of the {half:,} most popular; {rare:,} have under 5 rows"
    advice = "Little is learned of rare items: they are recommended by what comes with them."
    return Finding("items", target, 1.0, "info", message, advice)


def _few_events(y: np.ndarray, task: Survival, n_inputs: int) -> Iterator[Finding]:
    count = int(events_of(y).sum())
    if count < 5 * n_inputs and count < 200:
        message = f"{count:,} events of {task.event!r} for {n_inputs} input columns"
        yield Finding("few_rows", task.event, count / len(y), "warn" if count < 2 * n_inputs else "info", message,
                      "Expect wide intervals; drop columns that cannot matter.")  # fmt: skip


def _missing(column: Column, array: np.ndarray, y: np.ndarray | None, task: Task | None) -> Iterator[Finding]:
    if column.missing < 0.005:
        return
    gone = np.asarray(pd.isna(array))
    severity = "warn" if column.missing >= 0.3 else "info"
    message, advice = (
        f"{gone.sum():,} values are missing",
        "Missing is learned as a value of its own; nothing to fill in.",
    )
    told = _tells(gone, y, task)
    if told:
        severity = "warn"
        message, advice = (
            f"{message}, and that tells: {told}",
            "Make sure that it is missing for the same reason later.",
        )
    yield Finding("missing", column.name, column.missing, severity, message, advice).behind(gone)


def _tells(gone: np.ndarray, y: np.ndarray | None, task: Task | None) -> str:
    """What missing says about the target, where it clearly says something."""
    if y is None or task is None or len(task.classes) not in (0, 2) or min(gone.sum(), (~gone).sum()) < 20:
        return ""
    inside, outside = y[gone].astype(float), y[~gone].astype(float)
    error = np.sqrt(inside.var() / len(inside) + outside.var() / len(outside))
    gap, spread = abs(inside.mean() - outside.mean()), float(np.std(y))
    if gap < 5 * error or gap < 0.25 * spread:
        return ""
    if task.classes:
        return f"{inside.mean():.0%} of these rows are {task.classes[-1]!r}, {outside.mean():.0%} of the others"
    return f"the target's mean is {inside.mean():.4g} there and {outside.mean():.4g} elsewhere"


def _repeated_key(found: Described) -> Iterator[Finding]:
    column = found.column
    n_known = round((1 - column.missing) * len(found.array))
    if 1 < found.n_distinct < 0.95 * n_known:
        message = f"{found.n_distinct:,} different values in {n_known:,} rows: rows of one belong together"
        advice = f'Keep them together when rows are split: split="group:{column.name}"'
        again = pd.Series(found.array).duplicated(keep=False).to_numpy() & ~np.asarray(pd.isna(found.array))
        share = 1 - found.n_distinct / n_known
        yield Finding("repeated_key", column.name, share, "warn", message, advice).behind(again)


def _far_off(column: Column, array: np.ndarray) -> Iterator[Finding]:
    known = array[~np.isnan(array)]
    if len(known) < 50:
        return
    sentinel = _sentinel(known)
    if sentinel is not None:
        share = float(np.mean(known == sentinel))
        message = f"{int((known == sentinel).sum()):,} rows hold {sentinel:g}, far from every other value: a code?"
        advice = f"If it means missing: df[{column.name!r}] = df[{column.name!r}].replace({sentinel:g}, None)"
        yield Finding("outliers", column.name, share, "warn", message, advice).behind(array == sentinel)
        return
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    if high > low:
        far = np.abs(known - middle) > FAR * (high - low)
        if 0 < far.mean() <= 0.005:
            worst = known[np.abs(known - middle).argmax()]
            usual = f"half lie in {low:,.6g} to {high:,.6g}"
            message = (
                f"{_n(int(far.sum()), 'value lies', 'values lie')} far from the rest (up to {worst:,.6g}; {usual})"
            )
            yield Finding("outliers", column.name, float(far.mean()), "info", message,
                          "Far values are bent in, not cut; look whether they are mistakes.",
                      ).behind(np.abs(array - middle) > FAR * (high - low))  # fmt: skip


def _sentinel(known: np.ndarray) -> float | None:
    """A number made of nines, or -1, that several rows share at an end and that lies apart from all others."""
    for end in (float(known.max()), float(known.min())):
        here = known == end
        rest = known[~here]
        if end in SENTINELS and here.sum() >= 3 and len(rest) >= 20:
            gap, width = np.abs(rest - end).min(), float(rest.max() - rest.min())
            below_zero = end < 0 <= rest.min() and width > 20
            if gap > 0.2 * width or (below_zero and here.mean() < 0.5):
                return end
    return None


def _far_off_target(y: np.ndarray, target: str) -> Iterator[Finding]:
    low, middle, high = np.quantile(y, (0.25, 0.5, 0.75))
    far = np.abs(y - middle) > FAR * max(high - low, 1e-300)
    if high > low and 0 < far.mean() <= 0.01:
        worst = y[np.abs(y - middle).argmax()]
        message = f"{_n(int(far.sum()), 'value lies', 'values lie')} far from the rest, up to {worst:,.6g}"
        advice = f"They weigh most in RMSE. If the target is a size: df[{target!r}] = np.log1p(df[{target!r}])"
        yield Finding("outliers", target, float(far.mean()), "warn", message, advice).behind(far)


def _many_categories(found: Described) -> Iterator[Finding]:
    column = found.column
    if found.n_distinct <= MANY_CATEGORIES:
        return
    codes, _ = pd.factorize(found.array)
    counts = np.bincount(codes[codes >= 0])
    known = np.argsort(-counts, kind="stable")
    known = known[counts[known] >= FEW_ROWS][:MOST_CATEGORIES]
    share = 1 - counts[known].sum() / max(counts.sum(), 1)
    n_rare = found.n_distinct - len(known)
    message = f"{found.n_distinct:,} different categories, {n_rare:,} of few rows ({share:.0%} of the rows)"
    advice = "Little can be learned of those. Group them by meaning if you can, such as region or branch."
    severity = "warn" if share > 0.3 else "info"
    kind = "high_cardinality" if found.n_distinct > HIGH_CARDINALITY else "rare_categories"
    if share >= 0.01:
        rare = (codes >= 0) & ~np.isin(codes, known)
        yield Finding(kind, column.name, share, severity, message, advice).behind(rare)


def _nearly_constant(column: Column, array: np.ndarray) -> Iterator[Finding]:
    if len(array) < 200 or column.missing > 0.5:
        return
    codes, uniques = pd.factorize(array)
    counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
    n_other = int(counts.sum() - counts.max())
    share = counts.max() / len(array)
    if share >= 0.995 and n_other < 100:
        message = f"{share:.1%} of the rows hold {uniques[counts.argmax()]!r}; {n_other:,} differ"
        others = (codes >= 0) & (codes != counts.argmax())
        advice = "Little can be learned from it."
        yield Finding("nearly_constant", column.name, share, "info", message, advice).behind(others)


def _date(column: Column) -> Finding:
    advice = f'If the model will predict later rows, test it so: split="time:{column.name}"'
    return Finding(
        "date", column.name, 1.0, "info", "a date: read as a number of days, so that later dates are new", advice
    )


def _twin_columns(columns: Mapping[str, np.ndarray], n_rows: int) -> Iterator[Finding]:
    """Columns that say the same in other words: each value of one goes with one of the other."""
    seen: dict[bytes, str] = {}
    for name, array in columns.items():
        codes, uniques = pd.factorize(array)
        if len(array) - len(uniques) < SHARED * len(array):
            codes = _in_order(array)
        # Codes are by appearance, so columns that differ only in wording have equal ones.
        first = seen.setdefault(codes.astype(np.int32).tobytes(), name)
        if first != name and len(uniques) > 1:
            message = f"says the same as {first!r}, value by value"
            advice = f"Drop one, else they share the credit in explanations: ignore=[{name!r}]"
            yield Finding("duplicate_column", name, 1.0, "warn", message, advice)


def _in_order(array: np.ndarray) -> np.ndarray:
    """Codes of values that hardly repeat: any two such columns go together value by value, so that of numbers and
    dates the order must be the same too, or the opposite one, and words must be the same words."""
    if array.dtype.kind not in "fiuM":
        return np.array([hash(value) for value in array.tolist()], np.int64)
    order = pd.factorize(array, sort=True)[0]
    there = order >= 0
    if there.any() and order[there][0] > order.max() / 2:
        order[there] = order.max() - order[there]
    return order


def _copies(codes: np.ndarray) -> np.ndarray:
    """Which rows are copies of an earlier one."""
    return pd.Series(codes).duplicated().to_numpy()


def _n(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
