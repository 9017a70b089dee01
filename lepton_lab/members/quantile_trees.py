"""Trees for quantiles: one LightGBM booster a level, grown side by side and kept as one forest of several outputs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.members.forest import Forest, check_forest, interleaved
from lepton_lab.members.tree_inputs import fit_tree_inputs
from lepton_lab.members.trees import TreesConfig, TreesFit, TreesMember, Watch, parameters, read_lightgbm
from lepton_lab.members.valid_logits import ValidLogits
from lepton_lab.quantiles import Quantiles

if TYPE_CHECKING:
    from lightgbm import Booster

    from lepton_lab.data.encode_tabular import AnyBlock

Rows = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def fit_quantile_trees(
    rows: Rows,
    blocks: Sequence[AnyBlock],
    task: Quantiles,
    *,
    valid: Rows | None,
    config: TreesConfig,
    seed: int,
    after_round: Callable[[int, float | None], str] | None = None,
    judged: ValidLogits | None = None,
) -> TreesFit:
    """As `trees.fit_trees`, of quantiles: a round is one tree a level, and growth ends for all levels at once.

    Args:
        rows: encoded rows, the number, and weights or None.
        blocks: one a column.
        task: its levels.
        valid: rows that growth is judged on, by the mean pinball loss; None grows every round.
        config: how trees are grown.
        seed: of the row and column samples.
        after_round: told the round and its validation loss after each; a word it returns ends growth.
        judged: holds the validation rows' logits after each round.

    Source: Koenker and Bassett 1978 for the loss; LightGBM sets each leaf to the level of what is left in it.
    """
    from lightgbm.callback import CallbackEnv, EarlyStopException

    inputs, boosters = _planted(rows, blocks, task, valid, config, seed)
    watch, done = Watch(config.patience, after_round), 0
    while not watch.ended and done < config.rounds:
        stuck = [booster.update() for booster in boosters]
        found: list[Any] = []
        if valid is not None:
            answers = np.stack([_answers(booster) for booster in boosters], axis=1)
            if judged is not None:
                judged.take(answers)
            loss = float(np.average(task.losses(valid[1], answers), weights=valid[2]))
            found = [("valid_0", "quantile", loss, False)]
        with contextlib.suppress(EarlyStopException):  # `ended` says why
            watch(CallbackEnv(boosters[0], {}, done, 0, config.rounds, found))
        done += 1
        if all(stuck) and not watch.ended:
            watch.ended = "converged"
    best = watch.best_round if valid is not None else done
    return TreesFit(TreesMember(inputs, _forest(boosters, len(blocks))), best, tuple(watch.losses), watch.ended)


def _planted(
    rows: Rows, blocks: Sequence[AnyBlock], task: Quantiles, valid: Rows | None, config: TreesConfig, seed: int
) -> tuple[Any, list[Booster]]:
    """Boosters before the first round, which share their rows, and how columns become numbers."""
    import lightgbm

    x, y, weights = rows
    inputs, matrix = fit_tree_inputs(x, y, weights, blocks, task, seed)
    common = parameters(config, task, seed, blocks)
    label = np.asarray(y, np.float64)
    dataset = lightgbm.Dataset(matrix, label, weight=weights, free_raw_data=True, params=common).construct()
    watched = None
    if valid is not None:
        number = np.asarray(valid[1], np.float64)
        watched = dataset.create_valid(inputs.of(valid[0]), number, weight=valid[2], params=common).construct()
    boosters = []
    for level in task.output_levels:
        booster = lightgbm.Booster({**common, "alpha": float(level)}, dataset)
        if watched is not None:
            booster.add_valid(watched, "valid_0")
        boosters.append(booster)
    return inputs, boosters


def _answers(booster: Booster) -> np.ndarray:
    """What a booster says of the validation rows, which LightGBM keeps anyway: read off its own hook for metrics."""
    kept: list[np.ndarray] = []

    def look(answers: np.ndarray, _rows: Any) -> list[tuple[str, float, bool]]:
        kept.append(np.array(answers, np.float64))
        return []

    booster.eval_valid(look)
    return kept[0]


def _forest(boosters: Sequence[Booster], n_columns: int) -> Forest:
    """The trees of all boosters, round by round."""
    texts = [booster.model_to_string(num_iteration=booster.current_iteration()) for booster in boosters]
    return check_forest(interleaved([read_lightgbm(text, n_columns, 1) for text in texts]))
