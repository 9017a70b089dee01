"""DeepLIFT's rescale rule for any JAX function: slopes between two points, in place of slopes at one.

Every step of the function is replaced by a linear one that carries the difference between its values at
the two points exactly, so what reaches the inputs adds up to the difference of the outputs.

Source: Shrikumar, Greenside and Kundaje 2017, "Learning Important Features Through Propagating Activation
Differences", the rescale rule. Ours reads the function's own steps (its jaxpr), so it needs no list of
layers; products of two varying numbers take the mean of each as the other's slope, which is exact too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core
from jaxtyping import Array, Float

from lepton_lab.errors import ExplanationError

# Steps that are linear in everything that varies (a comparison or an index may not vary).
AFFINE = frozenset(
    "add add_any sub neg reshape broadcast_in_dim transpose concatenate slice reduce_sum squeeze gather dynamic_slice "  # noqa: SIM905
    "convert_element_type copy rev pad expand_dims copy_p real reduce_window_sum cumsum".split()
)
# Linear in each of two operands.
BILINEAR = frozenset(("mul", "dot_general", "conv_general_dilated"))
# Each number for itself.
ELEMENTWISE = frozenset(
    "max min tanh logistic exp exp2 log log1p expm1 sin cos sqrt rsqrt cbrt abs integer_pow pow erf erfc "  # noqa: SIM905
    "erf_inv square sign floor tan asin acos atan sinh cosh asinh acosh atanh".split()
)
_INSIDE_ELEMENTWISE = ELEMENTWISE | frozenset(
    "add sub mul div neg select_n gt ge lt le eq ne and or not "  # noqa: SIM905
    "broadcast_in_dim convert_element_type stop_gradient copy".split()
)
# Steps that only call others.
CALLS = frozenset(
    ("jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remat", "checkpoint")
)
# Points nearer than this, relative to their size, take the slope at one of them.
NEAR = 1e-4


class UnknownStepError(ExplanationError):
    """The function has a step that the rescale rule does not cover."""


@dataclass(frozen=True)
class _Between:
    """A value at both points, and the linear image of the input's difference."""

    at: Any
    reference: Any
    moved: Any


def multipliers(
    fn: Callable[[Any], Any], x: Float[Array, "pair feature"], reference: Float[Array, "pair feature"]
) -> Float[Array, "pair feature output"]:
    """What each input's difference is multiplied by: `sum_j m_j (x_j - r_j)` is `fn(x) - fn(r)`, for every output.

    Args:
        fn: `(pair, feature) -> (pair, output)`, each pair for itself.
        x: one end of each pair.
        reference: the other.

    Raises:
        UnknownStepError: the function has a step that the rule does not cover.
    """
    closed = jax.make_jaxpr(fn)(x)

    def carried(difference: Array) -> Array:
        (out,) = _through(closed.jaxpr, closed.consts, [_Between(x, reference, difference)])
        if not isinstance(out, _Between):
            return jnp.zeros(closed.out_avals[0].shape, x.dtype)
        return out.moved

    zeros, pull = jax.vjp(carried, jnp.zeros_like(x))
    one_hot = jnp.eye(zeros.shape[1], dtype=x.dtype)
    columns = [pull(jnp.broadcast_to(row, zeros.shape))[0] for row in one_hot]
    return jnp.stack(columns, axis=-1)


