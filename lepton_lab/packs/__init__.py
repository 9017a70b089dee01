"""Domains: one frozen value each. A new one is a file and a line here."""

from __future__ import annotations

from lepton_lab.errors import OptionError, no_such_option
from lepton_lab.packs.agriculture import AGRICULTURE
from lepton_lab.packs.churn import CHURN
from lepton_lab.packs.credit import CREDIT
from lepton_lab.packs.demand import DEMAND
from lepton_lab.packs.disease import DISEASE
from lepton_lab.packs.domain import Domain, Needed
from lepton_lab.packs.education import EDUCATION
from lepton_lab.packs.fraud import FRAUD
from lepton_lab.packs.intents import INTENTS
from lepton_lab.packs.machine_quality import MACHINE_QUALITY
from lepton_lab.packs.maintenance import MAINTENANCE
from lepton_lab.packs.medical_images import MEDICAL_IMAGES
from lepton_lab.packs.recommendation import RECOMMENDATION
from lepton_lab.packs.sensor_activity import SENSOR_ACTIVITY

DOMAINS: dict[str, Domain] = {
    "credit": CREDIT,
    "fraud": FRAUD,
    "disease": DISEASE,
    "medical_images": MEDICAL_IMAGES,
    "maintenance": MAINTENANCE,
    "machine_quality": MACHINE_QUALITY,
    "sensor_activity": SENSOR_ACTIVITY,
    "education": EDUCATION,
    "churn": CHURN,
    "agriculture": AGRICULTURE,
    "recommendation": RECOMMENDATION,
    "demand": DEMAND,
    "intents": INTENTS,
}

__all__ = ["CREDIT", "DOMAINS", "Domain", "Needed", "domain_of"]


def domain_of(name: str | Domain | None) -> Domain | None:
    """The domain called `name`; a Domain, such as one of the user's own, is taken as it is.

    Args:
        name: Such as "credit", or with columns told, "fraud:amount=paid,date=booked_on".

    Raises:
        OptionError: No domain has that name, or no column of it that word.

    Example:
        >>> domain_of("credit:date=booked_on").told
        {'date': 'booked_on'}
    """
    if name is None or isinstance(name, Domain):
        return name
    plain, _, told = str(name).partition(":")
    if plain not in DOMAINS:
        raise no_such_option("domain", plain, DOMAINS)
    return DOMAINS[plain].where(**_told(name, told)) if told else DOMAINS[plain]


def _told(name: str, told: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in told.split(",")]
    if not all(word.strip() and column.strip() for word, _, column in pairs):
        raise OptionError(f'domain={name!r} cannot be read. For example: domain="fraud:amount=paid,date=booked_on"')
    return {word.strip(): column.strip() for word, _, column in pairs}
