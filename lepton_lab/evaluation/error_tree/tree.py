"""The tree of errors: nodes in the user's own words, each measured on rows that did not grow the tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.errors import OptionError
from lepton_lab.evaluation.error_tree.conditions import Condition
from lepton_lab.metrics import Estimate

if TYPE_CHECKING:
    import pandas

    from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
    from lepton_lab.explanation.explanation import Explanation

EXPLAINED = 50
"""Rows of a node that `explain` takes, of more."""


@dataclass(frozen=True)
class ErrorNode:
    """Some of the rows, and how wrong the model is about them.

    Args:
        number: 0 is the whole; nodes are numbered as they are read, from the top.
        parent: number of the node above; None of the whole.
        depth: conditions on the way.
        conditions: that hold for its rows, in the user's own values; empty of the whole.
        split: the last of them, which tells it from its sibling.
        rows: how many, of all that were evaluated.
        share: of their weight.
        measured: rows that its figures are of: they did not grow the tree.
        loss: mean, with its 95 % interval.
        against: its mean loss minus that of the whole, with the 95 % interval.
        error_rate: share of wrong decisions; None where nothing is decided.
        predicted: mean of what the model said.
        observed: mean of what was true, with its 95 % interval.
    """

    number: int
    parent: int | None
    depth: int
    conditions: tuple[Condition, ...]
    split: Condition | None
    rows: int
    share: float
    measured: int
    loss: Estimate
    against: Estimate
    error_rate: Estimate | None
    predicted: float
    observed: Estimate

    @property
    def rule(self) -> str:
        """Its conditions in words."""
        return " and ".join(map(str, self.conditions)) or "all rows"

    @property
    def told_apart(self) -> bool:
        """Whether its loss differs from that of the whole by more than chance."""
        return not self.against.low <= 0 <= self.against.high and not np.isnan(self.against.low)

    @property
    def worse(self) -> bool:
        """Whether the model is worse here than on the whole, by more than chance."""
        return self.told_apart and self.against.value > 0


@dataclass(frozen=True)
class ErrorTree:
    """Where a model fails.

    Args:
        target: of the model.
        nodes: from the top, each followed by what lies below it.
        loss_name: what `loss` is, and `unit` in what it counts.
        compared: what `predicted` and `observed` are means of.
        n_grown: rows that grew the tree.
        n_measured: the other rows, which every figure is of.
        n_tried: splits that were grown; those that the other rows did not bear out are left out.
        note: how it was made.
        rows: that were evaluated.
    """

    target: str
    nodes: tuple[ErrorNode, ...]
    loss_name: str
    unit: str
    compared: str
    n_grown: int
    n_measured: int
    n_tried: int
    note: str
    rows: EvaluatedRows = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.nodes)

    def below(self, number: int) -> tuple[ErrorNode, ...]:
        """The two nodes under one; none under a leaf."""
        return tuple(node for node in self.nodes if node.parent == number)

    @property
    def leaves(self) -> tuple[ErrorNode, ...]:
        """The parts the rows are dealt to, the worst first."""
        inner = {node.parent for node in self.nodes}
        return tuple(sorted((n for n in self.nodes if n.number not in inner), key=lambda n: -n.loss.value))

    @property
    def worst(self) -> ErrorNode | None:
        """The part where the model is worst, by more than chance; None where nothing is told apart from the whole."""
        return next((node for node in self.leaves if node.worse), None)

    def node(self, number: int) -> ErrorNode:
        """A node by its number.

        Raises:
            OptionError: there is none.
        """
        if isinstance(number, bool) or number not in range(len(self.nodes)):
            raise OptionError(f"the tree has no node {number!r}; its nodes are 0 to {len(self.nodes) - 1}")
        return self.nodes[number]

    def positions(self, number: int) -> np.ndarray:
        """Where the rows of a node lie in those that were evaluated."""
        table, inside = self.rows.table, np.ones(self.rows.table.n_rows, bool)
        for condition in self.node(number).conditions:
            inside &= condition.holds(table.columns[condition.column])
        return np.flatnonzero(inside)

    def labels(self, number: int) -> pandas.Index:
        """Index labels of the rows of a node: `df.loc[tree.labels(3)]`."""
        return self.rows.table.index[self.positions(number)]

    def explain(self, number: int, *, n: int = EXPLAINED, seed: int = 0, budget_s: float | None = None) -> Explanation:
        """Shapley values of rows of a node: what the model looks at where it fails.

        Args:
            number: of the node.
            n: rows at most, drawn with `seed`.
            seed: of the draw and of the walks.
            budget_s: wall time to use.

        Raises:
            OptionError: no such node.
            ExplanationError: the model was saved without rows to compare with.
        """
        from lepton_lab.explanation.explain_model import explain_trained
        from lepton_lab.explanation.options import ExplainOptions

        places = self.positions(number)
        if len(places) > n:
            places = np.sort(np.random.default_rng(seed).choice(places, n, replace=False))
        model, table = self.rows.model, self.rows.table.take(places)
        options = ExplainOptions(seed=seed, budget_s=budget_s)
        x, labels = model.encoder.encode(table), np.asarray(table.index, object)
        return explain_trained(model, x, table.values(), labels, options=options)

    def __repr__(self) -> str:
        whole = self.nodes[0]
        lines = [f"ErrorTree of {self.target!r}: {self.loss_name} {whole.loss} on {self.n_measured:,} rows"]
        for node in self.nodes[1:]:
            mark = "" if not node.told_apart else " worse" if node.worse else " better"
            lines.append(f"{'  ' * node.depth}{node.number} {node.split}: {node.rows:,} rows, {node.loss}{mark}")
        return "\n".join([*lines, f"  {self.note}"])
