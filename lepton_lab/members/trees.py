"""The tree member: LightGBM grown round by round, kept as plain arrays.

LightGBM only grows the trees; predicting and explaining need numpy alone, so a saved model loads
without it and nothing in it can run code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.errors import DamagedFileError
from lepton_lab.members.codes import layout_fits
from lepton_lab.members.forest import NODE_ARRAYS, Forest, check_forest
from lepton_lab.members.tree_inputs import TreeInputs, fit_tree_inputs
from lepton_lab.members.valid_logits import ValidLogits
from lepton_lab.quantiles import Quantiles
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task, are_shifted

if TYPE_CHECKING:
    from lightgbm.callback import CallbackEnv

    from lepton_lab.data.encode_tabular import AnyBlock

_INPUT_ARRAYS = ("is_code", "low", "high", "missing", "offset", "target_code")


@dataclass(frozen=True)
class TreesMember:
    """Boosted trees on one plain number a column.

    Args:
        inputs: how columns become numbers.
        forest: the trees.
        n_random: how many of them, the last ones, were not boosted but grown apart (`random_trees`).
    """

    inputs: TreeInputs
    forest: Forest
    n_random: int = 0
    name = "trees"

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Logits `(row, output)`: the sum of the leaves reached."""
        return self.forest.sum(self.inputs.of(x))

    def tree_inputs(self, x: np.ndarray) -> np.ndarray:
        """The matrix that the trees split, `(row, column)` float64, for a tree explainer."""
        return self.inputs.of(x)

    def shap_trees(self) -> dict[str, Any]:
        """The trees as the dictionary that `shap.TreeExplainer` takes; explain `tree_inputs(x)` with it."""
        return {
            "trees": [_shap_tree(self.forest, i) for i in range(self.forest.n_trees)],
            "internal_dtype": np.float64,
            "input_dtype": np.float64,
            "objective": None,
            "tree_output": "raw_value",
            "base_offset": 0.0,
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything learned."""
        found = {f"inputs.{name}": getattr(self.inputs, name) for name in _INPUT_ARRAYS}
        found |= {f"forest.{name}": getattr(self.forest, name) for name in (*NODE_ARRAYS, "start", "output")}
        return found

    def config_json(self) -> dict[str, Any]:
        """Width of the input and of the output, and how many trees were grown apart."""
        told = {"n_columns": self.forest.n_columns, "n_outputs": self.forest.n_outputs}
        return told | ({"n_random": self.n_random} if self.n_random else {})

    @staticmethod
    def from_arrays(arrays: dict[str, np.ndarray], config: dict[str, Any]) -> TreesMember:
        """The member that `arrays` and `config_json` describe.

        Raises:
            DamagedFileError: where an index could leave its tree, or shapes do not fit together.
        """
        try:
            inputs = TreeInputs(**{name: arrays[f"inputs.{name}"] for name in _INPUT_ARRAYS})
            nodes = {name: arrays[f"forest.{name}"] for name in (*NODE_ARRAYS, "start", "output")}
            forest = Forest(**nodes, n_columns=int(config["n_columns"]), n_outputs=int(config["n_outputs"]))
            check_forest(forest)
            _check_inputs(inputs, forest.n_columns)
            n_random = int(config.get("n_random", 0))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise DamagedFileError(f"the trees cannot be read: {error!r}.") from error
        return TreesMember(inputs, forest, n_random)


@dataclass(frozen=True)
class TreesConfig:
    """How trees are grown; every number has LightGBM's meaning.

    Args:
        rounds: most boosting rounds.
        patience: rounds without a better validation loss before growth ends.
        threads: OpenMP threads; more threads than cores make LightGBM ten times slower.
    """

    learning_rate: float = 0.05
    leaves: int = 31
    min_rows: int = 20
    row_share: float = 0.8
    column_share: float = 0.5
    l2: float = 1.0
    rounds: int = 1000
    patience: int = 50
    threads: int = 1


@dataclass(frozen=True)
class TreesFit:
    """Grown trees: the member, its best round, the validation loss of each round, and why growth ended."""

    member: TreesMember
    best_round: int
    valid_losses: tuple[float, ...]
    ended: str


def fit_trees(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    blocks: Sequence[AnyBlock],
    task: Task,
    *,
    valid: tuple[np.ndarray, np.ndarray, np.ndarray | None] | None,
    config: TreesConfig,
    seed: int,
    after_round: Callable[[int, float | None], str] | None = None,
    judged: ValidLogits | None = None,
) -> TreesFit:
    """Grow trees until the validation loss stops falling, or for `config.rounds` rounds.

    Args:
        x: encoded rows `(row, column)`.
        y: class index, or the number to predict.
        weights: of the rows, or None.
        blocks: one a column.
        task: what is learned.
        valid: `(x, y, weights)` that growth is judged on; None grows every round.
        config: how they are grown.
        seed: of the row and column samples.
        after_round: told the round and its validation loss after each; a word it returns ends growth.
        judged: holds the validation rows' logits after each round.

    Returns:
        Every tree that was grown, and the best round.
    """
    if isinstance(task, Quantiles):
        from lepton_lab.members.quantile_trees import fit_quantile_trees  # it is made of the pieces below

        return fit_quantile_trees(
            (x, y, weights), blocks, task, valid=valid, config=config, seed=seed, after_round=after_round,
            judged=judged,
        )  # fmt: skip
    import lightgbm

    inputs, matrix = fit_tree_inputs(x, y, weights, blocks, task, seed)
    label, offset = _labels(y, task)
    rows = lightgbm.Dataset(
        matrix, label, weight=weights, init_score=offset, free_raw_data=True,
        params=parameters(config, task, seed, blocks),
    )  # fmt: skip
    watched = []
    if valid is not None:
        label, offset = _labels(valid[1], task)
        watched = [rows.create_valid(inputs.of(valid[0]), label, weight=valid[2], init_score=offset)]
    watch = Watch(config.patience, after_round)
    booster = lightgbm.train(
        parameters(config, task, seed, blocks), rows, config.rounds, valid_sets=watched, callbacks=[watch],
        feval=judged if watched else None,
        keep_training_booster=True,  # else it is written to text and read again
    )  # fmt: skip
    best = watch.best_round if watched else booster.current_iteration()
    text = booster.model_to_string(num_iteration=booster.current_iteration())
    forest = check_forest(read_lightgbm(text, matrix.shape[1], task.n_outputs))
    return TreesFit(TreesMember(inputs, forest), best, tuple(watch.losses), watch.ended)


def _labels(y: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray | None]:
    """What LightGBM fits, and the scores it starts from: of times, events that Poisson counts with an exposure are."""
    if isinstance(task, Survival):
        exposed, happened = task.exposure(y)
        return happened, np.log(exposed)
    return np.asarray(y, np.float64), None


class Watch:
    """LightGBM's callback: keeps the best round, and ends growth between two rounds."""

    order = 30
    before_iteration = False

    def __init__(self, patience: int, after_round: Callable[[int, float | None], str] | None) -> None:
        self.patience, self.after_round = patience, after_round
        self.losses: list[float] = []
        self.best_round, self.best_loss, self.ended = 0, float("inf"), ""

    def __call__(self, env: CallbackEnv) -> None:
        """Look at a round; raises LightGBM's own signal where it was the last."""
        from lightgbm.callback import EarlyStopException

        done = env.iteration + 1
        results = env.evaluation_result_list
        loss = float(results[0][2]) if results else None
        # Where no split is left to make, LightGBM goes on round by round without adding a tree.
        if env.model.current_iteration() < done and done > 1:  # type: ignore[union-attr]
            self.ended = "converged"
        elif loss is not None:
            self.losses.append(loss)
            if loss < self.best_loss:
                self.best_round, self.best_loss = done, loss
            if done - self.best_round >= self.patience:
                self.ended = "converged"
        if not self.ended and self.after_round is not None:
            self.ended = self.after_round(done, loss)
        if self.ended:
            raise EarlyStopException(env.iteration, [])


def parameters(config: TreesConfig, task: Task, seed: int, blocks: Sequence[AnyBlock] = ()) -> dict[str, Any]:
    """What LightGBM is told."""
    known = {"binary": "binary", "multiclass": "multiclass", "survival": "poisson", "quantile": "quantile"}
    objective = known.get(task.name, "regression")
    losses = {"binary": "binary_logloss", "multiclass": "multi_logloss", "survival": "poisson", "quantile": "quantile"}
    metric = losses.get(task.name, "l2")
    found = {
        "objective": objective,
        "metric": metric,
        "learning_rate": config.learning_rate,
        "num_leaves": config.leaves,
        "min_data_in_leaf": config.min_rows,
        "bagging_fraction": config.row_share,
        "bagging_freq": 1,
        "feature_fraction": config.column_share,
        "lambda_l2": config.l2,
        "num_threads": config.threads,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "use_missing": False,
        "feature_pre_filter": False,
        "max_bin": 255,
        "verbosity": -1,
    }
    signs = [block.monotone for block in blocks]
    if any(signs):
        # Each tree is monotone by itself; the methods that bind less are not always right.
        found |= {"monotone_constraints": signs, "monotone_constraints_method": "basic"}
    return found | ({"num_class": task.n_outputs} if are_shifted(task) else {})


def read_lightgbm(text: str, n_columns: int, n_outputs: int) -> Forest:
    """The trees of LightGBM's own text format, as arrays.

    LightGBM numbers a tree's inner nodes from 0 and writes leaf l as the child ~l; here its leaves follow them.
    """
    trees = [dict(line.split("=", 1) for line in part.splitlines() if "=" in line) for part in _parts(text)]
    if not trees:
        trees = [{"num_leaves": "1", "leaf_value": "0"}] * n_outputs
    n_leaves = np.array([int(tree["num_leaves"]) for tree in trees])
    grown = [tree for tree, n in zip(trees, n_leaves, strict=True) if n > 1]
    start = np.concatenate([[0], np.cumsum(2 * n_leaves - 1)])
    is_leaf = np.arange(start[-1]) - np.repeat(start[:-1], np.diff(start)) >= np.repeat(n_leaves - 1, np.diff(start))
    n_inner = np.repeat(n_leaves - 1, n_leaves - 1)

    def nodes(inner: str | np.ndarray, leaves: np.ndarray | float, dtype: type) -> np.ndarray:
        array = np.empty(len(is_leaf), dtype)
        array[~is_leaf] = _joined(grown, inner) if isinstance(inner, str) else inner
        array[is_leaf] = leaves
        return array

    def child(side: str) -> np.ndarray:
        written = _joined(grown, f"{side}_child").astype(np.int64)
        return nodes(np.where(written < 0, n_inner + ~written, written), -1, np.int32)

    cover = np.ones(int(n_leaves.sum()))  # a tree that is one leaf does not say
    cover[np.repeat(n_leaves > 1, n_leaves)] = _joined(grown, "leaf_count")
    return Forest(
        feature=nodes("split_feature", -1, np.int32),
        threshold=nodes("threshold", 0.0, np.float64),
        left=child("left"),
        right=child("right"),
        value=nodes(np.zeros(len(n_inner)), _joined(trees, "leaf_value"), np.float64),
        cover=nodes("internal_count", cover, np.float64),
        start=start,
        output=np.arange(len(trees)) % n_outputs,
        n_columns=n_columns,
        n_outputs=n_outputs,
    )


def _parts(text: str) -> list[str]:
    """The text of each tree; what follows the last one is not a tree's."""
    return text.partition("\nend of trees")[0].split("\nTree=")[1:]


def _joined(trees: Sequence[Mapping[str, str]], field: str) -> np.ndarray:
    """A field's numbers of all trees, end to end."""
    return np.fromstring(" ".join(tree[field] for tree in trees), np.float64, sep=" ")


def _shap_tree(forest: Forest, index: int) -> dict[str, np.ndarray]:
    """shap's dictionary of one tree; a tree of one output is zero in the others."""
    tree = forest.tree(index)
    values = np.zeros((len(tree["value"]), forest.n_outputs))
    values[:, forest.output[index]] = tree["value"]
    return {
        "children_left": tree["left"],
        "children_right": tree["right"],
        "children_default": tree["left"],
        "features": tree["feature"],
        "thresholds": tree["threshold"],
        "values": values,
        "node_sample_weight": tree["cover"],
    }


def _check_inputs(inputs: TreeInputs, n_columns: int) -> None:
    if len(inputs.is_code) != n_columns or not layout_fits(inputs.is_code, inputs.offset):
        raise ValueError("offsets do not fit the columns")
    if inputs.target_code.shape != (int(inputs.offset[-1]),):
        raise ValueError("target codes do not fit the columns")
    for name in ("low", "high", "missing", "target_code"):
        array = getattr(inputs, name)
        if name != "target_code" and array.shape != (n_columns,):
            raise ValueError(f"{name} does not fit the columns")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite")
