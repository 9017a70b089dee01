"""The trained model: everything that predicting, explaining and saving need, frozen in one value."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.encode_items import ItemsBlock
from lepton_lab.data.encode_tabular import TabularEncoder
from lepton_lab.data.object_block import ObjectBlock
from lepton_lab.data.schema import Schema
from lepton_lab.errors import OptionError
from lepton_lab.metrics import Estimate, bootstrap, draw_resamples
from lepton_lab.quantiles import Quantiles
from lepton_lab.ranking import Ranking, without_seen
from lepton_lab.survival import Survival
from lepton_lab.tasks import ClassValue, Task, are_shifted
from lepton_lab.training.network_member import NetworkMember

if TYPE_CHECKING:
    import pandas

    from lepton_lab.data.table import Table
    from lepton_lab.members.member import Member
    from lepton_lab.training.progress import Progress


@dataclass(frozen=True)
class Blend:
    """How members' logits become the model's: `scale * sum_m weights[m] * z_m + bias`.

    Members' logits for several classes are centred over the classes first, as they are defined only
    up to a shift. Everything here is affine, so it is part of the function that is explained.

    Args:
        weights: `(member,)`, at least 0, sum 1.
        scale: inverse temperature of the calibration; 1 for regression.
        bias: `(output,)`, of the calibration and of undone class weights.
        shifts: whether several outputs are classes, and so are centred; quantiles are what they are.
    """

    weights: np.ndarray
    scale: float
    bias: np.ndarray
    shifts: bool = True

    def logits(self, members: Sequence[np.ndarray]) -> np.ndarray:
        """The blend `(row, output)` of the members' logits, each `(row, output)`."""
        total = sum(w * (centred(z) if self.shifts else z) for w, z in zip(self.weights, members, strict=True) if w)
        return self.scale * np.asarray(total) + self.bias


def centred(logits: np.ndarray) -> np.ndarray:
    """Logits of several classes with their mean over the classes taken off; a single output as it is."""
    return logits - logits.mean(axis=-1, keepdims=True) if logits.shape[-1] > 1 else logits


def as_blended(task: Task, logits: np.ndarray) -> np.ndarray:
    """A member's logits as the blend adds them up: of several classes centred, of quantiles as they are."""
    return centred(logits) if are_shifted(task) else logits


def at_threshold(logits: np.ndarray, threshold: np.ndarray | float) -> np.ndarray:
    """Logits of two classes moved so that a row is called positive from 0 on; the threshold is one, or one a row."""
    p = np.clip(np.asarray(threshold, np.float64), 1e-12, 1 - 1e-12)
    return logits - (np.log(p) - np.log1p(-p)).reshape(-1, 1)


def as_times(times: object) -> np.ndarray:
    """Times as the user gave them: one, or several.

    Raises:
        OptionError: they are no numbers.
    """
    try:
        return np.ravel(np.asarray(times, np.float64))
    except (TypeError, ValueError):
        raise OptionError(f"times={times!r} are no numbers. For example: times=[30, 365]") from None


def _times_shown(task: Survival, logits: np.ndarray, times: object) -> dict[str, np.ndarray]:
    """The columns of a prediction of times to an event."""
    asked = np.array(task.horizons) if times is None else as_times(times)
    chances = task.survival(logits, asked)
    shown = {f"survival_at_{time:.10g}": chances[:, k] for k, time in enumerate(asked)}
    return {"risk": logits[:, 0], "median_survival": task.median(logits), **shown}


