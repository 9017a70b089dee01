"""What a call of `train` asked for, as plain JSON: kept in the run, so that `resume` asks the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from lepton_lab.durations import parse_duration
from lepton_lab.errors import OptionError, bad_seed
from lepton_lab.training.compute import Compute

ARRAY = "(an array)"
"""Stands for row weights that were given as an array; the run keeps the array beside this."""


def plain_json(option: str, value: Any) -> Any:
    """A value as plain JSON: names as text, numpy's numbers as Python's, tuples as lists.

    Raises:
        OptionError: it holds something else.
    """
    if isinstance(value, Mapping):
        return {str(name): plain_json(option, one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(option, one) for one in value]
    value = value.item() if hasattr(value, "item") else value
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise OptionError(f"{option} holds {value!r}; wanted words, numbers, lists and dicts of them.")


@dataclass(frozen=True)
class Asked:
    """The options of one training, with a domain's choices filled in; each as `api.train` tells.

    `pack` is what the model keeps of its domain (`packs.choose`): what to show, words, and the note that says what
    the domain chose.
    """

    target: str
    task: str | None = None
    domain: str | None = None
    pack: Mapping[str, Any] | None = None
    budget: str | float | None = None
    split: str | None = None
    weights: str | None = None
    metric: str | None = None
    quality: str = "balanced"
    seed: int = 0
    positive: Any = None
    ignore: tuple[str, ...] = ()
    types: Mapping[str, str] | None = None
    immutable: tuple[str, ...] = ()
    monotone: Mapping[str, int] | None = None
    event: str | None = None
    reshape: Mapping[str, Any] | None = None
    replay: str | None = None
    devices: int | None = None
    precision: str = "float32"
    encoders: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if error := bad_seed(self.seed):
            raise error

    @property
    def budget_s(self) -> float | None:
        """Seconds of wall time, or None for as long as it helps."""
        return None if self.budget is None else parse_duration(self.budget)

    @property
    def said_of_domain(self) -> tuple[str, ...]:
        """What the domain chose, for the model's notes."""
        return tuple(self.pack.get("notes", ())) if self.pack else ()

    @property
    def compute(self) -> Compute:
        """On what the network is trained, and in which numbers."""
        return Compute(self.devices, self.precision)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; a numpy scalar becomes the Python value it holds."""
        plain = {name: value.item() if hasattr(value, "item") else value for name, value in asdict(self).items()}
        plain["monotone"] = self.monotone and {str(name): int(sign) for name, sign in self.monotone.items()}
        plain["types"] = self.types and {str(name): str(kind) for name, kind in self.types.items()}
        plain["reshape"] = self.reshape and {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.reshape.items()
        }
        plain["encoders"] = plain_json("encoders", self.encoders)
        return plain | {"ignore": list(self.ignore), "immutable": list(self.immutable)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Asked:
        """What `to_json` wrote; options of a later version are left out."""
        known = {field.name for field in fields(Asked)}
        given: dict[str, Any] = {name: value for name, value in data.items() if name in known}
        given |= {name: tuple(given.get(name, ())) for name in ("ignore", "immutable")}
        return Asked(**given)
