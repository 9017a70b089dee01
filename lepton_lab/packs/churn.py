"""Churn: which customers leave, whom is it worth to call, and into which segments do they fall?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

CHURN = Domain(
    name="churn",
    title="Customer churn and segments",
    metric="auc",
    task="binary",
    targets=("churn", "churned", "is_churn", "exited", "left", "attrition", "cancelled", "attrition_flag"),
    target_means="whether the customer left",
    columns=(
        Needed("value", "what a customer brings in, in money a period", ("monthly_charges", "monthlycharges", "revenue",
               "arpu", "clv", "amount")),
        Needed("date", "when the row was taken", ("snapshot", "month", "as_of")),
    ),
    split="time:{date}",
    show={"alert_budget": {}, "cost_by_amount": {"amount": "{value}", "review": 20.0}},
    immutable=("age", "gender", "female", "senior_citizen", "tenure"),
    samples=("churn",),
    decides="whom a call list of a given length reaches, and when a call pays; `ll.segments` tells customers apart",
    advice=(
        "Who would leave is not who would stay if called: only a trial with some left uncalled tells.",
        "What is known only once somebody has left (a last bill, a reason) must not be an input.",
    ),
    words={"row": "customer", "positive": "leaver", "called": "called"},
    questions=(
        "Whom does a call keep (uplift), rather than: who leaves?",
        "What would have to change for this customer to stay, and what does that cost?",
        "Are the segments the same next quarter?",
    ),
)  # fmt: skip
