"""Machine quality: which pieces are defective, which parts fail, how good is what comes out?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

MACHINE_QUALITY = Domain(
    name="machine_quality",
    title="Machine quality: defects and failing parts",
    targets=(
        "defect", "defective", "faulty", "fault", "failed", "failure", "machine_failure", "reject", "scrap",
        "compressive_strength", "quality", "yield", "event",
    ),
    target_means="whether the piece is defective, or the quality measured on it",
    columns=(
        Needed("lot", "the batch that a piece is of", ("batch", "batch_id", "lot_id", "wafer", "coil")),
        Needed("date", "when it was made", ("produced_at", "timestamp", "datetime")),
    ),
    split="group:{lot}",
    show={"alert_budget": {"lowest": 0.1}},
    samples=("concrete", "disks"),
    decides="how many defects the pieces inspected first hold (of a number: the lowest tenth); keeps a lot together",
    advice=(
        "Pieces of one lot are alike: a random split flatters, so a column of lots keeps them together.",
        "Settings can be changed, raw material cannot: name what cannot with immutable=, before asking for changes.",
        "What is measured at the end of the line must not predict what is measured at the end of the line.",
    ),
    words={"row": "piece", "positive": "defect", "called": "inspected"},
    questions=(
        "Which settings would have saved this piece, within what the machine can do?",
        "Has the process moved since the model was trained: does `drift` find it before the scrap does?",
        "How many pieces must be inspected to let one defect in a thousand through?",
    ),
)  # fmt: skip
