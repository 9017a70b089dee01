"""The search: batches of points from the samplers, each batch halved from rung to rung."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import jax

from lepton_lab.training.control import Control
from lepton_lab.tuning.contender import Contender
from lepton_lab.tuning.default import Default
from lepton_lab.tuning.entry import Entry, timed
from lepton_lab.tuning.halving import successive_halving
from lepton_lab.tuning.network_contender import NetworkContender, reach_together
from lepton_lab.tuning.samplers import Sampler
from lepton_lab.tuning.setting import Setting
from lepton_lab.tuning.settings import default_params
from lepton_lab.tuning.space import Space
from lepton_lab.tuning.store import Store
from lepton_lab.tuning.trees_contender import TreesContender

MAKE: Mapping[str, Callable[..., Contender]] = {"network": NetworkContender, "trees": TreesContender}
# Trees are quick and have fewer surprises: one trial in three, where both are searched.
_TREES_SHARE = 3
# A batch of fewer has nothing to halve.
_FEWEST = 3


@dataclass(frozen=True)
class Plan:
    """How a space is searched.

    Args:
        n_trials: with the default recipe among them.
        sampler: one of `SAMPLERS`.
        space: where to look.
        seed: of the samplers.
        batch: trials that are asked for, and halved, at a time.
        lanes: networks that train at once on an accelerator; 1 trains one after another.
    """

    n_trials: int = 64
    sampler: str = "tpe"
    space: Space = field(default_factory=lambda: Space(()))
    seed: int = 0
    batch: int = 16
    lanes: int = 1


def lanes_here() -> int:
    """How many small networks this machine trains best at once."""
    return 1 if jax.default_backend() == "cpu" else 32


@dataclass
class _Search:
    """One search: what its steps share."""

    setting: Setting
    plan: Plan
    store: Store
    control: Control
    say: Callable[[Sequence[Entry]], None]
    samplers: dict[str, Sampler]
    entries: list[Entry] = field(default_factory=list)


def search(
    setting: Setting,
    plan: Plan,
    default: Default,
    store: Store,
    control: Control,
    say: Callable[[Sequence[Entry]], None],
    affordable: Callable[[], float] = lambda: float("inf"),
) -> list[Entry]:
    """Try points of a space; all trials but the default, in their order.

    Args:
        setting: what trials share.
        plan: where to look, and how.
        default: the samplers are told of it first.
        store: reads what an earlier process tried, keeps what this one tries.
        control: ends the search; trials in the middle stay `stopped`.
        say: told all trials whenever one has reached a rung.
        affordable: how many trials a batch can bring through its rungs in the time that is left.
    """
    higher = setting.metric.higher_is_better
    samplers = {
        member: Sampler(plan.sampler, plan.space.of(member), seed=plan.seed + i, higher_is_better=higher)
        for i, member in enumerate(plan.space.members)
    }
    for entry in default.entries:
        member = entry.contender.member
        params = default_params(plan.space, member, setting.recipe) if member in samplers else None
        if params is not None and entry.values:
            samplers[member].add(params, entry.values[-1])
    going = _Search(setting, plan, store, control, say, samplers)
    known, sizes = store.batches(), list[int]()
    while len(going.entries) < plan.n_trials - 1 and not control.ended():
        left = plan.n_trials - 1 - len(going.entries)
        sizes.append(min(left, known[len(sizes)] if len(sizes) < len(known) else next_batch(left, plan, affordable())))
        store.save_batches(sizes)
        if not _run_batch(going, sizes[-1]):
            break
    return going.entries


def next_batch(left: int, plan: Plan, affordable: float) -> int:
    """Trials of the next batch: as many as there is time for, and what is left in batches of equal size.

    Example:
        >>> next_batch(31, Plan(batch=16), affordable=1000), next_batch(31, Plan(batch=16), affordable=7.5)
        (16, 7)
    """
    most = int(min(plan.batch, max(_FEWEST, affordable)))
    return -(-left // -(-left // most))


def _run_batch(going: _Search, size: int) -> bool:
    """Ask, halve, tell; whether there was anything to ask for."""
    asked: list[Entry] = []
    for member, n in _dealt(tuple(going.samplers), size).items():
        for ticket, params in going.samplers[member].ask(n):
            number = 1 + len(going.entries) + len(asked)
            asked.append(Entry(number, MAKE[member](going.setting, params), ticket))
            asked[-1].look_up(going.store)
    going.entries += asked
    # Trees first: they are quick, and their members are soon there where time runs out.
    for member in reversed(going.samplers):
        _halve(going, [entry for entry in asked if entry.contender.member == member])
    return bool(asked)


def _dealt(members: Sequence[str], size: int) -> dict[str, int]:
    """How many of a batch's trials each member gets."""
    if len(members) == 1:
        return {members[0]: size}
    n_trees = size // _TREES_SHARE
    return {"network": size - n_trees, "trees": n_trees}


