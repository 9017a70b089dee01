"""Credit risk: will this loan go bad?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain

CREDIT = Domain(
    name="credit",
    title="Credit risk",
    metric="auc",
    targets=("bad", "default", "defaulted", "is_default", "charged_off", "bad_loan", "loan_status", "risk", "class"),
    sample="credit",
    advice=(
        'Loans are scored in time order in practice: where there is a date, try split="time:<column>".',
        'Several loans of one customer must not straddle the split: split="group:<customer>".',
    ),
)
