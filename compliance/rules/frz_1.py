"""FRZ-1: holdings of what an issuer controls can be frozen (press, 06.03.2025). In an asset's life, not at order entry."""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import AssetRecord
from compliance.rulebook.declaration import LIFECYCLE, RUB, Parameter
from compliance.rules.rule import Rule
from engine.vocabulary.codes import CRYPTO
from engine.vocabulary.said import Said, said

FREEZE: Final = "FRZ-1"
"""The rule under which holdings are frozen."""


def freeze_problem(asset: AssetRecord) -> Said | None:
    """Why holdings of an asset can't be frozen; None if they can."""
    if asset.kind == CRYPTO:
        return said("FRZ-1.crypto", asset.asset)
    return None


RULE: Final[Rule] = Rule(
    FREEZE,
    LIFECYCLE,
    {
        "reported_frozen_rub": Parameter(RUB, "the reported freeze", "What was frozen on the day that was reported."),
    },
    compares="What a holder would sell or move with what is not frozen.",
    exempt="Assets without an issuer.",
    reported=("more than 2 500 000 000 RUB frozen on 06.03.2025",),
)
