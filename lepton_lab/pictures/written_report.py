"""The picture of a report in a notebook: what it holds, how large it is, where it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import count

if TYPE_CHECKING:
    from lepton_lab.reporting.written import ModelReport


def html(report: ModelReport) -> Markup:
    """The picture as self-contained HTML."""
    return theme.picture(
        f"Report: {report.card.title}", _opened(report), theme.notes(_lines(report)),
        None if report.path else theme.next_step("report.save('report.html')"), sub=_size(report),
    )  # fmt: skip


def _opened(report: ModelReport) -> Markup | None:
    """A link to the file, where a notebook can follow it: from its own folder."""
    if report.path is None or report.path.is_absolute():
        return None
    return tag("p", tag("a", f"Open {report.path.name}", href=quote(report.path.as_posix()), target="_blank"))


def text(report: ModelReport) -> str:
    """The picture as plain text."""
    return "\n".join([f"Report: {report.card.title} ({_size(report)})", *(f"- {line}" for line in _lines(report))])


def _size(report: ModelReport) -> str:
    return f"{report.format}, {report.n_bytes / 1000:,.0f} kB"


def _lines(report: ModelReport) -> list[str]:
    where = f"written to {report.path}" if report.path else "not written yet: report.save(path)"
    missing = [name for name in ("intended_use", "out_of_scope", "ethics") if name not in report.card.words]
    lines = [where]
    if report.n_rows:
        lines.append(
            f"{count(report.n_rows, 'row')} of your data to play with; --no-rows (with_rows=False) leaves them out"
        )
    if missing:
        lines.append(f"marked as not given: {', '.join(missing)}, and what else about={{...}} can say")
    return [*lines, *report.card.left_out]
