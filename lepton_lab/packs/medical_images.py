"""Medical images: is it there, on this picture, and may the picture be laid aside?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

MEDICAL_IMAGES = Domain(
    name="medical_images",
    title="Medical images",
    metric="auc",
    targets=(
        "pneumonia", "disease", "diagnosis", "finding", "malignant", "tumour", "tumor", "lesion", "nodule", "ill",
        "sick", "abnormal", "label", "class",
    ),
    target_means="what the image shows, as a radiologist or a later test says",
    columns=(
        Needed("image", "the image: arrays, or files told by types={'file': 'image'}", kind="image", must=True),
        Needed("patient", "whose image it is", ("patient_id", "patientid", "subject", "subject_id", "mrn")),
    ),
    split="group:{patient}",
    # Never mirrored: left and right are not alike in a body, and a marker on the film would teach the wrong thing.
    encoders={"image": {"dropout": 0.3}},
    show={"sensitivity": {}, "calibration_line": {}, "decision_curve": {}},
    costs={"false_alarm": 1, "missed": 10},
    immutable=("age", "sex", "gender", "view"),
    samples=("scans",),
    decides="a missed finding costs ten false alarms; sensitivity at fixed specificity; a patient's images are kept "
    "together; images are never mirrored",
    advice=(
        "Images of one patient are alike: split='group:<patient>', or the figures are of patients already known.",
        "Look at where it looks: a marker, a tube or a bed's edge may give the diagnosis away.",
        "A published set has a split of its own: split='given:<column>'.",
    ),
    words={"row": "image", "positive": "ill", "called": "read again"},
    questions=(
        "Does it look at the lung, or at the marker, the tubes and the machine that sick patients are sent to?",
        "Is it as good on another hospital's machine, on children, on patients lying down?",
        "Which ill patients does it miss, and would a second reader have seen them?",
        "How many images may be laid aside unread if one missed patient in a thousand is the most to bear?",
    ),
)  # fmt: skip
