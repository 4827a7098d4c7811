"""Disclosures of issuers into records (DISC-1)."""

from __future__ import annotations

from typing import Final

from compliance.intake import Intake
from compliance.outcomes import changed, problem, refused
from compliance.registry.calendar import iso_date, parse_iso_date
from compliance.registry.listings import NEVER, AssetRecord, Disclosure
from compliance.rules.disc_1 import percent
from engine.state.hook import Outcome
from engine.state.listing import ISSUED_KINDS
from engine.vocabulary.codes import PERMISSION
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import MAX_TEXT_CHARS
from engine.vocabulary.messages.commands import PublishDisclosure
from engine.vocabulary.names import is_printable
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import Said, said

# A thousand times what is outstanding: more is a mistake of units.
MAX_COVER_PPM: Final = 1_000_000_000
_DIGEST_CHARS: Final = 64


def publish_disclosure(intake: Intake, command: PublishDisclosure, time_ns: int) -> Outcome:
    """Put a disclosure on record in place of the one before. Everybody is rechecked, if the asset may be bought no longer."""
    asset = intake.registry.assets.get(command.asset)
    if asset is None:
        return refused(said("asset.unknown", command.asset))
    if command.issuer and command.issuer != asset.core.issuer:
        return Outcome([], Problem(PERMISSION, said("issuer.other", command.issuer, command.asset)))
    wrong = _wrong(asset, command, time_ns)
    if wrong is not None:
        return Outcome([], problem(wrong))
    until = parse_iso_date(command.until)
    until_day = NEVER if until is None else until
    told = Disclosure(
        command.digest,
        command.title,
        cover_ppm=command.cover_ppm,
        until_day=until_day,
        published_ns=time_ns,
        by=command.by,
    )
    rule = None if intake.table is None else intake.table.disclosed
    today = moscow_day(time_ns)
    closes = rule is not None and rule.concerns(asset) and not rule.counts(told, today)
    asset.disclosure = told
    cover, lasts = percent(told.cover_ppm), command.until or said("disclosure.no_end")
    how = said("disclosure.of", told.title, told.digest, cover, lasts)
    return changed("disclosure", asset.asset, how, intake.recheck_all() if closes else None)


def _wrong(asset: AssetRecord, command: PublishDisclosure, time_ns: int) -> Said | None:
    """What is wrong with a disclosure, whoever publishes it; None: nothing."""
    if asset.kind not in ISSUED_KINDS:
        return said("disclosure.kind", asset.asset)
    if not _is_digest(command.digest):
        return said("disclosure.digest")
    title = command.title
    if not title.strip() or len(title) > MAX_TEXT_CHARS or not is_printable(title):
        return said("disclosure.title", MAX_TEXT_CHARS)
    if not 0 <= command.cover_ppm <= MAX_COVER_PPM:
        return said("disclosure.cover", MAX_COVER_PPM)
    until, today = parse_iso_date(command.until), moscow_day(time_ns)
    if command.until and (until is None or until < today):
        return said("disclosure.until", iso_date(today))
    return None


def _is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 in hexadecimal, in lower case."""
    return len(text) == _DIGEST_CHARS and all(letter in "0123456789abcdef" for letter in text)
