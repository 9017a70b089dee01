"""A report as one text, ready to be written to a file."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from lepton_lab.errors import ReportFileError, no_such_option
from lepton_lab.reporting.card import ModelCard

ENDINGS = {"html": ".html", "markdown": ".md", "json": ".json"}


@dataclass(frozen=True)
class ModelReport:
    """A report on a model.

    Args:
        card: its content.
        format: html, markdown or json.
        text: the whole of it.
        n_rows: rows that its page can play with.
        path: where it was written; None where it was not.

    Example:
        >>> ll.report(model).save("model.html")  # doctest: +SKIP
    """

    card: ModelCard
    format: str
    text: str
    n_rows: int = 0
    path: Path | None = None

    def __repr__(self) -> str:
        where = f"written to {self.path}" if self.path is not None else ".save(path) writes it"
        return f"ModelReport({self.card.title!r}, {self.format}, {self.n_bytes / 1000:,.0f} kB; {where})"

    @property
    def n_bytes(self) -> int:
        """Size of the file."""
        return len(self.text.encode())

    def save(self, path: str | os.PathLike[str]) -> ModelReport:
        """Write the report, whole or not at all; the same report with its path comes back.

        Args:
            path: where to; a folder that exists.

        Raises:
            ReportFileError: it cannot be written; what was there before is still there.
        """
        target = Path(path)
        if target.exists() and not target.is_file():
            raise ReportFileError(f"{str(target)!r} is no file. Give the path of one: report.save('report.html').")
        aside = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")
        try:
            with aside.open("xb") as file:
                file.write(self.text.encode())
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise ReportFileError(
                f"cannot write the report to {str(target)!r}: {error.strerror or error}. Nothing was changed there. "
                "Free space, or choose another folder: report.save('/another/report.html')."
            ) from error
        return replace(self, path=target)


def read_format(format: object) -> str:
    """The format asked for.

    Raises:
        OptionError: none that is known.
    """
    if format not in ENDINGS:
        raise no_such_option("format", format, ENDINGS)
    return str(format)