def _through(jaxpr: Any, consts: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a jaxpr; what does not vary is carried as plain arrays."""
    known: dict[Any, Any] = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*consts, *inputs), strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else known[atom]

    for eqn in jaxpr.eqns:
        known.update(zip(eqn.outvars, _step(eqn, [read(atom) for atom in eqn.invars]), strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _step(eqn: Any, operands: list[Any]) -> list[Any]:
    """One step, linear between the two points."""
    varying = [operand for operand in operands if isinstance(operand, _Between)]
    name = eqn.primitive.name
    if not varying:
        return _plain(eqn, operands)
    inner = _inner(eqn)
    if name in AFFINE or (name in BILINEAR and len(varying) == 1) or (name == "div" and _constant(operands[1])):
        return [_affine(eqn, operands)]
    if name == "select_n" and _constant(operands[0]):
        return [_affine(eqn, operands)]
    if name in BILINEAR:
        return [_bilinear(eqn, operands)]
    if len(varying) == 1 and (name in ELEMENTWISE or (inner is not None and _is_elementwise(eqn, inner.jaxpr))):
        return [_elementwise(eqn, operands)]
    if inner is not None:
        return _through(inner.jaxpr, inner.consts, operands)
    if name == "div":
        inverse = _apply_elementwise(lambda v: 1 / v, operands[1])
        return [_product(operands[0], inverse)]
    raise UnknownStepError(
        f"the rescale rule does not cover the step {name!r} of this function. Use the expected gradients."
    )


def _constant(operand: Any) -> bool:
    return not isinstance(operand, _Between)


def _ends(operands: list[Any]) -> tuple[list[Any], list[Any]]:
    at = [o.at if isinstance(o, _Between) else o for o in operands]
    reference = [o.reference if isinstance(o, _Between) else o for o in operands]
    return at, reference


def _plain(eqn: Any, operands: list[Any]) -> list[Any]:
    inner = _inner(eqn)
    if inner is not None:
        return _through(inner.jaxpr, inner.consts, operands)
    out = eqn.primitive.bind(*operands, **eqn.params)
    return list(out) if eqn.primitive.multiple_results else [out]


def _inner(eqn: Any) -> Any:
    """The steps that a call stands for; None where it is no call."""
    if eqn.primitive.name not in CALLS:
        return None
    found = next(eqn.params[key] for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in eqn.params)
    return found if hasattr(found, "consts") else core.ClosedJaxpr(found, ())


def _one(eqn: Any, operands: list[Any]) -> Any:
    return _plain(eqn, operands)[0]


def _carry(eqn: Any, operands: list[Any], point: list[Any]) -> Any:
    """The step's own derivative at a point, on the moved differences: exact where the step is affine."""
    places = [i for i, o in enumerate(operands) if isinstance(o, _Between)]

    def of_varying(*values: Any) -> Any:
        full = list(point)
        for i, value in zip(places, values, strict=True):
            full[i] = value
        return _one(eqn, full)

    moved = tuple(operands[i].moved for i in places)
    return jax.jvp(of_varying, tuple(point[i] for i in places), moved)[1]


def _affine(eqn: Any, operands: list[Any]) -> _Between:
    at, reference = _ends(operands)
    return _Between(_one(eqn, at), _one(eqn, reference), _carry(eqn, operands, at))


def _bilinear(eqn: Any, operands: list[Any]) -> _Between:
    at, reference = _ends(operands)
    middle = [(a + r) / 2 if isinstance(o, _Between) else o for a, r, o in zip(at, reference, operands, strict=True)]
    return _Between(_one(eqn, at), _one(eqn, reference), _carry(eqn, operands, middle))


def _product(first: Any, second: Any) -> _Between:
    (a, b), (ra, rb) = _ends([first, second])
    moved = second.moved * (a + ra) / 2
    moved = moved + first.moved * (b + rb) / 2 if isinstance(first, _Between) else moved
    return _Between(a * b, ra * rb, moved)


def _elementwise(eqn: Any, operands: list[Any]) -> _Between:
    place = next(i for i, o in enumerate(operands) if isinstance(o, _Between))

    def of_one(value: Any) -> Any:
        return _one(eqn, [*operands[:place], value, *operands[place + 1 :]])

    return _apply_elementwise(of_one, operands[place])


def _apply_elementwise(fn: Callable[[Any], Any], operand: _Between) -> _Between:
    """The slope between the points; at one of them where they nearly meet."""
    at, reference = operand.at, operand.reference
    here, there = fn(at), fn(reference)
    gap = at - reference
    near = jnp.abs(gap) <= NEAR * (1 + jnp.abs(at))
    tangent = jax.jvp(fn, (at,), (jnp.ones_like(at),))[1]
    slope = jnp.where(near, tangent, (here - there) / jnp.where(near, jnp.ones_like(gap), gap))
    return _Between(here, there, slope * operand.moved)


def _is_elementwise(eqn: Any, jaxpr: Any) -> bool:
    """Whether a named piece (such as silu) takes each number for itself: then it is one step, not several."""
    shapes = {tuple(v.aval.shape) for v in (*eqn.invars, *eqn.outvars) if v.aval.shape}
    return len(eqn.outvars) == 1 and len(shapes) == 1 and _all_elementwise(jaxpr)


def _all_elementwise(jaxpr: Any) -> bool:
    calls = [_inner(eqn) for eqn in jaxpr.eqns]
    return all(
        eqn.primitive.name in _INSIDE_ELEMENTWISE if call is None else _all_elementwise(call.jaxpr)
        for eqn, call in zip(jaxpr.eqns, calls, strict=True)
    )
