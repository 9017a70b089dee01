"""Domains: one frozen value each. A new one is a file and a line here."""

from __future__ import annotations

from lepton_lab.errors import no_such_option
from lepton_lab.packs.credit import CREDIT
from lepton_lab.packs.domain import Domain

DOMAINS: dict[str, Domain] = {"credit": CREDIT}

__all__ = ["CREDIT", "DOMAINS", "Domain", "domain_of"]


def domain_of(name: str | Domain | None) -> Domain | None:
    """The domain called `name`; a Domain, such as one of the user's own, is taken as it is.

    Raises:
        OptionError: No domain has that name.
    """
    if name is None or isinstance(name, Domain):
        return name
    if name not in DOMAINS:
        raise no_such_option("domain", name, DOMAINS)
    return DOMAINS[name]
