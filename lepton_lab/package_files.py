"""Files that lie in an installed package: weights and vocabularies, read without importing the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from lepton_lab.errors import MissingPackageError


def file_in_package(module: str, path: str, *, purpose: str, install: str) -> Path:
    """Where a file of a package lies; the package's own code does not run.

    Args:
        module: the name that would be imported.
        path: of the file inside it.
        purpose: what needs it, for the error.
        install: the command that installs the package.

    Raises:
        MissingPackageError: the package, or the file in it, is not there.
    """
    found = importlib.util.find_spec(module)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (file := Path(folder, path)).is_file():
            return file
    package = module.replace("_", "-")
    state = "has no file " + repr(path) if found else "is not installed"
    raise MissingPackageError(f"{purpose} needs the package {package!r}, which {state}. Install it with: {install}")
