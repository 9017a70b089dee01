"""A function traced at one row, as a flat list of steps, and how to run some of them. Nothing is decided here.

One row is enough: the rest of the function is mapped over any number of hidden states. Calls of jitted functions
are replaced by their steps, so that a sum inside of them is found; calls of elementwise functions (an
activation) and functions with derivatives of their own stay whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

# Calls that mean nothing but their steps.
PLAIN_CALLS = frozenset({"jit", "pjit", "closed_call", "core_call", "remat", "remat2", "checkpoint"})
# Calls whose derivatives are not those of their steps.
RULED_CALLS = frozenset({"custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"})
ELEMENTWISE = frozenset({
    "abs", "acos", "acosh", "add", "add_any", "and", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil",
    "clamp", "convert_element_type", "copy", "cos", "cosh", "digamma", "div", "eq", "erf", "erf_inv", "erfc", "exp",
    "exp2", "expm1", "floor", "ge", "gt", "integer_pow", "is_finite", "le", "lgamma", "log", "log1p", "logistic",
    "lt", "max", "min", "mul", "ne", "neg", "nextafter", "not", "or", "pow", "reduce_precision", "rem", "round",
    "rsqrt", "select_n", "sign", "sin", "sinh", "sqrt", "square", "stop_gradient", "sub", "tan", "tanh", "xor",
})  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One operation, from numbered values to numbered values."""

    eqn: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def name(self) -> str:
        """The primitive's name."""
        return self.eqn.primitive.name

    def elementwise(self) -> bool:
        """Whether each element of what comes out depends on the same element of what goes in."""
        return _elementwise(self.eqn)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """What comes out."""
        # Up to jax 0.10.1 a pair of functions and parameters, since then the parameters alone.
        bound = self.eqn.primitive.get_bind_params(self.eqn.params)
        functions, params = bound if isinstance(bound, tuple) else ((), bound)
        found = self.eqn.primitive.bind(*functions, *values, **params)
        return list(found) if self.eqn.primitive.multiple_results else [found]


@dataclass
class Program:
    """A function at one row: steps between numbered values.

    Args:
        steps: in order.
        consts: values known while tracing.
        params: numbers of the parameters' leaves.
        x: number of the row, `(1, feature)`.
        output: number of what comes out.
        types: shape and dtype of each value.
        effects: whether it does anything but compute.
    """

    steps: list[Step] = field(default_factory=list)
    consts: dict[int, Any] = field(default_factory=dict)
    params: tuple[int, ...] = ()
    x: int = -1
    output: int = -1
    types: list[Any] = field(default_factory=list)
    effects: bool = False

    def new(self, aval: Any) -> int:
        """A number for a value."""
        self.types.append(aval)
        return len(self.types) - 1

    def run(self, known: Mapping[int, Any], wanted: Sequence[int]) -> list[Any]:
        """Some values from others, by the steps between them."""
        values = {**self.consts, **known}
        for step in self.between(values.keys(), wanted):
            values.update(zip(step.outputs, step([values[i] for i in step.inputs]), strict=True))
        return [values[i] for i in wanted]

    def between(self, known: Any, wanted: Sequence[int]) -> list[Step]:
        """The steps that it takes."""
        lacking, taken = set(wanted) - set(known), []
        for step in reversed(self.steps):
            if lacking.intersection(step.outputs):
                taken.append(step)
                lacking = (lacking - set(step.outputs)) | (set(step.inputs) - set(known))
        return taken[::-1]

    def depends(self, known: Any, wanted: int) -> bool:
        """Whether a value can not be had without the row, from what is known and the parameters."""
        if wanted in known:
            return False
        steps = self.between({*known, *self.consts, *self.params}, [wanted])
        return wanted == self.x or any(self.x in step.inputs for step in steps)


def program_of(fn: Callable[[Any, Any], Any], params: Any, n_features: int) -> Program:
    """The program of a function `(params, x) -> (row, output)`."""
    leaves, shape = jax.tree.flatten(params)
    abstract = [jax.ShapeDtypeStruct(np.shape(leaf), jax.dtypes.result_type(leaf)) for leaf in leaves]
    row = jax.ShapeDtypeStruct((1, n_features), np.dtype(np.float32))
    closed = jax.make_jaxpr(lambda leaves, x: fn(jax.tree.unflatten(shape, leaves), x))(abstract, row)
    program = Program(effects=bool(closed.jaxpr.effects))
    inputs = [program.new(var.aval) for var in closed.jaxpr.invars]
    program.params, program.x = tuple(inputs[:-1]), inputs[-1]
    (program.output,) = _inline(program, closed.jaxpr, closed.consts, inputs)
    return program


def _inline(program: Program, jaxpr: Any, consts: Sequence[Any], inputs: Sequence[int]) -> list[int]:
    """Append a jaxpr's steps; the numbers of what comes out."""
    names: dict[Any, int] = dict(zip(jaxpr.invars, inputs, strict=True))

    def constant(aval: Any, value: Any) -> int:
        number = program.new(aval)
        program.consts[number] = value
        return number

    def read(atom: Any) -> int:
        if hasattr(atom, "val"):
            return constant(atom.aval, np.asarray(atom.val, atom.aval.dtype))
        return names[atom]

    names.update((var, constant(var.aval, value)) for var, value in zip(jaxpr.constvars, consts, strict=True))
    for eqn in jaxpr.eqns:
        given, inner = [read(atom) for atom in eqn.invars], _inner(eqn)
        if inner is not None and eqn.primitive.name in PLAIN_CALLS and not _elementwise(eqn):
            found = _inline(program, *inner, given)
        else:
            found = [program.new(var.aval) for var in eqn.outvars]
            program.steps.append(Step(eqn, tuple(given), tuple(found)))
        names.update(zip(eqn.outvars, found, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _inner(eqn: Any) -> tuple[Any, Sequence[Any]] | None:
    """The steps of a call and its constants; None for anything else."""
    if eqn.primitive.name not in PLAIN_CALLS | RULED_CALLS:
        return None
    found = next((eqn.params[name] for name in ("jaxpr", "call_jaxpr", "fun_jaxpr") if name in eqn.params), None)
    return None if found is None else (getattr(found, "jaxpr", found), getattr(found, "consts", ()))


def _elementwise(eqn: Any) -> bool:
    inner = _inner(eqn)
    if inner is None:
        return eqn.primitive.name in ELEMENTWISE
    shapes = {var.aval.shape for var in _variables(inner[0])} - {()}
    return len(shapes) <= 1 and all(_elementwise(step) for step in inner[0].eqns)


def _variables(jaxpr: Any) -> Iterator[Any]:
    yield from jaxpr.invars
    yield from jaxpr.constvars
    for eqn in jaxpr.eqns:
        yield from eqn.outvars
