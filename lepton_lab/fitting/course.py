"""What the clock and the user decided in one fit, so that another can repeat it bit for bit.

Everything else about a fit follows from the rows, the options and the seed.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import jax

from lepton_lab._version import __version__
from lepton_lab.data.split import Split
from lepton_lab.training.compilation import processor_name
from lepton_lab.training.ending import Ending

FORMAT = 1
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "scipy", "lightgbm")


@dataclass
class Course:
    """How one fit went, filled in while it goes.

    Args:
        endings: of each growth that was begun: `linear-0`, `network-0`, `trees-all`, ...
        notes: of the members that were not begun.
        readers: of columns of texts, chosen by what was installed and by the time there was.
        random_trees: whether boosted trees are averaged with trees grown apart, where rows are few; runs of earlier
            versions knew of none.
        is_whole: whether each ending is known; a growth that an earlier version kept says nothing of its own, and
            one that went on beyond its end has two.
    """

    endings: dict[str, Ending] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    readers: dict[str, str] = field(default_factory=dict)
    random_trees: bool = False
    is_whole: bool = True

    def has(self, name: str) -> bool:
        """Whether a growth was begun."""
        return name in self.endings

    @property
    def is_cut(self) -> bool:
        """Whether more time would have changed something: a growth was cut short, or a member not begun."""
        return bool(self.notes) or any(ending.is_cut for ending in self.endings.values())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, with what else bits depend on."""
        endings = {name: ending.to_json() for name, ending in self.endings.items()}
        return {
            "format": FORMAT, "endings": endings, "notes": self.notes, "is_whole": self.is_whole, "is_cut": self.is_cut,
            "readers": self.readers, "random_trees": self.random_trees, "versions": versions(), "machine": machine(),
        }  # fmt: skip

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Course:
        """What `to_json` wrote."""
        endings = {str(name): Ending.from_json(ending) for name, ending in data["endings"].items()}
        readers = {str(column): str(reader) for column, reader in data.get("readers", {}).items()}
        notes, random_trees = [str(note) for note in data["notes"]], bool(data.get("random_trees", False))
        return Course(endings, notes, readers, random_trees, bool(data["is_whole"]))


@dataclass(frozen=True)
class Repeat:
    """A fit that is repeated.

    Args:
        of: the run's id.
        course: how it went.
        rows: how its rows were divided.
    """

    of: str
    course: Course
    rows: Split


def versions() -> dict[str, str]:
    """Of the packages that numbers come from."""
    found = {name: version(name) for name in _PACKAGES}
    return {"lepton-lab": __version__, "python": platform.python_version()} | found


def machine() -> dict[str, str]:
    """What sums are taken on: another processor, or more cores, may take them in another order."""
    device = jax.devices()[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "device": f"{len(jax.devices())} x {device.device_kind}",
        "processor": processor_name(),
        "cores": str(cores),
    }
