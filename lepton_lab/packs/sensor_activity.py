"""Sensor activity: what is a body or a machine doing, by the sensors it carries?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

SENSOR_ACTIVITY = Domain(
    name="sensor_activity",
    title="Sensor activity",
    metric="accuracy",
    targets=("activity", "exercise", "movement", "gesture", "state", "label", "class"),
    target_means="what was being done during the recording",
    columns=(
        Needed("recording", "what the sensors said, an array (step, axis)", kind="series", must=True),
        Needed("subject", "who or what wore them", ("person", "participant", "user", "wearer", "machine", "device")),
    ),
    split="group:{subject}",
    # Watches sit a little turned, and everybody moves with a force of his own.
    encoders={"series": {"augment": {"scale": 0.15, "noise": 0.05, "mix": 0.05}}},
    immutable=("side", "age", "sex", "height", "weight"),
    samples=("watch",),
    decides="no subject is tested on who was learned from; sensors are turned and scaled a little in training",
    advice=(
        "Everybody moves in a way of their own: rows of one subject on both sides of the split flatter the model.",
        "Bring left and right to one frame of axes before training: mirrored sensors see mirrored movements.",
    ),
    words={"row": "recording"},
    questions=(
        "How does it do on the worst subject, and what is different about that one?",
        "What does it say to a movement that is none of these?",
        "How short may a recording be before the answer turns?",
        "Does it hold for another watch, worn on the other arm, a little further up?",
    ),
)
