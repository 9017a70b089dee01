"""The flat vector in parts while steps are taken: each large array alone, the small ones between two of them together.

One vector is quick for small networks: one loop updates them all, and less is compiled. A large array gains nothing
from that, and would be copied into the vector and out of it at every step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lepton_lab.training.functions import Structure, Wishes, lay_out

# Numbers. Copies of fewer stay in the processor's cache.
LARGE = 65_536


@dataclass(frozen=True)
class Part:
    """Arrays that are neighbours in the flat vector: where the first begins, and the shape of each."""

    start: int
    shapes: tuple[tuple[int, ...], ...]

    @property
    def stop(self) -> int:
        """Where the last ends."""
        return self.start + sum(map(math.prod, self.shapes))

    @property
    def is_large(self) -> bool:
        """Whether it is one large array."""
        return len(self.shapes) == 1 and math.prod(self.shapes[0]) >= LARGE


def parts_of(structure: Structure) -> tuple[Part, ...]:
    """The parts of a network's flat vector, in its order."""
    parts: list[Part] = []
    for shape in structure.shapes:
        if not parts or parts[-1].is_large or math.prod(shape) >= LARGE:
            parts.append(Part(parts[-1].stop if parts else 0, (shape,)))
        else:
            parts[-1] = Part(parts[-1].start, (*parts[-1].shapes, shape))
    return tuple(parts)


def cut(parts: Sequence[Part], flat: Any) -> list[Any]:
    """A flat vector in pieces, one a part."""
    return [flat[part.start : part.stop] for part in parts]


def leaves_of(parts: Sequence[Part], pieces: Sequence[Any]) -> list[Any]:
    """The arrays that lie in the pieces."""
    leaves = []
    for part, piece in zip(parts, pieces, strict=True):
        at = 0
        for shape in part.shapes:
            leaves.append(piece[at : at + math.prod(shape)].reshape(shape))
            at += math.prod(shape)
    return leaves


def pieces_of(parts: Sequence[Part], leaves: Sequence[Any]) -> list[Any]:
    """The pieces in which the arrays lie."""
    pieces, at = [], 0
    for part in parts:
        pieces.append(lay_out(list(leaves[at : at + len(part.shapes)])))
        at += len(part.shapes)
    return pieces


def wishes_of(parts: Sequence[Part], wishes: Wishes) -> list[Wishes]:
    """What each part wishes. A large array's rate and decay are one number each, the same all over an array."""
    return [_wishes_of(part, wishes) for part in parts]


def _wishes_of(part: Part, wishes: Wishes) -> Wishes:
    where = slice(part.start, part.stop)
    rate, decay = wishes.rate[where], wishes.decay[where]
    low, high = (None if side is None else side[where] for side in (wishes.low, wishes.high))
    return Wishes(rate[0], decay[0], low, high) if part.is_large else Wishes(rate, decay, low, high)
