"""Agriculture: how will the crop do, by what was measured of soil, weather and work, or seen on pictures?"""

from __future__ import annotations

from lepton_lab.packs.domain import Domain, Needed

AGRICULTURE = Domain(
    name="agriculture",
    title="Agriculture: crop and harvest",
    targets=("yield", "yield_kg_ha", "crop_yield", "harvest", "condition", "crop_condition", "disease", "label"),
    target_means="the harvest, or the crop's condition",
    columns=(Needed("field", "where it grew", ("farm", "plot", "site", "parcel", "block", "farm_id", "plot_id")),),
    split="group:{field}",
    show={"alert_budget": {"lowest": 0.2}},
    immutable=("region", "hectares", "season", "rain", "rainfall", "soil"),
    samples=("rice",),
    decides="keeps a field's seasons together; which of the poorest fifth of fields are visited first; "
    "region and area cannot change",
    advice=(
        "Seasons of one field are alike: a random split tells how well it remembers fields, not how it will do on new.",
        "More fertiliser where the harvest is good is not: fertiliser makes the harvest good. Ask for a field trial.",
    ),
    words={"row": "field", "positive": "poor", "called": "visited"},
    questions=(
        "Does it hold in a dry year, when it has seen none?",
        "Where does one more kilogram of nitrogen no longer pay?",
        "Which fields should next year's trial take, to learn most?",
    ),
)
