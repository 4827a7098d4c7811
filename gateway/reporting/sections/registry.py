"""All sections of a report, in the order in which they are listed and shown."""

from __future__ import annotations

from typing import Final

from gateway.reporting.part import Part
from gateway.reporting.sections.caps import Caps
from gateway.reporting.sections.changes import Changes
from gateway.reporting.sections.exposures import Exposures
from gateway.reporting.sections.flows import Flows
from gateway.reporting.sections.intermediaries import Intermediaries
from gateway.reporting.sections.operations import Operations
from gateway.reporting.sections.orders import Orders
from gateway.reporting.sections.overview import Overview
from gateway.reporting.sections.prices import Prices
from gateway.reporting.sections.refusals import Refusals
from gateway.reporting.sections.session import WholeSession
from gateway.reporting.sections.transfers import Transfers
from gateway.reporting.sections.turnover import Turnover

SECTIONS: Final[tuple[type[Part], ...]] = (
    Overview,
    Prices,
    Transfers,
    Intermediaries,
    Exposures,
    Refusals,
    Turnover,
    Operations,
    Caps,
    Flows,
    Orders,
    Changes,
    WholeSession,
)
BY_NAME: Final[dict[str, type[Part]]] = {part.name: part for part in SECTIONS}
