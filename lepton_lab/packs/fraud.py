"""Fraud: which payments are not the owner's? Rare, and each costs what it is worth."""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

FRAUD = Domain(
    name="fraud",
    title="Fraud",
    metric="average_precision",
    targets=("fraud", "is_fraud", "isfraud", "fraudulent", "fraud_reported", "fraud_flag", "class"),
    target_means="whether the payment was a fraud",
    columns=(
        Needed("amount", "what the payment is worth, in money: a missed fraud costs it", ("amt", "value"), must=True),
        Needed("time", "when it was made", ("timestamp", "date", "datetime", "transaction_date", "trans_date")),
    ),
    split="time:{time}",
    show={"alert_budget": {}, "cost_by_amount": {"amount": "{amount}", "review": 10.0}},
    samples=("payments",),
    decides="ranks by average precision; tests on the latest payments; alert budget, cost by amount",
    advice=(
        "Accuracy says nothing where one payment in a hundred is a fraud: look at what the first alerts find.",
        "A fraud is often known weeks later: the latest payments may be frauds that nobody has reported yet.",
        "An account must not straddle the split where its frauds come in bursts: split='group:<account>'.",
    ),
    words={"row": "payment", "positive": "fraud", "called": "alert"},
    questions=(
        "How many alerts a day can be looked at, and what does the next one find?",
        "Which kinds of fraud does it miss: at which shops, of which amounts?",
        "Will thieves who learn what it looks at get around it, and how soon is it trained anew?",
        "What does a false alarm cost: a call, or a customer?",
    ),
)
