"""What a domain is: a value that chooses defaults. It computes nothing and has no loop of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Domain:
    """The defaults of one line of business; what the user says always wins.

    Attributes:
        name: As typed: `train(df, domain="credit")`.
        title: In words.
        metric: What training watches and reports first.
        targets: Usual names of the column to predict, the likeliest first, lower case.
        sample: A shipped table of this domain, for `samples.load`.
        advice: What an expert would tell a newcomer, shown with the result.
    """

    name: str
    title: str
    metric: str
    targets: tuple[str, ...]
    sample: str
    advice: tuple[str, ...] = ()

    def target_in(self, columns: Iterable[object]) -> str | None:
        """The column that looks like the target, or None; its case does not matter.

        Example:
            >>> from lepton_lab.packs import CREDIT
            >>> CREDIT.target_in(["Age", "Default", "bad"])
            'bad'
        """
        by_lower = {str(column).lower(): str(column) for column in columns}
        return next((by_lower[word] for word in self.targets if word in by_lower), None)
