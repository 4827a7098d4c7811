"""LIQ-2: the list of highly liquid assets (Bank of Russia, spring 2026). RET-2 asks for it."""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import AssetRecord
from compliance.rulebook.declaration import CLASSIFICATION, NAMES, Parameter
from compliance.rulebook.parameters import Parameters
from compliance.rules.rule import Rule
from engine.vocabulary.said import Said, listed, said


class PublishedList:
    """The assets that are highly liquid because they are listed."""

    def __init__(self, parameters: Parameters) -> None:
        self.assets: Final[tuple[str, ...]] = parameters.names("assets")

    def has(self, asset: AssetRecord) -> bool:
        """Whether an asset is on it."""
        return asset.asset in self.assets

    def comparison(self, asset: AssetRecord) -> str:
        """The same, as people read it."""
        return f"{asset.asset} {'is' if self.has(asset) else 'is not'} listed (LIQ-2)"

    def needed(self) -> Said:
        """What is listed."""
        return said("LIQ-2.listed", listed(self.assets))


RULE: Final[Rule] = Rule(
    "LIQ-2",
    CLASSIFICATION,
    {"assets": Parameter(NAMES, "the list of highly liquid assets", "The assets on the published list.")},
    compares="An asset's name with the list.",
    exempt="Assets that are no crypto.",
)
