"""Titles of rules: from the rulebooks that commands bring, each at the time of the refusal that it belongs to."""

from __future__ import annotations

import msgspec

from compliance.hook import VENUE
from engine.vocabulary.messages.commands import AnyCommand, EffectiveFrom, LoadRulebook
from engine.vocabulary.messages.events import RulebookLoaded
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import ExecutionReport, Message
from gateway.words.titles import RuleTitles
from tests.support.compliance.venue import Venue, documents

OLD = "Retail purchases capped per calendar year"
NEW = "No more than so much in a year"
BOOK = "general-2026"


def rulebook(title: str) -> LoadRulebook:
    texts = {name: text.replace(OLD, title) for name, text in documents(BOOK).items()}
    assert any(title in text for text in texts.values())
    return LoadRulebook(BOOK, texts)


class ToldVenue(Venue):
    """A venue whose commands are kept as rows."""

    def __init__(self, rulebook: str) -> None:
        self.rows: list[tuple[int, int, AnyCommand, list]] = []  # type: ignore[type-arg]
        self.due: list[int] = []
        super().__init__(rulebook)

    def apply(self, command: AnyCommand) -> list:  # type: ignore[type-arg]
        told = super().apply(command)
        self.rows.append((self.exchange.seq, self.time_ns, command, self.happened))
        self.due.append(self.exchange.due_events)
        return told

    def titles(self) -> list[str | None]:
        """The titles in the rejects of retail's own reports, as told one by one, and as an earlier command's are told again."""
        replayed, live = Fanout(), Fanout()
        for row, due in zip(self.rows, self.due, strict=True):
            replayed.replay(row)
            live.publish(row, None, 0, due)
        assert told(replayed) == told(live)
        again = [
            live.reports.message(report)
            for row in self.rows
            for report in live.past_reports(row[0], row[1], row[3])
            if report.account == "retail" and report.seq
        ]
        assert titles_in(again) == told(live)
        return told(live)

    def refuse(self) -> None:
        """A purchase beyond the cap."""
        self.buy("retail", "0.05", "BTC/RUB", "8000000")


def told(fanout: Fanout) -> list[str | None]:
    kept = fanout.reports.after("retail", 0, 1_000)
    assert kept is not None
    return titles_in([fanout.reports.message(report) for report in kept])


def titles_in(messages: list[Message]) -> list[str | None]:
    return [each.title for each in messages if isinstance(each, ExecutionReport) and each.exec_type == "rejected"]


def test_before_a_rulebook_the_venue_refuses() -> None:
    venue = ToldVenue("")
    venue.refuse()
    assert venue.titles() == ["No rulebook in force"]
    assert RuleTitles().of(VENUE) == "No rulebook in force"


def test_a_title_is_that_of_the_rulebook_in_force_at_the_time() -> None:
    venue = ToldVenue("")
    venue.do(rulebook(OLD))
    venue.refuse()
    venue.do(rulebook(NEW))
    venue.refuse()
    venue.do(rulebook(OLD))
    venue.refuse()
    # Whoever asks later reads the same: each report keeps its own.
    assert venue.titles() == [OLD, NEW, OLD]


def test_a_rulebook_with_an_effective_date_gives_titles_from_that_date_on() -> None:
    venue = ToldVenue("")
    venue.do(rulebook(OLD))
    due_ns = venue.time_ns + 1_000
    venue.do(EffectiveFrom(due_ns, rulebook(NEW)))
    venue.refuse()
    # It comes in force before the order that comes at its instant.
    venue.time_ns = due_ns
    venue.refuse()
    assert venue.titles() == [OLD, NEW]


def test_a_rulebook_that_is_refused_leaves_the_titles_as_they_are() -> None:
    venue = ToldVenue("")
    venue.do(rulebook(OLD))
    venue.apply(LoadRulebook("book", {"book": "no rulebook"}))
    venue.apply(msgspec.structs.replace(rulebook(NEW), name="other"))
    venue.refuse()
    assert venue.titles() == [OLD]


def test_a_rulebook_that_nobody_brought_has_no_titles() -> None:
    titles = RuleTitles()
    titles.follow(RulebookLoaded("book", "00"))
    assert titles.of("RET-1") == ""
