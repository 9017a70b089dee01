"""Write `tests/golden/format<N>-<task>.lepton` and what it predicts: once for every released format, never again.

python scripts/golden_models.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from lepton_lab.model_file import FORMAT  # noqa: E402
from tests.small_models import TASKS, small_frame, small_model  # noqa: E402


def main() -> None:
    for task in TASKS:
        path = ROOT / "tests" / "golden" / f"format{FORMAT}-{task}.lepton"
        if path.exists():
            print(f"{path.name} is there already; a released format's file is never rewritten")
            continue
        model = small_model(task)
        model.save(path)
        logits = model.logits(small_frame(task, 5)).tolist()
        path.with_suffix(".json").write_text(json.dumps({"task": task, "logits": logits}, indent=1))
        print(path)


if __name__ == "__main__":
    main()
