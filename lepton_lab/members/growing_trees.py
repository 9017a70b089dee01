"""Trees that can stop growing and go on later, where `fit_trees` grows them in one go."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.members.forest import check_forest
from lepton_lab.members.tree_inputs import fit_tree_inputs
from lepton_lab.members.trees import TreesConfig, TreesFit, TreesMember, Watch, parameters, read_lightgbm
from lepton_lab.tasks import Task

if TYPE_CHECKING:
    from lepton_lab.data.encode_tabular import AnyBlock


class GrowingTrees:
    """A LightGBM booster between two rounds; pauses change nothing about the trees it grows."""

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        weights: np.ndarray | None,
        blocks: Sequence[AnyBlock],
        task: Task,
        *,
        valid: tuple[np.ndarray, np.ndarray, np.ndarray | None],
        config: TreesConfig,
        seed: int,
    ) -> None:
        import lightgbm

        self._task = task
        self._inputs, matrix = fit_tree_inputs(x, y, weights, blocks, task, seed)
        self._parameters = parameters(config, task, seed, blocks)
        label = np.asarray(y, np.float64)
        rows = lightgbm.Dataset(matrix, label, weight=weights, free_raw_data=True, params=self._parameters)
        self._n_columns = matrix.shape[1]
        self._booster = lightgbm.Booster(self._parameters, rows)
        watched = rows.create_valid(
            self._inputs.of(valid[0]), np.asarray(valid[1], np.float64), weight=valid[2], params=self._parameters
        )
        self._booster.add_valid(watched, "valid_0")
        self._watch = Watch(config.patience, None)
        self._done = 0

    @property
    def losses(self) -> list[float]:
        """The validation loss of each round."""
        return self._watch.losses

    @property
    def ended(self) -> str:
        """Why growth ended; empty while it can go on."""
        return self._watch.ended

    def go_on(self) -> None:
        """Forget that growth was stopped from outside."""
        self._watch.ended = ""

    def grow_to(self, rounds: int, after_round: Callable[[int, float | None], str] | None = None) -> None:
        """Grow to so many rounds in all, or until the validation loss stops falling.

        Args:
            rounds: counted from the very first.
            after_round: told the round and its validation loss; a word it returns ends growth.
        """
        from lightgbm.callback import CallbackEnv, EarlyStopException

        self._watch.after_round = after_round
        while not self.ended and self._done < rounds:
            self._booster.update()
            found = self._booster.eval_valid()
            with contextlib.suppress(EarlyStopException):  # `ended` says why
                self._watch(CallbackEnv(self._booster, self._parameters, self._done, 0, rounds, found))
            self._done += 1

    def fit(self) -> TreesFit:
        """Every tree so far, and the best round."""
        text = self._booster.model_to_string(num_iteration=self._booster.current_iteration())
        forest = check_forest(read_lightgbm(text, self._n_columns, self._task.n_outputs))
        return TreesFit(TreesMember(self._inputs, forest), self._watch.best_round, tuple(self.losses), self.ended)
