"""Papers of a venue file as the commands that they are: texts of the risk warning, and contracts of foreign trade."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from compliance import RulebookError, load_rulebook, warning_texts
from engine.vocabulary.limits import MAX_SUPPLY
from engine.vocabulary.messages.commands import PublishWarning, RegisterContract
from gateway.venue.file import ContractEntry
from gateway.venue.setup import known, scaled


def texts_of(name: str, documents: Mapping[str, str]) -> list[str]:
    """The texts of the warning that a rulebook states; none of one that does not load: setting it up says why."""
    try:
        return warning_texts(load_rulebook(name, dict(documents)))
    except RulebookError:
        return []


def publish_warnings(texts: Sequence[str], stated: Container[str]) -> list[PublishWarning]:
    """Make texts known that the venue's rulebook does not state."""
    return [PublishWarning(text, "venue file") for text in texts if text not in stated]


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
