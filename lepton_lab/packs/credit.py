"""Credit risk: will this loan go bad?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

CREDIT = Domain(
    name="credit",
    title="Credit risk",
    metric="auc",
    targets=("bad", "default", "defaulted", "is_default", "charged_off", "bad_loan", "loan_status", "risk", "class"),
    target_means="whether the loan went bad",
    columns=(
        Needed("date", "when the loan was asked for", ("issue_date", "issue_d", "application_date", "booked_on")),
    ),
    split="time:{date}",
    show={"ks": {}, "score_bands": {}},
    costs={"false_alarm": 1, "missed": 5},
    immutable=("age", "sex", "gender", "foreign_worker"),
    samples=("credit",),
    decides="KS and score bands; a missed bad loan costs five good ones refused; tests on the latest loans",
    advice=(
        'Loans are scored in time order in practice: where there is a date, try split="time:<column>".',
        'Several loans of one customer must not straddle the split: split="group:<customer>".',
    ),
    words={"row": "loan", "positive": "bad loan"},
    questions=(
        "Is the model as good on last quarter's loans as on those it learned from?",
        "Which applicants were turned away, and are therefore missing from these rows (reject inference)?",
        "Do the adverse reasons name anything that the law forbids, or a stand-in for it?",
    ),
)
