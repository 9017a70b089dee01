"""Any Flax NNX module as a pure function of its arrays, for whoever wants to trace it. It holds no architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flax import nnx


@dataclass(frozen=True)
class PureModule:
    """A module's shape as `(state, x) -> outputs`; equal, and so compiled once, for modules of equal shape."""

    graph: nnx.GraphDef

    def __call__(self, state: Any, x: Any) -> Any:
        """What the module with this state returns for some rows."""
        return nnx.merge(self.graph, state)(x)


def pure_function(module: Any) -> tuple[PureModule, Any]:
    """A module as it predicts (no dropout, running averages used) in two: its shape, and all its arrays.

    The module itself is left as it is.

    Args:
        module: a Flax NNX module that is called with rows.
    """
    copy = nnx.clone(module)
    copy.eval()
    graph, state = nnx.split(copy)
    return PureModule(graph), state
