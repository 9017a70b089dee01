"""Customers' messages: what does this customer want, is it anything we offer, and what was answered before?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

INTENTS = Domain(
    name="intents",
    title="Customer-service intents",
    metric="accuracy",
    targets=("intent", "category", "topic", "queue", "label", "reason"),
    target_means="what the customer wants; missing where it is nothing on your list",
    task="multiclass",
    columns=(
        Needed(
            "message",
            "what the customer wrote or said, a text",
            ("text", "utterance", "question", "query", "body", "sentence"),
            kind="text",
            must=True,
        ),
        Needed("part", "train, valid or test of each row, where the data come with a split", ("split",)),
    ),
    split="given:{part}",
    samples=("intents",),
    line="%lepton train df --target intent --domain intents",
    decides="judges by accuracy, tests on the part that the data come with; ll.nearest tells what is out of scope",
    advice=(
        "Leave the intent of messages that fit none empty: such rows are not learned from, and "
        "ll.nearest(model, df).rows() finds their like.",
        "What the model is unsure of, and what is like nothing known, belongs to a person: choose the limit by what a "
        "wrong answer costs, with keep= of ll.nearest.",
        "Two intents that are often taken for each other are often one: look at the confusion matrix first.",
    ),
    words={"row": "message", "rows": "messages"},
    questions=(
        "Which intents are taken for each other, and would an agent have known better?",
        "Which messages out of scope come again and again: an intent to add?",
        "How many messages a day would be answered without a person at this limit, and how many of them wrongly?",
        "Does it hold for other channels and languages, for speech with its misheard words, for next month's campaign?",
        "Which words decided, and are they the customer's concern or a name, an account number, a greeting?",
    ),
)
