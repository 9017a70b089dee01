"""On what a network is trained, and in which numbers: devices that share each batch, matmuls of half the bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.extend
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from lepton_lab.errors import OptionError, no_such_option

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Compute:
    """On what, and in which numbers.

    Args:
        devices: how many share each batch; None for every accelerator that jax sees, and one on a CPU, where
            more would share the same cores.
        precision: of matmuls; `bfloat16` takes their inputs in half the bits and sums in float32. Parameters,
            their updates and the loss stay float32.
    """

    devices: int | None = None
    precision: str = "float32"

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            OptionError: a precision is not known, or there are not so many devices.
        """
        if self.precision not in PRECISIONS:
            raise no_such_option("precision", self.precision, PRECISIONS)
        wanted, there = self.devices, len(jax.local_devices())
        if wanted is None:
            return
        if isinstance(wanted, bool) or not isinstance(wanted, int | np.integer) or wanted < 1:
            raise OptionError(f"devices={wanted!r} is no whole number from 1. For example: devices=1")
        if wanted > there:
            raise OptionError(
                f"devices={wanted!r}, but jax sees {there} ({jax.default_backend()}). Leave devices out for all "
                f"accelerators; on a CPU, XLA_FLAGS=--xla_force_host_platform_device_count=8 makes eight for a test."
            )

    def mesh(self, batch_size: int) -> Mesh | None:
        """The devices as a mesh with the axis `data`, as many as divide a batch; None for one device."""
        local = jax.local_devices()
        wanted = self.devices or (1 if local[0].platform == "cpu" else len(local))
        n = next(n for n in range(min(wanted, batch_size), 0, -1) if batch_size % n == 0)
        return Mesh(np.array(local[:n]), ("data",)) if n > 1 else None


def matmuls_in_bfloat16(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with every float32 matmul taken in bfloat16 and summed in float32.

    Of a gradient, those of the backward pass too. The function is traced and its operations are replayed,
    so that it need not know: networks are written once.

    Source: Micikevicius et al. 2018 (mixed precision), arXiv:1710.03740; bfloat16 has float32's range, so the loss
        needs no scaling (Kalamkar et al. 2019, arXiv:1905.12322).
    """

    def narrow(*args: Any) -> Any:
        traced, shape = jax.make_jaxpr(function, return_shape=True)(*args)
        found = _replayed(traced.jaxpr, traced.consts, jax.tree.leaves(args))
        return jax.tree.unflatten(jax.tree.structure(shape), found)

    return narrow


def _replayed(program: Any, constants: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """A traced program's outputs, its matmuls made narrow, also those inside the functions it calls."""
    known = dict(zip([*program.constvars, *program.invars], [*constants, *inputs], strict=True))

    def value(variable: Any) -> Any:
        return variable.val if isinstance(variable, jax.extend.core.Literal) else known[variable]

    for step in program.eqns:
        values = [value(variable) for variable in step.invars]
        if step.primitive is jax.lax.dot_general_p and all(v.dtype == jnp.float32 for v in values):
            found = [_narrow_dot(values[0], values[1], step.params["dimension_numbers"])]
        elif step.primitive.name in ("jit", "pjit"):
            inner = step.params["jaxpr"]
            found = _replayed(inner.jaxpr, inner.consts, values)
        else:
            bound = step.primitive.get_bind_params(step.params)
            # Before jax 0.10 functions among the parameters came apart from the others.
            functions, parameters = bound if isinstance(bound, tuple) else ((), bound)
            one = step.primitive.bind(*functions, *values, **parameters)
            found = one if step.primitive.multiple_results else [one]
        known |= dict(zip(step.outvars, found, strict=True))
    return [value(variable) for variable in program.outvars]


def _narrow_dot(a: Any, b: Any, dimension_numbers: Any) -> Any:
    """A matmul of inputs rounded to bfloat16, summed in float32."""
    if jax.default_backend() == "cpu":
        # XLA has no such matmul for a CPU. Rounded inputs give the same numbers; a cast there and back would be
        # taken for needless and left out.
        a, b = (jax.lax.reduce_precision(part, exponent_bits=8, mantissa_bits=7) for part in (a, b))
        return jax.lax.dot_general(a, b, dimension_numbers)
    a, b = a.astype(jnp.bfloat16), b.astype(jnp.bfloat16)
    return jax.lax.dot_general(a, b, dimension_numbers, preferred_element_type=jnp.float32)
