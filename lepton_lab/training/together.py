"""Many trainings at once under one `vmap`, for an accelerator that one small network does not fill.

On a CPU one after another is as fast and needs less memory. Both ways take the same steps on the same
rows, and look at their validation rows at the same steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

from lepton_lab.training.learner import Learner
from lepton_lab.training.loop import Training
from lepton_lab.training.optimizer import Learning, many_chunks_of

# Numbers handed over for one chunk of all lanes at most.
_CHUNK_NUMBERS = 64_000_000


def run_together(trainings: Sequence[Training], n_lanes: int) -> list[str]:
    """Run each training until it ends or pauses; the key of each one's ending, as `Training.run` gives it.

    Args:
        trainings: of networks of one shape, on the same columns.
        n_lanes: how many run at once, at least as many as there are trainings. Lanes to spare compute in
            vain, so that fewer trainings run the program that was compiled for more.
    """
    endings: dict[int, str] = {}
    while len(endings) < len(trainings):
        endings |= {i: ended for i, t in enumerate(trainings) if i not in endings and (ended := t.control.ended())}
        live = [i for i in range(len(trainings)) if i not in endings]
        if not live:
            break
        try:
            losses = _advance([trainings[i] for i in live], n_lanes)
        except (MemoryError, jax.errors.JaxRuntimeError) as error:
            if not isinstance(error, MemoryError) and "RESOURCE_EXHAUSTED" not in str(error):
                raise
            endings |= dict.fromkeys(live, "out of memory")
            break
        ended = {i: trainings[i].look(loss) for i, loss in zip(live, losses, strict=True)}
        endings |= {i: ending for i, ending in ended.items() if ending}
    return [endings[i] for i in range(len(trainings))]


def _advance(trainings: Sequence[Training], n_lanes: int) -> list[float]:
    """One chunk of each, to its own next validation at most; the mean losses."""
    learners = [training.learner for training in trainings]
    capacity = _capacity(learners[0], n_lanes)
    n_steps = [training.chunk_steps(capacity) for training in trainings]
    rates = [training.rates(n) for training, n in zip(trainings, n_steps, strict=True)]
    batches = [learner.batches(rate, capacity) for learner, rate in zip(learners, rates, strict=True)]
    idle = n_lanes - len(learners)
    run = many_chunks_of(learners[0].structure, learners[0].task)
    positions, wishes = learners[0].fixed
    learning, loss = run(
        _stacked([learner.learning for learner in learners], idle),
        positions,
        wishes,
        np.array([learner.decay for learner in learners] + [0] * idle, np.float32),
        _stacked(batches, idle),
        np.array(n_steps + [0] * idle, np.int32),
    )
    host = Learning(*[np.asarray(part) for part in learning])
    for lane, (learner, n) in enumerate(zip(learners, n_steps, strict=True)):
        learner.stepped(Learning(*[part[lane] for part in host]), n)
    return np.asarray(loss)[: len(learners)].tolist()


def _capacity(learner: Learner, n_lanes: int) -> int:
    """Most steps of a chunk of all lanes, a power of two."""
    numbers = learner.numbers_a_step * n_lanes
    return min(learner.capacity, 1 << max(0, (_CHUNK_NUMBERS // numbers).bit_length() - 1))


def _stacked(lanes: Sequence[tuple], idle: int) -> tuple:
    """Tuples of arrays as one tuple of stacked arrays, the first repeated for idle lanes."""
    whole = [*lanes, *[lanes[0]] * idle]
    return type(whole[0])(*[np.stack(parts) for parts in zip(*whole, strict=True)])
