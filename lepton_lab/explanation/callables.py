"""What may be explained: functions, methods of fitted estimators, Flax and torch modules. Nothing is evaluated here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from lepton_lab.errors import ExplanationError

_UNITS = {"predict_proba": "probability", "predict_log_proba": "log-probability", "decision_function": "score"}
# Methods that give numbers, the best to explain first: scores add up, probabilities do less so.
_METHODS = ("decision_function", "predict_proba", "inplace_predict", "predict")


@dataclass(frozen=True)
class WithoutParams:
    """A function of rows as `(params, x) -> (row, output)`; equal where the functions are."""

    fn: Callable[[Any], Any]

    def __call__(self, params: Any, x: Any) -> Any:
        """The function's outputs, with an output axis."""
        return with_outputs(self.fn(x))


@dataclass(frozen=True)
class WithParams:
    """A function of parameters and rows, with an output axis; equal where the functions are."""

    fn: Callable[[Any, Any], Any]

    def __call__(self, params: Any, x: Any) -> Any:
        """The function's outputs, with an output axis."""
        return with_outputs(self.fn(params, x))


@dataclass(frozen=True)
class Callee:
    """A model or function, ready to be asked.

    Args:
        fn: of rows alone.
        pure: the same as `(params, x) -> (row, output)`, for JAX.
        params: what `pure` takes first: a runtime value.
        arrays_only: whether it takes arrays and no frames.
        output_names: as a fitted classifier knows them.
        unit: of the outputs.
    """

    fn: Callable[[Any], Any]
    pure: Callable[[Any, Any], Any]
    params: Any = ()
    arrays_only: bool = False
    output_names: tuple[str, ...] | None = None
    unit: str = "output"


def callee_of(model: Any) -> Callee:
    """How to ask what a user gave.

    Raises:
        ExplanationError: it cannot be called; the message says what to type instead.
    """
    if not callable(model) or isinstance(model, type):
        raise ExplanationError(_no_function(model))
    if _is_from(model, "flax.nnx") and hasattr(model, "eval"):
        from lepton_lab.networks.pure_function import pure_function

        shape, state = pure_function(model)
        return Callee(lambda x: shape(state, x), WithParams(shape), state, arrays_only=True)
    if _is_from(model, "torch.nn"):
        return Callee(_TorchModule(model), WithoutParams(model), arrays_only=True)
    owner, name = getattr(model, "__self__", None), getattr(model, "__name__", "")
    classes = getattr(owner, "classes_", None) if name in _UNITS else None
    names = None if classes is None else tuple(str(label) for label in np.ravel(np.asarray(classes, dtype=object)))
    return Callee(model, WithoutParams(model), output_names=names, unit=_UNITS.get(name, "output"))


@dataclass(frozen=True)
class _TorchModule:
    """A torch module as it predicts: tensors of its own type on its own device, no gradients, dropout off."""

    module: Any

    def __call__(self, x: Any) -> Any:
        """What the module returns for some rows."""
        import torch  # pyright: ignore[reportMissingImports] (the user has it, or there is no torch module to explain)

        first = next((p for p in self.module.parameters() if p.is_floating_point()), torch.zeros(0))
        training = {part: part.training for part in self.module.modules()}
        self.module.eval()
        try:
            with torch.no_grad():
                return self.module(torch.as_tensor(np.array(x), dtype=first.dtype, device=first.device))
        finally:
            for part, was in training.items():
                part.training = was


def with_outputs(out: Any) -> Any:
    """Outputs `(row, output)`; one number a row is one output."""
    array = jnp.asarray(out)
    return array[:, None] if array.ndim == 1 else array


def _is_from(model: Any, package: str) -> bool:
    """Whether one of its classes is defined there; nothing is imported to find out."""
    return any(f"{kind.__module__}.".startswith(f"{package}.") for kind in type(model).__mro__)


def _no_function(model: Any) -> str:
    """What was given instead of a function, and what to type."""
    known = [name for name in _METHODS if callable(getattr(model, name, None))]
    kind = model.__name__ if isinstance(model, type) else type(model).__name__
    if isinstance(model, type):
        return f"{kind} is a class, not a fitted model. Make one and fit it first, then explain its predict_proba."
    if known:
        return f"a {kind} is no function of rows. Explain one of its methods: ll.explain(model.{known[0]}, X, ...)"
    return f"{kind} is no function. Give a function of rows, such as model.predict_proba."
