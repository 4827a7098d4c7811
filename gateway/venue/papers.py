"""Papers of a venue file as the commands that they are: texts of the risk warning, disclosures, contracts of foreign trade."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Final

from compliance import RulebookError, digest_of, load_rulebook, warning_texts
from engine.vocabulary.limits import MAX_E8, MAX_SUPPLY
from engine.vocabulary.messages.commands import PublishDisclosure, PublishWarning, RegisterContract
from gateway.venue.file import AssetEntry, ContractEntry
from gateway.venue.setup import VenueError, known, scaled

_PERCENT_DECIMALS: Final = 4
"""Of a percentage in millionths."""


def texts_of(name: str, documents: Mapping[str, str]) -> list[str]:
    """The texts of the warning that a rulebook states; none of one that does not load: setting it up says why."""
    try:
        return warning_texts(load_rulebook(name, dict(documents)))
    except RulebookError:
        return []


def publish_warnings(texts: Sequence[str], stated: Container[str]) -> list[PublishWarning]:
    """Make texts known that the venue's rulebook does not state."""
    return [PublishWarning(text, "venue file") for text in texts if text not in stated]


def publish_disclosure(where: str, entry: AssetEntry) -> PublishDisclosure | None:
    """The disclosure of an asset; None: it has none."""
    told = entry.disclosure
    if told is None:
        return None
    if bool(told.digest) == bool(told.text):
        raise VenueError(f"{where}.disclosure: needs the digest of the document, or its text, and not both")
    return PublishDisclosure(
        entry.asset,
        told.digest or digest_of(told.text),
        told.title,
        scaled(f"{where}.disclosure.cover", told.cover, _PERCENT_DECIMALS, MAX_E8),
        "" if told.until is None else told.until.isoformat(),
        reason="venue file",
    )


def register_contract(
    where: str, entry: ContractEntry, investors: Container[str], scales: Mapping[str, int]
) -> RegisterContract:
    """A contract, between investors and in an asset that the file defines."""
    known(f"{where}.payer", entry.payer, investors, "investors")
    known(f"{where}.payee", entry.payee, investors, "investors")
    known(f"{where}.asset", entry.asset, scales, "assets")
    return RegisterContract(
        entry.contract,
        entry.payer,
        entry.payee,
        entry.asset,
        scaled(f"{where}.amount", entry.amount, scales[entry.asset], MAX_SUPPLY),
        entry.concluded.isoformat(),
        entry.subject,
        "venue file",
    )
