"""Where the growths of members are kept: on disk for a run that is killed, and where each ended, to be repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.fitting.course import Course
from lepton_lab.training.ending import Ending

if TYPE_CHECKING:
    from lepton_lab.journal import RunFolder


@dataclass(frozen=True)
class Kept:
    """The growths of one fit.

    Args:
        run: the run's folder, or None.
        resume: whether to look for what an earlier process left.
        further: whether growths that the clock had ended go on, and those on all rows are made anew.
        course: where each growth ended, filled in on the way.
        repeat: the course to take again, or None.
    """

    run: RunFolder | None
    resume: bool
    course: Course = field(default_factory=Course)
    repeat: Course | None = None
    further: bool = False

    def place(self, name: str) -> Place:
        """The place of one growth: `network-0`, `trees-all`."""
        return Place(self, name)


@dataclass(frozen=True)
class Place:
    """Where one growth is kept."""

    kept: Kept
    name: str

    @property
    def repeat(self) -> Ending | None:
        """The ending to repeat, or None."""
        return None if self.kept.repeat is None else self.kept.repeat.endings.get(self.name)

    def ended(self, ending: Ending) -> None:
        """Say where it ended."""
        self.kept.course.endings[self.name] = ending

    def failed(self, why: str) -> None:
        """Say that nothing came of it."""
        self.ended(Ending(failure=why))

    def load(self, kind: str) -> tuple[dict[str, np.ndarray], dict] | None:
        """What was kept, if anything."""
        run = self.kept.run
        if run is None or not self.kept.resume or (self.kept.further and self.name.endswith("-all")):
            return None
        return run.load_checkpoint(f"{self.name}-{kind}")

    def save(self, kind: str, arrays: dict[str, np.ndarray], meta: dict) -> None:
        """Keep arrays and a JSON value."""
        if self.kept.run is not None:
            self.kept.run.save_checkpoint(f"{self.name}-{kind}", arrays, meta)

    def load_grown(self) -> tuple[dict[str, np.ndarray], dict] | None:
        """The whole growth, if an earlier process finished it and it is not to go on; its ending is this fit's."""
        found = self.load("grown")
        if found is None:
            return None
        told = found[1].get("ending")
        ending = Ending() if told is None else Ending.from_json(told)
        if self.kept.further and ending.is_cut:
            self.kept.course.is_whole = False
            return None
        self.kept.course.is_whole &= told is not None
        self.ended(ending)
        return found

    def save_grown(self, arrays: dict[str, np.ndarray], meta: dict) -> None:
        """Keep the whole growth, with where it ended."""
        self.save("grown", arrays, meta | {"ending": self.kept.course.endings[self.name].to_json()})
