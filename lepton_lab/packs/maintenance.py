"""Predictive maintenance: how long will this machine run, and when is the best time to stop it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lepton_lab.packs.domain import Domain, Needed

# Steps of its past that are known of a machine: wear shows as a trend, which noise hides in shorter stretches.
LENGTH = 50


def _windows(columns: Mapping[str, str]) -> dict[str, Any]:
    """What each machine did up to each step, as JSON."""
    from lepton_lab.reshape import windows

    return windows(id=columns["machine"], time=columns["time"], length=LENGTH).to_json()


MAINTENANCE = Domain(
    name="maintenance",
    title="Predictive maintenance",
    metric="rmse",
    targets=("rul", "remaining_life", "remaining", "time_to_failure", "cycles_left", "hours_left", "ttf"),
    target_means="how long the machine still ran, counted in its own steps",
    task="regression",
    reshape=_windows,
    columns=(
        Needed("machine", "which machine", ("unit", "machine_id", "engine", "asset", "serial", "unit_id"), must=True),
        Needed(
            "time", "its age or the date", ("cycle", "flight", "hours", "age", "timestamp", "date", "step"), must=True
        ),
    ),
    show={"early_warning": {}},
    samples=("turbofan", "engines"),
    decides="each step knows the 50 before it; machines are held out whole; what an early warning saves",
    advice=(
        "Far from its end a machine shows nothing: cap the remaining life (df['RUL'].clip(upper=125)).",
        "Machines that still run are no failures: with an event column, train times to an event (event=).",
        "Rows of one machine are never on both sides of the split: windows hold them out whole.",
    ),
    words={"row": "step", "called": "serviced"},
    questions=(
        "How many machines fail before the warning, and what does each one cost?",
        "Does it warn of the failures that hurt, or of those that a routine inspection finds?",
        "Is the wear told by the load: would the same machine last longer if it ran slower?",
        "How soon does it know a machine of a new type, or one that was repaired?",
    ),
)
