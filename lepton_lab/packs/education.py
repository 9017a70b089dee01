"""Education: which students are at risk, and what do they think of their lecturers?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

EDUCATION = Domain(
    name="education",
    title="Education: students at risk, ratings of lecturers",
    targets=(
        "dropout", "dropped_out", "at_risk", "passed", "pass", "g3", "grade", "final_grade", "math_score", "rating",
        "score", "exam",
    ),
    target_means="the grade or rating, or whether the student failed or left",
    columns=(Needed("school", "the school or class that a student is of", ("school_id", "class_id", "course")),),
    split="group:{school}",
    show={"alert_budget": {"lowest": 0.2}},
    immutable=("age", "sex", "gender", "minority", "ethnicity", "medu", "fedu", "family_status"),
    samples=("pupils", "lecturers"),
    decides="who of the weakest fifth is among those talked to first; keeps a school together where there are ten; "
    "sex, age and parents cannot change",
    advice=(
        "A grade of last term says most of this one: train once without it, to see what could be changed.",
        "A prediction is a reason to offer help, never a mark.",
        "Ratings of a lecturer depend on who came: compare effects, not means.",
    ),
    words={"row": "student", "positive": "at risk", "called": "talked to"},
    questions=(
        "Whom would we have missed, and is that the same for girls and boys, for every school?",
        "How early in the year is it good enough to act on?",
        "Of what it looks at, what can a school change?",
    ),
)  # fmt: skip