@dataclass(frozen=True)
class HeldOut:
    """Rows that training did not learn from, for `evaluate` and `explain` without a frame. Never saved.

    Args:
        table: the rows.
        y: class index, the number, or the signed time.
        logits: the model's, `(row, output)`: on these rows it, or for out-of-fold its fold models, never learned.
            Of a time to an event its answers: the logit, and cumulative hazards at the task's edges.
        how: `test` or `out-of-fold`.
        threshold: that decides each row `(row,)`, chosen on the other folds; None for the model's own.
        weights: that the metrics count each row with `(row,)`; None for equal ones, as for balanced classes.
    """

    table: Table
    y: np.ndarray
    logits: np.ndarray
    how: str
    threshold: np.ndarray | None = None
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class TrainedModel:
    """A trained model. Made by `train`, read by everything else.

    Args:
        schema: the columns of the frame it was trained on.
        encoder: from a table to `x`.
        task: what it predicts.
        members: network, linear, trees; those that were trained.
        blend: how they are combined and calibrated.
        metrics: of held-out rows, by name.
        leaderboard: the same for the blend, each member and a trivial baseline.
        metrics_note: on which rows, and how.
        threshold: probability from which a binary prediction is the positive class.
        threshold_note: how it was chosen.
        background_x: `(background, column)` reference rows of explanations, encoded.
        background_values: the same rows in the user's own values.
        background_weights: of those rows; None for equal ones.
        notes: what happened, a sentence each.
        versions: of the packages that made it.
        history: progress records, for the curves.
        run_id: of its journal.
        config: the arguments of the call.
        held_out: rows kept out of training; None for a loaded model.
        ahead: for each of the others, the blend's metric minus its, with the paired 95 % interval; not of decisions.
        seen: every row given to `train`, to find one by its label; never saved, None for a loaded model.
    """

    schema: Schema
    encoder: TabularEncoder
    task: Task
    members: tuple[Member, ...]
    blend: Blend
    metrics: Mapping[str, Estimate]
    leaderboard: Mapping[str, Mapping[str, Estimate]]
    metrics_note: str
    threshold: float | None
    threshold_note: str
    background_x: np.ndarray
    background_values: np.ndarray
    background_weights: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    history: tuple[Progress, ...] = ()
    run_id: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    held_out: HeldOut | None = None
    seen: Table | None = None
    ahead: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[ClassValue, ...]:
        """The user's own class values (binary: negative, positive); empty for regression."""
        return self.task.classes

    def holding(self, *rows: np.ndarray) -> TrainedModel:
        """The same model with the objects (images, series) of encoded rows at hand in its networks.

        For whoever calls a network's functions on encoded rows; `logits_x` needs none of it.
        """
        if not any(isinstance(block, ObjectBlock) for block in self.encoder.blocks):
            return self
        members = [m.holding(*rows) if isinstance(m, NetworkMember) else m for m in self.members]
        return replace(self, members=tuple(members))

    def member(self, name: str) -> Member | None:
        """The member called `name`, or None where it was not trained."""
        return next((member for member in self.members if member.name == name), None)

    def encode(self, df: object) -> np.ndarray:
        """The frame's rows as encoded inputs `(row, column)`."""
        from lepton_lab.data.table import read_like

        return self.encoder.encode(read_like(self.schema, df))

    def logits(self, df: object) -> np.ndarray:
        """Calibrated logits of the frame's rows, `(row, output)`."""
        with self.encoder.visit():
            return self.logits_x(self.encode(df))

    def logits_x(self, x: np.ndarray) -> np.ndarray:
        """Calibrated logits of encoded rows, `(row, output)`; members without weight are not asked."""
        used = [(w, m) for w, m in zip(self.blend.weights, self.members, strict=True) if w]
        active = replace(self.blend, weights=np.array([w for w, _ in used]))
        return active.logits([member.logits(x) for _, member in used])

    def seen_x(self, x: np.ndarray, *, always: bool = False) -> np.ndarray | None:
        """Which items are never recommended to encoded rows, bool `(row, item)`: those in the row's history.

        None where the model ranks no items, or where what was seen may well come again, unless `always`.
        """
        if not isinstance(self.task, Ranking) or (self.task.repeats and not always):
            return None
        for place, block in enumerate(self.encoder.blocks):
            if isinstance(block, ItemsBlock):
                return block.seen(x[:, place], self.task.n_outputs)
        return None

    def member_logits_x(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Each member's own logits of encoded rows, before blending and calibration."""
        return {member.name: member.logits(x) for member in self.members}

    def predict_proba(self, df: object) -> np.ndarray:
        """Probabilities `(row, class)`, in the order of `classes`; of items those that may be recommended."""
        with self.encoder.visit():
            x = self.encode(df)
            return self.task.probability(without_seen(self.logits_x(x), self.seen_x(x)))

    def predict(self, df: object, times: object = None) -> pandas.DataFrame:
        """A frame with the input's index: `prediction`, and `probability_<class>` for classes.

        Of items the one that is likeliest to come next, and its `probability`; `recommend` gives more of them.

        A binary prediction is the positive class from `threshold` on. Of a time to an event: `risk` (the log
        hazard that explanations are of), `median_survival` (infinite where half of such rows outlast the longest
        time seen), and `survival_at_<time>`, the chance of no event by each of `times`; three typical ones if
        left out. Of quantiles: `prediction` (the median) and `quantile_<level>`, rising.

        Example:
            >>> import lepton_lab as ll
            >>> train, test = ll.samples.load("credit", split=True)
            >>> model = ll.train(train, target="bad", budget=5)
            >>> list(model.predict(test).columns)
            ['prediction', 'probability_no', 'probability_yes']
        """
        from lepton_lab.data.table import frame_of, read_like

        table = read_like(self.schema, df)
        with self.encoder.visit():
            x = self.encoder.encode(table)
            logits = without_seen(self.logits_x(x), self.seen_x(x))
        if isinstance(self.task, Survival):
            return frame_of(_times_shown(self.task, logits, times), table.index)
        if times is not None:
            raise self._no_times()
        if isinstance(self.task, Quantiles):
            return frame_of(self.task.columns(logits), table.index)
        if not self.classes:
            return frame_of({"prediction": logits[:, 0]}, table.index)
        probability = self.task.probability(logits)
        columns: dict[str, np.ndarray] = {"prediction": self._class_values(self.decide(probability))}
        if isinstance(self.task, Ranking):  # a column for each of thousands of items would be none to read
            return frame_of(columns | {"probability": probability.max(axis=1)}, table.index)
        columns |= {f"probability_{c}": probability[:, k] for k, c in enumerate(self.classes)}
        return frame_of(columns, table.index)

    def predict_survival(self, df: object, times: object = None) -> pandas.DataFrame:
        """The chance of no event by each time, a row each row of the frame and a column each time.

        Args:
            df: a frame like the one trained on.
            times: in the unit of the target; None for those at which the model's hazards change.

        Raises:
            OptionError: the model predicts no time to an event, or a time lies outside of what was seen.

        Example:
            >>> model.predict_survival(df, [30, 365])  # doctest: +SKIP
        """
        from lepton_lab.data.table import frame_of, read_like

        if not isinstance(self.task, Survival):
            raise self._no_times()
        table = read_like(self.schema, df)
        asked = np.append(0.0, self.task.edges) if times is None else as_times(times)
        chances = self.task.survival(self.logits_x(self.encoder.encode(table)), asked)
        found = frame_of({str(k): chances[:, k] for k in range(len(asked))}, table.index)
        return found.set_axis(asked.tolist(), axis=1)

    def _no_times(self) -> OptionError:
        return OptionError(
            f"this is a {self.task.name} model, which knows no times to an event. Train one with: "
            "ll.train(df, target=TIME, event=COLUMN)"
        )

    def decide(self, probability: np.ndarray, threshold: np.ndarray | None = None) -> np.ndarray:
        """Class index of each row: by the threshold (the model's, or one a row), for several classes the likeliest."""
        if self.threshold is not None:
            return (probability[:, 1] >= (self.threshold if threshold is None else threshold)).astype(int)
        return probability.argmax(axis=1)

    def with_threshold(self, threshold: float) -> TrainedModel:
        """The same model with another threshold, stored with it when it is saved.

        Metrics that count decisions are measured anew on the held-out rows; a loaded model has none, so
        these metrics are left out of it.

        Args:
            threshold: probability from which a row is called positive, 0 to 1.

        Raises:
            OptionError: there are not two classes, or it is no probability.

        Example:
            >>> model.with_threshold(0.3).predict(df)  # doctest: +SKIP
        """
        if self.threshold is None:
            raise OptionError(
                f"a threshold decides between two classes, and this is a {self.task.name} model: it has none to set"
            )
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float, np.number)) or not 0 <= threshold <= 1:
            raise OptionError(f"threshold={threshold!r} is no probability from 0 to 1. For example: 0.3")
        chosen, held = float(threshold), self.held_out
        metrics = {name: found for name, found in self.metrics.items() if not self.task.metrics[name].decides}
        if held is not None:
            held = replace(held, threshold=None)
            metrics |= self._decisions(held, chosen)
        in_order = {name: metrics[name] for name in self.metrics if name in metrics}
        return replace(
            self,
            threshold=chosen,
            threshold_note="set by hand",
            held_out=held,
            metrics=in_order,
            leaderboard={name: in_order if name == "blend" else row for name, row in self.leaderboard.items()},
        )

    def _decisions(self, held: HeldOut, threshold: float) -> dict[str, Estimate]:
        """The metrics that count decisions, of held-out rows at a threshold."""
        logits, many = at_threshold(held.logits, threshold), draw_resamples(len(held.y), held.weights)
        return {
            name: bootstrap(metric.function, held.y, logits, held.weights, resamples=many)
            for name, metric in self.task.metrics.items()
            if metric.decides
        }

    def _class_values(self, index: np.ndarray) -> np.ndarray:
        """Class values in their own type, so that predictions compare with the target column."""
        values = np.array(self.classes) if len({type(c) for c in self.classes}) == 1 else None
        if values is None or values.dtype.kind in "US":
            values = np.empty(len(self.classes), object)
            values[:] = self.classes
        return values[index]

    def save(self, path: str | os.PathLike[str], *, background: bool = True) -> None:
        """Write the model to one `.lepton` file, whole or not at all.

        Args:
            path: where to.
            background: also the reference rows of explanations. These are real rows; without them the
                file holds none, and `explain` asks for a background.

        Raises:
            ModelFileError: the file cannot be written; what was there before is still there.
        """
        from lepton_lab.model_file import write_model

        write_model(self, path, background=background)

    def __repr__(self) -> str:
        names = ", ".join(m.name for m in self.members)
        lines = [f"TrainedModel of {self.schema.target!r} ({self.task.name}; {names})"]
        for name, row in self.leaderboard.items():
            first = row.get(self._shown)
            if first is not None:
                lines.append(f"  {name:<28} {self.task.metrics[self._shown].label} {first}")
        lines.append(f"  {self.metrics_note}")
        if self.threshold is not None:
            lines.append(f"  threshold {self.threshold:.3g}: {self.threshold_note}")
        return "\n".join(lines + [f"  {note}" for note in self.notes])

    @property
    def _shown(self) -> str:
        return str(self.config.get("metric") or self.task.default_metric)
