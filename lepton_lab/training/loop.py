"""The only training loop. It can be stepped through: compiled chunks of steps, plain Python between them.

Every end is a good end: the schedule's, early stopping's, an interrupt, a deadline, a loss that is no number,
memory that runs out. All return the best weights and say what happened.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import numpy as np
from jaxtyping import Float

from lepton_lab.metrics import Metric
from lepton_lab.networks.layout import BlockLike
from lepton_lab.tasks import Task, loss_metric, metric_of
from lepton_lab.training.apart import AbandonedError, apart
from lepton_lab.training.best import Best
from lepton_lab.training.checkpoint import Checkpoint
from lepton_lab.training.compilation import use_compilation_cache
from lepton_lab.training.control import Control, never_stop
from lepton_lab.training.ending import Ending
from lepton_lab.training.learner import Learner, Rows
from lepton_lab.training.loop_config import LoopConfig
from lepton_lab.training.network_fit import ENDINGS, NetworkFit
from lepton_lab.training.pace import Pace
from lepton_lab.training.probe import Probe
from lepton_lab.training.progress import Progress

T = TypeVar("T")
CHECKPOINT_EVERY_S = 10.0
# On large tables the first validation does not wait for a whole pass: a metric belongs on the screen early.
FIRST_CHECK = 64


def fit_network(
    blocks: Sequence[BlockLike],
    task: Task,
    x_train: np.ndarray,
    y_train: np.ndarray,
    w_train: np.ndarray | None = None,
    x_valid: np.ndarray | None = None,
    y_valid: np.ndarray | None = None,
    w_valid: np.ndarray | None = None,
    *,
    config: LoopConfig | None = None,
    control: Control | None = None,
    seed: int = 0,
    resume: Checkpoint | None = None,
    save_checkpoint: Callable[[Checkpoint], None] | None = None,
    name: str = "network",
    repeat: Ending | None = None,
    reopen: bool = False,
) -> NetworkFit:
    """Train the default tabular network, and return it with the best weights and the reason it ended.

    The same seed gives the same weights, however the time is cut into chunks, unless a deadline shortened
    the schedule.

    Args:
        blocks: the encoder's blocks, one a column of `x`.
        task: what is learned; its `targets` prepares `y`.
        x_train, y_train, w_train: encoded training rows, their targets, and weights (None for equal ones).
        x_valid, y_valid, w_valid: rows for early stopping; None trains to `config.stop_epoch`, or to the end.
        config: sizes and schedule.
        control: whom to report to, what may end it.
        seed: of the initial weights and of the order of rows.
        resume: a checkpoint of the same call, to go on from bit by bit.
        save_checkpoint: called at most every 10 s, and at the end of an interrupted run.
        name: of the member.
        repeat: an earlier training of the same call, to bend and to end where the clock or its user did that one.
        reopen: go on from `resume` beyond the end that the clock gave it: the learning rate rises again to where the
            full schedule has it (a warm restart).

    Returns:
        A `NetworkFit`; its member is None only where training ended before its first validation.
    """
    config, control = config or LoopConfig(), control or never_stop()
    valid = None if x_valid is None or y_valid is None else Rows.of(x_valid, y_valid, w_valid)
    training = begin_training(
        blocks, task, Rows.of(x_train, y_train, w_train), valid, config=config, control=control, seed=seed,
        save_checkpoint=save_checkpoint, name=name,
    )  # fmt: skip
    training.repeat = repeat
    if valid is not None:
        training.probe = Probe(blocks, valid.x, seed)
    if resume is not None:
        training.restore(resume)
        if reopen:
            training.pace.reopen(training.learner.step)
    ended = training.run()
    return training.result(ended)


def begin_training(
    blocks: Sequence[BlockLike],
    task: Task,
    train: Rows,
    valid: Rows | None,
    *,
    config: LoopConfig,
    control: Control,
    seed: int,
    save_checkpoint: Callable[[Checkpoint], None] | None = None,
    name: str = "network",
) -> Training:
    """A training before its first step, for whoever wants to pause it on the way; else `fit_network` does it all."""
    use_compilation_cache()
    learner = Learner(
        blocks,
        task,
        train,
        batch_size=config.batch_size,
        weight_decay=config.weight_decay,
        sizes=config.network,
        seed=seed,
        name=name,
        compute=config.compute,
        encoders=config.encoders,
    )
    return Training(learner, config, control, valid, save_checkpoint)


class Training:
    """One training of a network: what its steps between chunks share."""

    def __init__(
        self,
        learner: Learner,
        config: LoopConfig,
        control: Control,
        valid: Rows | None,
        save_checkpoint: Callable[[Checkpoint], None] | None,
    ):
        self.learner, self.config, self.control, self.valid = learner, config, control, valid
        self.save_checkpoint = save_checkpoint
        self.metric = metric_of(learner.task, config.metric)
        self.loss = _valid_loss(learner.task)
        self.pace = Pace(max(1, round(config.n_epochs * learner.steps_per_epoch)))
        self.check_every = int(np.clip(math.ceil(learner.steps_per_epoch), 16, 512))
        self.best = Best()
        self.path: list[tuple[float, np.ndarray]] = []
        self.train_loss: float | None = None
        self.pause_step: int | None = None
        self.repeat: Ending | None = None
        self.is_abandoned = False
        self.probe: Probe | None = None
        self.started = self.saved = time.monotonic()

    def run(self) -> str:
        """Chunk after chunk until something ends it; the key of that ending."""
        self.tell(compiling=True)
        try:
            while True:
                ended = self.control.ended() or self.ended_then() or self.chunk()
                if ended == "deadline" and self.best.flat is None and self.valid is not None and self.learner.step:
                    self.check()  # a budget as short as a compilation still gives a network
                if ended:
                    return ended
        except AbandonedError as abandoned:
            self.is_abandoned = True
            return abandoned.ended
        except MemoryError:
            return "out of memory"
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            return "out of memory"

    def chunk(self) -> str:
        """Train one chunk, look at it, and say whether it was the last."""
        began, n_steps = time.monotonic(), self.chunk_steps(self.pace.chunk())
        loss = self.compiled(lambda: self.learner.advance(self.rates(n_steps)), is_warm=self.learner.is_warm)
        trained = time.monotonic()
        ended = self.look(loss)
        if self.learner.is_warm:
            self.pace.timed(n_steps, trained - began, time.monotonic() - began)
        self.bend()
        if not ended:
            self.glance()
        return ended

    def compiled(self, call: Callable[[], T], *, is_warm: bool) -> T:
        """What a call gives that may have to compile first; not waited for beyond the control's latest time."""
        return call() if is_warm else apart(call, self.control)

    def glance(self) -> None:
        """Tell which columns move the network's answers, where it is time to look; outside a chunk's timed part."""
        found = None if self.probe is None else self.probe.look(self.learner.member(), self.control.remaining_s())
        if found is not None:
            self.tell(attribution=found)

    def bend(self) -> None:
        """Move the schedule's end to fit the time left, or as it was moved in the training that is repeated."""
        step = self.learner.step
        if self.repeat is None:
            self.pace.fit_into(step, self.control.remaining_s())
            return
        for at, end in self.repeat.bends:
            if at == step:
                self.pace.bend(step, end)

    def ended_then(self) -> str:
        """Why the training that is repeated was ended here from outside, if it was."""
        return "" if self.repeat is None else self.repeat.at(self.learner.step)

    def chunk_steps(self, at_most: int) -> int:
        """Steps from here to the next validation or the end, at most so many."""
        step = self.learner.step
        turn = None if self.repeat is None else self.repeat.next_turn(step)
        stops = [self.next_check(), self.last_step()] + ([] if turn is None else [turn])
        return max(1, min(at_most, self.learner.capacity, min(stops) - step))

    def rates(self, n_steps: int) -> Float[np.ndarray, "step"]:
        """Learning rates of the next steps."""
        step, peak = self.learner.step, self.config.learning_rate
        return np.array([peak * self.pace.learning_rate(s) for s in range(step, step + n_steps)], np.float32)

    def pause_at(self, share: float | int) -> None:
        """Let `run` end after this share of the schedule, at a whole validation; it goes on when run again.

        At a validation, because that is where an unpaused training looks too: both see the same.
        """
        checks = max(1, round(share * self.pace.n_steps / self.check_every))
        self.pause_step = None if share >= 1 else checks * self.check_every

    def look(self, loss: float) -> str:
        """After a chunk with this loss: validate where it is due, report, save; the ending, if this is one."""
        self.train_loss = loss
        if not math.isfinite(loss):
            return "non-finite loss"
        step, is_last = self.learner.step, self.learner.step >= self.last_step()
        is_checked = self.valid is not None and (self.is_check(step) or is_last)
        if is_checked:
            self.check()
        else:
            self.tell()
        if self.save_checkpoint and time.monotonic() - self.saved > CHECKPOINT_EVERY_S:
            self.save()
        # Only where it has just looked: between two checks chunks end where the clock says, and a run could not
        # be repeated.
        if is_checked and self.best.is_stale(self.epoch, self.config.patience):
            return "patience"
        return "finished" if is_last else ""

    def check(self) -> None:
        """Score the validation rows, and keep the weights where they are the best."""
        assert self.valid is not None
        x, member = self.valid.x, self.learner.member()
        logits = self.compiled(lambda: member.logits(x), is_warm=self.best.flat is not None)
        if not np.isfinite(logits).all():
            return
        if self.config.keep_path:
            self.path.append((self.epoch, logits.astype(np.float32)))
        loss = float(self.loss(self.valid.y, logits, self.valid.weights))
        metric = float(self.metric(self.valid.y, logits, self.valid.weights))
        is_best = self.best.consider(loss, metric, self.epoch, self.learner.step, self.learner.flat())
        self.best.history.append(self.tell(valid_loss=loss, metric=metric, is_best=is_best))

    def tell(self, **found: Any) -> Progress:
        """Report where training stands."""
        progress = Progress(
            stage="network",
            member=self.learner.name,
            epoch=self.epoch,
            n_epochs=self.pace.end / self.learner.steps_per_epoch,
            step=self.learner.step,
            train_loss=self.train_loss,
            metric_name=self.metric.name,
            best_metric=self.best.metric,
            elapsed_s=time.monotonic() - self.started,
            remaining_s=self.pace.remaining_s(self.learner.step),
        )
        progress = dataclasses.replace(progress, **found)
        self.control.report(progress)
        return progress

    @property
    def epoch(self) -> float:
        """Passes over the training rows done."""
        return self.learner.step / self.learner.steps_per_epoch

    def is_check(self, step: int) -> bool:
        """Whether a step ends in a validation; a function of steps alone, so that a run can be repeated."""
        return step % self.check_every == 0 or (step == FIRST_CHECK and step < self.check_every)

    def next_check(self) -> int:
        """The step of the next validation."""
        step = self.learner.step
        if step < FIRST_CHECK < self.check_every:
            return FIRST_CHECK
        return (step // self.check_every + 1) * self.check_every

    def last_step(self) -> int:
        """The step at which training ends by itself."""
        if self.pause_step is not None:
            return min(self.pace.end, self.pause_step)
        if self.config.stop_epoch is None:
            return self.pace.end
        return min(self.pace.end, max(1, round(self.config.stop_epoch * self.learner.steps_per_epoch)))

    def save(self) -> None:
        """Hand a checkpoint out."""
        assert self.save_checkpoint is not None
        self.save_checkpoint(self.checkpoint())
        self.saved = time.monotonic()

    def checkpoint(self) -> Checkpoint:
        """All that is needed to go on from here."""
        arrays = self.learner.arrays()
        if self.best.flat is not None:
            arrays["best"] = self.best.flat
        meta = {
            "pace": dataclasses.asdict(self.pace),
            "best": {
                "loss": self.best.loss,
                "epoch": self.best.epoch,
                "step": self.best.step,
                "metric": self.best.metric,
            },
            "history": [record.to_json() for record in self.best.history],
        }
        return Checkpoint(arrays, meta)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Stand where the checkpoint stood."""
        self.learner.restore(checkpoint.arrays)
        self.pace = dataclasses.replace(Pace(**checkpoint.meta["pace"]), step_s=None, chunk_step_s=None)
        history = [Progress.from_json(record) for record in checkpoint.meta["history"]]
        self.best = Best(**checkpoint.meta["best"], flat=checkpoint.arrays.get("best"), history=history)

    def result(self, ended: str) -> NetworkFit:
        """The member with its best weights, and what happened."""
        is_cut = ended == "deadline" or (ended == "finished" and self.pace.is_cut and self.valid is not None)
        # The learner of an abandoned training is in the hands of the thread that compiles.
        if (ended == "interrupt" or is_cut) and self.save_checkpoint and self.learner.step and not self.is_abandoned:
            self.save()
        is_finite = self.valid is None and not self.is_abandoned and math.isfinite(self.train_loss or 0.0)
        flat = self.learner.flat() if is_finite else self.best.flat
        member = None if flat is None else self.learner.member(flat)
        best_epoch = self.best.epoch if self.valid is not None else self.epoch
        valid_logits = None if member is None or self.valid is None else member.logits(self.valid.x)
        reason = ENDINGS[ended].format(patience=self.config.patience) + " while compiling" * self.is_abandoned
        kept = "no weights were kept" if member is None else f"the weights of epoch {best_epoch:.1f} were kept"
        message = f"{self.learner.name}: {reason} after epoch {self.epoch:.1f}; {kept}."
        history, path = tuple(self.best.history), tuple(self.path)
        bends = tuple((int(step), int(end)) for step, end in self.pace.bends)
        n_steps = self.learner.step
        return NetworkFit(member, best_epoch, history, ended, message, n_steps, valid_logits, path, bends, is_cut)


def _valid_loss(task: Task) -> Metric:
    """What early stopping watches: the loss of the averaged heads, in numpy, so that nothing is compiled for it."""
    return loss_metric(task)
