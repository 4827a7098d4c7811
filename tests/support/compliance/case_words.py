"""The words of scenario tables about alerts, cases and disclosures.

* `disclose METAL cover 100` with `until 2026-06-30` and `by smelter` behind it: a disclosure, its cover in percent.
* `add NEW by smelter` adds a security, `list NEW` lists NEW/RUB and lets it trade.
* `suspect wash_trade of retail,firm in BTC/RUB with 1,2` opens a case, `from alert 1` too; `alert wash_trade of retail with 1` raises one.
* `evidence 3,4 to case 1 on retail` adds to a case, `close case 1 no_abuse` and `close case 1 merged 2` close one, `dismiss alert 1`
  ends an alert. Cases and alerts count from 1, as they were opened and raised.
"""

from __future__ import annotations

from decimal import Decimal

from compliance.rules.risk_1 import digest_of
from engine.vocabulary.codes import CASE_OUTCOMES, CONTINUOUS, MERGED, SECURITY, SPOT
from engine.vocabulary.messages.commands import (
    AddAsset,
    AddEvidence,
    AnyCommand,
    CloseCase,
    DismissAlert,
    ListInstrument,
    OpenCase,
    PublishDisclosure,
    RaiseAlert,
    SetPhase,
)
from engine.vocabulary.messages.events import AlertRaised, CaseOpened, Event
from tests.support.compliance.venue import ROUBLE, Venue

WORDS = ("disclose", "add", "list", "suspect", "alert", "evidence", "close", "dismiss")


def happens(venue: Venue, what: str) -> list[Event]:
    """What comes of a supervisor's or operator's words."""
    words = what.split()
    if words[0] == "list":
        name = f"{words[1]}/RUB"
        events = venue.apply(ListInstrument(name, SPOT, words[1], "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000))
        return events + (venue.apply(SetPhase(name, CONTINUOUS)) if name in venue.exchange.instruments else [])
    return venue.apply(command(venue, words))


def command(venue: Venue, words: list[str]) -> AnyCommand:
    verb = words[0]
    if verb == "evidence":
        named = pairs(words[2:])
        assert named["to"] == "case", words
        seqs, case = numbers(words[1]), number_of(venue, CaseOpened, words[4])
        return AddEvidence(case, seqs, names(named.get("on", "")), by="supervisor")
    if verb == "close":
        outcome, merged = CASE_OUTCOMES.index(words[3]), 0
        if outcome == MERGED:
            merged = number_of(venue, CaseOpened, words[4])
        return CloseCase(number_of(venue, CaseOpened, words[2]), outcome, merged, "scenario", "supervisor")
    if verb == "dismiss":
        return DismissAlert(number_of(venue, AlertRaised, words[2]), "scenario", "supervisor")
    named = pairs(words[2:])
    if verb == "add":
        return AddAsset(words[1], SECURITY, 2, issuer=named["by"], terms="a gram of copper", follows="copper")
    if verb == "disclose":
        cover_ppm = int(Decimal(named["cover"]) * 10_000)
        until, issuer = named.get("until", ""), named.get("by", "")
        return PublishDisclosure(
            words[1], digest_of(str(words)), "its terms", cover_ppm, until, issuer, by="supervisor"
        )
    investors, instruments = names(named.get("of", "")), names(named.get("in", ""))
    seqs = numbers(named.get("with", ""))
    if verb == "alert":
        return RaiseAlert("table", "1", words[1], investors, (), instruments, seqs, by="supervisor")
    alert = number_of(venue, AlertRaised, named["from"]) if "from" in named else 0
    return OpenCase(words[1], investors, instruments, seqs, alert, "scenario", "supervisor")


def pairs(words: list[str]) -> dict[str, str]:
    """`of X in Y` as a table; `to case 1` and `from alert 1` name two things each."""
    found: dict[str, str] = {}
    rest = [word for word in words if word != "alert"]
    while rest:
        found[rest[0]] = rest[1]
        rest = rest[3:] if rest[0] == "to" else rest[2:]
    return found


def names(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, names(text)))


def number_of(venue: Venue, kind: type[CaseOpened | AlertRaised], place: str) -> int:
    """The number of a case or an alert by its place; of one that there is not 10**9 and its place."""
    found = [each for each in venue.log if isinstance(each, kind)]
    wanted = int(place) - 1
    if wanted >= len(found):
        return 10**9 + wanted
    event = found[wanted]
    return event.case if isinstance(event, CaseOpened) else event.alert
