"""The picture of the domains: what each is for, what it decides, data to try, and the lines to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.packs.listed import lines_to_type
from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count
from lepton_lab.pictures.tables import table

if TYPE_CHECKING:
    from lepton_lab.packs.domain import Domain
    from lepton_lab.packs.listed import Domains


def html(domains: Domains) -> Markup:
    """The picture as self-contained HTML."""
    header = ["Domain", "What it decides", "Columns it speaks of", "To try it"]
    rows = [[_name(one), one.decides, _columns(one), _lines(one)] for one in domains]
    return theme.picture("Domains", table(header, rows, wrap=(0, 1, 2, 3)), sub=count(len(domains), "domain"))


def text(domains: Domains) -> str:
    """The picture as plain text: domains print themselves."""
    return repr(domains)


def _columns(domain: Domain) -> str:
    return "; ".join(
        f"{needed.name}{'' if needed.must else ' (if there)'}: {needed.means}" for needed in domain.columns
    )


def _name(domain: Domain) -> Markup:
    return join(tag("code", domain.name), tag("div", domain.title, class_="lep-sub"))


def _lines(domain: Domain) -> Markup:
    lines = [tag("div", tag("code", line, style="white-space:normal")) for line in lines_to_type(domain)]
    more = domain.samples[1:]
    return join(*lines, *([tag("div", f"data too: {', '.join(more)}", class_="lep-sub")] if more else []))
