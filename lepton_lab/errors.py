"""Every error lepton-lab raises on purpose, and the words that help.

    LeptonError
    ├── DataError (ValueError)            the frame cannot be used as it is
    │   ├── ColumnError                   a column is missing, doubled or mixed
    │   ├── TargetError                   the target column cannot be learned
    │   └── SchemaMismatchError           a frame differs from the one trained on
    ├── OptionError (ValueError)          an option has a value that cannot work
    ├── TrainingError                     training ended with nothing usable
    ├── ExplanationError                  a function cannot be explained as asked
    ├── ModelFileError                    a model file cannot be read or written
    │   ├── DamagedFileError              truncated, tampered with, or not a model
    │   └── NewerFormatError              written by a later lepton-lab
    ├── ReportFileError                   a report cannot be written
    ├── RunError                          a run is unknown, locked, or of other data
    └── MissingPackageError (ImportError) an optional package is not installed

and one warning, `DataWarning`: values of a frame are not taken as they stand.

A message says what was found, what was wanted, and what to type next.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable


class LeptonError(Exception):
    """Root of every error that lepton-lab raises on purpose."""


class DataError(LeptonError, ValueError):
    """The frame cannot be used as it is."""


class ColumnError(DataError):
    """A column is missing, doubled, or holds values that do not fit together."""


class TargetError(DataError):
    """The target column cannot be learned."""


class SchemaMismatchError(DataError):
    """A frame differs from the one the model was trained on."""


class OptionError(LeptonError, ValueError):
    """An option has a value that cannot work."""


class TrainingError(LeptonError):
    """Training ended with nothing usable."""


class ExplanationError(LeptonError):
    """A model or function cannot be explained as asked."""


class ModelFileError(LeptonError):
    """A model file cannot be read or written."""


class DamagedFileError(ModelFileError):
    """A model file is truncated, tampered with, or no model file at all."""


class NewerFormatError(ModelFileError):
    """A model file was written by a later lepton-lab."""


class ReportFileError(LeptonError):
    """A report cannot be written."""


class RunError(LeptonError):
    """A run is unknown, in use, or belongs to other data."""


class MissingPackageError(LeptonError, ImportError):
    """An optional package is not installed."""


class DataWarning(UserWarning):
    """Values of a frame are not taken as they stand."""


def did_you_mean(word: object, options: Iterable[object]) -> str:
    """` Did you mean 'x'?` for the closest option, or an empty string."""
    by_lower = {str(option).lower(): str(option) for option in options}
    close = difflib.get_close_matches(str(word).lower(), list(by_lower), n=1, cutoff=0.6)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""


def no_such_column(column: object, columns: Iterable[object], *, where: str = "the frame") -> ColumnError:
    """The error for a column name that is not in a frame."""
    columns = list(columns)
    shown = ", ".join(repr(c) for c in columns[:12]) + (", ..." if len(columns) > 12 else "")
    return ColumnError(
        f"no column {column!r} in {where} ({len(columns)} columns).{did_you_mean(column, columns)} Columns: {shown}"
    )


def no_such_option(name: str, value: object, options: Iterable[object]) -> OptionError:
    """The error for an option whose value is not among those allowed."""
    options = list(options)
    listed = ", ".join(repr(o) for o in options)
    return OptionError(f"{name}={value!r} is not known.{did_you_mean(value, options)} Choose one of: {listed}.")


def bad_seed(seed: object) -> OptionError | None:
    """The error for a seed that is no whole number from 0 to 4,294,967,295; None for one that is."""
    try:
        if not isinstance(seed, bool) and 0 <= operator.index(seed) < 2**32:  # type: ignore[arg-type]
            return None
    except TypeError:
        pass
    return OptionError(f"seed={seed!r} is no whole number from 0 to 4294967295. For example: seed=0")


def missing_package(package: str, *, extra: str, purpose: str) -> MissingPackageError:
    """The error for an optional package; `extra` is the extra that installs it."""
    return MissingPackageError(
        f"{purpose} needs the package {package!r}. Install it with: pip install 'lepton-lab[{extra}]'"
    )
