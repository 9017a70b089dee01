"""Fraud: which payments are not the owner's, which customers steal? Rare, and each costs what it is worth."""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

FRAUD = Domain(
    name="fraud",
    title="Fraud",
    metric="average_precision",
    targets=("fraud", "is_fraud", "isfraud", "fraudulent", "fraud_reported", "fraud_flag", "class"),
    target_means="whether it was a fraud: of a payment, a claim, a customer",
    columns=(
        Needed(
            "amount",
            "what is at stake, as the payment's worth: a missed fraud costs it",
            ("amt", "value", "paid", "claimed", "billed", "billed_kwh", "loss"),
            must=True,
        ),
        Needed(
            "time",
            "when it was made, or looked at",
            ("timestamp", "date", "datetime", "transaction_date", "trans_date", "claimed_on", "inspected"),
        ),
    ),
    split="time:{time}",
    show={"alert_budget": {}, "cost_by_amount": {"amount": "{amount}", "review": 10.0}},
    samples=("electricity", "payments"),
    decides="ranks by average precision; tests on the latest cases; alert budget, cost by amount",
    advice=(
        "Accuracy says nothing where one case in a hundred is a fraud: look at what the first alerts find.",
        "A fraud is often known weeks later: the latest payments may be frauds that nobody has reported yet.",
        "Only what somebody looked at is known: where inspectors went, and did not go, is in the data with the frauds.",
        "An account must not straddle the split where its frauds come in bursts: split='group:<account>'.",
    ),
    words={"row": "case", "rows": "cases", "positive": "fraud", "called": "alert"},
    questions=(
        "How many alerts a day can be looked at, and what does the next one find?",
        "Which kinds of fraud does it miss: at which shops, of which amounts?",
        "Will thieves who learn what it looks at get around it, and how soon is it trained anew?",
        "What does a false alarm cost: a call, or a customer?",
    ),
)
