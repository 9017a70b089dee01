"""Disease: who is ill, or will be? What is found, what is spared, and whether the probabilities are honest."""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

DISEASE = Domain(
    name="disease",
    title="Disease",
    metric="auc",
    targets=(
        "disease", "diagnosis", "died", "died_180d", "died_30d", "death", "mortality", "readmitted", "stroke",
        "diabetes", "malignant", "ill", "sick", "outcome", "target",
    ),
    target_means="whether the patient has the disease, or the event came",
    columns=(Needed("patient", "whose row it is", ("patient_id", "patientid", "subject_id", "mrn")),),
    split="group:{patient}",
    show={"sensitivity": {}, "calibration_line": {}, "decision_curve": {}, "missing": {}},
    immutable=("age", "sex", "gender", "race", "ethnicity"),
    samples=("hospital", "breast_cancer"),
    decides="sensitivity at fixed specificity, calibration slope, decision curve, rows with missing values; "
    "keeps a patient's rows together",
    advice=(
        "What was measured after the decision must not be an input: ask of each column when it was known.",
        "That a test was not ordered tells something of the patient: missing values are read as such, not filled in.",
        "Intervals here are of these patients; another hospital is another matter (external validation).",
    ),
    words={"row": "patient", "positive": "ill", "called": "treated"},
    questions=(
        "At which probability would I act, and does the decision curve lie above acting on all and on none there?",
        "Is it as well calibrated for women and men, for young and old, in the other ward?",
        "What would the model say if the missing laboratory value were there?",
        "Does it beat the score that the ward uses today, on the same patients?",
    ),
)  # fmt: skip
