"""What a domain is: a value that chooses defaults. It computes nothing and has no loop of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lepton_lab.errors import no_such_option


@dataclass(frozen=True)
class Needed:
    """A column that a domain speaks of, whatever a frame calls it.

    Attributes:
        name: The domain's word, as in `domain="fraud:amount=betrag"`.
        means: What such a column holds, in words; said where a frame lacks it.
        usual: Names that frames give it, the likeliest first, lower case; `name` is one of them anyway.
        kind: "image", "series", "text" or "items", where a column of that kind will do under any name.
        must: Whether the domain cannot do without. What may be missing is used where it is there.
    """

    name: str
    means: str
    usual: tuple[str, ...] = ()
    kind: str | None = None
    must: bool = False

    def named_in(self, columns: Iterable[object]) -> str | None:
        """The column with a usual name, or None; its case does not matter."""
        return _first_of((self.name, *self.usual), columns)


@dataclass(frozen=True)
class Domain:
    """The defaults of one line of business; what the user says always wins.

    Attributes:
        name: As typed: `train(df, domain="credit")`.
        title: In words.
        metric: What training watches and shows first; None for the task's own.
        targets: Usual names of the column to predict, the likeliest first, lower case.
        target_means: What the target says, in words.
        task: As `train` takes it; None is told from the target.
        show: What `evaluate` shows beside the metrics, by name, with options: `{"ks": {}, "score_bands": {"n": 10}}`.
            An option written "{amount}" is the column that stands for `amount`, and drops the entry where none does.
        split: As `train` takes it, such as "time:{date}": used where a column stands for `date`.
        costs: Of wrong decisions, `{"false_alarm": 1, "missed": 5}`, as `evaluate` takes them.
        encoders: As `train` takes them: `{"image": "efficientnet_lite0"}`.
        reshape: From the columns found, by the domain's words ("target" among them), to a value of `lepton_lab.reshape`
            as JSON; None leaves rows.
        columns: What the domain speaks of; those it cannot do without are refused by name and meaning.
        immutable: Usual names of columns that cannot change, lower case.
        samples: Of `samples.load`: data to try, the best first.
        line: To type for the first sample, as `df`; made from name and target if left empty.
        decides: What the domain decides, a sentence; `domains()` shows it.
        advice: What an expert would tell a newcomer.
        words: For reports: "row", "positive" and others, in the domain's own words.
        questions: What an expert would ask next.
    """

    name: str
    title: str
    metric: str | None = None
    targets: tuple[str, ...] = ()
    target_means: str = "what is to be predicted"
    task: str | None = None
    show: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    split: str | None = None
    costs: Mapping[str, float] | None = None
    encoders: Mapping[str, Any] = field(default_factory=dict)
    reshape: Callable[[Mapping[str, str]], Any] | None = None
    columns: tuple[Needed, ...] = ()
    immutable: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    line: str = ""
    decides: str = ""
    advice: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)

    def target_in(self, columns: Iterable[object]) -> str | None:
        """The column that looks like the target, or None; its case does not matter.

        Example:
            >>> from lepton_lab.packs import CREDIT
            >>> CREDIT.target_in(["Age", "Default", "bad"])
            'bad'
        """
        return _first_of(self.targets, columns)

    def where(self, **columns: str) -> Domain:
        """The same domain, told which columns of a frame stand for its words.

        Raises:
            OptionError: The domain has no such word.

        Example:
            >>> from lepton_lab.packs import CREDIT
            >>> CREDIT.where(date="booked_on").told
            {'date': 'booked_on'}
        """
        for word in columns:
            if word not in {needed.name for needed in self.columns}:
                raise no_such_option(f"a column of the domain {self.name!r}", word, [n.name for n in self.columns])
        return replace(self, told={**self.told, **columns})

    @property
    def to_type(self) -> str:
        """The line that tries the domain on its first sample, a frame `df`."""
        return self.line or f"%lepton train df --domain {self.name}"


def _first_of(usual: Iterable[str], columns: Iterable[object]) -> str | None:
    by_lower = {str(column).lower(): str(column) for column in columns}
    return next((by_lower[word] for word in usual if word in by_lower), None)
