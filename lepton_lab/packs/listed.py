"""The domains there are, as a result that shows itself: `ll.domains()`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lepton_lab.packs.domain import Domain


@dataclass(frozen=True)
class Domains:
    """Some domains, by their names.

    Example:
        >>> import lepton_lab as ll
        >>> ll.domains()["credit"].title
        'Credit risk'
    """

    each: tuple[Domain, ...]

    def __getitem__(self, name: str) -> Domain:
        return next(domain for domain in self.each if domain.name == name)

    def __iter__(self) -> Iterator[Domain]:
        return iter(self.each)

    def __len__(self) -> int:
        return len(self.each)

    def __repr__(self) -> str:
        width = max((len(domain.name) for domain in self.each), default=0)
        lines = [f"{len(self)} domains"]
        for domain in self.each:
            lines.append(f"  {domain.name:{width}}  {domain.title}. Decides: {domain.decides}")
            lines.append(f"  {'':{width}}  {'; '.join(lines_to_type(domain))}")
        return "\n".join(lines)


def lines_to_type(domain: Domain) -> tuple[str, ...]:
    """What to type to try a domain on its first sample."""
    data = (f"df, df_test = %lepton demo {domain.samples[0]}",) if domain.samples else ()
    return (*data, domain.to_type)
