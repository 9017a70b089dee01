"""The picture of a tree of errors: each part's rule, rows, loss with its interval, error rate, and what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.metrics import Estimate
from lepton_lab.pictures import theme
from lepton_lab.pictures.intervals import DotColumn, interval, with_interval
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, is_nothing, metric, percent
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.evaluation.error_tree.tree import ErrorNode, ErrorTree

INDENT = 16


def html(tree: ErrorTree) -> Markup:
    """The picture as self-contained HTML."""
    return theme.picture(
        f"Where the model of {tree.target} fails", html_of_errors(tree),
        theme.next_step("tree.explain(tree.worst.number)" if tree.worst else "%lepton explain model"),
        sub=f"{count(tree.nodes[0].rows, 'row')}, {tree.loss_name} in {tree.unit}",
    )  # fmt: skip


def html_of_errors(tree: ErrorTree) -> Markup:
    """The table of the parts, and how it was made."""
    dots = DotColumn.of([node.loss for node in tree.nodes])
    whole = tree.nodes[0].loss.value
    rows: list[list[object]] = [
        [_rule(node), *cells(tree, node)[:2], dots.cell(node.loss, kind_of(node), mark=whole), *cells(tree, node)[2:]]
        for node in tree.nodes
    ]
    rows.append(["", "", "", dots.axis(), *("" for _ in cells(tree, tree.nodes[0])[2:])])
    numeric = [1, 2, *range(4, len(rows[0]))]
    return join(table(header(tree), rows, numeric=numeric), theme.notes([verdict(tree), tree.note, compared(tree)]))


def text(tree: ErrorTree) -> str:
    """The picture as plain text."""
    rows = [
        ["  " * node.depth + words(node), *cells(tree, node)[:2], with_interval(node.loss), *cells(tree, node)[2:]]
        for node in tree.nodes
    ]
    names = ["part of the rows", "rows", "share", f"{tree.loss_name} (95 %)", *_names(tree)]
    numeric = range(1, len(names))
    return "\n".join(
        [
            f"Where the model of {tree.target} fails",
            text_table(names, rows, numeric=numeric),
            verdict(tree),
            tree.note,
            compared(tree),
        ]
    )


def verdict(tree: ErrorTree) -> str:
    """What the tree says, in a sentence."""
    worst = tree.worst
    if worst is None:
        return "No part of the rows is told apart as worse than the whole."
    whole = metric(tree.nodes[0].loss.value)
    return f"Worst where {worst.rule}: {tree.loss_name} {with_interval(worst.loss)}, of all rows {whole}."


def compared(tree: ErrorTree) -> str:
    """What the last two columns are."""
    return f"Said and seen: {tree.compared}, as the model says and as it is."


def words(node: ErrorNode) -> str:
    """The last condition of a node; the whole has none."""
    return "all rows" if node.split is None else str(node.split)


def cells(tree: ErrorTree, node: ErrorNode) -> list[str]:
    """Rows, share, error rate where there is one, what was predicted and what was seen, and the verdict."""
    rate = [] if node.error_rate is None else [_percent(node.error_rate)]
    shares = tree.compared.startswith("share")
    told = percent(node.predicted) if shares else metric(node.predicted)
    seen = _percent(node.observed) if shares else with_interval(node.observed)
    return [f"{node.rows:,}", percent(node.share), *rate, told, seen, standing(node)]


def standing(node: ErrorNode) -> str:
    """How a node stands to the whole, in a word."""
    if node.parent is None:
        return ""
    return "worse" if node.worse else "better" if node.told_apart else "as the whole"


def kind_of(node: ErrorNode) -> str:
    """The colour of a node."""
    return "other" if not node.told_apart else "up" if node.worse else "down"


def header(tree: ErrorTree) -> list[str]:
    """The names of the table's columns."""
    return ["part of the rows", "rows", "share", f"{tree.loss_name}, lower is better", *_names(tree)]


def _names(tree: ErrorTree) -> list[str]:
    rate = [] if tree.nodes[0].error_rate is None else ["wrong decisions"]
    return [*rate, "said", "seen", ""]


def _percent(estimate: Estimate) -> str:
    if is_nothing(estimate.value):
        return "–"
    low, high = estimate.low, estimate.high
    known = not is_nothing(low) and interval(estimate)
    return f"{percent(estimate.value)} ({percent(low)} to {percent(high)})" if known else percent(estimate.value)


def _rule(node: ErrorNode) -> Markup:
    style = f"display:inline-block;white-space:normal;max-width:26em;padding-left:{INDENT * node.depth}px"
    return tag("span", words(node), style=style, title=node.rule)
