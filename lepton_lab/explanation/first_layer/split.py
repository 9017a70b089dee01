"""Where sums over columns end and the rest of a function begins.

Every value of a traced function is one of four: it depends on no column; each of its elements on one column
(`apart`); it is a sum of such (`summed`); or anything (`mixed`). The summed values that mixing steps take are the
hidden state: the rest of the function follows from them alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from lepton_lab.explanation.first_layer.owners import Owners, known_after, owners_after
from lepton_lab.explanation.first_layer.program import Program, Step

_ALL_LINEAR = frozenset({
    "add", "add_any", "sub", "neg", "copy", "reshape", "squeeze", "expand_dims", "transpose", "broadcast_in_dim",
    "slice", "rev", "concatenate", "split", "reduce_sum", "convert_element_type",
})  # fmt: skip
# Numbers that a multiplication of single elements is worth beside a fused product and sum.
_PER_ELEMENT = 8


@dataclass(frozen=True)
class Split:
    """A function's first layer.

    Args:
        entries: values whose elements each depend on one column, from which the sums are made.
        owners: the column of each element of the entries, side by side; -1 is none.
        hidden: the sums that the rest of the function takes.
        sizes: of these.
        flop: of one row up to the sums.
    """

    entries: tuple[int, ...]
    owners: Owners
    hidden: tuple[int, ...]
    sizes: tuple[int, ...]
    flop: int


@dataclass
class _Kinds:
    """What is known of each value while reading: the one thing here that changes."""

    apart: dict[int, Owners] = field(default_factory=dict)
    summed: set[int] = field(default_factory=set)
    mixed: set[int] = field(default_factory=set)
    known: dict[int, np.ndarray] = field(default_factory=dict)
    hidden: dict[int, None] = field(default_factory=dict)
    entries: dict[int, None] = field(default_factory=dict)

    def moves(self, number: int) -> bool:
        """Whether a value depends on columns."""
        return number in self.apart or number in self.summed or number in self.mixed


def split_of(program: Program) -> Split | None:
    """The split of a function, or None where it has no first layer that sums over columns."""
    kinds = _read(program)
    if program.effects or not kinds.moves(program.output):
        return None
    if program.output not in kinds.mixed:
        kinds.hidden[program.output] = None
    hidden = _needed(program, list(kinds.hidden))
    if not kinds.summed.intersection(hidden):
        return None
    entries = [entry for entry in (*kinds.entries, *hidden) if entry in kinds.apart]
    entries = _needed_entries(program, list(dict.fromkeys(entries)), hidden)
    single = np.dtype(np.float32)
    if any(np.dtype(program.types[number].dtype) != single for number in (*entries, *hidden)):
        return None
    sizes = tuple(math.prod(program.types[number].shape) for number in hidden)
    owners = np.concatenate([kinds.apart[entry].reshape(-1) for entry in entries])
    return Split(tuple(entries), owners, tuple(hidden), sizes, _flop(program, hidden))


def _read(program: Program) -> _Kinds:
    """The kind of every value, step by step."""
    kinds = _Kinds()
    kinds.apart[program.x] = np.arange(program.types[program.x].shape[1])[None]
    for number, value in program.consts.items():
        if np.dtype(program.types[number].dtype).kind in "iub" and np.size(value) <= 1 << 12:
            kinds.known[number] = np.asarray(value)
    for step in program.steps:
        _take(step, program, kinds)
    return kinds


def _take(step: Step, program: Program, kinds: _Kinds) -> None:
    """The kinds of what comes out of a step."""
    moving = [number for number in step.inputs if kinds.moves(number)]
    values = [kinds.known.get(number) for number in step.inputs]
    types = [program.types[number] for number in step.outputs]
    if not moving:
        found = known_after(step, values, types)
        kinds.known.update(zip(step.outputs, found, strict=True) if found is not None else ())
        return
    if all(number in kinds.apart for number in moving):
        owners = [kinds.apart.get(number) for number in step.inputs]
        after = owners_after(step, owners, values, [kind.shape for kind in types])
        if after is not None:
            kinds.apart.update(zip(step.outputs, after, strict=True))
            return
    if not any(number in kinds.mixed for number in moving) and _adds_up(step, program, kinds):
        kinds.summed.update(step.outputs)
        kinds.entries.update(dict.fromkeys(number for number in moving if number in kinds.apart))
        return
    kinds.mixed.update(step.outputs)
    kinds.hidden.update(dict.fromkeys(number for number in moving if number not in kinds.mixed))


def _adds_up(step: Step, program: Program, kinds: _Kinds) -> bool:
    """Whether what comes out is linear in what depends on columns, but for a constant."""
    numbers = (*step.inputs, *step.outputs)
    moves = [kinds.moves(number) for number in step.inputs]
    for number, moving in zip(numbers, [*moves, *(True for _ in step.outputs)], strict=True):
        if moving and np.dtype(program.types[number].dtype) != np.float32:
            return False
    if step.name in _ALL_LINEAR:
        return True
    if step.name in ("mul", "dot_general", "conv_general_dilated"):
        return sum(moves) == 1
    if step.name in ("div", "gather", "dynamic_slice", "pad"):
        return moves[0] and not any(moves[1:])
    return step.name == "select_n" and not moves[0]


def _needed(program: Program, hidden: list[int]) -> list[int]:
    """The hidden values without those that follow from the others."""
    for number in sorted(hidden, reverse=True):
        others = [other for other in hidden if other != number]
        if not program.depends(others, number):
            hidden = others
    return hidden


def _needed_entries(program: Program, entries: list[int], hidden: list[int]) -> list[int]:
    """The entries that the hidden values are made of."""
    steps = program.between({*entries, *program.consts, *program.params}, hidden)
    used = {number for step in steps for number in step.inputs} | set(hidden)
    return [entry for entry in entries if entry in used]


def _flop(program: Program, hidden: list[int]) -> int:
    """Operations of one row that the hidden values make unnecessary."""
    given = {*program.consts, *program.params}
    total = 0
    for step in program.between(given, hidden):
        n_out = sum(math.prod(program.types[number].shape) for number in step.outputs)
        if step.name != "dot_general":
            total += _PER_ELEMENT * n_out
            continue
        ((contracted, _), _), kind = step.eqn.params["dimension_numbers"], program.types[step.inputs[0]]
        total += 2 * n_out * math.prod(kind.shape[axis] for axis in contracted)
    return total