def _halve(going: _Search, entries: Sequence[Entry]) -> None:
    """Bring the entries of one member from rung to rung, and tell its sampler what became of them."""
    by_number = {entry.number: entry for entry in entries}
    n_rungs = len(going.setting.shares)

    def reach(numbers: Sequence[int], rung: int) -> dict[int, float]:
        _decide(going, by_number, numbers)
        _bring(going, [by_number[number] for number in numbers], rung)
        return {number: by_number[number].values[rung] for number in numbers if by_number[number].knows(rung)}

    higher = going.setting.metric.higher_is_better
    _decide(going, by_number, successive_halving(list(by_number), n_rungs, reach, higher_is_better=higher))
    for entry in entries:
        if entry.state == "waiting":
            entry.state = "complete" if entry.knows(n_rungs - 1) else "stopped"
        if entry.state == "complete":
            entry.ready()
        # What no sampler hears of would be asked for again.
        if entry.ticket is not None:
            sampler = going.samplers[entry.contender.member]
            sampler.tell(entry.ticket, entry.values, is_complete=entry.state == "complete")
        entry.contender.release()
    going.say(going.entries)


def _decide(going: _Search, by_number: Mapping[int, Entry], kept: Sequence[int]) -> None:
    """Those that a rung left behind are pruned; they never train again, so their state can go."""
    for number, entry in by_number.items():
        if number in kept or entry.state != "waiting" or going.control.stop.is_set() or not entry.values:
            continue
        entry.state = "failed" if entry.values[-1] != entry.values[-1] else "pruned"
        entry.keep(going.store, whole=False)
        entry.contender.release()


def _bring(going: _Search, entries: Sequence[Entry], rung: int) -> None:
    """Train what is not known yet: many at once where that pays, else one after another."""
    todo = [entry for entry in entries if not entry.knows(rung)]
    networks = [entry for entry in todo if entry.contender.member == "network"]
    together = networks if going.plan.lanes > 1 else []
    for group in _by_shape(together):
        _bring_together(going, group, rung)
    for entry in [entry for entry in todo if entry not in together]:
        if going.control.ended():
            return
        (ended,) = timed([entry], lambda e=entry: [e.ready().reach(rung, going.control)])
        _note(going, entry, rung, ended)


def _bring_together(going: _Search, group: Sequence[Entry], rung: int) -> None:
    contenders = [entry.ready() for entry in group]
    lanes = [c for c in contenders if isinstance(c, NetworkContender)]
    endings = timed(group, lambda: reach_together(lanes, rung, going.control, going.plan.lanes))
    for entry, ended in zip(group, endings, strict=True):
        _note(going, entry, rung, ended)


def _note(going: _Search, entry: Entry, rung: int, ended: str) -> None:
    """A trial has reached a rung, or was stopped on its way there."""
    if ended:
        entry.state = "stopped"
        return
    entry.arrived(rung, going.setting, going.store)
    going.say(going.entries)


def _by_shape(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Networks that run the same program."""
    groups: dict[object, list[Entry]] = {}
    for entry in entries:
        assert isinstance(entry.contender, NetworkContender)
        groups.setdefault(entry.contender.shape, []).append(entry)
    return list(groups.values())
