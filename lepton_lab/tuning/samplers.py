"""Where to look next: Optuna's samplers, asked for a batch of points and told what became of them.

One Optuna study a member, in memory: their spaces share no names, so no point has parts that do not
apply. Our own journal is what survives.
"""

from __future__ import annotations

import contextlib
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lepton_lab.errors import missing_package, no_such_option
from lepton_lab.tuning.space import Choice, Domain, Range

if TYPE_CHECKING:
    from types import ModuleType

    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

SAMPLERS = ("tpe", "random", "grid", "evolution")
# Values of a range in a grid; a grid of eleven names is cut by the number of trials anyway.
_LEVELS = 3
_POPULATION = 12


class Sampler:
    """Points of one member's space. The same seed and the same answers give the same points."""

    def __init__(self, name: str, space: Mapping[str, Domain], *, seed: int, higher_is_better: bool) -> None:
        check_sampler(name)
        optuna = need_optuna()
        self._optuna, self._space = optuna, space
        self._distributions = {key: _distribution(optuna, domain) for key, domain in space.items()}
        with _quiet(optuna):
            self._study = optuna.create_study(
                sampler=_sampler(optuna, name, space, seed),
                direction="maximize" if higher_is_better else "minimize",
            )
        points = math.prod(len(domain.levels(_LEVELS)) for domain in space.values())
        self._left = points if name == "grid" else sys.maxsize

    def ask(self, n: int) -> list[tuple[int, dict[str, Any]]]:
        """The next `n` points, each with the ticket to tell its result with; fewer where a grid ends."""
        n = min(n, self._left)
        self._left -= n
        with _quiet(self._optuna):
            trials = [self._study.ask(self._distributions) for _ in range(n)]
        return [(trial.number, dict(trial.params)) for trial in trials]

    def tell(self, ticket: int, values: Sequence[float], *, is_complete: bool) -> None:
        """What became of a point: its value at each rung. One that was pruned counts by its last rung."""
        from optuna.trial import Trial, TrialState

        known = [value for value in values if math.isfinite(value)]
        # A grid tells its last trial's study to stop, which only Optuna's own loop can.
        with _quiet(self._optuna), contextlib.suppress(RuntimeError):
            if not known:
                self._study.tell(ticket, state=TrialState.FAIL)
            elif is_complete:
                self._study.tell(ticket, known[-1])
            else:
                trial = Trial(self._study, self._study.trials[ticket]._trial_id)
                for rung, value in enumerate(known):
                    trial.report(value, rung)
                self._study.tell(ticket, state=TrialState.PRUNED)

    def add(self, params: Mapping[str, Any], value: float) -> None:
        """A point that was tried without being asked for: the default recipe."""
        from optuna.trial import create_trial

        if math.isfinite(value):
            with _quiet(self._optuna):
                self._study.add_trial(create_trial(params=dict(params), distributions=self._distributions, value=value))


def check_sampler(name: str) -> None:
    """Refuse a sampler that is not known.

    Raises:
        OptionError: for one that is not.
    """
    if name not in SAMPLERS:
        raise no_such_option("sampler", name, SAMPLERS)


def need_optuna() -> ModuleType:
    """Optuna, which brings the samplers.

    Raises:
        MissingPackageError: it is not installed; says how to.
    """
    try:
        import optuna
    except ImportError:
        raise missing_package("optuna", extra="tune", purpose="tune") from None
    return optuna


def _sampler(optuna: ModuleType, name: str, space: Mapping[str, Domain], seed: int) -> BaseSampler:
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    if name == "grid":
        return optuna.samplers.GridSampler({key: list(d.levels(_LEVELS)) for key, d in space.items()}, seed=seed)
    if name == "evolution":
        return optuna.samplers.NSGAIISampler(population_size=_POPULATION, seed=seed)
    return optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)


def _distribution(optuna: ModuleType, domain: Domain) -> BaseDistribution:
    distributions = optuna.distributions
    if isinstance(domain, Choice):
        return distributions.CategoricalDistribution(domain.options)
    assert isinstance(domain, Range)
    if domain.whole:
        return distributions.IntDistribution(int(domain.low), int(domain.high), log=domain.log)
    return distributions.FloatDistribution(domain.low, domain.high, log=domain.log)


@contextmanager
def _quiet(optuna: ModuleType) -> Iterator[None]:
    """Optuna without a line a trial and without warnings about its own experiments; the user's settings come back."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
