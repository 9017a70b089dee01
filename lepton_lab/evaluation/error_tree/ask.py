"""Make a tree of errors: grow it on one half of the rows, measure and prune it on the other half."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from lepton_lab.data.rows import Table
from lepton_lab.data.schema import OBJECTS, Column
from lepton_lab.errors import OptionError, bad_seed
from lepton_lab.evaluation.error_tree.conditions import Condition, joined
from lepton_lab.evaluation.error_tree.grow import Branch, grow
from lepton_lab.evaluation.error_tree.losses import RowLosses, row_losses
from lepton_lab.evaluation.error_tree.measure import Sample
from lepton_lab.evaluation.error_tree.tree import ErrorNode, ErrorTree
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.metrics import Estimate

_FEWEST_ROWS, _FEWEST_IN_LEAF, _LEAF_SHARE = 100, 20, 0.03
# A tree of eight leaves needs no more; every other row makes its figures surer.
_MOST_GROWN = 20_000
DEEPEST = 5


@dataclass(frozen=True)
class _Measured:
    """A branch with its rows, and those below that are kept."""

    conditions: tuple[Condition, ...]
    split: Condition | None
    inside: np.ndarray
    below: tuple[_Measured, ...] = ()


def error_tree_of(rows: EvaluatedRows, *, depth: int = 3, seed: int = 0) -> ErrorTree:
    """Where the model is more wrong, or less, than on the whole.

    Args:
        rows: with what the model says of them.
        depth: conditions on the way to a leaf, at most.
        seed: of the halves.

    Raises:
        OptionError: a depth or a seed that cannot be used, or rows whose columns were not kept.
    """
    if not rows.has_inputs:
        raise OptionError(
            "where the model fails is told by the columns of its rows, and of a loaded model's held-out rows only the "
            "answers were kept. Give the rows: ll.error_tree(model, df)  (%lepton error_tree model df)"
        )
    if error := bad_seed(seed):
        raise error
    if isinstance(depth, bool) or not isinstance(depth, (int, np.integer)) or not 1 <= depth <= DEEPEST:
        raise OptionError(f"depth={depth!r} must be a whole number from 1 to {DEEPEST}: a tree is to be read")
    losses, table = row_losses(rows), rows.table
    growing, unit = _halves(rows, seed)
    measuring = ~growing
    fewest = max(_FEWEST_IN_LEAF, int(_LEAF_SHARE * growing.sum()))
    enough = table.n_rows >= _FEWEST_ROWS and rows.w[growing].sum() > 0 and rows.w[measuring].sum() > 0
    if enough:
        columns = [(column, table.columns[column.name][growing]) for column in _splittable(table)]
        branch = grow(columns, losses.loss[growing], rows.w[growing], depth=depth, fewest=fewest)
    else:
        branch, measuring = Branch(None), np.ones(table.n_rows, bool)
    sample = Sample(rows.w[measuring], unit[measuring])
    n_tried = _splits(branch)
    whole = _kept(_placed(branch, rows, (), np.ones(table.n_rows, bool)), measuring, sample, losses, n_tried)
    nodes = tuple(_nodes(whole, rows, measuring, sample, losses))
    n_grown = int(growing.sum()) if enough else 0
    return ErrorTree(
        table.schema.target, nodes, losses.name, losses.unit, losses.compared, n_grown, int(measuring.sum()), n_tried,
        _note(n_grown, int(measuring.sum()), n_tried, len(nodes) // 2), rows,
    )  # fmt: skip


def _splittable(table: Table) -> list[Column]:
    """Columns with values to split by: objects that all differ have none."""
    return [column for column in table.schema.inputs if column.kind not in OBJECTS]


def _halves(rows: EvaluatedRows, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows grow the tree, and each row's unit: rows of a group stay together."""
    groups = rows.table.groups
    unit = np.arange(rows.table.n_rows) if groups is None else np.unique(groups, return_inverse=True)[1]
    place = np.random.default_rng(seed).permutation(int(unit.max()) + 1)[unit]
    n_grown = min(len(unit) // 2, _MOST_GROWN)
    # So many units that about `n_grown` rows are theirs.
    return place < int((place.max() + 1) * n_grown / len(unit)), unit


def _splits(branch: Branch) -> int:
    return 0 if branch.below is None else 1 + sum(map(_splits, branch.below))


def _placed(branch: Branch, rows: EvaluatedRows, way: tuple[Condition, ...], inside: np.ndarray) -> _Measured:
    """The branch with the rows that its conditions hold for, of all that were evaluated."""
    condition = branch.condition
    if condition is not None:
        way, inside = (*way, condition), inside & condition.holds(rows.table.columns[condition.column])
    below = tuple(_placed(one, rows, way, inside) for one in branch.below or ())
    return _Measured(joined(way), condition, inside, below)


def _kept(node: _Measured, measuring: np.ndarray, sample: Sample, losses: RowLosses, n_tried: int) -> _Measured:
    """Without the splits that the other rows do not bear out: whose sides do not differ, or not from the whole.

    One of several splits is borne out by chance more often than one: the level is shared among them (Bonferroni).
    """
    below = tuple(_kept(one, measuring, sample, losses, n_tried) for one in node.below)
    if not below or any(one.below for one in below):
        return replace(node, below=below)
    loss, level = losses.loss[measuring], 1 - 0.05 / n_tried
    a, b = (one.inside[measuring] for one in below)
    differs = _apart(sample.difference(loss, a, b, level))
    everyone = np.ones(len(loss), bool)
    known = any(_apart(sample.difference(loss, side, everyone)) for side in (a, b))
    return replace(node, below=below if differs and known else ())


def _apart(difference: Estimate) -> bool:
    """Whether an interval leaves out 0; one that is not known does not."""
    return difference.low > 0 or difference.high < 0


def _nodes(
    whole: _Measured, rows: EvaluatedRows, measuring: np.ndarray, sample: Sample, losses: RowLosses
) -> Iterator[ErrorNode]:
    """The nodes from the top, each followed by what lies below it, the worse side first."""
    everyone, number, waiting = np.ones(int(measuring.sum()), bool), 0, [(whole, None, 0)]
    observed = sample.share if losses.compared.startswith("share") else sample.mean
    while waiting:
        node, parent, depth = waiting.pop()
        inside = node.inside[measuring]
        loss = sample.mean(losses.loss[measuring], inside)
        yield ErrorNode(
            number, parent, depth, node.conditions, node.split,
            rows=int(node.inside.sum()),
            share=float(rows.w[node.inside].sum() / rows.w.sum()),
            measured=int(inside.sum()),
            loss=loss,
            against=sample.difference(losses.loss[measuring], inside, everyone),
            error_rate=None if losses.wrong is None else sample.share(losses.wrong[measuring], inside),
            predicted=sample.mean(losses.predicted[measuring], inside).value,
            observed=observed(losses.observed[measuring], inside),
        )  # fmt: skip
        means = [sample.mean(losses.loss[measuring], one.inside[measuring]).value for one in node.below]
        # The last is taken first.
        waiting += [(node.below[k], number, depth + 1) for k in np.argsort(means, kind="stable")]
        number += 1


def _note(n_grown: int, n_measured: int, n_tried: int, n_kept: int) -> str:
    if not n_grown:
        return f"{n_measured:,} rows are too few to look for parts of them; wanted {_FEWEST_ROWS}."
    made = f"grown on {n_grown:,} rows, every figure measured on the {n_measured:,} others"
    if not n_tried:
        return f"{made}; no split was found."
    few = "none" if n_kept == 0 else str(n_kept)
    return f"{made}; of {n_tried} splits grown {few} {'is' if n_kept == 1 else 'are'} borne out there (95 % for all)."
